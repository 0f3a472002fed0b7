"""Find the foreign keys that lead nowhere."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from microcosm_sqlite.builders.rejections import KEPT_PROBLEMS


@dataclass(frozen=True, kw_only=True, slots=True)
class DanglingKey:
    """A row whose foreign key names no row: which columns, of which table, and what they hold."""

    table: str
    columns: tuple[str, ...]
    parent: str
    key: tuple[Any, ...]
    #: The whole row as it is stored, by column name, and which of its columns tell it from others.
    row: dict[str, Any]
    primary_key: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Reference:
    """A foreign key as SQLite knows it."""

    parent: str
    columns: tuple[str, ...]
    referred: tuple[str, ...]


def count_dangling(connection: Connection, tables: Iterable[str]) -> int:
    """Return how many foreign keys of *tables* lead nowhere."""
    return sum(
        sum(1 for _ in connection.exec_driver_sql(f"PRAGMA foreign_key_check({_quoted(connection, table)})"))
        for table in tables
    )


def find_dangling(connection: Connection, tables: Iterable[str]) -> Iterator[DanglingKey]:
    """Yield the first of the foreign keys of *tables* that lead nowhere, at most 100 of each."""
    for table in tables:
        primary_key = tuple(_primary_key(connection, table))
        for reference in _references(connection, table):
            rows = connection.exec_driver_sql(_search(connection, table, reference)).mappings()
            for row in rows:
                yield DanglingKey(
                    table=table,
                    columns=reference.columns,
                    parent=reference.parent,
                    key=tuple(row[column] for column in reference.columns),
                    row=dict(row),
                    primary_key=primary_key,
                )


def _references(connection: Connection, table: str) -> list[_Reference]:
    found: dict[int, list[Any]] = {}
    for row in connection.exec_driver_sql(f"PRAGMA foreign_key_list({_quoted(connection, table)})").mappings():
        found.setdefault(row["id"], []).append(row)
    references: list[_Reference] = []
    for rows in found.values():
        rows.sort(key=lambda row: row["seq"])
        parent = rows[0]["table"]
        referred = [row["to"] for row in rows]
        if None in referred:
            referred = _primary_key(connection, parent)
        references.append(_Reference(parent, tuple(row["from"] for row in rows), tuple(referred)))
    return references


def _primary_key(connection: Connection, table: str) -> list[str]:
    columns = connection.exec_driver_sql(f"PRAGMA table_info({_quoted(connection, table)})").mappings()
    return [row["name"] for row in sorted(columns, key=lambda row: row["pk"]) if row["pk"]]


def _search(connection: Connection, table: str, reference: _Reference) -> str:
    # The parent's column stands on the left, because SQLite compares foreign keys by the parent's collation.
    child, parent = _quoted(connection, table), _quoted(connection, reference.parent)
    present = " AND ".join(f"child.{_quoted(connection, column)} IS NOT NULL" for column in reference.columns)
    matches = " AND ".join(
        f"parent.{_quoted(connection, referred)} = child.{_quoted(connection, column)}"
        for referred, column in zip(reference.referred, reference.columns, strict=True)
    )
    missing = f"NOT EXISTS (SELECT 1 FROM {parent} AS parent WHERE {matches})"  # noqa: S608 - names from the schema, quoted
    if not connection.exec_driver_sql(f"PRAGMA table_info({parent})").all():
        missing = "TRUE"
    return f"SELECT child.* FROM {child} AS child WHERE {present} AND {missing} LIMIT {KEPT_PROBLEMS}"  # noqa: S608


def _quoted(connection: Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote_identifier(name)
