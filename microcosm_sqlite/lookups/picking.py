"""Give some columns of the rows that match, where no instance is wanted."""

import collections
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final, Generic, cast, overload

from sqlalchemy import Column, ColumnElement, Select, inspect, select
from sqlalchemy.orm import InstrumentedAttribute, Mapper
from typing_extensions import TypeVar

from microcosm_sqlite.engines.dialect import StrictAPSWDialect
from microcosm_sqlite.errors import ArgumentError
from microcosm_sqlite.lookups.arguments import Named, choice, is_page, listed, name_of, named
from microcosm_sqlite.lookups.asking import Asking, Explaining
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

        @property
        def _name(self) -> str: ...

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
            ArgumentError: no column is named, or one that is none of the model; a `TypeError` too.
            UnknownFilterError: a keyword is unknown.
        """
        mapper: Mapper[Any] = inspect(self.model_class)
        names = _names(columns, mapper, store=self)
        criteria = _criteria(where, store=self)

        def through_sqlalchemy() -> Iterator[tuple[Any, ...]]:
            with Explaining(self, criteria, filters):
                query = self._select(criteria, filters, offset=offset, limit=limit).with_entities(*columns)
                result = self.session.execute(query.statement.execution_options(yield_per=_ROWS))
                try:
                    yield from _named(names, result)
                finally:
                    result.close()

        page = (-1 if limit is None else limit, 0 if offset is None else offset)
        is_plain = is_page(offset) and is_page(limit)
        found = self._answers.streamed(Pick(names), criteria, filters, page) if is_plain else None
        if found is None:
            # Now rather than with the first row: what is wrong with the question should be heard at once.
            with Asking(self, criteria, filters):
                self._select(criteria, filters, offset=offset, limit=limit)
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


def _names(columns: Iterable[Any], mapper: Mapper[Any], *, store: Named) -> tuple[str, ...]:
    """Return the names of *columns*, attributes of *mapper*."""
    asked = [*columns]
    strangers = [one for one in asked if not is_column(one, mapper)]
    if asked and not strangers:
        return tuple([str(one.key) for one in asked])
    known = [one.key for one in mapper.column_attrs]
    model = mapper.class_.__name__
    stranger = strangers[0] if strangers else None
    if isinstance(stranger, ColumnElement):
        remedy = "Give conditions as where=[...]."
    elif isinstance(stranger, list | tuple | set):
        remedy = "Write a star before it, to give its members one by one."
    else:
        known_name = stranger if isinstance(stranger, str) and stranger in known else known[0]
        remedy = f"Write {model}.{known_name}. {choice(known, found=stranger)}"
    found = named(stranger) if strangers else "none"
    raise ArgumentError(
        where=name_of(store), argument="columns", expected=f"attributes of {model}", found=found, remedy=remedy
    )


def _criteria(where: Any, *, store: Named) -> tuple[Any, ...]:
    if isinstance(where, tuple):
        return cast("tuple[Any, ...]", where)
    return tuple(listed(where, where=name_of(store), argument="where", example="where=[...], a list of conditions"))


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
