"""Rows are written anew in an order of their own."""

from pathlib import Path

import apsw
import pytest

from microcosm_sqlite.artifacts.layout import normalise_layout
from microcosm_sqlite.artifacts.schemas import fingerprint, read_schema
from microcosm_sqlite.sealing.definitions import read_definitions
from microcosm_sqlite.sealing.targets import Target
from microcosm_sqlite.sealing.writing import Records, new_database, schema_of, write_rows

TARGET = Target(name="test", path=Path("test.sqlite"))


def written(
    folder: Path, *statements: str, page_bytes: int = 4096, records: Records = Records.ENCODED_ANEW
) -> apsw.Connection:
    """Return what is written of a database for which *statements* have run."""
    source = apsw.Connection(str(folder / "source"))
    for sql in statements:
        source.execute(sql).fetchall()
    definitions = read_definitions(source, target=TARGET)
    with new_database(folder / "written", page_bytes=page_bytes) as connection:
        write_rows(connection, folder / "source", definitions=definitions, target=TARGET, records=records)
    source.close()
    return apsw.Connection(str(folder / "written"))


def test_rows_without_a_number_get_one_by_their_key(tmp_path: Path) -> None:
    """In the order of the key, by bytes whatever the collation."""
    connection = written(
        tmp_path,
        "CREATE TABLE t (k TEXT COLLATE NOCASE PRIMARY KEY NOT NULL, x ANY) STRICT",
        "INSERT INTO t VALUES ('b', 1), ('C', 2), ('a', 3)",
    )

    assert connection.execute("SELECT rowid, k FROM t ORDER BY rowid").fetchall() == [(1, "C"), (2, "a"), (3, "b")]


def test_rows_without_a_key_are_sorted_by_all_columns(tmp_path: Path) -> None:
    """Equal rows stay as many as they were; 1 comes before 1.0."""
    connection = written(
        tmp_path,
        "CREATE TABLE t (x ANY, y TEXT) STRICT",
        "INSERT INTO t VALUES (1.0, 'a'), (NULL, 'b'), (1, 'a'), ('z', NULL), (NULL, 'b')",
    )

    assert connection.execute("SELECT rowid, x, typeof(x), y FROM t ORDER BY rowid").fetchall() == [
        (1, None, "null", "b"),
        (2, None, "null", "b"),
        (3, 1, "integer", "a"),
        (4, 1.0, "real", "a"),
        (5, "z", "text", None),
    ]


def test_numbers_of_rows_that_are_keys_stay(tmp_path: Path) -> None:
    """An INTEGER PRIMARY KEY is what others refer to; AUTOINCREMENT goes on behind the largest."""
    connection = written(
        tmp_path,
        "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT) STRICT",
        "INSERT INTO t VALUES (7), (-3), (100)",
        "DELETE FROM t WHERE id = 100",
    )

    assert connection.execute("SELECT id FROM t").fetchall() == [(-3,), (7,)]
    assert connection.execute("SELECT * FROM sqlite_sequence").fetchall() == [("t", 7)]


def test_negative_zero_becomes_zero(tmp_path: Path) -> None:
    """In columns of any type; infinities stay."""
    connection = written(
        tmp_path,
        "CREATE TABLE t (x ANY, r REAL) STRICT",
        "INSERT INTO t VALUES (-0.0, -0.0), (-9e999, 9e999)",
    )

    assert [str(row) for row in connection.execute("SELECT x, r FROM t")] == ["(-inf, inf)", "(0.0, 0.0)"]


def test_triggers_are_there_but_did_not_run(tmp_path: Path) -> None:
    """They are created when the rows are in."""
    connection = written(
        tmp_path,
        "CREATE TABLE t (x INTEGER, g INTEGER AS (x * 2)) STRICT",
        "INSERT INTO t VALUES (1)",
        "CREATE TRIGGER twice AFTER INSERT ON t BEGIN INSERT INTO t VALUES (new.x); END",
        "CREATE VIEW v AS SELECT sum(g) FROM t",
    )

    assert connection.execute("SELECT * FROM v").fetchall() == [(2,)]
    assert connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall() == [("twice",)]


@pytest.mark.parametrize("page_bytes", [512, 65536])
def test_the_page_size_is_as_asked_for(tmp_path: Path, page_bytes: int) -> None:
    """Whatever that of the workbench is."""
    connection = written(tmp_path, "CREATE TABLE t (x)", page_bytes=page_bytes)

    assert connection.execute("PRAGMA page_size").fetchall() == [(page_bytes,)]


def test_the_schema_is_known_before_anything_is_written(tmp_path: Path) -> None:
    """It is that of the finished file."""
    statements = ("CREATE TABLE t (x DEFAULT (1  + 2))", "CREATE INDEX i ON t (x)", "CREATE VIEW v AS SELECT 1")
    connection = written(tmp_path, *statements)
    source = apsw.Connection(str(tmp_path / "source"))

    schema = schema_of(read_definitions(source, target=TARGET))

    assert fingerprint(schema) == fingerprint(read_schema(connection))


def test_copied_records_are_those_encoded_anew(tmp_path: Path) -> None:
    """Byte for byte, once they are compacted."""
    statements = (
        "CREATE TABLE a (id INTEGER PRIMARY KEY, x REAL UNIQUE, y BLOB, z TEXT COLLATE NOCASE) STRICT",
        "CREATE TABLE b (p TEXT, q INTEGER, PRIMARY KEY (p, q)) STRICT, WITHOUT ROWID",
        "CREATE TABLE c (x TEXT PRIMARY KEY NOT NULL, y ANY) STRICT",
        "CREATE TABLE d (id INTEGER PRIMARY KEY, x ANY, g INTEGER AS (id + 1)) STRICT",
        "CREATE INDEX j ON a (z DESC) WHERE id > 20",
        "CREATE INDEX i ON c (y)",
        "CREATE VIEW n AS WITH RECURSIVE m (i) AS (SELECT 1 UNION ALL SELECT i+1 FROM m WHERE i<500) SELECT i FROM m",
        "INSERT INTO a SELECT (i * 7919) % 1009, i * 0.5, randomblob(i), 'Name ' || i FROM n",
        "INSERT INTO b SELECT z, id FROM a",
        "INSERT INTO c SELECT hex(y), -0.0 FROM a",
        "INSERT INTO d SELECT id, -0.0 FROM a",
        "UPDATE a SET x = -0.0 WHERE id = 77",
    )
    files: list[bytes] = []
    for records in Records:
        connection = written(tmp_path, *statements, records=records) if not files else _rewritten(tmp_path, records)
        connection.execute("VACUUM INTO ?", (str(tmp_path / records.name),))
        connection.close()
        normalise_layout(tmp_path / records.name, schema_fingerprint="sha256:" + "0" * 64)
        files.append((tmp_path / records.name).read_bytes())

    assert files[0] == files[1]


def _rewritten(folder: Path, records: Records) -> apsw.Connection:
    (folder / "written").unlink()
    return written(folder, records=records)
