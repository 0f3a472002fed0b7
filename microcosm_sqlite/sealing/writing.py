"""Write the rows of a workbench into a new database, in an order that does not depend on how they came."""

from collections.abc import Generator
from contextlib import contextmanager
from enum import Enum, auto
from pathlib import Path
from typing import Final

import apsw

from microcosm_sqlite.artifacts.digests import select_in_order
from microcosm_sqlite.artifacts.queries import quoted, rows
from microcosm_sqlite.artifacts.schemas import Schema, Table, read_schema
from microcosm_sqlite.engines.uris import file_uri
from microcosm_sqlite.sealing.definitions import Definitions
from microcosm_sqlite.sealing.full_text import fill_full_text
from microcosm_sqlite.sealing.targets import Target

#: How the workbench is called while its rows are read.
_SOURCE: Final = "bench"

#: For a file that is thrown away when anything fails. The cache keeps the indexes of UNIQUE constraints in memory, into
#: which entries go in no order.
_SETTINGS: Final = (
    "encoding = 'UTF-8'",
    "auto_vacuum = NONE",
    "journal_mode = OFF",
    "synchronous = OFF",
    "foreign_keys = OFF",
    # What breaks a rule is the business of the gates, which name it.
    "ignore_check_constraints = ON",
    "cache_size = -100000",
)


@contextmanager
def new_database(path: Path, *, page_bytes: int) -> Generator[apsw.Connection]:
    """Yield a connection to a new database at *path*, which is closed at the end."""
    flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE | apsw.SQLITE_OPEN_URI
    connection = apsw.Connection(file_uri(path), flags=flags)
    try:
        for setting in (f"page_size = {page_bytes}", *_SETTINGS):
            list(rows(connection, f"PRAGMA {setting}"))
        yield connection
    finally:
        connection.close()


def schema_of(definitions: Definitions) -> Schema:
    """Return the schema that *definitions* will make."""
    with new_database(Path(":memory:"), page_bytes=4096) as connection:
        definitions.create_tables(connection)
        definitions.create_indexes(connection, {table for table, _ in definitions.indexes})
        definitions.create_others(connection)
        return read_schema(connection)


class Records(Enum):
    """How rows come from the workbench: either way the outcome is the same."""

    ENCODED_ANEW = auto()
    #: As they are stored, with the indexes over them, where that is known to make no difference: twice as fast.
    COPIED = auto()


def write_rows(
    connection: apsw.Connection, source: Path, *, definitions: Definitions, target: Target, records: Records
) -> None:
    """Create what *definitions* say in the new database of *connection*, with the rows of the database at *source*.

    Rows are written in the order in which they are digested, so those of a table without an INTEGER PRIMARY KEY are
    numbered in that order; -0.0 becomes 0.0.

    Args:
        connection: A new database.
        source: The workbench.
        definitions: Those of the workbench.
        target: The artifact that is to be made, for the error.
        records: COPIED only if every row was written by this release of SQLite, and to the table as it is now.

    Raises:
        SealError: A virtual table cannot be written anew.
    """
    rows(connection, f"ATTACH ? AS {_SOURCE}", file_uri(source, mode="ro"))
    rows(connection, "BEGIN")
    definitions.create_tables(connection)
    tables = read_schema(connection).tables
    settled = {table.name: table for table in tables if table.has_integer_key or table.is_without_rowid}
    if records is Records.COPIED:
        definitions.create_indexes(connection, settled)
    for table in settled.values():
        rows(connection, _copy(table) if records is Records.COPIED and _is_plain(table) else _encode(table))
    if records is Records.ENCODED_ANEW:
        definitions.create_indexes(connection, settled)
    numbered = {table.name: table for table in tables if table.name not in settled}
    for table in numbered.values():
        rows(connection, _encode(table))
    definitions.create_indexes(connection, numbered)
    for index in definitions.full_text:
        fill_full_text(connection, index, source=_SOURCE, target=target)
    definitions.create_others(connection)
    rows(connection, "COMMIT")
    rows(connection, f"DETACH {_SOURCE}")


def _is_plain(table: Table) -> bool:
    """Return whether equal rows of *table* are always stored as equal bytes: STRICT, and no -0.0 in a column of ANY."""
    return table.is_strict and all(column.kind == "stored" and column.type != "ANY" for column in table.columns)


def _copy(table: Table) -> str:
    name = quoted(table.name)
    # Exactly these words let SQLite copy pages' worth of records, https://sqlite.org/lang_vacuum.html does the same.
    return f"INSERT INTO main.{name} SELECT * FROM {_SOURCE}.{name}"  # noqa: S608 - The name is quoted.


def _encode(table: Table) -> str:
    columns = ", ".join(quoted(column.name) for column in table.stored_columns)
    query = select_in_order(table, database=_SOURCE)
    return f"INSERT INTO main.{quoted(table.name)} ({columns}) {query}"
