"""Turn the cells of one column into what the database stores."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from math import isnan
from typing import Any, Final, TypeAlias

from sqlalchemy import Column, Dialect, Null
from sqlalchemy import types as sql
from sqlalchemy.types import TypeDecorator, TypeEngine

from microcosm_sqlite.builders.columns import ColumnPlan, FromDefault, FromModel, FromSource, PlannedColumn
from microcosm_sqlite.builders.conversions import conversion_for, has_empty_value, keeps_empty_text
from microcosm_sqlite.errors import HeaderError
from microcosm_sqlite.sources.tabular import QUOTED_EMPTY

Step: TypeAlias = Callable[[Any], Any]

#: Asks the database for the stored value of a column's server default.
ServerDefault: TypeAlias = Callable[[Column[Any]], Any]


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


@dataclass(frozen=True, kw_only=True, slots=True)
class Cells:
    """How the values of one planned column are made; a step that is None changes nothing."""

    planned: PlannedColumn
    #: From what a record holds to the Python value.
    parse: Step | None
    #: From what a record holds (or a default gives) to the stored value.
    store: Step | None

    def stored(self, records: Sequence[Sequence[Any]], context: Callable[[Sequence[Any]], RowContext]) -> Iterable[Any]:
        """Yield what is stored for each of *records*."""
        match self.planned:
            case FromDefault(value=value):
                return repeat(_apply(self.store, value), len(records))
            case FromSource(position=position):
                values: Iterable[Any] = [record[position] for record in records]
            case FromModel(column=column):
                values = [python_default(column, context(record)) for record in records]
        return values if self.store is None else map(self.store, values)

    def given(self, record: Sequence[Any]) -> Any:
        """Return what *record* holds for the column, as it was written."""
        match self.planned:
            case FromSource(position=position):
                return record[position]
            case FromDefault(value=value):
                return value
            case FromModel():
                return None

    def value(self, record: Sequence[Any]) -> Any:
        """Return the Python value that *record* holds for the column."""
        return _apply(self.parse, self.given(record))


def cells_from_text(plan: ColumnPlan, dialect: Dialect, server_default: ServerDefault) -> tuple[Cells, ...]:
    """Return how the columns of *plan* are made from records of text.

    Raises:
        TypeError: a column's type cannot be read from text.
        HeaderError: a default does not fit its column.
    """
    return tuple(_from_text(plan, planned, dialect, server_default) for planned in plan.columns)


def cells_from_values(plan: ColumnPlan, dialect: Dialect) -> tuple[Cells, ...]:
    """Return how the columns of *plan* are made from records of Python values."""
    return tuple(
        Cells(planned=planned, parse=None, store=binder(planned.column.type, dialect)) for planned in plan.columns
    )


def python_default(column: Column[Any], context: RowContext) -> Any:
    """Return the value that the model's own default gives for *column*."""
    default: Any = column.default
    return default.arg(context) if default.is_callable else default.arg


def binder(type_: TypeEngine[Any], dialect: Dialect) -> Step | None:
    """Return what turns a Python value into the stored one, or None when it is stored as it is."""
    process = type_.dialect_impl(dialect).bind_processor(dialect)
    return _chain(_refuse_nan, process) if isinstance(type_, sql.Float) else process


def parser(column: Column[Any], dialect: Dialect) -> Step:
    """Return what reads one cell of *column* as a Python value.

    An empty cell is None where the database or the model has a default for it.
    """
    convert = conversion_for(column.type, dialect)
    empty = _empty(column, convert)
    return lambda text: convert(text) if text else empty(text)


def _from_text(plan: ColumnPlan, planned: PlannedColumn, dialect: Dialect, server_default: ServerDefault) -> Cells:
    column = planned.column
    bind = binder(column.type, dialect)
    match planned:
        case FromModel():
            return Cells(planned=planned, parse=None, store=bind)
        case FromDefault(value=value):
            parse = parser(column, dialect)
            # Text given for a column of text is meant as it stands: "" is a value there.
            written = QUOTED_EMPTY if isinstance(value, str) and not value else value
            try:
                given = parse(written) if isinstance(written, str) else written
                constant = _apply(bind, given)
            except (ValueError, TypeError, LookupError, ArithmeticError) as error:
                raise HeaderError(
                    source=plan.source,
                    expected=f"a default that fits column {column.name!r}",
                    found=f"{value!r}, which {error}",
                    remedy="Correct the default.",
                ) from error
            return Cells(planned=planned, parse=lambda _: given, store=lambda _: constant)
        case FromSource():
            parse = parser(column, dialect)
            # Text that is no number was refused before it could come to a binder.
            rest = None if isinstance(column.type, sql.Float) else bind
            return Cells(planned=planned, parse=parse, store=_reader(column, parse, rest, server_default))


def _reader(column: Column[Any], parse: Step, bind: Step | None, server_default: ServerDefault) -> Step:
    """Return the shortest way from a cell to what is stored: most cells of most files are plain text."""
    type_ = column.type
    if isinstance(type_, sql.String) and not isinstance(type_, sql.Enum) and bind is None:
        return _text_or_null if column.nullable else str
    step = _chain(parse, bind)
    if column.nullable and not has_empty_value(type_) and (_is_json(type_) or not isinstance(type_, TypeDecorator)):
        return lambda text: step(text) if text else None
    if _uses_server_default(column):
        return lambda text: step(text) if text else server_default(column)
    return step


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
        null = _NULL if _is_json(column.type) else None
        return lambda _: null
    if keeps_empty_text(column.type):
        return lambda _: convert("")
    if column.table.autoincrement_column is column or _uses_server_default(column):
        return lambda _: None
    if _has_python_default(column):
        return lambda _: python_default(column, _NO_ROW)
    return _refuse_empty


def _has_python_default(column: Column[Any]) -> bool:
    return column.default is not None and (column.default.is_scalar or column.default.is_callable)


def _uses_server_default(column: Column[Any]) -> bool:
    return not (
        column.nullable
        or column.server_default is None
        or keeps_empty_text(column.type)
        or column.table.autoincrement_column is column
        or _has_python_default(column)
    )


def _is_json(type_: TypeEngine[Any]) -> bool:
    return isinstance(type_.impl_instance if isinstance(type_, TypeDecorator) else type_, sql.JSON)


def _text_or_null(text: str) -> str | None:
    return text or ("" if text is QUOTED_EMPTY else None)


def _refuse_empty(_: str) -> Any:
    raise EmptyCellError("is empty, but the column must not be and has no default")


def _refuse_nan(value: Any) -> Any:
    if isinstance(value, float) and isnan(value):
        raise ValueError("is not a number, which SQLite would store as NULL")
    return value


def _chain(first: Step, second: Step | None) -> Step:
    return first if second is None else lambda value: second(first(value))


def _apply(step: Step | None, value: Any) -> Any:
    return value if step is None else step(value)


_NULL: Final = Null()
_NO_ROW: Final = RowContext(dict)
