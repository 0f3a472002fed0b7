"""Name the columns of a dump."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Column, Dialect
from sqlalchemy import types as sql
from sqlalchemy.orm import Mapper

from microcosm_sqlite.dumpers.formats import Format, format_any, format_for, tells_empty


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """One column of a dump; without an attribute the model has nothing of that name."""

    name: str
    #: The model's attribute, and its column.
    key: str | None = None
    column: Column[Any] | None = None
    #: From a value that is not None to its text.
    write: Format = format_any

    @property
    def names(self) -> tuple[str, ...]:
        """Every name under which an item may have it, the one that was asked for first."""
        others = () if self.key is None or self.column is None else (self.key, self.column.name)
        return tuple(dict.fromkeys((self.name, *others)))

    @property
    def is_json(self) -> bool:
        """Whether the model's column is JSON itself."""
        return self.column is not None and isinstance(self.column.type, sql.JSON)

    def cell(self, value: Any) -> str | None:
        """Return the text for *value*; None for none, or for empty text that needs no telling from none."""
        if value is None:
            return None
        return self.cell_of_text(self.write(value))

    def cell_of_text(self, text: str | None) -> str | None:
        """Return *text* itself, or None for empty text that needs no telling from none."""
        return text if text or (self.column is not None and tells_empty(self.column)) else None


def fields_of(model: type[Any], names: Iterable[str], dialect: Dialect) -> list[Field]:
    """Return the fields called *names*, each the name of a column or an attribute; the name of a column wins."""
    columns = _columns(model)
    by_name = columns | {column.name: (key, column) for key, column in columns.values()}
    return [_field(name, by_name.get(name), dialect) for name in names]


def default_names(model: type[Any]) -> list[str]:
    """Return the names of the columns of *model* that hold values, in the order of the table."""
    mapped = [column for _, column in _columns(model).values()]
    in_table: Sequence[Any] = list(mapper_of(model).local_table.c)
    ordered = [column for column in in_table if column in mapped] + [
        column for column in mapped if column not in in_table
    ]
    return [column.name for column in ordered if column.computed is None]


def key_names(model: type[Any]) -> list[str]:
    """Return the attributes of the primary key."""
    mapper = mapper_of(model)
    return [mapper.get_property_by_column(column).key for column in mapper.primary_key]


def mapper_of(model: type[Any]) -> Mapper[Any]:
    """Return the mapper of *model*."""
    return cast("Mapper[Any]", model.__mapper__)


def _columns(model: type[Any]) -> dict[str, tuple[str, Column[Any]]]:
    # An attribute may also be an SQL expression, which is no column of its own.
    mapped: Mapping[str, Any] = dict(mapper_of(model).columns.items())
    return {key: (key, cast("Column[Any]", column)) for key, column in mapped.items() if isinstance(column, Column)}


def _field(name: str, mapped: tuple[str, Column[Any]] | None, dialect: Dialect) -> Field:
    if mapped is None:
        return Field(name=name)
    key, column = mapped
    return Field(name=name, key=key, column=column, write=format_for(column.type, dialect))
