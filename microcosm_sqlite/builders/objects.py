"""Insert records as instances of their model, for models and builders whose own code must see every row."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import is_dataclass
from functools import partial
from typing import Any

from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import Session

from microcosm_sqlite.builders.batches import Refusal, misfits_of, reason_of
from microcosm_sqlite.builders.cells import Cells
from microcosm_sqlite.builders.columns import mapper_of
from microcosm_sqlite.builders.parsers import EmptyCellError
from microcosm_sqlite.builders.plans import FromModel
from microcosm_sqlite.builders.rejections import refused_as_text, refused_by_database
from microcosm_sqlite.errors import RowProblem

_REFUSALS = (IntegrityError, DataError, UnicodeEncodeError)

#: One cell of a record: the column's name, what was written, and what reads it.
Piece = tuple[str, Any, Callable[[], Any]]


def needs_objects(model: type[Any]) -> bool:
    """Tell whether rows of *model* must be made as instances, because its own code has a say in them.

    That is so for validators, listeners before the insert, an `__init__` or `__post_init__` of its own, and for
    models that are spread over several tables.
    """
    mapper = mapper_of(model)
    has_own_init = (
        hasattr(model, "__post_init__")
        if is_dataclass(model)
        else mapper.class_manager.original_init is not mapper.registry.constructor
    )
    return bool(has_own_init or mapper.validators or mapper.dispatch.before_insert or len(mapper.tables) > 1)


class ObjectTarget:
    """Instances that *make* makes of records, added to *session*.

    Args:
        session: in a transaction that the caller ends.
        make: returns the instance for a record.
        pieces: takes a record apart, to find out which of its cells *make* failed on.
        source: what errors call the source.
        header: the names of what a record holds.
    """

    def __init__(
        self,
        session: Session,
        make: Callable[[Sequence[Any]], Any],
        pieces: Callable[[Sequence[Any]], Iterable[Piece]],
        *,
        source: str,
        header: Sequence[str],
    ) -> None:
        self.source = source
        self.width = len(header)
        self._session = session
        self._make = make
        self._pieces = pieces
        self._header = tuple(header)

    def settle(self) -> None:
        """Commit the session; what that means for the connection is for whoever made the session."""
        self._session.commit()

    def convert(self, records: Sequence[Sequence[Any]]) -> list[Any]:
        """Return an instance for each of *records*."""
        return [self._make(record) for record in records]

    def misfits(self, records: Sequence[Sequence[Any]]) -> set[int]:
        """Return which of *records*, by position, no instance can be made of."""
        return set(misfits_of(self.convert, records))

    def insert(self, rows: Sequence[Any]) -> Iterator[tuple[int, Refusal]]:
        """Add *rows* to the session and flush it; yield the position of each that is refused, with the reason."""
        try:
            with self._session.begin_nested():
                self._session.add_all(rows)
                self._session.flush()
        except _REFUSALS:
            yield from self._insert_singly(rows)

    def _insert_singly(self, rows: Sequence[Any]) -> Iterator[tuple[int, Refusal]]:
        """Insert a batch that was refused row by row, to find out which rows are to blame."""
        for position, row in enumerate(rows):
            try:
                with self._session.begin_nested():
                    self._session.add(row)
                    self._session.flush()
                    # It would meet another of the same key there.
                    self._session.expunge(row)
            except _REFUSALS as error:
                yield position, error

    def problems(self, line: int, record: Sequence[Any]) -> Iterator[tuple[RowProblem, Exception]]:
        """Yield what does not fit in *record*, column by column."""
        for name, value, read in self._pieces(record):
            try:
                read()
            except Exception as error:  # noqa: BLE001 - a user's type may raise anything: it becomes the reason
                rule = "null" if isinstance(error, EmptyCellError) else "type"
                yield (
                    RowProblem(
                        source=self.source, line=line, column=name, value=value, rule=rule, reason=reason_of(error)
                    ),
                    error,
                )

    def refused(self, line: int, record: Sequence[Any], error: Refusal) -> RowProblem:
        """Return the problem for a record that SQLite refused."""
        given = dict(zip(self._header, record, strict=True))
        if isinstance(error, UnicodeEncodeError):
            return refused_as_text(error, source=self.source, line=line, values=given.items())
        return refused_by_database(error, source=self.source, line=line, given=given.get)


def maker(model: type[Any], cells: Sequence[Cells]) -> Callable[[Sequence[Any]], Any]:
    """Return what makes an instance of *model* of a record; columns that the model fills itself are left to it."""
    given = [made for made in cells if not isinstance(made.planned, FromModel)]
    return lambda record: model(**{made.planned.key: made.value(record) for made in given})


def pieces_of(cells: Sequence[Cells]) -> Callable[[Sequence[Any]], Iterator[Piece]]:
    """Return what takes a record apart the way `maker` reads it."""

    def pieces(record: Sequence[Any]) -> Iterator[Piece]:
        for made in cells:
            yield made.planned.column.name, made.given(record), partial(made.value, record)

    return pieces
