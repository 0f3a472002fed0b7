"""Bytes that nothing refers to are zero, all others stay."""

import random
from pathlib import Path

import apsw
import pytest

from microcosm_sqlite.artifacts.scrubbing import scrub
from tests.artifacts.allocation import ranges, used_bytes

PAGE_SIZES = (512, 1024, 4096, 65536)


def make(path: Path, *, page_bytes: int, seed: int = 1, rows: int = 400) -> list[int]:
    """Make a database with a past at *path* and return the roots of what is in it."""
    drawn = random.Random(seed)
    connection = apsw.Connection(str(path))
    connection.execute(f"PRAGMA page_size = {page_bytes}; PRAGMA secure_delete = OFF").fetchall()
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("""
        CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, long BLOB);
        CREATE TABLE flag (flag TEXT PRIMARY KEY) WITHOUT ROWID;
        CREATE TABLE tiny (flag PRIMARY KEY) WITHOUT ROWID;
        CREATE INDEX by_name ON t (name);
        CREATE INDEX by_long ON t (long);
        INSERT INTO tiny VALUES (0), (1), ('');
    """)
    for number in range(rows):
        long = drawn.randbytes(drawn.choice((0, 3, 30, 40, page_bytes // 3, page_bytes * 2, page_bytes * 3)))
        connection.execute("INSERT INTO t VALUES (?, ?, ?)", (number, "x" * drawn.randint(0, 60), long))
        connection.execute("INSERT OR IGNORE INTO flag VALUES (?)", ("y" * drawn.randint(0, 90),))
    connection.execute("DELETE FROM t WHERE id % 3 = 1; UPDATE t SET name = substr(name, 5) WHERE id % 2")
    connection.execute("UPDATE t SET long = substr(long, 3) WHERE id % 5 = 0")
    roots = [root for (root,) in connection.execute("SELECT rootpage FROM sqlite_schema WHERE rootpage > 0")]
    connection.close()
    return roots


def dump(path: Path) -> tuple[list[tuple[object, ...]], ...]:
    """Return what is in the database at *path*, and what SQLite thinks of it."""
    connection = apsw.Connection(str(path))
    try:
        queries = (
            "SELECT * FROM t ORDER BY id",
            "SELECT * FROM flag",
            "SELECT * FROM tiny",
            "SELECT long FROM t INDEXED BY by_long ORDER BY long",
            "PRAGMA integrity_check",
        )
        return tuple(connection.execute(query).fetchall() for query in queries)
    finally:
        connection.close()


@pytest.mark.parametrize("page_bytes", PAGE_SIZES)
def test_what_is_in_the_database_stays(tmp_path: Path, page_bytes: int) -> None:
    """No row, no index and no opinion of SQLite changes."""
    path = tmp_path / "t.sqlite"
    roots = make(path, page_bytes=page_bytes)
    before = dump(path)

    scrub(path, roots=roots)

    assert dump(path) == before
    assert before[-1] == [("ok",)]


@pytest.mark.slow
@pytest.mark.parametrize("page_bytes", PAGE_SIZES)
def test_every_byte_that_is_not_used_becomes_zero(tmp_path: Path, page_bytes: int) -> None:
    """Whatever stood there; a second reading of the file format says which bytes these are."""
    path = tmp_path / "t.sqlite"
    roots = make(path, page_bytes=page_bytes)
    data = bytearray(path.read_bytes())
    used = used_bytes(bytes(data), roots)
    for offset in ranges(used, 0):
        data[offset] = 0xAA
    path.write_bytes(data)

    scrub(path, roots=roots)

    for offset in ranges(used, 0):
        data[offset] = 0
    assert path.read_bytes() == bytes(data)
    assert 0 in used


def test_free_pages_become_zero(tmp_path: Path) -> None:
    """Of the free list its own numbers stay, nothing of what the pages held."""
    path = tmp_path / "t.sqlite"
    roots = make(path, page_bytes=1024)
    connection = apsw.Connection(str(path))
    connection.execute("INSERT INTO t VALUES (9999, 'REMEMBERME', zeroblob(4000) || 'REMEMBERME')")
    connection.execute("DELETE FROM t WHERE id > 100")
    free_before = connection.execute("PRAGMA freelist_count").fetchall()
    connection.close()

    scrub(path, roots=roots)

    connection = apsw.Connection(str(path))
    assert b"REMEMBERME" not in path.read_bytes()
    assert connection.execute("PRAGMA freelist_count; PRAGMA integrity_check").fetchall() == [*free_before, ("ok",)]
    connection.close()


def test_scrubbing_twice_changes_nothing(tmp_path: Path) -> None:
    """The second time finds nothing left."""
    path = tmp_path / "t.sqlite"
    roots = make(path, page_bytes=4096)
    scrub(path, roots=roots)
    once = path.read_bytes()

    scrub(path, roots=roots)

    assert path.read_bytes() == once


def test_values_far_from_their_rows_are_found(tmp_path: Path) -> None:
    """A long value lies anywhere in a file with a past; the rest of its last page is wiped all the same."""
    path = tmp_path / "t.sqlite"
    make(path, page_bytes=512, rows=30)
    connection = apsw.Connection(str(path))
    connection.execute("""
        CREATE TABLE filler (b);
        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400)
            INSERT INTO filler SELECT printf('%.300c', 'f') FROM n;
        UPDATE t SET long = printf('%.1500c', 'l') WHERE id = 2;
    """)
    roots = [root for (root,) in connection.execute("SELECT rootpage FROM sqlite_schema WHERE rootpage > 0")]
    free = connection.execute("PRAGMA freelist_count").fetchall()
    connection.close()
    data = bytearray(path.read_bytes())
    used = used_bytes(bytes(data), roots)
    last = data.rfind(b"l" * 20)
    end = last + len(data[last:]) - len(data[last:].lstrip(b"l"))
    unused = [offset for offset in range(end, (end // 512 + 1) * 512) if not used[offset]]
    assert unused or free
    for offset in unused:
        data[offset] = 0xAA
    path.write_bytes(data)

    scrub(path, roots=roots)

    after = path.read_bytes()
    assert all(after[offset] == 0 for offset in unused)
