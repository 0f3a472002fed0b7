"""Cursors: statements, parameters, rows, counts."""

import array
import itertools
import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from microcosm_sqlite.engines import dbapi
from microcosm_sqlite.engines.statements import Description


@pytest.fixture
def connection() -> dbapi.Connection:
    """Return a connection to a table of three names."""
    connection = dbapi.connect(":memory:")
    connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)")
    connection.executemany("INSERT INTO t (name) VALUES (?)", [("a",), ("b",), ("c",)])
    connection.commit()
    return connection


def names(description: Description | None) -> list[str] | None:
    """Return the column names of *description*."""
    return None if description is None else [column[0] for column in description]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT id, name AS other FROM t", ["id", "other"]),
        ("SELECT id, name FROM t WHERE id > 100", ["id", "name"]),
        ("INSERT INTO t (name) VALUES ('x') RETURNING id", ["id"]),
        ("UPDATE t SET name = 'x' WHERE id > 100 RETURNING name", ["name"]),
        ("PRAGMA user_version", ["user_version"]),
        ("EXPLAIN QUERY PLAN SELECT 1", ["id", "parent", "notused", "detail"]),
        ("INSERT INTO t (name) VALUES ('x')", None),
        ("CREATE TABLE u (a)", None),
        ("-- nothing", None),
        ("", None),
    ],
)
def test_description_names_the_columns_of_what_returns_rows(
    connection: dbapi.Connection, sql: str, expected: Any
) -> None:
    """A description is there for statements with columns, also without a row, and only for them."""
    cursor = connection.execute(sql)

    assert names(cursor.description) == expected
    cursor.fetchall()
    assert names(cursor.description) == expected
    assert cursor.description is None or {len(column) for column in cursor.description} == {7}


def test_description_asked_for_late_is_still_right(connection: dbapi.Connection) -> None:
    """Columns are known after the last row was read, and belong to the last statement."""
    cursor = connection.execute("SELECT id FROM t")
    cursor.fetchall()
    assert names(cursor.description) == ["id"]

    cursor.execute("SELECT name FROM t WHERE id = ?", (1,))
    cursor.fetchall()

    assert names(cursor.description) == ["name"]


@pytest.mark.parametrize("condition", ["1", "0"])
def test_description_follows_a_changed_schema(tmp_path: Path, condition: str) -> None:
    """A statement run before shows the column another connection added since, with and without rows."""
    connection, other = dbapi.connect(tmp_path / "x.db"), dbapi.connect(tmp_path / "x.db")
    connection.executescript("CREATE TABLE t (a); INSERT INTO t VALUES (1)")
    query = f"SELECT * FROM t WHERE {condition}"
    connection.execute(query).fetchall()

    other.execute("ALTER TABLE t ADD COLUMN b")

    assert names(connection.execute(query).description) == ["a", "b"]


def test_rows_are_fetched_one_by_one_some_or_all(connection: dbapi.Connection) -> None:
    """The three ways to fetch, and iteration, share one position."""
    cursor = connection.execute("SELECT id FROM t UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6")

    assert cursor.fetchone() == (1,)
    assert cursor.fetchmany() == [(2,)]
    assert cursor.fetchmany(2) == [(3,), (4,)]
    assert next(cursor) == (5,)
    assert cursor.fetchall() == [(6,)]
    assert (cursor.fetchone(), cursor.fetchmany(3), cursor.fetchall(), list(cursor)) == (None, [], [], [])


def test_rows_of_a_query_are_read_lazily(connection: dbapi.Connection) -> None:
    """The first rows of an endless query come without the others."""
    cursor = connection.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n")

    assert list(itertools.islice(cursor, 3)) == [(1,), (2,), (3,)]


def test_rows_of_returning_are_complete_at_once(connection: dbapi.Connection) -> None:
    """INSERT ... RETURNING is finished when execute returns, whether or not its rows are fetched."""
    cursor = connection.execute("INSERT INTO t (name) SELECT name FROM t RETURNING id")
    connection.commit()

    assert (cursor.rowcount, cursor.lastrowid) == (3, 6)
    assert cursor.fetchall() == [(4,), (5,), (6,)]


def test_upsert_returns_the_row_it_changed(connection: dbapi.Connection) -> None:
    """INSERT ... ON CONFLICT DO UPDATE counts one row and returns its new value."""
    cursor = connection.execute(
        "INSERT INTO t VALUES (1, 'new') ON CONFLICT (id) DO UPDATE SET name = excluded.name RETURNING name"
    )

    assert (cursor.fetchall(), cursor.rowcount) == ([("new",)], 1)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("UPDATE t SET name = 'x' WHERE id < 3", 2),
        ("DELETE FROM t", 3),
        ("DELETE FROM t WHERE id > 100", 0),
        ("REPLACE INTO t VALUES (1, 'x')", 1),
        ("/* why */ WITH w AS (SELECT 7 AS i) INSERT INTO t SELECT i, 'w' FROM w", 1),
        ("SELECT * FROM t", -1),
        ("CREATE TABLE u (a)", -1),
        ("EXPLAIN DELETE FROM t", -1),
    ],
)
def test_rowcount_counts_changed_rows(connection: dbapi.Connection, sql: str, expected: Any) -> None:
    """Changes are counted, everything else has no count."""
    connection.execute("DELETE FROM t WHERE id > 1000")

    assert connection.execute(sql).rowcount == expected


def test_executemany_sums_its_changes_without_those_of_triggers(connection: dbapi.Connection) -> None:
    """The count of executemany is the sum over its rows; what triggers change is not in it."""
    connection.executescript(
        "CREATE TABLE log (a); CREATE TRIGGER x AFTER UPDATE ON t BEGIN INSERT INTO log VALUES (1); END"
    )
    rows = ((name,) for name in "xy")

    assert connection.executemany("UPDATE t SET name = ?", rows).rowcount == 6
    assert connection.execute("SELECT count(*) FROM log").fetchone() == (6,)
    assert connection.executemany("DELETE FROM t WHERE id = :id", [{"id": 1}, {"id": 9}]).rowcount == 1
    assert connection.executemany("DELETE FROM t WHERE id = ?", []).rowcount == 0


def test_executemany_drops_rows_that_come_back(connection: dbapi.Connection) -> None:
    """RETURNING runs to its end under executemany, and nothing is left to fetch."""
    cursor = connection.executemany("INSERT INTO t (name) VALUES (?) RETURNING id", [("x",), ("y",)])

    assert (cursor.rowcount, cursor.fetchall()) == (2, [])


def test_executemany_is_for_changes_only(connection: dbapi.Connection) -> None:
    """A query under executemany is refused, as sqlite3 refuses it."""
    with pytest.raises(dbapi.ProgrammingError, match="can only execute DML"):
        connection.executemany("SELECT ?", [(1,)])


@pytest.mark.parametrize("error", [RuntimeError("source"), KeyError("source"), OverflowError("source")])
def test_executemany_lets_errors_of_the_source_pass(connection: dbapi.Connection, error: Exception) -> None:
    """An error raised by the caller's own iterator arrives unchanged, whatever its class."""

    def rows() -> Iterator[tuple[str]]:
        yield ("x",)
        raise error

    with pytest.raises(type(error), match="source") as caught:
        connection.executemany("INSERT INTO t (name) VALUES (?)", rows())

    assert caught.value is error
    with pytest.raises(dbapi.ProgrammingError, match="binding parameter :name"):
        connection.executemany("INSERT INTO t (name) VALUES (:name)", [{"name": "x"}, {}])


def test_executescript_commits_then_runs_everything(connection: dbapi.Connection) -> None:
    """A script runs to its last statement, past those that return rows, after committing what was open."""
    connection.execute("INSERT INTO t (name) VALUES ('open')")
    connection.executescript("SELECT * FROM t; CREATE TABLE u (a); SELECT 1; INSERT INTO u VALUES (1);")
    connection.rollback()

    assert connection.execute("SELECT (SELECT count(*) FROM t), (SELECT count(*) FROM u)").fetchone() == (4, 1)


@pytest.mark.parametrize(
    "sql", ["SELECT 1; SELECT 2", "DELETE FROM t; -- so far\n DELETE FROM t", ";SELECT 1; SELECT 2"]
)
def test_execute_refuses_a_second_statement(connection: dbapi.Connection, sql: str) -> None:
    """More than one statement is refused before any of them runs."""
    with pytest.raises(dbapi.ProgrammingError, match="You can only execute one statement at a time"):
        connection.execute(sql)

    assert connection.execute("SELECT count(*) FROM t").fetchone() == (3,)


@pytest.mark.parametrize(
    "sql", ["SELECT 1;", " \n;; SELECT 1 ; -- done", "/* a; b */ SELECT 1 /* ; */;\n", "SELECT 1 /* open"]
)
def test_execute_ignores_what_is_no_statement(connection: dbapi.Connection, sql: str) -> None:
    """Semicolons, blanks and comments around a statement do not count as others."""
    assert connection.execute(sql).fetchall() == [(1,)]


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        (None, None),
        (1, 1),
        (-(2**63), -(2**63)),
        (1.5, 1.5),
        (True, 1),
        ("é\N{SNOWMAN}\0x", "é\N{SNOWMAN}\0x"),
        (b"\0\xff", b"\0\xff"),
        (bytearray(b"ab"), b"ab"),
        (memoryview(b"ab"), b"ab"),
        (dbapi.Binary(b"ab"), b"ab"),
        (array.array("b", b"ab"), b"ab"),
    ],
)
def test_values_come_back_as_sqlite_stores_them(connection: dbapi.Connection, value: Any, stored: Any) -> None:
    """The five types of SQLite go in, bytes of every kind included, and come out."""
    (found,) = connection.execute("SELECT ?", (value,)).fetchone()

    assert (found, type(found)) == (stored, type(stored))


@pytest.mark.parametrize(
    ("sql", "parameters"), [("SELECT :a, @b, $c", {"a": 1, "b": 2, "c": 3}), ("SELECT ?3, ?, ?1", [3, 2, 1, 2])]
)
def test_parameters_are_bound_by_name_or_by_position(connection: dbapi.Connection, sql: str, parameters: Any) -> None:
    """Mappings bind names, sequences positions."""
    assert connection.execute(sql, parameters).fetchone() == (1, 2, 3)


@pytest.mark.parametrize(
    ("sql", "parameters", "error", "message"),
    [
        (
            "SELECT ?",
            (Decimal(1),),
            dbapi.ProgrammingError,
            "Error binding parameter 1: type '.*Decimal' is not supported",
        ),
        ("SELECT ?, ?", (1,), dbapi.ProgrammingError, "The current statement uses 2, and there are 1 supplied"),
        ("SELECT ?", (), dbapi.ProgrammingError, "The current statement uses 1, and there are 0 supplied"),
        ("SELECT ?", None, dbapi.ProgrammingError, "uses 1, and there are 0 supplied"),
        ("SELECT :a", {"b": 1}, dbapi.ProgrammingError, "You did not supply a value for binding parameter :a"),
        ("SELECT ?", {"b": 1}, dbapi.ProgrammingError, "has no name"),
        ("SELECT ?", (2**63,), OverflowError, "Python int too large to convert to SQLite INTEGER"),
        ("SELECT 1 -- \0", (), dbapi.ProgrammingError, "null character"),
        (b"SELECT 1", (), TypeError, "str"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(
    connection: dbapi.Connection, sql: str, parameters: Any, error: type[Exception], message: str
) -> None:
    """What cannot be bound is an error of the class sqlite3 raises, each time it is tried."""
    for _ in range(2):
        with pytest.raises(error, match=message):
            connection.execute(sql, parameters)


def test_undecodable_text_is_an_operational_error(connection: dbapi.Connection) -> None:
    """Text that is no UTF-8 cannot be fetched, and says so."""
    with pytest.raises(dbapi.OperationalError, match="Could not decode to UTF-8"):
        connection.execute("SELECT CAST(x'ff' AS TEXT)").fetchall()


@pytest.mark.parametrize("fetch", ["fetchone", "fetchmany", "fetchall", "__next__"])
def test_errors_while_fetching_are_translated(connection: dbapi.Connection, fetch: str) -> None:
    """An error that comes with a later row is the driver's too."""
    cursor = connection.execute("SELECT json(column1) FROM (VALUES ('1'), ('{'))")
    assert cursor.fetchone() == ("1",)
    cursor.arraysize = 2

    with pytest.raises(dbapi.OperationalError, match="malformed JSON"):
        getattr(cursor, fetch)()


def test_closed_cursor_refuses_to_work(connection: dbapi.Connection) -> None:
    """After close every method is a ProgrammingError, and closing again is allowed."""
    cursor = connection.execute("SELECT * FROM t")
    cursor.close()
    cursor.close()

    for use in (
        cursor.fetchone,
        cursor.fetchmany,
        cursor.fetchall,
        lambda: cursor.execute("SELECT 1"),
        lambda: next(cursor),
    ):
        with pytest.raises(dbapi.ProgrammingError, match="Cannot operate on a closed cursor"):
            use()


def test_one_cursor_serves_one_thread_at_a_time(connection: dbapi.Connection) -> None:
    """A second thread on a busy cursor gets a clear error, the first one its result."""
    busy, done = threading.Event(), threading.Event()

    def wait() -> bool:
        busy.set()
        return done.wait(10)

    connection.create_function("wait", 0, wait)
    cursor = connection.cursor()
    thread = threading.Thread(target=lambda: cursor.execute("SELECT wait()"))
    thread.start()
    busy.wait()

    with pytest.raises(dbapi.ProgrammingError, match="Recursive or concurrent use of a cursor"):
        cursor.execute("SELECT 1")

    done.set()
    thread.join()
    assert cursor.fetchall() == [(1,)]


def test_cursor_knows_its_connection(connection: dbapi.Connection) -> None:
    """The connection of a cursor is the one it was made by."""
    assert connection.cursor().connection is connection
