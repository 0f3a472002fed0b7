"""Hold what fills each column of a table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from sqlalchemy import Column, Table, TextClause

#: How a column is filled that is not called as in the source: by the source column of this name (in nested values a
#: path, `address.city`), by what a function makes of a record (by source column), or by SQL over the source columns.
Filling: TypeAlias = str | Callable[[Mapping[str, Any]], Any] | TextClause

#: In place of names to ignore: whatever the model has no column for.
EVERYTHING_ELSE: Final = "*"


@dataclass(frozen=True, kw_only=True, slots=True)
class FromSource:
    """A column that is filled by the cells at *position* of every record, or by what lies in them on the *path*."""

    key: str
    column: Column[Any]
    position: int
    path: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class FromFunction:
    """A column that is filled by what *function* makes of every record."""

    key: str
    column: Column[Any]
    function: Callable[[Mapping[str, Any]], Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class FromSQL:
    """A column that is filled by an SQL expression over the source columns, stored as SQLite computes it."""

    key: str
    column: Column[Any]
    expression: str


@dataclass(frozen=True, kw_only=True, slots=True)
class FromDefault:
    """A column that the source does not have and that gets the same *value* in every row."""

    key: str
    column: Column[Any]
    value: Any


@dataclass(frozen=True, kw_only=True, slots=True)
class FromModel:
    """A column that the source does not have and whose model makes the value in Python."""

    key: str
    column: Column[Any]


PlannedColumn = FromSource | FromFunction | FromSQL | FromDefault | FromModel


@dataclass(frozen=True, kw_only=True, slots=True)
class ColumnPlan:
    """What fills each column of a table; columns that are not named are left to SQLite."""

    source: str
    table: Table
    header: tuple[str, ...]
    columns: tuple[PlannedColumn, ...]

    @property
    def from_source(self) -> tuple[FromSource, ...]:
        """The columns that the source fills."""
        return tuple(planned for planned in self.columns if isinstance(planned, FromSource))
