"""Schemas are described as SQLite has understood them."""

import hashlib
import json

import apsw
import pytest

from microcosm_sqlite.artifacts.schemas import ForeignKey, Schema, Table, fingerprint, read_schema
from microcosm_sqlite.constants import MANIFEST_TABLE


def _schema(sql: str) -> Schema:
    connection = apsw.Connection(":memory:")
    connection.execute(sql)
    return read_schema(connection)


def _table(sql: str) -> Table:
    (table,) = _schema(sql).tables
    return table


_BASE = "CREATE TABLE t (a INTEGER PRIMARY KEY NOT NULL, b TEXT, c REAL) STRICT;"


def test_columns_are_described() -> None:
    """Name, type, duty, default, key, collation and kind are all there."""
    table = _table(
        "CREATE TABLE t (b TEXT NOT NULL COLLATE nocase DEFAULT 'x', a INTEGER, g INT GENERATED ALWAYS AS (a + 1), "
        "PRIMARY KEY (b, a)) STRICT, WITHOUT ROWID"
    )

    b, a, g = table.columns
    assert (b.name, b.type, b.not_null, b.default, b.key_position, b.collation) == (
        "b",
        "TEXT",
        True,
        "'x'",
        1,
        "NOCASE",
    )
    assert (a.key_position, a.not_null) == (2, True)
    assert g.kind == "generated-virtual"
    assert table.key == ("b", "a")
    assert table.stored_columns == (b, a)
    assert table.is_strict
    assert table.is_without_rowid


def test_foreign_keys_without_columns_mean_the_primary_key() -> None:
    """A reference that names only a table is completed."""
    schema = _schema(
        "CREATE TABLE p (x INT, y INT, PRIMARY KEY (y, x)); CREATE TABLE c (a, b, FOREIGN KEY (a, b) REFERENCES p)"
    )

    assert schema.tables[0].foreign_keys == (
        ForeignKey(
            columns=("a", "b"), table="p", referred_columns=("y", "x"), on_update="NO ACTION", on_delete="NO ACTION"
        ),
    )


def test_what_sqlite_keeps_for_itself_is_left_out() -> None:
    """Statistics, shadow tables and the manifest are no part of the schema."""
    schema = _schema(
        f"{_BASE} CREATE INDEX i ON t (b); INSERT INTO t VALUES (1, 'x', 1.5); ANALYZE;"
        f'CREATE TABLE "{MANIFEST_TABLE}" (document TEXT);'
        "CREATE VIRTUAL TABLE words USING fts5 (text); CREATE TABLE s (id INTEGER PRIMARY KEY AUTOINCREMENT)"
    )

    assert [table.name for table in schema.tables] == ["s", "t"]
    assert [(definition.kind, definition.name) for definition in schema.definitions] == [("virtual table", "words")]


@pytest.mark.parametrize(
    "sql",
    [
        "create table t(a integer not null primary key,b text,c real)strict;",
        'CREATE TABLE "t" (\n "a" INTEGER NOT NULL, "b" TEXT, "c" REAL, CONSTRAINT pk_t PRIMARY KEY ("a")) STRICT',
    ],
)
def test_the_fingerprint_ignores_how_sql_was_written(sql: str) -> None:
    """SQLAlchemy words its DDL differently from version to version."""
    assert fingerprint(_schema(sql)) == fingerprint(_schema(_BASE))


def test_the_fingerprint_ignores_the_order_of_creation() -> None:
    """Tables and indexes are sorted."""
    one = "CREATE TABLE a (x); CREATE TABLE b (y); CREATE INDEX i ON a (x); CREATE UNIQUE INDEX j ON a (x);"
    other = "CREATE TABLE b (y); CREATE TABLE a (x); CREATE UNIQUE INDEX j ON a (x); CREATE INDEX i ON a (x);"

    assert fingerprint(_schema(one)) == fingerprint(_schema(other))


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE u (a INTEGER PRIMARY KEY NOT NULL, b TEXT, c REAL) STRICT",
        "CREATE TABLE t (a INTEGER PRIMARY KEY NOT NULL, b TEXT, d REAL) STRICT",
        "CREATE TABLE t (a INTEGER PRIMARY KEY NOT NULL, c REAL, b TEXT) STRICT",
        "CREATE TABLE t (a INTEGER PRIMARY KEY NOT NULL, b TEXT, c BLOB) STRICT",
        "CREATE TABLE t (a INTEGER PRIMARY KEY NOT NULL, b TEXT NOT NULL, c REAL) STRICT",
        "CREATE TABLE t (a INTEGER PRIMARY KEY NOT NULL, b TEXT DEFAULT 'x', c REAL) STRICT",
        "CREATE TABLE t (a INTEGER PRIMARY KEY NOT NULL, b TEXT COLLATE NOCASE, c REAL) STRICT",
        "CREATE TABLE t (a INTEGER PRIMARY KEY NOT NULL, b TEXT UNIQUE, c REAL) STRICT",
        "CREATE TABLE t (a INTEGER PRIMARY KEY NOT NULL, b TEXT REFERENCES t (a), c REAL) STRICT",
        "CREATE TABLE t (a INTEGER PRIMARY KEY NOT NULL, b TEXT, c REAL)",
        "CREATE TABLE t (a INTEGER PRIMARY KEY NOT NULL, b TEXT, c REAL) STRICT, WITHOUT ROWID",
        "CREATE TABLE t (a INTEGER NOT NULL, b TEXT PRIMARY KEY, c REAL) STRICT",
        f"{_BASE} CREATE INDEX i ON t (b)",
        f"{_BASE} CREATE INDEX i ON t (b DESC)",
        f"{_BASE} CREATE INDEX i ON t (b COLLATE NOCASE)",
        f"{_BASE} CREATE INDEX i ON t (b) WHERE b > 'a'",
        f"{_BASE} CREATE INDEX i ON t (b) WHERE b > 'b'",
        f"{_BASE} CREATE INDEX i ON t (upper(b))",
        f"{_BASE} CREATE INDEX i ON t (lower(b))",
        f"{_BASE} CREATE INDEX j ON t (b)",
        f"{_BASE} CREATE UNIQUE INDEX i ON t (b)",
        f"{_BASE} CREATE VIEW v AS SELECT a FROM t",
        f"{_BASE} CREATE VIEW v AS SELECT b FROM t",
        f"{_BASE} CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; END",
        f"{_BASE} CREATE VIRTUAL TABLE f USING fts5 (b)",
        "CREATE TABLE t (a INTEGER PRIMARY KEY NOT NULL, b TEXT, c REAL AS (a + 1)) STRICT",
        "CREATE TABLE t (a INTEGER PRIMARY KEY NOT NULL, b TEXT, c REAL AS (a + 2)) STRICT",
        "CREATE TABLE t (a INTEGER PRIMARY KEY NOT NULL, b TEXT, c REAL AS (a + 2) STORED) STRICT",
    ],
)
def test_every_difference_changes_the_fingerprint(sql: str) -> None:
    """No two of these schemas are taken for one another."""
    others = [_BASE, *(mark for mark in _variants() if mark != sql)]

    found = fingerprint(_schema(sql))

    assert found not in {fingerprint(_schema(other)) for other in others}


def _variants() -> list[str]:
    (mark,) = test_every_difference_changes_the_fingerprint.pytestmark  # type: ignore[attr-defined]
    return list(mark.args[1])


def test_names_may_hold_anything() -> None:
    """Quotes, spaces and other alphabets in names are carried as they are."""
    table = _table('CREATE TABLE "ta""b le" ("co\'l" TEXT PRIMARY KEY, "колонка" REAL) STRICT')

    assert table.name == 'ta"b le'
    assert [column.name for column in table.columns] == ["co'l", "колонка"]


def test_the_fingerprint_is_that_of_the_format() -> None:
    """What docs/format.md defines, written out for one table with one of everything."""
    schema = _schema(
        "CREATE TABLE p (k TEXT PRIMARY KEY NOT NULL) STRICT, WITHOUT ROWID;"
        "CREATE TABLE c (a INTEGER PRIMARY KEY, b TEXT UNIQUE COLLATE NOCASE DEFAULT 'x' REFERENCES p, "
        "g REAL AS (a+1)) STRICT;"
        "CREATE INDEX i ON c (b DESC) WHERE a>1; CREATE VIEW v AS SELECT 1"
    )

    def column(name: str, declared: str, **fields: object) -> dict[str, object]:
        plain = {"not_null": False, "default": None, "key_position": 0, "collation": "BINARY", "kind": "stored"}
        return {"name": name, "type": declared} | plain | fields

    def index(name: str | None, origin: str, indexed: dict[str, object], **fields: object) -> dict[str, object]:
        plain = {"name": name, "origin": origin, "is_unique": True, "is_partial": False, "sql": None}
        return plain | {"columns": [{"is_descending": False, "collation": "BINARY"} | indexed]} | fields

    reference = {
        "columns": ["b"],
        "table": "p",
        "referred_columns": ["k"],
        "on_update": "NO ACTION",
        "on_delete": "NO ACTION",
    }
    child = {
        "name": "c",
        "is_strict": True,
        "is_without_rowid": False,
        "columns": [
            column("a", "INTEGER", key_position=1),
            column("b", "TEXT", default="'x'", collation="NOCASE"),
            column("g", "REAL", kind="generated-virtual"),
        ],
        "foreign_keys": [reference],
        "indexes": [
            index(None, "u", {"name": "b", "collation": "NOCASE"}),
            index(
                "i",
                "c",
                {"name": "b", "is_descending": True, "collation": "NOCASE"},
                is_unique=False,
                is_partial=True,
                sql="CREATE INDEX i ON c ( b DESC ) WHERE a > 1",
            ),
        ],
        "sql": "CREATE TABLE c ( a INTEGER PRIMARY KEY , b TEXT UNIQUE COLLATE NOCASE DEFAULT 'x' REFERENCES p , "
        "g REAL AS ( a + 1 ) ) STRICT",
    }
    parent = {
        "name": "p",
        "is_strict": True,
        "is_without_rowid": True,
        "columns": [column("k", "TEXT", not_null=True, key_position=1)],
        "foreign_keys": [],
        "indexes": [index(None, "pk", {"name": "k"})],
        "sql": None,
    }
    document = {
        "format": "microcosm-sqlite/schema/1",
        "tables": [child, parent],
        "definitions": [{"kind": "view", "name": "v", "sql": "CREATE VIEW v AS SELECT 1"}],
    }
    text = json.dumps(document, sort_keys=True, separators=(",", ":"))
    assert fingerprint(schema) == f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
