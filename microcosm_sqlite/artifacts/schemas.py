"""Describe the schema of a database as SQLite has understood it."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final

import apsw

from microcosm_sqlite.artifacts.canonical import canonical_json, json_digest
from microcosm_sqlite.artifacts.queries import rows
from microcosm_sqlite.artifacts.statements import normalise_sql
from microcosm_sqlite.constants import MANIFEST_TABLE

#: Names what is hashed, so that a later description cannot be taken for this one.
SCHEMA_FORMAT: Final = "microcosm-sqlite/schema/1"

#: `hidden` of `PRAGMA table_xinfo`: https://sqlite.org/pragma.html#pragma_table_xinfo.
_KINDS: Final = {0: "stored", 1: "hidden", 2: "generated-virtual", 3: "generated-stored"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """A column; `kind` is "stored" unless it is generated or hidden, `key_position` counts from one, zero if no key."""

    name: str
    type: str
    not_null: bool
    default: str | None
    key_position: int
    collation: str
    kind: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ForeignKey:
    """A reference of some columns to those of a table that `referred_columns` name."""

    columns: tuple[str, ...]
    table: str
    referred_columns: tuple[str, ...]
    on_update: str
    on_delete: str


@dataclass(frozen=True, kw_only=True, slots=True)
class IndexedColumn:
    """One column of an index, without a name if it is an expression."""

    name: str | None
    is_descending: bool
    collation: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Index:
    """An index; `origin` is "c" (CREATE INDEX), "u" (UNIQUE) or "pk"; only the first has a name of its own.

    `sql` is given where columns do not say it all: for a partial index and for one over an expression.
    """

    name: str | None
    origin: str
    is_unique: bool
    is_partial: bool
    columns: tuple[IndexedColumn, ...]
    sql: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """A table; `sql` is given only if it has generated columns, whose expressions no PRAGMA tells."""

    name: str
    is_strict: bool
    is_without_rowid: bool
    columns: tuple[Column, ...]
    foreign_keys: tuple[ForeignKey, ...]
    indexes: tuple[Index, ...]
    sql: str | None

    @property
    def key(self) -> tuple[str, ...]:
        """The columns of the primary key in its order; empty without one."""
        members = [column for column in self.columns if column.key_position]
        return tuple(column.name for column in sorted(members, key=lambda column: column.key_position))

    @property
    def has_integer_key(self) -> bool:
        """Whether the primary key is the rowid, which INTEGER PRIMARY KEY is, but not INTEGER PRIMARY KEY DESC."""
        members = [column for column in self.columns if column.key_position]
        is_integer = len(members) == 1 and members[0].type == "INTEGER" and not self.is_without_rowid
        return is_integer and not any(index.origin == "pk" for index in self.indexes)

    @property
    def stored_columns(self) -> tuple[Column, ...]:
        """The columns that hold data of their own, as declared: neither generated nor hidden."""
        return tuple(column for column in self.columns if column.kind == "stored")


@dataclass(frozen=True, kw_only=True, slots=True)
class Definition:
    """A view, a trigger or a virtual table: its `kind`, its name and its normalised SQL."""

    kind: str
    name: str
    sql: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Schema:
    """All a database defines, sorted; without SQLite's own tables, shadow tables and the manifest."""

    tables: tuple[Table, ...]
    definitions: tuple[Definition, ...]


def read_schema(connection: apsw.Connection) -> Schema:
    """Return the schema of the main database of *connection*."""
    names = {
        name: kind
        for name, kind in rows(connection, "SELECT name, type FROM pragma_table_list WHERE schema = 'main'")
        if not name.lower().startswith("sqlite_") and name != MANIFEST_TABLE
    }
    tables = [_table(connection, name) for name in sorted(names) if names[name] == "table"]
    virtual = [name for name in names if names[name] == "virtual"]
    return Schema(tables=tuple(tables), definitions=tuple(_definitions(connection, virtual)))


def fingerprint(schema: Schema) -> str:
    """Return the digest of *schema*: equal for equal schemas, however their SQL was written."""
    return json_digest({"format": SCHEMA_FORMAT, **asdict(schema)})


def _table(connection: apsw.Connection, name: str) -> Table:
    ((without_rowid, strict),) = rows(
        connection, "SELECT wr, strict FROM pragma_table_list WHERE schema = 'main' AND name = ?", name
    )
    columns = tuple(_columns(connection, name))
    return Table(
        name=name,
        is_strict=bool(strict),
        is_without_rowid=bool(without_rowid),
        columns=columns,
        foreign_keys=tuple(_foreign_keys(connection, name)),
        indexes=tuple(_indexes(connection, name)),
        sql=_sql(connection, name) if any(column.kind.startswith("generated") for column in columns) else None,
    )


def _columns(connection: apsw.Connection, table: str) -> Iterator[Column]:
    query = 'SELECT name, type, "notnull", dflt_value, pk, hidden FROM pragma_table_xinfo(?) ORDER BY cid'
    for name, declared, not_null, default, key_position, hidden in rows(connection, query, table):
        yield Column(
            name=name,
            type=declared.upper(),
            not_null=bool(not_null),
            default=default,
            key_position=key_position,
            collation=connection.column_metadata("main", table, name)[1].upper(),
            kind=_KINDS[hidden],
        )


def _foreign_keys(connection: apsw.Connection, table: str) -> list[ForeignKey]:
    query = 'SELECT id, "table", "from", "to", on_update, on_delete FROM pragma_foreign_key_list(?) ORDER BY id, seq'
    members: dict[int, list[tuple[Any, ...]]] = {}
    for number, *member in rows(connection, query, table):
        members.setdefault(number, []).append(tuple(member))
    keys: list[ForeignKey] = []
    for pairs in members.values():
        parent, _, referred, on_update, on_delete = pairs[0]
        keys.append(
            ForeignKey(
                columns=tuple(pair[1] for pair in pairs),
                table=parent,
                # Without a column list a reference means the primary key of the other table.
                referred_columns=_key_of(connection, parent) if referred is None else tuple(pair[2] for pair in pairs),
                on_update=on_update,
                on_delete=on_delete,
            )
        )
    return sorted(keys, key=lambda key: (key.columns, key.table, key.referred_columns))


def _key_of(connection: apsw.Connection, table: str) -> tuple[str, ...]:
    query = "SELECT name FROM pragma_table_xinfo(?) WHERE pk > 0 ORDER BY pk"
    return tuple(name for (name,) in rows(connection, query, table))


def _indexes(connection: apsw.Connection, table: str) -> list[Index]:
    indexes: list[Index] = []
    query = 'SELECT name, origin, "unique", partial FROM pragma_index_list(?)'
    for name, origin, is_unique, is_partial in rows(connection, query, table):
        columns = tuple(_indexed_columns(connection, name))
        is_opaque = bool(is_partial) or any(column.name is None for column in columns)
        indexes.append(
            Index(
                name=name if origin == "c" else None,
                origin=origin,
                is_unique=bool(is_unique),
                is_partial=bool(is_partial),
                columns=columns,
                sql=_sql(connection, name) if is_opaque else None,
            )
        )
    return sorted(indexes, key=_rank)


def _rank(index: Index) -> tuple[str, str, bytes]:
    return (index.name or "", index.origin, canonical_json([asdict(column) for column in index.columns]))


def _indexed_columns(connection: apsw.Connection, index: str) -> Iterator[IndexedColumn]:
    query = 'SELECT name, "desc", coll FROM pragma_index_xinfo(?) WHERE key = 1 ORDER BY seqno'
    for name, is_descending, collation in rows(connection, query, index):
        yield IndexedColumn(name=name, is_descending=bool(is_descending), collation=collation.upper())


def _definitions(connection: apsw.Connection, virtual: list[str]) -> list[Definition]:
    found = [Definition(kind="virtual table", name=name, sql=_sql(connection, name)) for name in virtual]
    for kind, name, sql in rows(
        connection, "SELECT type, name, sql FROM main.sqlite_schema WHERE type IN ('view', 'trigger')"
    ):
        found.append(Definition(kind=kind, name=name, sql=normalise_sql(sql)))
    return sorted(found, key=lambda definition: (definition.kind, definition.name))


def _sql(connection: apsw.Connection, name: str) -> str:
    query = "SELECT sql FROM main.sqlite_schema WHERE name = ? AND sql IS NOT NULL"
    return normalise_sql(next(rows(connection, query, name))[0])
