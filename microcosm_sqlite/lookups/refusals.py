"""Find the value that a column does not take, and say what it takes."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, ValuesView
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, Final, NamedTuple, cast
from uuid import UUID

from sqlalchemy import (
    BinaryExpression,
    BindParameter,
    Boolean,
    Date,
    DateTime,
    Float,
    Integer,
    Interval,
    LargeBinary,
    Numeric,
    String,
    Time,
    TypeDecorator,
    Uuid,
)
from sqlalchemy import Enum as EnumColumn
from sqlalchemy.orm import QueryableAttribute, RelationshipProperty
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.sql.operators import eq
from sqlalchemy.types import TypeEngine

from microcosm_sqlite.engines.dialect import StrictAPSWDialect
from microcosm_sqlite.errors import ArgumentError, ArgumentValueError
from microcosm_sqlite.lookups.arguments import named, shown
from microcosm_sqlite.lookups.filters import COLLECTIONS
from microcosm_sqlite.types import EnumType, Truthy

#: With its driver, which some types ask what it takes.
_DIALECT: Final = StrictAPSWDialect(dbapi=StrictAPSWDialect.import_dbapi())

#: An INTEGER of SQLite has 64 bits, one of them the sign.
_INTEGERS: Final = range(-(2**63), 2**63)

#: What the driver binds.
_STORED: Final = (int, float, str, bytes, bytearray, memoryview)

#: What columns take, by the kind of their type; the first that fits.
_TAKEN: Final = (
    (Uuid, "a uuid.UUID"),
    (Boolean, "True or False"),
    (DateTime, "a datetime.datetime"),
    (Date, "a datetime.date"),
    (Time, "a datetime.time"),
    (Interval, "a datetime.timedelta"),
    (LargeBinary, "bytes"),
    (Integer, "a whole number"),
    ((Numeric, Float), "a number"),
    (String, "text"),
)

#: Names of an enumeration that a message shows.
_SHOWN_NAMES: Final = 20

_CHECK: Final = "Check what came from outside before it is used."

#: What a value may be made of, if it is only not the right one.
_SCALARS: Final = (str, bytes, int, float, Enum, Decimal, date, time, timedelta, UUID)


class Refusal(NamedTuple):
    """Why a value cannot be compared with a column, or stored in it."""

    expected: str
    found: str
    remedy: str
    #: Whether it is of the right kind, and only its value cannot be.
    is_value: bool = True

    def error(self, *, where: str, argument: str) -> ArgumentError:
        """Return the error that says so."""
        kind = ArgumentValueError if self.is_value else ArgumentError
        return kind(where=where, argument=argument, expected=self.expected, found=self.found, remedy=self.remedy)


def refusal_of(type_: TypeEngine[Any], value: Any, *, column: TypeEngine[Any] | None = None) -> Refusal | None:
    """Return why *value* cannot be bound as *type_* and compared with a *column* of it, or None where it can."""
    column = column or type_
    if value is None:
        return None
    try:
        bound = _bound(type_, value)
    except Exception as error:  # noqa: BLE001 - Whatever a type says of a value that it does not take.
        return _not_taken(column, value, error)
    if isinstance(bound, int) and bound not in _INTEGERS:
        return Refusal(f"{taken(column)}, in at most 64 bits", shown(value), f"No row can have it. {_CHECK}")
    if isinstance(bound, str) and not is_writable(bound):
        remedy = "Half of a character (a lone surrogate) has no UTF-8: decode it as what it is, or leave it out."
        return Refusal("text that UTF-8 can hold", shown(value), remedy)
    if bound is not None and not isinstance(bound, _STORED):
        return _not_taken(column, value, None)
    return None


def _bound(type_: TypeEngine[Any], value: Any) -> Any:
    """Return *value* as the driver is given it."""
    compared = type_.coerce_compared_value(eq, value)
    processor = compared.dialect_impl(_DIALECT).bind_processor(_DIALECT)
    return value if processor is None else processor(value)


def is_writable(text: str) -> bool:
    """Tell whether *text* can be stored: UTF-8 has no halves of characters."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _not_taken(type_: TypeEngine[Any], value: Any, error: Exception | None) -> Refusal:
    way_out, is_value = _way_out(type_, value)
    if isinstance(error, ValueError) and not isinstance(value, Enum):
        way_out = f"{str(error).rstrip('.')}. {way_out}"
    found = named(value) if is_value or isinstance(value, type) else f"{_article(value)} ({named(value)})"
    return Refusal(taken(type_), found, way_out, is_value)


#: What to do instead of giving something that is no value, by its type.
_INSTEAD: Final[tuple[tuple[tuple[Any, ...], str], ...]] = (
    ((Iterator, ValuesView), "For any of several values, write list(...) around it."),
    ((Mapping,), "For any of several values, write list(...) around its keys or its values."),
    (COLLECTIONS, "Name values alone, or several of them in one list without others in it."),
    ((ClauseElement, QueryableAttribute), "Give conditions by position, to search(...), first(...) or one(...)."),
    ((type, Callable), "Name a value, not what makes one."),
)


def _way_out(type_: TypeEngine[Any], value: Any) -> tuple[str, bool]:
    """Return what to do instead of giving *value*, and whether it could have been a value at all."""
    if hasattr(cast("Any", type(value)), "__mapper__"):
        return "Name the value of its key, not the row.", False
    if isinstance(value, Enum) and not _names(type_):
        return "Write .name or .value behind the member, whichever the column holds.", True
    return next((words for kinds, words in _INSTEAD if isinstance(value, cast("Any", kinds))), _CHECK), isinstance(
        value, _SCALARS
    )


def _article(value: Any) -> str:
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"


def taken(type_: TypeEngine[Any]) -> str:
    """Return what a column of *type_* takes, in words."""
    names = _names(type_)
    if names:
        others = f", ... ({len(names)} in all)" if len(names) > _SHOWN_NAMES else ""
        return f"one of {', '.join(names[:_SHOWN_NAMES])}{others}"
    plain: Any = type_.impl_instance if isinstance(type_, Truthy) else type_
    return next((words for kind, words in _TAKEN if isinstance(plain, kind)), f"what {type(type_).__name__} takes")


def _names(type_: TypeEngine[Any]) -> list[str]:
    """Return the names that an enumeration of *type_* has."""
    if isinstance(type_, EnumType):
        return list(type_.enum_class.__members__)
    if isinstance(type_, TypeDecorator):
        return _names(type_.impl_instance)
    return list(cast("Any", type_).enums) if isinstance(type_, EnumColumn) else []


def unknown_name(type_: TypeEngine[Any], value: Any) -> Refusal | None:
    """Return why *value* is no name in SQLAlchemy's own `Enum` of *type_*; None where it is, or is a member of one."""
    if value is None or isinstance(value, Enum) or value in cast("Any", type_).enums:
        return None
    return Refusal(taken(type_), shown(value), f"No row can have it. {_CHECK}")


def refused_filter(known: Mapping[str, Any], filters: Mapping[str, Any]) -> tuple[str, Refusal] | None:
    """Return the first of *filters* with a value that its column does not take, and why; None where all are taken."""
    for name, value in filters.items():
        field = known.get(name)
        if isinstance(relationship := getattr(field, "property", None), RelationshipProperty) and value is not None:
            return f"filter {name!r}", _no_row(field, cast("RelationshipProperty[Any]", relationship), value)
        type_ = getattr(field, "type", None)
        if type_ is not None and value is not None:
            refusal = next(filter(None, (refusal_of(type_, member) for member in _members(value))), None)
            if refusal is not None:
                found = shown(value) if isinstance(value, range) else refusal.found
                return f"filter {name!r}", refusal._replace(found=found)
    return None


def _no_row(attribute: Any, relationship: RelationshipProperty[Any], value: Any) -> Refusal:
    model = relationship.mapper.class_.__name__
    verb = "any" if relationship.uselist else "has"
    remedy = f"Write {attribute}.{verb}({model}.column == value)."
    return Refusal(f"one row of {model}", named(value), remedy, is_value=False)


def _members(value: Any) -> Iterable[Any]:
    if isinstance(value, range):
        return (value[0], value[-1]) if value else ()
    return cast("Collection[Any]", value) if isinstance(value, COLLECTIONS) else (value,)


def refused_condition(expressions: Iterable[Any]) -> tuple[str, Refusal] | None:
    """Return the first comparison in *expressions* with a value that SQLite does not take, and why."""
    for expression in expressions:
        for element in visitors.iterate(expression):
            if isinstance(element, BinaryExpression):
                refusal = _refused(cast("Any", element))
                if refusal is not None:
                    return f"condition on {named(element.left)}", refusal
    return None


def _refused(comparison: BinaryExpression[Any]) -> Refusal | None:
    for column, bind in ((comparison.left, comparison.right), (comparison.right, comparison.left)):
        if isinstance(bind, BindParameter):
            value: Any = bind.effective_value
            members = cast("Iterable[Any]", value) if bind.expanding else (value,)
            for member in members:
                refusal = refusal_of(bind.type, member, column=column.type)
                if refusal is not None:
                    return refusal
    return None
