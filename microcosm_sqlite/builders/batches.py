"""Insert records batch by batch, naming every one that does not fit."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from itertools import islice
from typing import Any, Final, Protocol, TypeAlias

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from microcosm_sqlite.builders.rejections import Rejections
from microcosm_sqlite.errors import RowProblem
from microcosm_sqlite.progress import advance

#: Rows per call of the driver: more is no faster, and this much memory is nothing.
BATCH_ROWS: Final = 1000

#: Where a record stands in its source, and what it holds.
Placed: TypeAlias = tuple[int, Sequence[Any]]

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

    def problems(self, line: int, record: Sequence[Any]) -> Iterable[tuple[RowProblem, Exception]]:
        """Yield what does not fit in *record*, with the exception that says so."""
        ...

    def insert(self, rows: Sequence[Any]) -> None:
        """Insert what `convert` returned."""

    def probe(self, row: Any) -> None:
        """Insert one row of a batch that was refused, only to learn whether the database refuses it."""

    def refused(self, line: int, record: Sequence[Any], error: Refusal) -> RowProblem:
        """Return the problem for a record that the database refused, or that cannot even be brought to it."""
        ...

    def begin_nested(self) -> AbstractContextManager[Any]:
        """Return a block that undoes what it did when it fails."""
        ...

    def settle(self) -> None:
        """Hand what was inserted over to the transaction underneath."""


def insert_all(target: Target, records: Iterable[Placed], rejections: Rejections) -> int:
    """Insert *records* and return how many there were; those that do not fit are added to *rejections*.

    The rows that do fit stay in the transaction, because duplicates only show against them: the caller rolls back.
    """
    count = 0
    for batch in _batches(records):
        count += len(batch)
        _insert_batch(target, batch, rejections)
        advance(rows=count)
    return count


def insert_each(
    target: Target, records: Iterable[Placed], rejections: Rejections, *, commit: Callable[[], None]
) -> int:
    """Insert *records*, call *commit* after each, and return how many there were; stop at the first that does not fit.

    Raises:
        RowsRejectedError: that one; those before it are committed.
    """
    count = 0
    for record in records:
        _insert_batch(target, [record], rejections)
        rejections.raise_any(kept_rows=count)
        target.settle()
        commit()
        count += 1
    return count


def _batches(records: Iterable[Placed]) -> Iterator[list[Placed]]:
    remaining = iter(records)
    while batch := list(islice(remaining, BATCH_ROWS)):
        yield batch


def _insert_batch(target: Target, batch: Sequence[Placed], rejections: Rejections) -> None:
    fitting, rows = _convert(target, batch, rejections)
    try:
        with target.begin_nested():
            target.insert(rows)
    except (IntegrityError, DataError, UnicodeEncodeError):
        _insert_singly(target, fitting, rows, rejections)


def _insert_singly(target: Target, batch: Sequence[Placed], rows: Sequence[Any], rejections: Rejections) -> None:
    """Insert a batch that was refused row by row, to find out which rows are to blame."""
    for (line, record), row in zip(batch, rows, strict=True):
        try:
            with target.begin_nested():
                target.probe(row)
        except (IntegrityError, DataError, UnicodeEncodeError) as error:
            rejections.add(target.refused(line, record, error), cause=error)


def _convert(target: Target, batch: Sequence[Placed], rejections: Rejections) -> tuple[Sequence[Placed], list[Any]]:
    """Return the records of *batch* that fit, with what is inserted for each."""
    if all(len(record) == target.width for _, record in batch):
        # Whatever is raised here is found again below and told with its line.
        with suppress(Exception):
            return batch, target.convert([record for _, record in batch])
    fitting: list[Placed] = []
    rows: list[Any] = []
    for line, record in batch:
        if len(record) != target.width:
            rejections.add(_wrong_width(target, line, record))
            continue
        try:
            rows += target.convert([record])
            fitting.append((line, record))
        except Exception as error:  # noqa: BLE001 - a user's type may raise anything: it becomes the problem's reason
            found = list(target.problems(line, record)) or [(_unnamed(target, line, error), error)]
            for problem, cause in found:
                rejections.add(problem, cause=cause)
    return fitting, rows


def _wrong_width(target: Target, line: int, record: Sequence[Any]) -> RowProblem:
    return RowProblem(
        source=target.source,
        line=line,
        column=None,
        value=list(record),
        rule="width",
        reason=f"has {len(record)} cells: expected {target.width}, as many as the header",
    )


def _unnamed(target: Target, line: int, error: Exception) -> RowProblem:
    return RowProblem(source=target.source, line=line, column=None, value=None, rule="type", reason=reason_of(error))


def reason_of(error: Exception) -> str:
    """Return why a value does not fit, as the rest of a sentence about it."""
    text = str(error)
    if isinstance(error, ValueError) and text.startswith(("is ", "has ", "holds ", "breaks ")):
        return text
    return f"does not fit: {type(error).__name__}: {text}" if text else f"does not fit: {type(error).__name__}"
