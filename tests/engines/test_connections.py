"""Connections: opening, transactions, functions, closing."""

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import pytest

from microcosm_sqlite.engines import dbapi

HARD_NAMES = [
    "plain.db",
    "a?b.db",
    "a#b.db",
    "a%41.db",
    "a b.db",
    "line\nbreak.db",
    "é\N{SNOWMAN}.db",
    "a?mode=ro",
    "x\udcff.db",
]


@pytest.fixture
def connection() -> dbapi.Connection:
    """Return a connection to a table of names."""
    connection = dbapi.connect(":memory:")
    connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT UNIQUE) STRICT")
    return connection


@pytest.mark.parametrize("name", HARD_NAMES)
def test_connect_opens_exactly_the_path_given(tmp_path: Path, name: str) -> None:
    """No character of a path is read as syntax: the file has that name and is the only one."""
    path = tmp_path / name

    with dbapi.connect(path) as connection:
        connection.execute("CREATE TABLE t (a)")
    connection.close()

    assert [file.name for file in tmp_path.iterdir()] == [name]
    assert dbapi.connect(path, flags=apsw.SQLITE_OPEN_READONLY).execute("SELECT * FROM t").fetchall() == []


def test_connect_takes_paths_of_every_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Text, bytes, path objects and relative paths name the same file; an empty one is private."""
    monkeypatch.chdir(tmp_path)
    dbapi.connect("x.db").execute("CREATE TABLE t (a)")

    for path in (tmp_path / "x.db", b"x.db", str(tmp_path / "x.db"), "/" + str(tmp_path / "x.db")):
        assert dbapi.connect(path).execute("SELECT * FROM t").fetchall() == []
    assert dbapi.connect("").execute("SELECT * FROM sqlite_schema").fetchall() == []


def test_connect_passes_on_the_uri_of_the_caller(tmp_path: Path) -> None:
    """With uri=True the caller's own URI decides how the file is opened."""
    path = tmp_path / "x.db"
    dbapi.connect(path).execute("CREATE TABLE t (a)")

    connection = dbapi.connect(f"{path.as_uri()}?mode=ro", uri=True)

    with pytest.raises(dbapi.OperationalError, match="attempt to write a readonly database"):
        connection.execute("INSERT INTO t VALUES (1)")


def test_connect_without_create_makes_no_file(tmp_path: Path) -> None:
    """Flags without SQLITE_OPEN_CREATE make a missing file an error, not a new file."""
    with pytest.raises(dbapi.OperationalError, match="unable to open database file"):
        dbapi.connect(tmp_path / "missing.db", flags=apsw.SQLITE_OPEN_READWRITE)

    assert list(tmp_path.iterdir()) == []


def test_connect_refuses_what_it_cannot_do(tmp_path: Path) -> None:
    """A null character, type detection and unknown isolation levels are refused with a reason."""
    with pytest.raises(ValueError, match="null character"):
        dbapi.connect("a\0b")
    with pytest.raises(dbapi.NotSupportedError, match="detect_types"):
        dbapi.connect(":memory:", detect_types=sqlite3.PARSE_DECLTYPES)
    with pytest.raises(ValueError, match="isolation_level"):
        dbapi.connect(":memory:", isolation_level="SOMETIMES")


def test_timeout_is_how_long_a_lock_is_waited_for(tmp_path: Path) -> None:
    """A timeout of zero gives up at once on a database someone else writes."""
    writer = dbapi.connect(tmp_path / "x.db")
    writer.executescript("CREATE TABLE t (a); BEGIN IMMEDIATE")

    with pytest.raises(dbapi.OperationalError, match="database is locked") as caught:
        dbapi.connect(tmp_path / "x.db", timeout=0).execute("INSERT INTO t VALUES (1)")

    assert caught.value.sqlite_errorname == "SQLITE_BUSY"


def test_changes_begin_a_transaction(connection: dbapi.Connection) -> None:
    """Under the default isolation level a change of rows opens a transaction, reading and DDL do not."""
    connection.execute("SELECT * FROM t").fetchall()
    before = connection.in_transaction
    connection.execute("INSERT INTO t (name) VALUES ('a')")

    assert (before, connection.in_transaction) == (False, True)
    connection.rollback()
    assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)


def test_isolation_level_says_how_transactions_begin(tmp_path: Path) -> None:
    """IMMEDIATE takes the write lock with the first change; None leaves them to the caller and commits first."""
    connection = dbapi.connect(tmp_path / "x.db", isolation_level="immediate")
    connection.execute("CREATE TABLE t (a)")
    connection.execute("INSERT INTO t VALUES (1)")
    assert (connection.isolation_level, connection.in_transaction) == ("IMMEDIATE", True)

    connection.isolation_level = None

    assert (connection.isolation_level, connection.in_transaction) == (None, False)
    connection.execute("INSERT INTO t VALUES (2)")
    assert not connection.in_transaction
    assert dbapi.connect(tmp_path / "x.db").execute("SELECT count(*) FROM t").fetchone() == (2,)


def test_context_manager_commits_or_rolls_back(connection: dbapi.Connection) -> None:
    """The block's success is committed, its failure undone; the connection stays open."""
    with connection:
        connection.execute("INSERT INTO t (name) VALUES ('kept')")
    with pytest.raises(KeyError), connection:  # noqa: PT012 - the block is the transaction
        connection.execute("INSERT INTO t (name) VALUES ('undone')")
        raise KeyError

    assert connection.execute("SELECT name FROM t").fetchall() == [("kept",)]
    assert connection.total_changes == 2


def test_fetches_are_counted(connection: dbapi.Connection) -> None:
    """Whoever watches a connection can tell that its reader gets on."""
    cursor = connection.execute("SELECT 1 UNION SELECT 2 UNION SELECT 3")
    before = connection.fetches

    cursor.fetchone()
    cursor.fetchmany(1)
    next(cursor)

    assert connection.fetches == before + 3


def test_commit_and_rollback_without_transaction_do_nothing(connection: dbapi.Connection) -> None:
    """Ending a transaction that is not there is no error."""
    connection.commit()
    connection.rollback()

    assert not connection.in_transaction


@pytest.mark.parametrize(
    "use",
    [
        lambda connection: connection.cursor(),
        lambda connection: connection.execute("SELECT 1"),
        lambda connection: connection.commit(),
        lambda connection: connection.rollback(),
        lambda connection: connection.in_transaction,
        lambda connection: connection.total_changes,
        lambda connection: connection.interrupt(),
        lambda connection: connection.create_function("f", 0, int),
    ],
)
def test_use_after_close_is_a_programming_error(connection: dbapi.Connection, use: Callable[..., Any]) -> None:
    """A closed connection says so, in the words SQLAlchemy knows a lost connection by."""
    connection.close()

    with pytest.raises(dbapi.ProgrammingError, match="Cannot operate on a closed database"):
        use(connection)


def test_closing_twice_is_allowed_and_undoes_what_is_open(tmp_path: Path) -> None:
    """Closing rolls back; cursors refuse from then on but remember their columns."""
    connection = dbapi.connect(tmp_path / "x.db")
    connection.execute("CREATE TABLE t (a)")
    connection.execute("INSERT INTO t VALUES (1)")
    cursor = connection.execute("SELECT a FROM t")

    connection.close()
    connection.close()

    with pytest.raises(dbapi.ProgrammingError, match="Cannot operate on a closed database"):
        cursor.fetchone()
    assert cursor.description is not None
    assert cursor.description[0][0] == "a"
    assert dbapi.connect(tmp_path / "x.db").execute("SELECT * FROM t").fetchall() == []


def test_functions_aggregates_and_collations_run_in_sql(connection: dbapi.Connection) -> None:
    """Python code is callable from SQL and can be taken away again."""

    class Longest:
        def __init__(self) -> None:
            self.found = ""

        def step(self, text: Any) -> None:
            self.found = max(self.found, text, key=len)

        def finalize(self) -> str:
            return self.found

    connection.create_function("twice", 1, lambda text: text * 2, deterministic=True)
    connection.create_aggregate("longest", 1, Longest)
    connection.create_collation("backwards", lambda one, other: (one < other) - (one > other))
    connection.executemany("INSERT INTO t (name) VALUES (?)", [("a",), ("ccc",), ("bb",)])

    assert connection.execute("SELECT twice(longest(name)) FROM t").fetchone() == ("cccccc",)
    assert connection.execute("SELECT name FROM t ORDER BY name COLLATE backwards").fetchone() == ("ccc",)

    connection.create_function("twice", 1, None)
    connection.create_aggregate("longest", 1, None)
    connection.create_collation("backwards", None)
    for missing in ("twice(name)", "longest(name)", "name COLLATE backwards = ''"):
        with pytest.raises(dbapi.OperationalError, match="no such"):
            connection.execute(f"SELECT {missing} FROM t").fetchall()


@pytest.mark.parametrize("result", [lambda: 1 // 0, object])
def test_failing_functions_are_operational_errors(connection: dbapi.Connection, result: Callable[..., Any]) -> None:
    """What goes wrong in a function of the application is told as sqlite3 tells it, with its cause."""
    connection.create_function("broken", 0, result)

    with pytest.raises(dbapi.OperationalError, match="user-defined function raised exception") as caught:
        connection.execute("SELECT broken()").fetchall()

    assert caught.value.__cause__ is not None


def test_interrupt_stops_a_statement_in_another_thread(connection: dbapi.Connection) -> None:
    """An endless query fails with OperationalError when another thread interrupts it."""
    started = threading.Event()
    connection.create_function("started", 0, started.set)
    endless = "WITH RECURSIVE n(i) AS (SELECT started() UNION ALL SELECT 1 FROM n) SELECT count(*) FROM n"

    def interrupt() -> None:
        started.wait()
        connection.interrupt()

    interrupter = threading.Thread(target=interrupt)
    interrupter.start()

    with pytest.raises(dbapi.OperationalError, match="interrupted"):
        connection.execute(endless).fetchall()

    interrupter.join()


def test_threads_share_a_connection(connection: dbapi.Connection) -> None:
    """Many threads write through one connection at once and nothing is lost."""

    def work(first: Any) -> None:
        for number in range(first, first + 200):
            connection.execute("INSERT INTO t VALUES (?, ?)", (number, str(number)))
            assert connection.execute("SELECT name FROM t WHERE id = ?", (number,)).fetchone() == (str(number),)

    threads = [threading.Thread(target=work, args=(number * 1000,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert connection.execute("SELECT count(*) FROM t").fetchone() == (800,)


def test_native_is_the_apsw_connection(connection: dbapi.Connection) -> None:
    """What PEP 249 has no word for is reached through APSW's own object."""
    assert isinstance(connection.native, apsw.Connection)
    assert connection.native.limit(apsw.SQLITE_LIMIT_ATTACHED) > 0
