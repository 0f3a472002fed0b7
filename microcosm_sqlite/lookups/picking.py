"""Give some columns of the rows that match, where no instance is wanted."""

import collections
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final, Generic, cast, overload

from sqlalchemy import Column, Select, inspect, select
from sqlalchemy.orm import InstrumentedAttribute, Mapper
from typing_extensions import TypeVar

from microcosm_sqlite.engines.dialect import StrictAPSWDialect
from microcosm_sqlite.lookups.layouts import Processor, processors_of
from microcosm_sqlite.lookups.preparing import in_order, in_pages
from microcosm_sqlite.lookups.resuming import is_ours

if TYPE_CHECKING:
    from microcosm_sqlite.lookups.answers import Answers
    from microcosm_sqlite.lookups.shapes import Parts
    from microcosm_sqlite.lookups.tables import TableReader

ModelT = TypeVar("ModelT", default=Any)
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
E = TypeVar("E")

#: Types remember by dialect what they make of values: one for all.
_DIALECT: Final = StrictAPSWDialect()

#: Rows that SQLAlchemy holds in memory at a time.
_ROWS: Final = 1000


class Picking(Generic[ModelT]):
    """Look-ups of some columns."""

    if TYPE_CHECKING:
        _answers: Answers[ModelT]

        @property
        def model_class(self) -> type[ModelT]:
            """The model."""
            ...

        @property
        def session(self) -> Any:
            """The session that the store uses here and now."""
            ...

        def _select(self, criteria: Any, filters: Any, *, offset: int | None, limit: int | None) -> Any: ...

    @overload
    def values(
        self,
        a: InstrumentedAttribute[A],
        /,
        *,
        where: Sequence[Any] = ...,
        offset: int | None = ...,
        limit: int | None = ...,
        **filters: Any,
    ) -> Iterator[tuple[A]]: ...
    @overload
    def values(
        self,
        a: InstrumentedAttribute[A],
        b: InstrumentedAttribute[B],
        /,
        *,
        where: Sequence[Any] = ...,
        offset: int | None = ...,
        limit: int | None = ...,
        **filters: Any,
    ) -> Iterator[tuple[A, B]]: ...
    @overload
    def values(
        self,
        a: InstrumentedAttribute[A],
        b: InstrumentedAttribute[B],
        c: InstrumentedAttribute[C],
        /,
        *,
        where: Sequence[Any] = ...,
        offset: int | None = ...,
        limit: int | None = ...,
        **filters: Any,
    ) -> Iterator[tuple[A, B, C]]: ...
    @overload
    def values(
        self,
        a: InstrumentedAttribute[A],
        b: InstrumentedAttribute[B],
        c: InstrumentedAttribute[C],
        d: InstrumentedAttribute[D],
        /,
        *,
        where: Sequence[Any] = ...,
        offset: int | None = ...,
        limit: int | None = ...,
        **filters: Any,
    ) -> Iterator[tuple[A, B, C, D]]: ...
    @overload
    def values(
        self,
        a: InstrumentedAttribute[A],
        b: InstrumentedAttribute[B],
        c: InstrumentedAttribute[C],
        d: InstrumentedAttribute[D],
        e: InstrumentedAttribute[E],
        /,
        *,
        where: Sequence[Any] = ...,
        offset: int | None = ...,
        limit: int | None = ...,
        **filters: Any,
    ) -> Iterator[tuple[A, B, C, D, E]]: ...
    @overload
    def values(
        self,
        *columns: InstrumentedAttribute[Any],
        where: Sequence[Any] = ...,
        offset: int | None = ...,
        limit: int | None = ...,
        **filters: Any,
    ) -> Iterator[tuple[Any, ...]]: ...
    def values(  # type: ignore[misc] # mypy takes `**filters` for names of the columns
        self,
        *columns: Any,
        where: Sequence[Any] = (),
        offset: int | None = None,
        limit: int | None = None,
        **filters: Any,
    ) -> Iterator[tuple[Any, ...]]:
        """Return an iterator over these columns of all rows that match, in the declared order, few in memory at a time.

        Each row is a named tuple: `row.name` and `row[0]` both work. Without an instance a row takes a fraction of the
        time, and can be changed by nobody either.

        Args:
            *columns: mapped attributes of the model.
            where: SQLAlchemy expressions.
            offset: how many rows to skip.
            limit: how many rows to give at most.
            **filters: as for `search`.

        Raises:
            TypeError: no column is named, or one that is none of the model.
            UnknownFilterError: a keyword is unknown.
        """
        mapper: Mapper[Any] = inspect(self.model_class)
        names = tuple(_name(column, mapper) for column in columns)
        if not names:
            raise TypeError(f"{type(self).__name__}: values() needs at least one attribute of {mapper.class_.__name__}")

        def through_sqlalchemy() -> Iterator[tuple[Any, ...]]:
            query = self._select(tuple(where), filters, offset=offset, limit=limit).with_entities(*columns)
            result = self.session.execute(query.statement.execution_options(yield_per=_ROWS))
            try:
                yield from _named(names, result)
            finally:
                result.close()

        pick = Pick(names)
        is_page = all(number is None or type(number) is int for number in (offset, limit))
        page = (-1 if limit is None else limit, 0 if offset is None else offset)
        found = self._answers.streamed(pick, tuple(where), filters, page) if is_page else None
        if found is None:
            # Now rather than with the first row: what is wrong with the question should be heard at once.
            self._select(tuple(where), filters, offset=offset, limit=limit)
            return through_sqlalchemy()
        # A chain passes rows on faster than a generator.
        return chain.from_iterable(_made(found, names, mapper, through_sqlalchemy))


@dataclass(frozen=True)
class Pick:
    """Puts the statement of some columns together: equal picks are one statement."""

    names: tuple[str, ...]

    def __call__(self, store: Any, table: "TableReader", parts: "Parts") -> Select[Any] | None:
        """Return the statement; None where only SQLAlchemy can answer."""
        statement = select(*_columns(table.layout.mapper, self.names))
        return in_order(store, table, in_pages(statement, parts), parts)


def _made(
    found: Iterator[list[tuple[Any, ...]]],
    names: tuple[str, ...],
    mapper: Mapper[Any],
    other: Callable[[], Iterator[tuple[Any, ...]]],
) -> Iterator[Iterator[tuple[Any, ...]]]:
    """Yield the rows of *found* as named tuples, their values as the attributes hold them; see `resuming.resumed`."""
    processors, given = [*_processors(mapper, names)], 0
    try:
        for rows in found:
            yield _named(names, _processed(rows, processors) if processors else rows)
            given += len(rows)
    except Exception as error:
        if is_ours(error):
            raise
        yield islice(other(), given, None)


def _processed(rows: list[tuple[Any, ...]], processors: list[tuple[int, Processor]]) -> list[list[Any]]:
    made = [list(row) for row in rows]
    for position, processor in processors:
        for values in made:
            values[position] = processor(values[position])
    return made


def is_column(attribute: Any, mapper: Mapper[Any]) -> bool:
    """Tell whether *attribute* is a column of *mapper*, rather than a relationship, or of another model."""
    return (
        isinstance(attribute, InstrumentedAttribute)
        and mapper.isa(cast("Any", attribute).parent)
        and mapper.columns.get(str(attribute.key)) is not None
    )


def _name(attribute: Any, mapper: Mapper[Any]) -> str:
    if not is_column(attribute, mapper):
        raise TypeError(f"values() gives columns of {mapper.class_.__name__}: expected attributes, found {attribute!r}")
    return str(attribute.key)


def _columns(mapper: Mapper[Any], names: tuple[str, ...]) -> tuple[Column[Any], ...]:
    return tuple(mapper.columns[name] for name in names)


def _processors(mapper: Mapper[Any], names: tuple[str, ...]) -> Iterator[tuple[int, Processor]]:
    return processors_of(_columns(mapper, names), _DIALECT)


def _named(names: tuple[str, ...], rows: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
    """Return *rows* as named tuples."""
    return map(_class_of(names), rows)


@cache
def _class_of(names: tuple[str, ...]) -> Any:
    """Return a class of named tuples that are made of one iterable, as plain tuples are.

    `namedtuple` makes them of one argument for each value, by a function in Python: that takes four times as long.
    """
    made = collections.namedtuple("Values", names, rename=True)  # type: ignore[misc] # noqa: PYI024 - names known late
    attributes = {name: value for name, value in vars(made).items() if name not in _OF_ANOTHER_MAKING}
    return type("Values", (tuple,), attributes | {"__getnewargs__": _all_at_once})


def _all_at_once(row: tuple[Any, ...]) -> tuple[tuple[Any, ...]]:
    return (tuple(row),)


_OF_ANOTHER_MAKING: Final = frozenset({"__new__", "__getnewargs__"})
