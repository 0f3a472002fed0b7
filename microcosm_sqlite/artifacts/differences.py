"""Say in which rows, and in what else, two databases differ."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Any, Final, TypeAlias

import apsw

from microcosm_sqlite.artifacts.digests import select_in_order, table_digest
from microcosm_sqlite.artifacts.queries import rows
from microcosm_sqlite.artifacts.schemas import Schema, Table

#: A row as it is stored, in the order of the columns that are compared.
Row: TypeAlias = tuple[Any, ...]

#: Rows that are shown of each table, unless told otherwise.
EXAMPLES: Final = 10

#: How `typeof` calls what the driver gives.
_TYPE_NAMES: Final[dict[type[Any], str]] = {
    type(None): "null",
    int: "integer",
    float: "real",
    str: "text",
    bytes: "blob",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class RowDifference:
    """One row that one database has and the other lacks, or that both have with other values."""

    #: None where only the second database has the row.
    before: Row | None
    #: None where only the first one has it.
    after: Row | None

    @property
    def kind(self) -> str:
        """`added`, `removed` or `changed`."""
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "changed"


@dataclass(frozen=True, kw_only=True, slots=True)
class TableDifference:
    """How the rows of one table differ, over the columns that both databases have."""

    name: str
    columns: tuple[str, ...]
    #: The columns that tell one row from another; all, where the table has no key.
    key: tuple[str, ...]
    rows_before: int
    rows_after: int
    added: int
    removed: int
    changed: int
    #: The keys between which all differences lie, both included; None where there are none.
    first_key: Row | None
    last_key: Row | None
    #: The first few of them.
    examples: tuple[RowDifference, ...]

    @property
    def is_equal(self) -> bool:
        """Whether no row differs."""
        return not (self.added or self.removed or self.changed)

    def key_of(self, row: Row) -> Row:
        """Return the key of *row*."""
        return tuple(row[self.columns.index(name)] for name in self.key)


@dataclass(frozen=True, kw_only=True, slots=True)
class Differences:
    """All in which two databases differ: what their schemas say otherwise, and the tables that both have."""

    schema: tuple[str, ...]
    #: The tables that were compared row by row, which those with equal digests are not.
    tables: tuple[TableDifference, ...]

    @property
    def is_equal(self) -> bool:
        """Whether both hold the same rows under the same schema."""
        return not self.schema and all(table.is_equal for table in self.tables)


def differences(
    before: apsw.Connection, after: apsw.Connection, *, schemas: tuple[Schema, Schema], examples: int = EXAMPLES
) -> Differences:
    """Return in what the main databases of two connections differ.

    Tables with equal digests are passed over; the others are read side by side, in the order of their keys. Memory does
    not grow with the number of rows. Neither database may change meanwhile.

    Args:
        before: An open database whose text encoding is UTF-8.
        after: Another one.
        schemas: What both define.
        examples: How many rows of each table are kept.

    Raises:
        SourceError: A TEXT value is not valid UTF-8.
    """
    first, second = schemas
    known = {table.name: table for table in second.tables}
    compared = [
        _compare(before, after, one, other, examples)
        for one in first.tables
        if (other := known.get(one.name)) is not None and one.key == other.key
        if table_digest(before, one) != table_digest(after, other)
    ]
    return Differences(schema=tuple(schema_differences(first, second)), tables=tuple(compared))


def schema_differences(before: Schema, after: Schema) -> Iterator[str]:
    """Yield what two schemas define otherwise, in words."""
    first, second = ({table.name: table for table in schema.tables} for schema in (before, after))
    for name in sorted(first.keys() | second.keys()):
        if name not in second:
            yield f"table {name}: removed"
        elif name not in first:
            yield f"table {name}: added"
        else:
            yield from _table_differences(first[name], second[name])
    yield from _of_parts("", _definitions_of(before), _definitions_of(after))


def _definitions_of(schema: Schema) -> dict[tuple[str, str], str]:
    return {(part.kind, part.name): part.sql for part in schema.definitions}


def _table_differences(before: Table, after: Table) -> Iterator[str]:
    prefix = f"table {before.name}, "
    yield from _of_parts(
        prefix,
        {("column", column.name): column for column in before.columns},
        {("column", column.name): column for column in after.columns},
    )
    for part in fields(Table):
        if part.name not in {"columns", "name"} and getattr(before, part.name) != getattr(after, part.name):
            yield f"{prefix}{part.name.removeprefix('is_').replace('_', ' ')}: changed"


def _of_parts(prefix: str, before: dict[tuple[str, str], Any], after: dict[tuple[str, str], Any]) -> Iterator[str]:
    for kind, name in sorted(before.keys() | after.keys()):
        one, other = before.get((kind, name)), after.get((kind, name))
        if one != other:
            yield f"{prefix}{kind} {name}: {'removed' if other is None else 'added' if one is None else 'changed'}"


def _compare(
    before: apsw.Connection, after: apsw.Connection, one: Table, other: Table, examples: int
) -> TableDifference:
    shared = {column.name for column in other.stored_columns}
    names = tuple(column.name for column in one.stored_columns if column.name in shared)
    is_keyed = bool(one.key) and all(table.has_integer_key or _is_never_null(table) for table in (one, other))
    # Without a key that tells rows apart, all their values do, in the order in which they are sorted.
    key = one.key if is_keyed else tuple(dict.fromkeys((*one.key, *names)))
    positions = [names.index(name) for name in key]
    read, first, last = [0, 0], None, None
    counts = {"added": 0, "removed": 0, "changed": 0}
    kept: list[RowDifference] = []
    for found in _merged(_ordered(before, one, names), _ordered(after, other, names), positions, read):
        counts[found.kind] += 1
        row = found.after if found.before is None else found.before
        last = tuple((row or ())[position] for position in positions)
        first = last if first is None else first
        if len(kept) < examples:
            kept.append(found)
    return TableDifference(
        name=one.name,
        columns=names,
        key=key,
        rows_before=read[0],
        rows_after=read[1],
        **counts,
        first_key=first,
        last_key=last,
        examples=tuple(kept),
    )


def _is_never_null(table: Table) -> bool:
    return all(column.not_null for column in table.columns if column.key_position)


def _ordered(connection: apsw.Connection, table: Table, names: Iterable[str]) -> Iterator[Row]:
    """Yield the values of *names* of all rows of *table*, in an order that depends on nothing else."""
    by_name = {column.name: column for column in table.columns}
    return rows(connection, select_in_order(replace(table, columns=tuple(by_name[name] for name in names))))


def _merged(
    before: Iterator[Row], after: Iterator[Row], positions: list[int], read: list[int]
) -> Iterator[RowDifference]:
    """Yield the differences of two sorted runs of rows; count what was read of each in *read*."""
    one, other = next(before, None), next(after, None)
    while one is not None or other is not None:
        order = _order(one, other, positions)
        if order == 0 and (one != other or _kinds(one) != _kinds(other)):
            yield RowDifference(before=one, after=other)
        elif order < 0:
            yield RowDifference(before=one, after=None)
        elif order > 0:
            yield RowDifference(before=None, after=other)
        if order <= 0:
            read[0] += 1
            one = next(before, None)
        if order >= 0:
            read[1] += 1
            other = next(after, None)


def _order(one: Row | None, other: Row | None, positions: list[int]) -> int:
    """Return which of two rows comes first: -1 for the first, 1 for the second, 0 where their keys are equal."""
    if one is None or other is None:
        return 1 if one is None else -1
    left, right = _sort_key(one, positions), _sort_key(other, positions)
    return (left > right) - (left < right)


def _sort_key(row: Row, positions: list[int]) -> tuple[Any, ...]:
    values = [row[position] for position in positions]
    # SQLite sorts NULL before numbers, these before text, by its bytes in UTF-8, and blobs last; then see `_kinds`.
    return tuple(_rank(value) for value in values), _kinds(values)


def _rank(value: Any) -> tuple[int, Any]:
    if value is None:
        return 0, 0
    if isinstance(value, str):
        return 2, value.encode()
    return (3, value) if isinstance(value, bytes) else (1, value)


def _kinds(row: Iterable[Any] | None) -> tuple[str, ...]:
    """Return the types of the values of *row*: 1 and 1.0 are equal, but not the same."""
    return tuple(_TYPE_NAMES[type(value)] for value in row or ())
