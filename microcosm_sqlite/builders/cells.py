"""Turn the cells of one column into what the database stores."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import repeat
from operator import itemgetter
from typing import Any, TypeAlias, cast

from sqlalchemy import Dialect

from microcosm_sqlite.builders.columnwise import Columnwise, text_columnwise, value_columnwise
from microcosm_sqlite.builders.kinds import simple_of
from microcosm_sqlite.builders.parsers import (
    NOTHING,
    RowContext,
    ServerDefault,
    Step,
    binder,
    chain,
    parser,
    plain_parser,
    python_default,
    text_store,
    uses_server_default,
    with_server_default,
)
from microcosm_sqlite.builders.plans import (
    ColumnPlan,
    FromDefault,
    FromFunction,
    FromModel,
    FromSource,
    FromSQL,
    PlannedColumn,
)
from microcosm_sqlite.errors import HeaderError
from microcosm_sqlite.sources.tabular import QUOTED_EMPTY, Content

#: Computes a column for some records.
Compute: TypeAlias = Callable[[Sequence[Sequence[Any]]], Sequence[Any]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Cells:
    """How the values of one planned column are made; a step that is None changes nothing."""

    planned: PlannedColumn
    #: From what a record holds to the Python value.
    parse: Step | None
    #: From what a record holds (or a default gives) to the stored value.
    store: Step | None
    #: The same for many at once, where that is possible.
    columnwise: Columnwise | None = None
    #: What computes the column from whole records, where no cell holds it.
    compute: Compute | None = None

    def stored(self, records: Sequence[Sequence[Any]], context: Callable[[Sequence[Any]], RowContext]) -> Iterable[Any]:
        """Yield what is stored for each of *records*."""
        match self.planned:
            case FromDefault(value=value):
                return repeat(_apply(self.store, value), len(records))
            case FromModel(column=column):
                values: Sequence[Any] = [python_default(column, context(record)) for record in records]
            case _:
                values = self.taken(records)
        if self.columnwise is not None:
            # Whatever it is raised for is found again one by one.
            with suppress(Exception):
                stored = self.columnwise(values)
                if stored is not None:
                    return stored
        return values if self.store is None else map(self.store, values)

    def taken(self, records: Sequence[Sequence[Any]]) -> Sequence[Any]:
        """Return what each of *records* holds for the column, as it was written or computed."""
        match self.planned:
            case FromSource(position=position, path=()):
                return list(map(itemgetter(position), records))
            case FromSource(position=position, path=path):
                return [_within(record[position], path) for record in records]
            case FromDefault(value=value):
                return [value] * len(records)
            case FromModel():
                return [None] * len(records)
            case FromFunction() | FromSQL():
                return cast("Compute", self.compute)(records)

    def given(self, record: Sequence[Any]) -> Any:
        """Return what *record* holds for the column, as it was written or computed; None if it could not be."""
        with suppress(Exception):
            return self.taken([record])[0]
        return None

    def value(self, record: Sequence[Any]) -> Any:
        """Return the Python value that *record* holds for the column."""
        return _apply(self.parse, self.taken([record])[0])


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """What reading a cell may ask for besides its column."""

    dialect: Dialect
    server_default: ServerDefault
    #: Returns what an SQL expression over the columns of a header gives for each of some records.
    evaluate: Callable[[str, Sequence[str], Sequence[Sequence[Any]]], Sequence[Any]]
    nulls: tuple[str, ...] = NOTHING


def cells_from_text(plan: ColumnPlan, around: Surroundings) -> tuple[Cells, ...]:
    """Return how the columns of *plan* are made from records of text.

    Raises:
        TypeError: a column's type cannot be read from text.
        HeaderError: a default does not fit its column.
    """
    return tuple(_from_text(plan, planned, around) for planned in plan.columns)


def cells_from_values(plan: ColumnPlan, around: Surroundings) -> tuple[Cells, ...]:
    """Return how the columns of *plan* are made from records of Python values."""
    return tuple(
        _from_given(plan, planned, around)
        or Cells(
            planned=planned,
            parse=None,
            store=binder(planned.column.type, around.dialect),
            columnwise=value_columnwise(simple_of(planned.column, around.dialect)),
        )
        for planned in plan.columns
    )


def cells_from_plain(plan: ColumnPlan, around: Surroundings, *, content: Content) -> tuple[Cells, ...]:
    """Return how the columns of *plan* are made from records of numbers, texts and nothing.

    Raises:
        TypeError: a column's type cannot be read from text.
        HeaderError: a default does not fit its column.
    """
    return tuple(
        _from_given(plan, planned, around) or _from_plain(planned, around, content) for planned in plan.columns
    )


def _from_text(plan: ColumnPlan, planned: PlannedColumn, around: Surroundings) -> Cells:
    made = _from_given(plan, planned, around)
    if made is not None:
        return made
    column = planned.column
    parse = parser(column, around.dialect, around.nulls)
    store = text_store(column, around.dialect, around.server_default, around.nulls)
    simple = simple_of(column, around.dialect) if around.nulls == NOTHING else None
    return Cells(
        planned=planned, parse=parse, store=store, columnwise=None if simple is None else text_columnwise(simple)
    )


def _from_given(plan: ColumnPlan, planned: PlannedColumn, around: Surroundings) -> Cells | None:
    """Return how a column is made that no cell of the source fills by itself; None for one that is so filled."""
    column, header = planned.column, plan.header
    bind = binder(column.type, around.dialect)
    match planned:
        case FromModel():
            return Cells(planned=planned, parse=None, store=bind)
        case FromDefault():
            return _constant(plan, planned, parser(column, around.dialect), bind)
        case FromSQL(expression=expression):
            return Cells(
                planned=planned,
                parse=None,
                store=None,
                compute=lambda records: around.evaluate(expression, header, records),
            )
        case FromFunction(function=function):
            parse = parser(column, around.dialect)

            def parse_result(value: Any) -> Any:
                return parse(QUOTED_EMPTY if value == "" else value) if isinstance(value, str) else value

            return Cells(
                planned=planned,
                parse=parse_result,
                store=chain(parse_result, bind),
                compute=lambda records: [_call(function, header, record) for record in records],
            )
        case FromSource():
            return None


def _call(function: Callable[[Mapping[str, Any]], Any], header: Sequence[str], record: Sequence[Any]) -> Any:
    try:
        return function(dict(zip(header, record, strict=True)))
    except Exception as error:
        raise ValueError(f"could not be computed: the function raised {type(error).__name__}: {error}") from error


def _constant(plan: ColumnPlan, planned: FromDefault, parse: Step, bind: Step | None) -> Cells:
    value = planned.value
    # Text given for a column of text is meant as it stands: "" is a value there.
    written = QUOTED_EMPTY if isinstance(value, str) and not value else value
    try:
        given = parse(written) if isinstance(written, str) else written
        constant = _apply(bind, given)
    except (ValueError, TypeError, LookupError, ArithmeticError) as error:
        raise HeaderError(
            source=plan.source,
            expected=f"a default that fits column {planned.column.name!r}",
            found=f"{value!r}, which {error}",
            remedy="Correct the default.",
        ) from error
    return Cells(planned=planned, parse=lambda _: given, store=lambda _: constant)


def _from_plain(planned: PlannedColumn, around: Surroundings, content: Content) -> Cells:
    column = planned.column
    parse = plain_parser(column, parser(column, around.dialect, around.nulls), content=content)
    store = chain(parse, binder(column.type, around.dialect))
    if uses_server_default(column):
        store = with_server_default(store, column, around.server_default)
    return Cells(
        planned=planned,
        parse=parse,
        store=store,
        columnwise=value_columnwise(simple_of(column, around.dialect)) if around.nulls == NOTHING else None,
    )


def _within(value: Any, path: Sequence[str]) -> Any:
    """Return what lies in nested *value* on the *path*; None where the path ends before."""
    for name in path:
        match value:
            case dict():
                value = cast("dict[str, Any]", value).get(name)
            case list() if name.isdecimal() and int(name) < len(cast("list[Any]", value)):
                value = cast("list[Any]", value)[int(name)]
            case _:
                return None
    return value


def _apply(step: Step | None, value: Any) -> Any:
    return value if step is None else step(value)
