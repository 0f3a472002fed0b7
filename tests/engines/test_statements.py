"""What is known of a statement before it runs."""

import apsw
import pytest

from microcosm_sqlite.engines.exceptions import ProgrammingError
from microcosm_sqlite.engines.statements import columns, study


@pytest.fixture
def native() -> apsw.Connection:
    """Return a native connection to one table."""
    native = apsw.Connection(":memory:")
    native.execute("CREATE TABLE t (a)")
    return native


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT * FROM t", (True, False, False)),
        ("VALUES (1)", (True, False, False)),
        ("PRAGMA user_version", (True, False, False)),
        ("EXPLAIN INSERT INTO t VALUES (1)", (False, False, False)),
        ("INSERT INTO t VALUES (1)", (False, True, True)),
        ("INSERT INTO t VALUES (1) RETURNING a", (False, True, True)),
        ("-- why\nupdate t SET a = 1", (False, True, True)),
        ("WITH x AS (SELECT 1) DELETE FROM t", (False, True, True)),
        ("WITH x AS (SELECT 1) SELECT * FROM x", (True, False, False)),
        ("CREATE TABLE u (a)", (False, False, True)),
        ("SAVEPOINT x", (False, False, True)),
        ("PRAGMA user_version = 3", (False, False, True)),
        ("PRAGMA main.application_id=3", (False, False, True)),
        ("PRAGMA journal_mode=DELETE", (False, False, False)),
        ("PRAGMA foreign_keys=ON", (False, False, False)),
        ("BEGIN IMMEDIATE", (False, False, False)),
        ("VACUUM", (False, False, False)),
        ("ATTACH ':memory:' AS other", (False, False, False)),
        ("", (False, False, False)),
    ],
)
def test_study_tells_what_a_statement_does(native: apsw.Connection, sql: str, expected: tuple[bool, ...]) -> None:
    """Reads, changes and the need of a transaction are told apart, and nothing is run."""
    found = study(native, sql, None)

    assert (found.is_query, found.changes_rows, found.needs_transaction) == expected
    assert (native.total_changes(), native.in_transaction) == (0, False)


def test_study_refuses_a_second_statement(native: apsw.Connection) -> None:
    """Two statements are one too many, comments are none."""
    study(native, "SELECT 1; -- and done", None)

    with pytest.raises(ProgrammingError, match="one statement at a time"):
        study(native, "SELECT 1; SELECT 2", None)


def test_columns_are_those_of_now(native: apsw.Connection) -> None:
    """A column added since is seen."""
    before = columns(native, "SELECT * FROM t", None)
    native.execute("ALTER TABLE t ADD COLUMN b")
    native.execute("SELECT * FROM t").fetchall()

    assert [column[0] for column in before or ()] == ["a"]
    assert [column[0] for column in columns(native, "SELECT * FROM t", None) or ()] == ["a", "b"]
    assert columns(native, "DELETE FROM t", None) is None
