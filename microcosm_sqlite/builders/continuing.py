"""Begin with the rows of an artifact, so that only what is new since has to be loaded."""

from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import apsw
from sqlalchemy import Connection

from microcosm_sqlite.artifacts.queries import quoted, rows
from microcosm_sqlite.artifacts.verification import verify_file
from microcosm_sqlite.builders.watermarks import WATERMARK_TABLE
from microcosm_sqlite.faults import damages

#: What the artifact is called in statements.
_OLD: Final = "continued"


@contextmanager
def attached(connection: apsw.Connection, path: Path, *, name: str) -> Generator[None]:
    """Let *connection* read the artifact at *path* of data set *name*, once it is verified, within the block.

    Raises:
        WrongArtifactError: it is one of another data set.
        ArtifactError: it is no artifact, or damaged.
    """
    manifest = verify_file(path).manifest
    if manifest.name != name:
        raise damages.OTHER_DATA_SET.at(path, name=name, found=manifest.name, version=manifest.version)
    rows(connection, f"ATTACH DATABASE ? AS {_OLD}", str(path))
    try:
        yield
    finally:
        rows(connection, f"DETACH DATABASE {_OLD}")


def copy_rows(connection: Connection, tables: Iterable[str]) -> dict[str, int]:
    """Copy the rows of *tables*, and the marks of extractions, from the attached artifact; return how many of each.

    Runs in the caller's transaction. Tables and columns that only one of both has are left out. Between tables that
    were made alike SQLite copies row by row without taking them apart (https://sqlite.org/lang_insert.html).
    """
    counts: dict[str, int] = {}
    for table in tables:
        theirs, ours = _columns(connection, _OLD, table), _columns(connection, "main", table)
        shared = ", ".join(quoted(name) for name in ours if name in theirs)
        if shared:
            names, values = ("", "*") if theirs == ours else (f" ({shared})", shared)
            insert = f"INSERT INTO main.{quoted(table)}{names} SELECT {values} FROM {_OLD}.{quoted(table)}"  # noqa: S608
            counts[table] = connection.exec_driver_sql(insert).rowcount
    query = f"SELECT sql FROM {_OLD}.sqlite_schema WHERE name = ?"  # noqa: S608 - A constant.
    for (sql,) in connection.exec_driver_sql(query, (WATERMARK_TABLE,)).all():
        connection.exec_driver_sql(str(sql))
        connection.exec_driver_sql(f"INSERT INTO main.{WATERMARK_TABLE} SELECT * FROM {_OLD}.{WATERMARK_TABLE}")  # noqa: S608
    return counts


def first_filled(connection: Connection, tables: Iterable[str]) -> str | None:
    """Return the first of *tables* that has rows or None."""
    for table in tables:
        if connection.exec_driver_sql(f"SELECT 1 FROM main.{quoted(table)} LIMIT 1").first():  # noqa: S608 - Quoted.
            return table
    return None


def _columns(connection: Connection, schema: str, table: str) -> list[str]:
    """Return the columns that hold values of their own."""
    query = "SELECT name FROM pragma_table_xinfo(?, ?) WHERE hidden = 0"
    return [str(name) for (name,) in connection.exec_driver_sql(query, (table, schema))]
