from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from microcosm_sqlite.builders.batches import Refusal, insert_all, insert_each, misfits_of, reason_of
from microcosm_sqlite.builders.rejections import Rejections
from microcosm_sqlite.errors import RowProblem, RowsRejectedError
from microcosm_sqlite.sources.tabular import BATCH_ROWS, Batch, batches_of


class Shelf:
    """A target in memory that takes each number once, and takes no other text."""

    source = "x.csv"
    width = 1

    def __init__(self) -> None:
        self.rows: list[int] = []
        self.batches: list[int] = []

    def settle(self) -> None:
        """Do nothing."""

    def convert(self, records: Sequence[Sequence[Any]]) -> list[Any]:
        """Return numbers."""
        return [int(cell) for (cell,) in records]

    def problems(self, line: int, record: Sequence[Any]) -> Iterable[tuple[RowProblem, Exception]]:
        """Yield nothing: the target does not know better than the exception."""
        return ()

    def misfits(self, records: Sequence[Sequence[Any]]) -> set[int]:
        """Return which are no numbers."""
        return set(misfits_of(self.convert, records))

    def insert(self, rows: Sequence[Any]) -> Iterator[tuple[int, Refusal]]:
        """Take the rows that are not there."""
        self.batches.append(len(rows))
        for position, row in enumerate(rows):
            if row in self.rows:
                yield position, IntegrityError("INSERT", None, Exception(f"{row} is taken"))
            else:
                self.rows.append(row)

    def refused(self, line: int, record: Sequence[Any], error: Exception) -> RowProblem:
        """Return that it is taken."""
        return RowProblem(source=self.source, line=line, column=None, value=record, rule="unique", reason="is taken")


def numbered(*cells: str) -> Iterator[tuple[int, list[str]]]:
    """Yield records with their lines."""
    yield from enumerate(([cell] for cell in cells), 2)


def test_records_go_in_batches() -> None:
    """So that memory does not grow with the source."""
    shelf = Shelf()
    rejections = Rejections("shelf")

    assert insert_all(shelf, batches_of(numbered(*map(str, range(BATCH_ROWS + 1)))), rejections) == BATCH_ROWS + 1
    assert shelf.batches == [BATCH_ROWS, 1]
    rejections.raise_any()


def test_the_rows_to_blame_are_found() -> None:
    """A batch that is refused is tried row by row, and the others go on."""
    shelf = Shelf()
    rejections = Rejections("shelf")

    insert_all(shelf, batches_of(numbered("1", "2", "1", "x", "3")), rejections)

    with pytest.raises(RowsRejectedError) as caught:
        rejections.raise_any()
    assert [(problem.line, problem.rule) for problem in caught.value.problems] == [(4, "unique"), (5, "type")]
    assert shelf.rows == [1, 2, 3]


def test_rows_of_another_width_are_rejected() -> None:
    """Expected and found are counted."""
    rejections = Rejections("shelf")

    insert_all(Shelf(), [Batch(lines=[2, 3], rows=[["1", "2"], []])], rejections)

    with pytest.raises(RowsRejectedError, match="has 2 cells: expected 1") as caught:
        rejections.raise_any()
    assert caught.value.count == 2


def test_each_row_may_be_committed() -> None:
    """Up to the first that does not fit."""
    commits: list[None] = []

    with pytest.raises(RowsRejectedError, match="only the 2 row"):
        insert_each(Shelf(), numbered("1", "2", "x", "4"), Rejections("shelf"), commit=lambda: commits.append(None))

    assert len(commits) == 2
    assert insert_each(Shelf(), numbered("1"), Rejections("shelf"), commit=lambda: None) == 1


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ValueError("is not a date"), "is not a date"),
        (ValueError("odd"), "does not fit: ValueError: odd"),
        (KeyError("x"), "does not fit: KeyError: 'x'"),
        (ZeroDivisionError(), "does not fit: ZeroDivisionError"),
    ],
)
def test_reasons_complete_a_sentence(error: Exception, reason: str) -> None:
    """Ours do so by themselves; those of users' types are quoted."""
    assert reason_of(error) == reason
