"""Read one cell as the value that its column binds, also an empty one, also one that is no text."""

from collections.abc import Callable, Mapping
from datetime import datetime, time
from decimal import Decimal
from math import isnan
from typing import Any, Final, TypeAlias

from sqlalchemy import Column, Dialect, Null
from sqlalchemy import types as sql
from sqlalchemy.types import TypeDecorator, TypeEngine

from microcosm_sqlite.builders.conversions import conversion_for, has_empty_value, keeps_empty_text
from microcosm_sqlite.sources.tabular import QUOTED_EMPTY, Content

Step: TypeAlias = Callable[[Any], Any]

#: Asks the database for the stored value of a column's server default.
ServerDefault: TypeAlias = Callable[[Column[Any]], Any]

#: The texts that mean nothing, if nobody says otherwise.
NOTHING: Final = ("",)


class EmptyCellError(ValueError):
    """A cell is empty that must not be."""


class RowContext:
    """What a model's default sees of the row it completes: the part of SQLAlchemy's context that knows the row."""

    def __init__(self, parameters: Callable[[], Mapping[str, Any]]) -> None:
        self._parameters = parameters

    @property
    def current_parameters(self) -> dict[str, Any]:
        """The values of the row by column."""
        return dict(self._parameters())

    def get_current_parameters(self, isolate_multiinsert_params: bool = True) -> dict[str, Any]:  # noqa: ARG002, FBT001, FBT002
        """Return the values of the row by column; the argument is SQLAlchemy's."""
        return self.current_parameters


def python_default(column: Column[Any], context: RowContext) -> Any:
    """Return the value that the model's own default gives for *column*."""
    default: Any = column.default
    return default.arg(context) if default.is_callable else default.arg


def binder(type_: TypeEngine[Any], dialect: Dialect) -> Step | None:
    """Return what turns a Python value into the stored one, or None when it is stored as it is."""
    process = type_.dialect_impl(dialect).bind_processor(dialect)
    return chain(_refuse_nan, process) if isinstance(type_, sql.Float) else process


def parser(column: Column[Any], dialect: Dialect, nulls: tuple[str, ...] = NOTHING) -> Step:
    """Return what reads one cell of *column* as a Python value.

    A cell that holds one of *nulls* is empty. An empty cell is None where the database or the model has a default.
    """
    convert = conversion_for(column.type, dialect)
    empty = _empty(column, convert)
    if nulls == NOTHING:
        return lambda text: convert(text) if text else empty(text)
    words = frozenset(nulls)

    def parse(text: str) -> Any:
        if text is QUOTED_EMPTY:
            return empty(text)
        return empty("") if text in words else convert(text)

    return parse


def text_store(
    column: Column[Any], dialect: Dialect, server_default: ServerDefault, nulls: tuple[str, ...] = NOTHING
) -> Step:
    """Return the shortest way from a cell to what is stored: most cells of most files are plain text."""
    type_ = column.type
    # Text that is no number was refused before it could come to a binder.
    bind = None if isinstance(type_, sql.Float) else binder(type_, dialect)
    parse = parser(column, dialect, nulls)
    step = chain(parse, bind)
    if nulls == NOTHING:
        if isinstance(type_, sql.String) and not isinstance(type_, sql.Enum) and bind is None:
            return _text_or_null if column.nullable else str
        if column.nullable and not has_empty_value(type_) and (is_json(type_) or not isinstance(type_, TypeDecorator)):
            return lambda text: step(text) if text else None
    elif column.nullable and is_json(type_):
        words = frozenset(nulls)
        return lambda text: None if text in words else step(text)
    return with_server_default(step, column, server_default) if uses_server_default(column) else step


def with_server_default(step: Step, column: Column[Any], server_default: ServerDefault) -> Step:
    """Return *step* for a column whose nothing means the default that the server has for it."""

    def store(value: Any) -> Any:
        stored = step(value)
        return server_default(column) if stored is None else stored

    return store


def plain_parser(column: Column[Any], parse: Step, *, content: Content) -> Step:
    """Return what reads one value of *column*: a number, a text as *parse* reads it, nothing, what the column holds."""
    type_ = column.type
    has_empty = has_empty_value(type_)
    if is_json(type_) and content is Content.JSON:
        return lambda value: parse("") if value is None else value
    adapt = next((adapt for kind, adapt in _ADAPTED if isinstance(type_, kind)), _unchanged)

    def read(value: Any) -> Any:
        if value is None:
            return _nothing_in(column, parse)
        if isinstance(value, str):
            return parse(QUOTED_EMPTY if not value and has_empty else value)
        return adapt(value)

    return read


def _nothing_in(column: Column[Any], parse: Step) -> Any:
    if not column.nullable and keeps_empty_text(column.type):
        return _refuse_empty("")
    return parse("")


def _unchanged(value: Any) -> Any:
    return value


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal) or value != value // 1:
        raise ValueError("is not a whole number")
    return int(value)


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError("is not a number")  # noqa: TRY004 - as every reason is told
    return value


def _number_as_double(value: Any) -> float:
    return float(_number(value))


def _no_text(value: Any) -> Any:
    if isinstance(value, int | float | Decimal):
        raise ValueError("is a number, not text: it may have lost its leading zeros, so write it as text")  # noqa: TRY004
    raise ValueError(f"is not text but {type(value).__name__}")


def _truth(value: Any) -> Any:
    if value not in (0, 1):
        raise ValueError("is neither true nor false")
    return value


def _day(value: Any) -> Any:
    _refuse_number(value, "a date")
    if isinstance(value, datetime):
        if value.time() != time(0):
            raise ValueError("has a time, which the column would lose")
        return value.date()
    return value


def _moment(value: Any) -> Any:
    _refuse_number(value, "a date and time")
    if isinstance(value, datetime) and value.tzinfo is not None:
        raise ValueError("has a UTC offset, which the column would lose: give the time in UTC without one")
    return value


def _refuse_number(value: Any, expected: str) -> None:
    if isinstance(value, int | float | Decimal):
        raise ValueError(  # noqa: TRY004 - as every reason is told
            f"is a number, not {expected}: write ISO 8601, or give cells of a spreadsheet the format of one"
        )


#: What a value has to be for a column of a type, where the type itself would take others too; the first counts.
_ADAPTED: Final[tuple[tuple[type[Any], Step], ...]] = (
    (TypeDecorator, _unchanged),
    (sql.Interval, _unchanged),
    (sql.Enum, _unchanged),
    (sql.Integer, _whole),
    (sql.Float, _number_as_double),
    (sql.Numeric, _number),
    (sql.String, _no_text),
    (sql.Boolean, _truth),
    (sql.Date, _day),
    (sql.DateTime, _moment),
)


def _empty(column: Column[Any], convert: Step) -> Step:
    """Return what an empty cell of *column* means."""
    nothing = _nothing(column, convert)
    if has_empty_value(column.type):
        return lambda text: convert("") if text is QUOTED_EMPTY else nothing(text)
    return nothing


def _nothing(column: Column[Any], convert: Step) -> Step:
    """Return what a cell of *column* means in which nothing was written."""
    if column.nullable:
        # For JSON, None would be the value null rather than the lack of one.
        null = _NULL if is_json(column.type) else None
        return lambda _: null
    if keeps_empty_text(column.type):
        return lambda _: convert("")
    if column.table.autoincrement_column is column or uses_server_default(column):
        return lambda _: None
    if _has_python_default(column):
        return lambda _: python_default(column, _NO_ROW)
    return _refuse_empty


def _has_python_default(column: Column[Any]) -> bool:
    return column.default is not None and (column.default.is_scalar or column.default.is_callable)


def uses_server_default(column: Column[Any]) -> bool:
    """Tell whether nothing in *column* means the default that the server has for it."""
    return not (
        column.nullable
        or column.server_default is None
        or keeps_empty_text(column.type)
        or column.table.autoincrement_column is column
        or _has_python_default(column)
    )


def is_json(type_: TypeEngine[Any]) -> bool:
    """Tell whether *type_* stores documents, in which null is a value."""
    return isinstance(type_.impl_instance if isinstance(type_, TypeDecorator) else type_, sql.JSON)


def _text_or_null(text: str) -> str | None:
    return text or ("" if text is QUOTED_EMPTY else None)


def _refuse_empty(_: str) -> Any:
    raise EmptyCellError("is empty, but the column must not be and has no default")


def _refuse_nan(value: Any) -> Any:
    if isinstance(value, float) and isnan(value):
        raise ValueError("is not a number, which SQLite would store as NULL")
    return value


def chain(first: Step, second: Step | None) -> Step:
    """Return *first* and then *second*."""
    return first if second is None else lambda value: second(first(value))


_NULL: Final = Null()
_NO_ROW: Final = RowContext(dict)
