from typing import Any

import pytest

from microcosm_sqlite.sources.rows import RowsSource
from microcosm_sqlite.sources.tabular import Content
from tests.pets import Person


def test_rows_that_hold_the_same_are_a_batch() -> None:
    """Each batch has its own header; rows are counted from 1."""
    rows: list[dict[str, Any]] = [{"a": 1}, {"a": 2}, {"b": 3, "a": 4}]

    with RowsSource(rows).open() as reading:
        batches = list(reading.batches)

    assert reading.content is Content.PYTHON
    assert [(batch.header, list(batch.lines), list(batch.rows)) for batch in batches] == [
        (("a",), [1, 2], [(1,), (2,)]),
        (("b", "a"), [3], [(3, 4)]),
    ]


def test_rows_are_no_file_and_read_once() -> None:
    """Their keys name them where a line would."""
    assert not RowsSource([{"a": 1}]).is_rereadable
    assert RowsSource([]).digest() is None


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ("cities.csv", r"the text 'cities\.csv'; a path is given by itself, lines as CSVSource\(lines\)"),
        (Person(id=1, first="Ada"), r"Person; add instances to bench\.session\(\)"),
    ],
)
def test_what_was_probably_meant_is_told(row: Any, found: str) -> None:
    """Paths, lines and instances go elsewhere."""
    with RowsSource([row]).open() as reading, pytest.raises(TypeError, match=f"found {found}"):
        list(reading.batches)


def test_what_is_no_mapping_is_a_type_error() -> None:
    """With the number of the row."""
    with RowsSource([{"a": 1}, 5]).open() as reading, pytest.raises(TypeError, match="row 2: expected a mapping"):  # type: ignore[list-item]
        list(reading.batches)
