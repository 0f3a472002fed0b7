"""The translation of APSW's exceptions into those of PEP 249."""

import sqlite3
from pathlib import Path

import apsw
import pytest

from microcosm_sqlite.engines import dbapi
from microcosm_sqlite.engines.exceptions import InheritedConnectionError, raise_translated

SCHEMA = """
    CREATE TABLE parent (id INTEGER PRIMARY KEY);
    CREATE TABLE t (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE CHECK (name <> ''), parent REFERENCES parent
    );
    CREATE TABLE strict (a INTEGER) STRICT;
    INSERT INTO t VALUES (1, 'a', NULL);
    PRAGMA foreign_keys=ON;
"""

FAILURES = [
    "SELECT * FROM missing",
    "SELECT missing FROM t",
    "SELEC 1",
    "SELECT missing(1)",
    "INSERT INTO t VALUES (2, 'a', NULL)",
    "INSERT INTO t VALUES (1, 'b', NULL)",
    "INSERT INTO t VALUES (2, NULL, NULL)",
    "INSERT INTO t VALUES (2, '', NULL)",
    "INSERT INTO t VALUES (2, 'b', 7)",
    "INSERT INTO strict VALUES ('x')",
    "INSERT INTO t (id) VALUES ('x')",
    "CREATE TABLE t (a)",
    "COMMIT",
    "SELECT zeroblob(2000000000)",
    "ATTACH '/missing/folder/x.db' AS x",
    "SELECT 1; SELECT 2",
    "SELECT ?",
]


@pytest.mark.parametrize("sql", FAILURES)
def test_failures_are_those_of_sqlite3(sql: str) -> None:
    """What fails, fails with the class, the code and the words of the standard library's driver."""
    caught = []
    for module in (sqlite3, dbapi):
        connection = module.connect(":memory:", isolation_level=None)
        connection.executescript(SCHEMA)
        with pytest.raises(module.Error) as failure:
            connection.execute(sql).fetchall()
        caught.append(failure.value)
        connection.close()
    theirs, ours = caught

    assert type(ours).__name__ == type(theirs).__name__
    assert getattr(ours, "sqlite_errorcode", None) == getattr(theirs, "sqlite_errorcode", None)
    # The standard library does not know the names of the newest codes.
    assert getattr(theirs, "sqlite_errorname", None) in {getattr(ours, "sqlite_errorname", None), "unknown"}
    assert str(ours).rstrip(".") == str(theirs).rstrip(".")


@pytest.mark.parametrize(
    ("content", "error", "name"),
    [
        (b"this is no database at all" * 100, dbapi.DatabaseError, "SQLITE_NOTADB"),
        (b"SQLite format 3\0\x10\0\1\1\0\x40\x20\x20" + bytes(9000), dbapi.DatabaseError, "SQLITE_CORRUPT"),
    ],
)
def test_damaged_files_are_database_errors(tmp_path: Path, content: bytes, error: type[dbapi.Error], name: str) -> None:
    """A file that is no database, or a damaged one, is the plain DatabaseError."""
    path = tmp_path / "x.db"
    path.write_bytes(content)

    with pytest.raises(error) as caught:
        dbapi.connect(path).execute("SELECT * FROM sqlite_schema").fetchall()

    assert type(caught.value) is error
    assert caught.value.sqlite_errorname in {name, "SQLITE_NOTADB"}


@pytest.mark.parametrize("code", sorted(code for code in apsw.mapping_result_codes if isinstance(code, int)))
def test_every_result_code_has_its_class(code: int) -> None:
    """Whatever SQLite may answer becomes an exception of PEP 249, with the original as its cause."""
    try:
        original = apsw.exception_for(code)
    except ValueError:
        return  # SQLITE_OK, ROW and DONE are no failures.

    with pytest.raises((dbapi.Error, MemoryError)) as caught:
        raise_translated(original)

    assert caught.value.__cause__ is original
    assert (code == apsw.SQLITE_NOMEM) == isinstance(caught.value, MemoryError)


def test_every_exception_of_apsw_has_its_class() -> None:
    """No exception of APSW's own gets through, with or without a code."""
    kinds = [thing for thing in vars(apsw).values() if isinstance(thing, type) and issubclass(thing, apsw.Error)]

    for kind in set(kinds) - {apsw.NoMemError}:
        with pytest.raises(dbapi.Error):
            raise_translated(kind("text"))


def test_foreign_exceptions_stay_what_they_are() -> None:
    """What is not the driver's is raised unchanged."""
    error = TypeError("someone else's")

    with pytest.raises(TypeError) as caught:
        raise_translated(error)
    with pytest.raises(ZeroDivisionError):
        raise_translated(ZeroDivisionError())

    assert caught.value is error


def test_inherited_connection_says_what_to_do() -> None:
    """The message names the owner and the way out."""
    message = str(InheritedConnectionError())

    assert "belongs to the parent process" in message
    assert "Open a new connection" in message
