"""SQL runs when it is asked to."""

import apsw

from microcosm_sqlite.artifacts.queries import quoted, rows, schema_version


def test_statements_have_run_when_the_call_returns() -> None:
    """Nobody has to iterate to make an INSERT happen."""
    connection = apsw.Connection(":memory:")

    rows(connection, "CREATE TABLE t (x)")
    rows(connection, "INSERT INTO t VALUES (?)", 42)

    assert list(rows(connection, "SELECT x FROM t")) == [(42,)]


def test_any_name_can_be_quoted() -> None:
    """Quotes within it are doubled."""
    connection = apsw.Connection(":memory:")
    name = 'a "b" c; --'

    rows(connection, f"CREATE TABLE {quoted(name)} (x)")

    assert list(rows(connection, "SELECT name FROM sqlite_schema")) == [(name,)]


def test_the_schema_version_changes_with_the_schema() -> None:
    """And with nothing else."""
    connection = apsw.Connection(":memory:")
    rows(connection, "CREATE TABLE t (x)")
    created = schema_version(connection)
    rows(connection, "INSERT INTO t VALUES (1)")
    filled = schema_version(connection)

    rows(connection, "ALTER TABLE t ADD COLUMN y")

    assert created == filled
    assert schema_version(connection) != created
