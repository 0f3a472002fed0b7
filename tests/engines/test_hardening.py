"""Each setting of a connection, seen from outside."""

import gc
import time
from collections.abc import Iterator
from pathlib import Path
from weakref import ref

import pytest

from microcosm_sqlite.engines import dbapi, hardening
from microcosm_sqlite.engines.dbapi import Connection


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    """Return a connection to a database with two tables."""
    connection = dbapi.connect(tmp_path / "x.sqlite", isolation_level=None)
    connection.executescript(
        "CREATE TABLE owner (id INTEGER PRIMARY KEY);"
        "CREATE TABLE dog (id INTEGER PRIMARY KEY, owner_id INTEGER REFERENCES owner (id))"
    )
    yield connection
    connection.close()


def test_foreign_keys_are_enforced_when_asked(connection: Connection) -> None:
    """A dangling key is refused."""
    hardening.enforce_foreign_keys(connection.native)

    with pytest.raises(dbapi.IntegrityError, match="FOREIGN KEY"):
        connection.execute("INSERT INTO dog VALUES (1, 99)")


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO owner VALUES (1)",
        "DELETE FROM owner",
        "UPDATE owner SET id = 2",
        "DROP TABLE dog",
        "CREATE TABLE cat (id)",
        "CREATE TEMP TABLE cat (id)",
        "PRAGMA user_version = 7",
        "VACUUM",
    ],
)
def test_writes_are_refused(connection: Connection, statement: str) -> None:
    """No statement writes, wherever to."""
    connection.execute("INSERT INTO owner VALUES (5)")
    hardening.forbid_writes(connection.native)

    with pytest.raises(dbapi.Error, match="readonly"):
        connection.execute(statement)


def test_views_of_a_distrusted_schema_call_no_functions(connection: Connection) -> None:
    """A function with side effects, hidden in a view, is not called for someone who reads the view."""
    called: list[str] = []
    connection.create_function("leak", 1, called.append)
    connection.execute("CREATE VIEW trap AS SELECT leak(id) FROM (SELECT 1 AS id)")
    hardening.distrust_schema(connection.native)

    with pytest.raises(dbapi.Error, match="unsafe use of leak"):
        connection.execute("SELECT * FROM trap").fetchall()
    assert called == []


def test_cells_are_checked(connection: Connection) -> None:
    """SQLite confirms the setting."""
    hardening.check_cells(connection.native)

    assert connection.execute("PRAGMA cell_size_check").fetchone() == (1,)


@pytest.mark.parametrize("statement", ["ATTACH ? AS other", "VACUUM INTO ?"])
def test_nothing_can_be_attached(connection: Connection, tmp_path: Path, statement: str) -> None:
    """Neither attaching nor copying brings in a second database, and no file is created."""
    hardening.forbid_attaching(connection.native)

    with pytest.raises(dbapi.Error, match="too many attached databases"):
        connection.execute(statement, (str(tmp_path / "other.sqlite"),))
    assert not (tmp_path / "other.sqlite").exists()


def test_harden_applies_everything(connection: Connection) -> None:
    """All settings of a sealed artifact are on."""
    hardening.harden(connection.native, hardening.SANE)

    settings = {
        name: connection.execute(f"PRAGMA {name}").fetchone()
        for name in ("query_only", "trusted_schema", "cell_size_check")
    }
    assert settings == {"query_only": (1,), "trusted_schema": (0,), "cell_size_check": (1,)}
    with pytest.raises(dbapi.Error, match="too many attached databases"):
        connection.execute("ATTACH ':memory:' AS other")


@pytest.mark.parametrize(
    ("limits", "statement"),
    [
        (hardening.SANE._replace(value_bytes=1000), "SELECT zeroblob(1001)"),
        (hardening.SANE._replace(statement_bytes=100), f"SELECT '{'x' * 100}'"),
        (hardening.SANE._replace(expression_depth=10), f"SELECT {'1+' * 20}1"),
        (hardening.SANE._replace(columns=5), "SELECT 1, 2, 3, 4, 5, 6"),
        (hardening.SANE._replace(compound_selects=3), "SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4"),
        (hardening.SANE._replace(function_arguments=3), "SELECT max(1, 2, 3, 4)"),
        (hardening.SANE._replace(pattern_bytes=10), "SELECT 'a' LIKE '%aaaaaaaaaaaaa%'"),
    ],
)
def test_sizes_are_limited(connection: Connection, limits: hardening.Limits, statement: str) -> None:
    """What is beyond a limit is an error; within it, it is not."""
    connection.execute(statement).fetchall()
    hardening.limit_sizes(connection.native, limits)

    with pytest.raises(dbapi.Error, match=r"too|large|big|complex"):
        # A blank more, or the statement would be found as it was compiled before.
        connection.execute(f" {statement}").fetchall()


def test_limits_leave_room_for_what_the_file_can_hold() -> None:
    """A value of a large file may be as large as the file."""
    assert hardening.SANE.for_file(10) == hardening.SANE
    assert hardening.SANE.for_file(10**9).value_bytes == 10**9


def test_extensions_are_refused(connection: Connection) -> None:
    """Machine code is loaded neither by SQL nor by the C interface."""
    hardening.forbid_extensions(connection.native)

    with pytest.raises(dbapi.Error, match=r"not authorized|no such function"):
        connection.execute("SELECT load_extension('x')").fetchall()


def test_forbidden_views_are_not_read(connection: Connection) -> None:
    """They can still be listed."""
    connection.execute("CREATE VIEW trap AS SELECT 1")
    hardening.forbid_views(connection.native)

    with pytest.raises(dbapi.Error, match="prohibited"):
        connection.execute("SELECT * FROM trap")
    assert ("trap",) in connection.execute("SELECT name FROM pragma_table_list").fetchall()


ENDLESS = "WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT {} FROM r"


class _EndError(Exception):
    """What a test has a statement end with."""


def test_all_that_a_connection_does_ends_in_time(connection: Connection) -> None:
    """The clock runs over all statements: the one that is running is interrupted, the next one does not begin."""
    ticks = iter(range(1000))
    hardening.stop_after(connection.native, seconds=5, clock=lambda: next(ticks), error=_EndError)

    with pytest.raises(_EndError):
        connection.native.execute(ENDLESS.format("count(*)")).fetchall()
    with pytest.raises(_EndError):
        connection.native.execute("SELECT 1").fetchall()


def test_a_statement_that_gives_no_row_is_stopped(connection: Connection) -> None:
    """The error is the caller's own, and the connection works on."""
    hardening.stop_long_statements(connection, seconds=0.05, error=_EndError)

    with pytest.raises(_EndError):
        connection.execute(ENDLESS.format("count(*)")).fetchall()
    assert connection.execute("SELECT 1").fetchall() == [(1,)]


@pytest.mark.parametrize("fetch", ["fetchone", "fetchmany", "__next__"])
def test_a_statement_whose_rows_are_fetched_is_not_stopped(connection: Connection, fetch: str) -> None:
    """Who reads slowly, or for long, gets on: only waiting for a row counts."""
    hardening.stop_long_statements(connection, seconds=0.1, error=_EndError)
    cursor = connection.execute(ENDLESS.format("x") + " WHERE x % 3000 = 0")
    begin = time.monotonic()

    while time.monotonic() - begin < 0.3:
        assert getattr(cursor, fetch)()

    cursor.close()


def test_short_statements_are_never_stopped(connection: Connection) -> None:
    """However many there are: the time of one is not added to that of the next, also if it is the same one."""
    hardening.stop_long_statements(connection, seconds=0.1, error=_EndError)
    statement = "WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r LIMIT 200) SELECT count(*) FROM r"
    begin = time.monotonic()

    while time.monotonic() - begin < 0.3:
        assert connection.execute(statement).fetchall() == [(200,)]


def test_a_watched_connection_is_let_go(tmp_path: Path) -> None:
    """The watch does not keep its connection alive."""
    connection = dbapi.connect(tmp_path / "x.sqlite")
    hardening.stop_long_statements(connection, seconds=1, error=_EndError)
    reference = ref(connection.native)
    connection.close()

    del connection
    gc.collect()

    assert reference() is None
