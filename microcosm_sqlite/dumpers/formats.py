"""Turn the value of a column into the text of a cell that a builder reads back as the same value."""

import json
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, Final, TypeAlias
from uuid import UUID

from sqlalchemy import Column, Dialect
from sqlalchemy import types as sql
from sqlalchemy.types import TypeDecorator, TypeEngine

from microcosm_sqlite.types import EnumType

Format: TypeAlias = Callable[[Any], str]


def format_for(type_: TypeEngine[Any], dialect: Dialect) -> Format:
    """Return the function that writes a value of *type_*; None is never given to it."""
    for kind, make in _KINDS:
        if isinstance(type_, kind):
            return make(type_, dialect)
    return format_any


def format_any(value: Any) -> str:
    """Return a cell for a value of no particular column."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    return value if isinstance(value, str) else str(value)


def tells_empty(column: Column[Any]) -> bool:
    """Tell whether a value of *column* that is written as empty text must be told from nothing.

    Nothing in a column of text that cannot be NULL is empty text anyway.
    """
    type_: TypeEngine[Any] = column.type
    while isinstance(type_, TypeDecorator) and not isinstance(type_, EnumType):
        type_ = type_.impl_instance
    if isinstance(type_, sql.LargeBinary):
        return True
    return bool(column.nullable) and isinstance(type_, sql.String) and not isinstance(type_, sql.Enum)


def _make_any(type_: Any, dialect: Dialect) -> Format:  # noqa: ARG001
    return format_any


def _make_json(type_: Any, dialect: Dialect) -> Format:  # noqa: ARG001
    return lambda value: json.dumps(value, ensure_ascii=False, sort_keys=False)


def _make_enum(type_: Any, dialect: Dialect) -> Format:
    """Return what writes the text that the enum is stored as: a name, or what `values_callable` makes of it."""
    stored = type_.bind_processor(dialect)
    return format_any if stored is None else lambda value: str(stored(value))


def _make_decorated(type_: Any, dialect: Dialect) -> Format:
    """Return what writes a value of a user's TypeDecorator: as it is, or as it is stored where only that has a text.

    The rule is that of `builders.conversions`, seen from the other side.
    """
    if _is_overridden(type_, "python_type") and _has_text(type_.python_type):
        return format_any
    format_stored = format_for(type_.impl_instance, dialect)
    if not _is_overridden(type_, "process_bind_param"):
        return format_stored

    def write(value: Any) -> str:
        stored = type_.process_bind_param(value, dialect)
        return format_stored(value if type(value) is type(stored) else stored)

    return write


def _is_overridden(type_: Any, name: str) -> bool:
    owner = next(cls for cls in type(type_).__mro__ if name in vars(cls) or cls is TypeDecorator)
    return owner is not TypeDecorator


def _has_text(python_type: type[Any]) -> bool:
    return issubclass(python_type, Enum) or python_type in _WITH_TEXT


def _refuse_pickle(type_: Any, dialect: Dialect) -> Format:  # noqa: ARG001
    raise TypeError("PickleType cannot be written as text that could be read back: leave the column out of field_names")


#: Python types that have one text each, both ways.
_WITH_TEXT: Final = frozenset({str, int, float, Decimal, bool, date, datetime, time, timedelta, bytes, UUID})

#: The first that fits counts, so a subclass stands before its base.
_KINDS: Final[tuple[tuple[type[Any], Callable[[Any, Dialect], Format]], ...]] = (
    (EnumType, _make_any),
    (sql.Interval, _make_any),
    (sql.PickleType, _refuse_pickle),
    (TypeDecorator, _make_decorated),
    (sql.Enum, _make_enum),
    (sql.JSON, _make_json),
)
