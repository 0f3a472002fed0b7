"""Read rows that Python code makes."""

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby, islice
from typing import Any

from microcosm_sqlite.sources.delivered import DeliveredRows
from microcosm_sqlite.sources.tabular import BATCH_ROWS, Batch, Content, FileDigest, Reading

Row = Mapping[str, Any]


class RowsSource:
    """Mappings of Python values, by attribute or column name; each may leave out what has a default.

    Args:
        rows: a collection, or anything else to iterate over, which is taken row by row.
        name: what errors call it; they count rows from 1.
    """

    def __init__(self, rows: Iterable[Row], *, name: str = "rows") -> None:
        self.name = name
        self._rows = rows
        self._delivered: DeliveredRows | None = None

    @property
    def is_rereadable(self) -> bool:
        """Whether it can be opened more than once: nobody knows whether rows are the same the next time."""
        return False

    def digest(self) -> FileDigest | None:
        """Return which rows the last pass delivered, in `DeliveredRows`'s way; None before it came to its end."""
        return None if self._delivered is None else self._delivered.digest

    @contextmanager
    def open(self) -> Generator[Reading]:
        """Yield a pass over the rows.

        Raises:
            TypeError: a row is no mapping; comes while they are read.
        """
        delivered = DeliveredRows()
        yield Reading(header=(), batches=delivered.watch(batches_of_rows(self._rows)), content=Content.PYTHON)
        self._delivered = delivered


def batches_of_rows(rows: Iterable[Any], *, first_line: int = 1) -> Iterator[Batch]:
    """Yield *rows*, mappings that may differ in what they hold, in batches with a header each.

    Raises:
        TypeError: a row is no mapping.
    """
    remaining = iter(rows)
    line = first_line
    while some := list(islice(remaining, BATCH_ROWS)):
        for number, row in enumerate(some, line):
            if not isinstance(row, Mapping):
                raise TypeError(f"row {number}: expected a mapping by attribute, found {_told(row)}")
        yield from batches_of_mappings(some, range(line, line + len(some)))
        line += len(some)


def _told(row: Any) -> str:
    if isinstance(row, str):
        return f"the text {row!r}; a path is given by itself, lines as CSVSource(lines)"
    hint = "; add instances to bench.session()" if hasattr(row, "_sa_instance_state") else ""
    return f"{type(row).__name__}{hint}"


def batches_of_mappings(rows: Sequence[Row], lines: Iterable[int]) -> Iterator[Batch]:
    """Yield *rows* in batches of those that follow each other and hold the same."""
    numbers = iter(lines)
    for names, group in groupby(rows, key=tuple):
        values = [tuple(row.values()) for row in group]
        yield Batch(header=names, lines=list(islice(numbers, len(values))), rows=values)
