"""Say which columns make up an instance of a model, where an instance is no more than its columns."""

from collections.abc import Callable, Iterator
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, Final, cast
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlalchemy import Column, Dialect, Table, inspect
from sqlalchemy.orm import ColumnProperty, Mapper

#: Types whose values nobody can change, so that an instance may be handed out again and again.
_UNCHANGING: Final = (str, bytes, bool, int, float, Decimal, date, time, timedelta, UUID, Enum)

#: What turns a value of the driver into a value of the attribute.
Processor = Callable[[Any], Any]


class Layout:
    """The columns of a model in the order in which they are read, and what becomes of their values."""

    def __init__(self, mapper: Mapper[Any], properties: list[ColumnProperty[Any]], dialect: Dialect) -> None:
        self.mapper = mapper
        self.model: type[Any] = mapper.class_
        self.table = cast("Table", mapper.local_table)
        self.columns: tuple[Column[Any], ...] = tuple(_column(property_) for property_ in properties)
        self.names: tuple[str, ...] = tuple(property_.key for property_ in properties)
        self.processors = tuple(processors_of(self.columns, dialect))
        self.key_columns = cast("tuple[Column[Any], ...]", tuple(mapper.primary_key))
        self.key_positions = tuple(self.columns.index(column) for column in self.key_columns)
        #: Whether an instance may be kept for the next caller: a list or a dict in it could be changed by the last one.
        self.is_cacheable = all(_is_unchanging(column) for column in self.columns)


_layouts: WeakKeyDictionary[Mapper[Any], tuple[Layout | None]] = WeakKeyDictionary()


def layout_of(model: type[Any], dialect: Dialect) -> Layout | None:
    """Return the layout of *model*, or None where SQLAlchemy does more to load an instance than to fill in columns.

    That is so with inheritance, with attributes that are expressions, with relationships that are loaded at once, and
    where somebody listens to loading.
    """
    mapper: Mapper[Any] = inspect(model)
    known = _layouts.get(mapper)
    if known is None:
        properties = list(_read_at_once(mapper)) if _is_plain(mapper) else []
        layout = Layout(mapper, properties, dialect) if properties and _all_are_columns(mapper, properties) else None
        known = _layouts[mapper] = (layout,)
    return known[0]


def processors_of(columns: tuple[Column[Any], ...], dialect: Dialect) -> Iterator[tuple[int, Processor]]:
    """Yield the positions of *columns* whose values are not what the driver gives, each with what makes them."""
    for position, column in enumerate(columns):
        processor = column.type.dialect_impl(dialect).result_processor(dialect, None)
        if processor is not None:
            yield position, cast("Processor", processor)


def _is_plain(mapper: Mapper[Any]) -> bool:
    return (
        isinstance(mapper.local_table, Table)
        and mapper.inherits is None
        and mapper.polymorphic_on is None
        and not mapper.class_manager.dispatch.load
        and all(relationship.lazy in _LATER for relationship in mapper.relationships)
    )


#: Ways of loading a relationship that leave a new instance alone.
_LATER: Final = frozenset({"select", True, "raise", "raise_on_sql", "dynamic", "write_only", "noload", None})


def _read_at_once(mapper: Mapper[Any]) -> Iterator[ColumnProperty[Any]]:
    for property_ in mapper.column_attrs:
        if not property_.deferred:
            yield property_


def _all_are_columns(mapper: Mapper[Any], properties: list[ColumnProperty[Any]]) -> bool:
    columns = [property_.columns for property_ in properties]
    return all(len(several) == 1 and _is_of(several[0], mapper) for several in columns) and {
        column.key for column in mapper.primary_key
    } <= {several[0].key for several in columns}


def _is_of(column: Any, mapper: Mapper[Any]) -> bool:
    return isinstance(column, Column) and column.table is mapper.local_table


def _column(property_: ColumnProperty[Any]) -> Column[Any]:
    return cast("Column[Any]", property_.columns[0])


def _is_unchanging(column: Column[Any]) -> bool:
    try:
        return issubclass(column.type.python_type, _UNCHANGING)
    except NotImplementedError:
        return False
