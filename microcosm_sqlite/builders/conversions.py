"""Turn the text of a cell into the Python value that a column's type binds.

One small function per kind of type, found through one table (`_KINDS`). What it cannot understand is a `ValueError`
whose message completes the sentence "this value ...".
"""

import json
import re
from base64 import b64decode
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from enum import Enum
from math import isfinite, isnan
from typing import Any, Final, TypeAlias, cast
from uuid import UUID

from sqlalchemy import Dialect
from sqlalchemy import types as sql
from sqlalchemy.types import TypeDecorator, TypeEngine

from microcosm_sqlite.builders.guesses import meant_by_word
from microcosm_sqlite.constants import TRUTH_WORDS
from microcosm_sqlite.types import EnumType, Truthy, parse_truth

Conversion: TypeAlias = Callable[[str], Any]

#: What SQLite's INTEGER holds: 64 bits with a sign.
_INTEGERS: Final = range(-(2**63), 2**63)

_BASE64: Final = "base64:"
_COMMA: Final = ": decimals stand behind a point, thousands have no comma"

_INTERVAL: Final = re.compile(
    r"(?:(?P<days>-?\d+) days?, )?(?P<hours>\d+):(?P<minutes>[0-5]\d):(?P<seconds>[0-5]\d)(?:\.(?P<fraction>\d{1,6}))?"
)


def conversion_for(type_: TypeEngine[Any], dialect: Dialect) -> Conversion:
    """Return the function that reads a cell of a column of *type_*.

    Raises:
        TypeError: values of this type cannot be read from text.
    """
    for kind, make in _KINDS:
        if isinstance(type_, kind):
            return make(type_, dialect)
    return _verbatim


def keeps_empty_text(type_: TypeEngine[Any]) -> bool:
    """Tell whether empty text is a value of *type_* rather than the lack of one."""
    if isinstance(type_, sql.Enum | EnumType | sql.Interval | sql.PickleType):
        return False
    if isinstance(type_, Truthy):
        return True
    if isinstance(type_, TypeDecorator):
        return keeps_empty_text(type_.impl_instance)
    return isinstance(type_, sql.String | sql.NullType)


def has_empty_value(type_: TypeEngine[Any]) -> bool:
    """Tell whether empty text that was written as such is a value of *type_*: empty text itself, or no bytes."""
    if isinstance(type_, TypeDecorator) and not isinstance(type_, Truthy | EnumType | sql.Interval | sql.PickleType):
        return has_empty_value(type_.impl_instance)
    return isinstance(type_, sql.LargeBinary) or keeps_empty_text(type_)


def _verbatim(text: str) -> str:
    return text


def _integer(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        raise ValueError("is not a whole number") from None
    if "_" in text:
        raise ValueError("is not a whole number: it holds '_'")
    if number not in _INTEGERS:
        raise ValueError("is out of range: SQLite's integers have 64 bits")
    return number


def _double(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise ValueError(f"is not a number{_COMMA if ',' in text else ''}") from None
    if isnan(number) or "_" in text:
        raise ValueError("is not a number")
    if not isfinite(number) and "inf" not in text.casefold():
        raise ValueError("is out of range of a double")
    return number


def _decimal(text: str) -> Decimal:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        raise ValueError(f"is not a decimal number{_COMMA if ',' in text else ''}") from None
    if not number.is_finite() or "_" in text:
        raise ValueError("is not a decimal number")
    return number


def _boolean(text: str) -> bool:
    try:
        return parse_truth(text.strip())
    except ValueError:
        raise ValueError(f"is neither true nor false: expected one of {', '.join(TRUTH_WORDS)}") from None


def _truthy(text: str) -> bool:
    return bool(text) and _boolean(text)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError("is not a date: expected YYYY-MM-DD") from None


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("is not a date and time: expected YYYY-MM-DD HH:MM:SS") from None


def _datetime(text: str) -> datetime:
    return cast("datetime", _without_offset(_moment(text)))


def _clock(text: str) -> time:
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise ValueError("is not a time: expected HH:MM:SS") from None


def _time(text: str) -> time:
    return cast("time", _without_offset(_clock(text)))


def _without_offset(value: datetime | time) -> datetime | time:
    if value.tzinfo is not None:
        raise ValueError("has a UTC offset, which the column would lose: write the time in UTC without one")
    return value


def _interval(text: str) -> timedelta:
    match = _INTERVAL.fullmatch(text.strip())
    if match is None:
        try:
            return timedelta(microseconds=int(Decimal(text.strip()).scaleb(6).to_integral_exact()))
        except ArithmeticError:
            raise ValueError("is neither seconds nor '[D days, ]H:MM:SS[.ffffff]'") from None
    return timedelta(
        days=int(match["days"] or 0),
        hours=int(match["hours"]),
        minutes=int(match["minutes"]),
        seconds=int(match["seconds"]),
        microseconds=int((match["fraction"] or "").ljust(6, "0")),
    )


def _bytes(text: str) -> bytes:
    try:
        # Without the word, "abcd" would be either.
        return b64decode(text[len(_BASE64) :], validate=True) if text.startswith(_BASE64) else bytes.fromhex(text)
    except ValueError:
        raise ValueError("is neither bytes in hexadecimal nor in base64, which is written behind 'base64:'") from None


def _json(text: str) -> Any:
    try:
        return json.loads(text, parse_float=_double, parse_constant=_no_constant)
    except ValueError as error:
        raise ValueError(f"is not JSON: {error}") from None


def _no_constant(name: str) -> None:
    raise ValueError(f"JSON has no {name}")


def _make_uuid(type_: Any, dialect: Dialect) -> Conversion:  # noqa: ARG001
    def convert(text: str) -> UUID | str:
        try:
            identifier = UUID(text.strip())
        except ValueError:
            raise ValueError("is not a UUID") from None
        return identifier if type_.as_uuid else str(identifier)

    return convert


def _make_enum(type_: Any, dialect: Dialect) -> Conversion:  # noqa: ARG001
    return _member_reader(dict(zip(type_.enums, type_.enums, strict=True)))


def _make_enum_type(type_: Any, dialect: Dialect) -> Conversion:  # noqa: ARG001
    return _member_reader(dict(type_.enum_class.__members__))


def _member_reader(members: dict[str, Any]) -> Conversion:
    def convert(text: str) -> Any:
        if text not in members:
            raise ValueError(f"is none of {', '.join(members)}{meant_by_word(text, members)}")
        return members[text]

    return convert


def _make_decorated(type_: Any, dialect: Dialect) -> Conversion:
    """Return what reads a cell of a column with a user's TypeDecorator.

    Text can hold what the column reads as, or what it stores. A decorator that declares a `python_type` that has a
    text of its own says that it is the former. For any other, a value of the kind its impl stores (text over String,
    a number over Integer) is the former too, and of another kind (a list over String) the latter: for a list there is
    no text but the stored one.
    """
    declared = _declared_conversion(type_)
    if declared is not None:
        return declared
    read_stored = _under_decorator(type_.impl_instance, dialect)
    if not _is_overridden(type_, "process_result_value"):
        return read_stored

    def convert(text: str) -> Any:
        stored = read_stored(text)
        try:
            value = type_.process_result_value(stored, dialect)
        except Exception:  # noqa: BLE001 - a user's code may raise anything for what was never stored: not stored then
            return stored
        # By exact type: a bool is an int, but no text for one is text for the other.
        return stored if type(value) is type(stored) else value

    return convert


def _is_overridden(type_: Any, name: str) -> bool:
    owner = next(cls for cls in type(type_).__mro__ if name in vars(cls) or cls is TypeDecorator)
    return owner is not TypeDecorator


def _declared_conversion(type_: Any) -> Conversion | None:
    if not _is_overridden(type_, "python_type"):
        return None
    python_type: type[Any] = type_.python_type
    if issubclass(python_type, Enum):
        return _member_reader(dict(python_type.__members__))
    return _BY_PYTHON_TYPE.get(python_type)


def _under_decorator(type_: TypeEngine[Any], dialect: Dialect) -> Conversion:
    """Return the conversion to *type_* for a decorator, which may know what to do with a UTC offset."""
    if isinstance(type_, sql.DateTime):
        return _moment
    return _clock if isinstance(type_, sql.Time) else conversion_for(type_, dialect)


def _refuse_pickle(type_: Any, dialect: Dialect) -> Conversion:  # noqa: ARG001
    raise TypeError("PickleType cannot be read from text: unpickling would run whatever the file says")


#: The first that fits counts, so a subclass stands before its base.
_KINDS: Final[tuple[tuple[type[Any], Callable[[Any, Dialect], Conversion]], ...]] = (
    (EnumType, _make_enum_type),
    (Truthy, lambda _, __: _truthy),
    (sql.Interval, lambda _, __: _interval),
    (sql.PickleType, _refuse_pickle),
    (TypeDecorator, _make_decorated),
    (sql.Enum, _make_enum),
    (sql.Integer, lambda _, __: _integer),
    (sql.Float, lambda _, __: _double),
    (sql.Numeric, lambda _, __: _decimal),
    (sql.Boolean, lambda _, __: _boolean),
    (sql.DateTime, lambda _, __: _datetime),
    (sql.Date, lambda _, __: _date),
    (sql.Time, lambda _, __: _time),
    (sql.LargeBinary, lambda _, __: _bytes),
    (sql.JSON, lambda _, __: _json),
    (sql.Uuid, _make_uuid),
)

_BY_PYTHON_TYPE: Final[dict[type[Any], Conversion]] = {
    str: _verbatim,
    int: _integer,
    float: _double,
    Decimal: _decimal,
    bool: _boolean,
    date: _date,
    datetime: _moment,
    time: _clock,
    timedelta: _interval,
    bytes: _bytes,
    UUID: UUID,
}
