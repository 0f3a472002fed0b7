"""Turn models into tables, every one STRICT, in an order that never varies.

STRICT makes SQLite refuse a value of the wrong type instead of storing it, and knows five type names only: this module
renders every SQLAlchemy type as one of them.
"""

import re
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Connection, Index, MetaData, Table
from sqlalchemy.dialects.sqlite.base import SQLiteDDLCompiler, SQLiteTypeCompiler
from sqlalchemy.types import TypeEngine
from sqlalchemy.util import OrderedSet

from microcosm_sqlite.full_text import FullTextIndex, full_text_indexes, full_text_of, quoted
from microcosm_sqlite.place import place_of

#: What SQLAlchemy's SQLite types store, where the name alone would give NUMERIC affinity, which STRICT does not have.
#: Dates and times are ISO text, JSON and UUID are text, a Numeric is a double (see `types.ExactNumeric`).
_STORED_AS: Final[dict[str, str]] = {
    "BOOLEAN": "INTEGER",
    "DATE": "TEXT",
    "DATETIME": "TEXT",
    "TIME": "TEXT",
    "TIMESTAMP": "TEXT",
    "JSON": "TEXT",
    "UUID": "TEXT",
    "DECIMAL": "REAL",
    "NUMERIC": "REAL",
}

#: The rules by which SQLite itself derives a column's affinity from its declared type, in their order
#: (https://sqlite.org/datatype3.html, section 3.1).
_AFFINITIES: Final[tuple[tuple[str, str], ...]] = (
    ("INT", "INTEGER"),
    ("CHAR", "TEXT"),
    ("CLOB", "TEXT"),
    ("TEXT", "TEXT"),
    ("BLOB", "BLOB"),
    ("BINARY", "BLOB"),
    ("REAL", "REAL"),
    ("FLOA", "REAL"),
    ("DOUB", "REAL"),
)

_DECLARED_TYPE: Final = re.compile(
    r"(?P<name>[^(]*?)\s*(?:\(.*?\))?(?P<collation>\s+COLLATE\s.*)?$", re.IGNORECASE | re.DOTALL
)


@lru_cache(maxsize=256)
def strict_type(declared: str) -> str:
    """Return the STRICT name for a *declared* type such as `VARCHAR(20) COLLATE "NOCASE"`, its collation kept.

    A type that SQLite knows no affinity for becomes ANY, which stores what it is given.
    """
    match = _DECLARED_TYPE.match(declared)
    name = (match["name"] if match else declared).upper()
    collation = (match["collation"] if match else None) or ""
    stored = _STORED_AS.get(name) or next((strict for mark, strict in _AFFINITIES if mark in name), "ANY")
    return stored + collation


class StrictTypeCompiler(SQLiteTypeCompiler):
    """Render every type as INTEGER, REAL, TEXT, BLOB or ANY."""

    def process(self, type_: TypeEngine[Any], **kw: Any) -> str:
        """Return the STRICT name of *type_*."""
        return strict_type(super().process(type_, **kw))


class StrictDDLCompiler(SQLiteDDLCompiler):
    """Render every table as STRICT, unless it says `sqlite_strict=False` itself."""

    def post_create_table(self, table: Table) -> Any:
        """Return the options behind the closing bracket of CREATE TABLE."""
        options: str = super().post_create_table(table)  # type: ignore[no-untyped-call]
        # `in` would also find the default: only iterating leaves out what the table did not say.
        if "sqlite_strict" in tuple(table.dialect_kwargs):
            return options
        return f"{options}, STRICT" if options.strip() else "\n STRICT"


def create_tables(metadata: MetaData, connection: Connection) -> None:
    """Create the tables and indexes that *connection* does not have yet; leave those that exist alone.

    Full-text indexes follow every change of their tables from now on, by triggers; in a database that cannot change
    there are none. `INSERT OR REPLACE` goes past triggers: `refresh_full_text` makes good for it.
    """
    _create(metadata, connection)
    indexes = full_text_indexes(metadata)
    if indexes and not _is_read_only(connection):
        for index in indexes:
            _maintain(index, connection)


def create_tables_for_loading(metadata: MetaData, connection: Connection) -> None:
    """Create the tables and indexes that *connection* does not have yet, for rows that are sealed afterwards.

    Full-text indexes do not follow the changes of their tables, not even those that did: sealing fills them anew.
    """
    _create(metadata, connection)
    for index in full_text_indexes(metadata):
        _neglect(index, connection)


def drop_tables(metadata: MetaData, connection: Connection) -> None:
    """Drop every table of *metadata* that *connection* has, with its rows."""
    for index in full_text_indexes(metadata):
        _drop(index, connection)
    metadata.drop_all(connection)


def renew_indexes(metadata: MetaData, connection: Connection) -> None:
    """Make the full-text indexes, and those over places, anew for the tables as they are after a migration.

    Those for which a table or a column is missing are left out.
    """
    for table in metadata.tables.values():
        found = connection.exec_driver_sql("SELECT name FROM pragma_table_xinfo(?)", (table.name,))
        columns = set(found.scalars())
        if (index := full_text_of(table)) is not None:
            _drop(index, connection)
            if columns.issuperset(index.columns):
                connection.exec_driver_sql(index.create_statement)
                _maintain(index, connection)
        place = place_of(table)
        if place is None or place.name in _names(connection, "index"):
            continue
        if columns.issuperset({place.latitude, place.longitude}):
            next(index for index in table.indexes if index.name == place.name).create(connection)


def is_maintained(index: FullTextIndex, connection: Connection) -> bool:
    """Tell whether *index* follows the changes of its table."""
    return index.triggers.keys() <= _names(connection, "trigger")


def refresh_full_text(index: FullTextIndex, connection: Connection) -> None:
    """Fill *index* anew from its table."""
    for statement in index.refill_statements:
        connection.exec_driver_sql(statement)


def order_indexes(metadata: MetaData) -> None:
    """Make the indexes of every table come out by name.

    SQLAlchemy keeps them in a set and emits them in its order, which follows the hash seed of the process: the same
    models gave eight different files from ten seeds.
    """
    for table in metadata.tables.values():
        table.indexes = OrderedSet[Index](sorted(table.indexes, key=lambda index: str(index.name)))


def _create(metadata: MetaData, connection: Connection) -> None:
    order_indexes(metadata)
    metadata.create_all(connection)
    for index in full_text_indexes(metadata):
        if index.name not in _names(connection, "table"):
            connection.exec_driver_sql(index.create_statement)
            refresh_full_text(index, connection)


def _maintain(index: FullTextIndex, connection: Connection) -> None:
    if not is_maintained(index, connection):
        _neglect(index, connection)
        for statement in index.triggers.values():
            connection.exec_driver_sql(statement)
        refresh_full_text(index, connection)


def _drop(index: FullTextIndex, connection: Connection) -> None:
    _neglect(index, connection)
    connection.exec_driver_sql(f"DROP TABLE IF EXISTS {quoted(index.name)}")


def _neglect(index: FullTextIndex, connection: Connection) -> None:
    for name in index.triggers:
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {quoted(name)}")


def _names(connection: Connection, kind: str) -> set[str]:
    query = "SELECT name FROM main.sqlite_schema WHERE type = ?"
    return set(connection.exec_driver_sql(query, (kind,)).scalars())


def _is_read_only(connection: Connection) -> bool:
    return bool(connection.exec_driver_sql("PRAGMA query_only").scalar())
