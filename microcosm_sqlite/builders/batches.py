"""Insert records batch by batch, naming every one that does not fit."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any, Protocol, TypeAlias

from sqlalchemy.exc import DBAPIError

from microcosm_sqlite.builders.rejections import Rejections
from microcosm_sqlite.errors import RowProblem
from microcosm_sqlite.progress import advance
from microcosm_sqlite.sources.tabular import Batch, Record

#: What is raised for a row that does not fit: text with lone surrogates is refused before SQLite sees it.
Refusal: TypeAlias = DBAPIError | UnicodeEncodeError


class Target(Protocol):
    """Where records go: a statement, or the objects of a session."""

    #: What errors call the source.
    source: str

    #: How many values a record must have.
    width: int

    def convert(self, records: Sequence[Sequence[Any]]) -> list[Any]:
        """Return what is inserted for each of *records*; raise anything when one of them does not fit."""
        ...

    def misfits(self, records: Sequence[Sequence[Any]]) -> set[int]:
        """Return which of *records*, by position, cannot be converted."""
        ...

    def problems(self, line: int, record: Sequence[Any]) -> Iterable[tuple[RowProblem, Exception]]:
        """Yield what does not fit in *record*, with the exception that says so."""
        ...

    def insert(self, rows: Sequence[Any]) -> Iterable[tuple[int, Refusal]]:
        """Insert what `convert` returned, but for those that are refused: yield their positions with the reasons."""
        ...

    def refused(self, line: int, record: Sequence[Any], error: Refusal) -> RowProblem:
        """Return the problem for a record that the database refused, or that cannot even be brought to it."""
        ...

    def settle(self) -> None:
        """Hand what was inserted over to the transaction underneath."""


def insert_all(target: Target, batches: Iterable[Batch], rejections: Rejections) -> int:
    """Insert the records of *batches* and return how many there were; those that do not fit go to *rejections*.

    The rows that do fit stay in the transaction, because duplicates only show against them: the caller rolls back.
    """
    count = 0
    for batch in batches:
        count += batch.count
        insert_batch(target, batch, rejections)
        advance(rows=count)
    return count


def insert_each(
    target: Target, records: Iterable[Record], rejections: Rejections, *, commit: Callable[[], None]
) -> int:
    """Insert *records*, call *commit* after each, and return how many there were; stop at the first that does not fit.

    Raises:
        RowsRejectedError: that one; those before it are committed.
    """
    count = 0
    for line, record in records:
        insert_batch(target, Batch(lines=[line], rows=[record]), rejections)
        rejections.raise_any(kept_rows=count)
        target.settle()
        commit()
        count += 1
    return count


def insert_batch(target: Target, batch: Batch, rejections: Rejections) -> int:
    """Insert the records of *batch*; those that do not fit go to *rejections*.

    Returns:
        How many the database refused.
    """
    for problem in batch.unread:
        rejections.add(problem)
    fitting, rows = _convert(target, batch, rejections)
    refusals = 0
    for position, error in target.insert(rows):
        line, record = fitting.lines[position], fitting.rows[position]
        rejections.add(target.refused(line, record, error), cause=error)
        refusals += 1
    return refusals


class Converted(Protocol):
    """What another process made of a batch."""

    @property
    def misfits(self) -> Sequence[int]:
        """Which records, by position, are no rows."""
        ...

    @property
    def rows(self) -> Sequence[Any]:
        """What is inserted for each of the others."""
        ...


def insert_converted(target: Target, batch: Callable[[], Batch], converted: Converted, rejections: Rejections) -> None:
    """Insert what was made of a batch, as `insert_batch` does; the batch itself is asked for only for what is wrong."""
    misfits = converted.misfits
    if misfits:
        found = batch()
        sound = [position for position in misfits if len(found.rows[position]) == target.width]
        if len(target.misfits([found.rows[position] for position in sound])) < len(sound):
            # What does not fit there fits here, where the database can be asked.
            insert_batch(target, found, rejections)
            return
        _of_width(target, found, rejections)
        for position in sound:
            _tell(target, found.lines[position], found.rows[position], rejections)
    for position, error in target.insert(converted.rows):
        fitting = _without(batch(), set(misfits))
        line, record = fitting.lines[position], fitting.rows[position]
        rejections.add(target.refused(line, record, error), cause=error)


def _convert(target: Target, batch: Batch, rejections: Rejections) -> tuple[Batch, list[Any]]:
    """Return the records of *batch* that fit, with what is inserted for each."""
    if set(map(len, batch.rows)) <= {target.width}:
        # Whatever is raised here is found again below and told with its line.
        with suppress(Exception):
            return batch, target.convert(batch.rows)
    else:
        batch = _of_width(target, batch, rejections)
    misfits = target.misfits(batch.rows)
    for position in sorted(misfits):
        _tell(target, batch.lines[position], batch.rows[position], rejections)
    fitting = _without(batch, misfits)
    return fitting, target.convert(fitting.rows)


def _of_width(target: Target, batch: Batch, rejections: Rejections) -> Batch:
    wrong: set[int] = set()
    for position, (line, record) in enumerate(batch.records()):
        if len(record) != target.width:
            wrong.add(position)
            rejections.add(_wrong_width(target, line, record))
    return _without(batch, wrong)


def _without(batch: Batch, positions: set[int]) -> Batch:
    kept = [record for position, record in enumerate(batch.records()) if position not in positions]
    return Batch(lines=[line for line, _ in kept], rows=[row for _, row in kept])


def _tell(target: Target, line: int, record: Sequence[Any], rejections: Rejections) -> None:
    if len(record) > 1 and all(isinstance(cell, str | None) and not cell for cell in record):
        # One problem rather than one for each of its columns: spreadsheets write many of these behind the last row.
        rejections.add(_blank(target, line, record))
        return
    found = list(target.problems(line, record))
    if not found:
        try:
            target.convert([record])
        except Exception as error:  # noqa: BLE001 - a user's type may raise anything: it becomes the problem's reason
            found = [(_unnamed(target, line, error), error)]
    for problem, cause in found:
        rejections.add(problem, cause=cause)


def misfits_of(convert: Callable[[Sequence[Any]], Any], values: Sequence[Any]) -> Iterator[int]:
    """Yield which of *values*, by position, *convert* raises anything for when it is given that one alone."""
    for position, value in enumerate(values):
        try:
            convert([value])
        except Exception:  # noqa: BLE001 - a user's type may raise anything
            yield position


def _wrong_width(target: Target, line: int, record: Sequence[Any]) -> RowProblem:
    return RowProblem(
        source=target.source,
        line=line,
        column=None,
        value=list(record),
        rule="width",
        reason=f"has {len(record)} cells: expected {target.width}, as many as the header",
    )


def _blank(target: Target, line: int, record: Sequence[Any]) -> RowProblem:
    text = "," * (len(record) - 1)
    reason = "is a row of empty cells: remove it"
    return RowProblem(source=target.source, line=line, column=None, value=text, rule="null", reason=reason)


def _unnamed(target: Target, line: int, error: Exception) -> RowProblem:
    return RowProblem(source=target.source, line=line, column=None, value=None, rule="type", reason=reason_of(error))


def reason_of(error: Exception) -> str:
    """Return why a value does not fit, as the rest of a sentence about it."""
    text = str(error)
    if isinstance(error, ValueError) and text.startswith(("is ", "has ", "holds ", "breaks ", "could ")):
        return text
    return f"does not fit: {type(error).__name__}: {text}" if text else f"does not fit: {type(error).__name__}"
