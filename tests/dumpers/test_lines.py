import csv
from io import StringIO

import pytest

from microcosm_sqlite.dumpers.lines import csv_line


@pytest.mark.parametrize(
    ("cells", "line"),
    [
        (["a", None, "b"], "a,,b\r\n"),
        (["a", "", "b"], 'a,"",b\r\n'),
        (['say "hi"', "x,y", "two\nlines", "\r"], '"say ""hi""","x,y","two\nlines","\r"\r\n'),
        ([" a "], " a \r\n"),
        ([None], '""\r\n'),
        ([""], '""\r\n'),
        ([None, None], ",\r\n"),
    ],
)
def test_a_line_is_quoted_only_where_it_must(cells: list[str | None], line: str) -> None:
    """Nothing and empty text differ, except where a line has only one cell."""
    assert csv_line(cells) == line
    assert next(csv.reader(StringIO(line, newline=""))) == [cell or "" for cell in cells]


def test_a_line_is_what_python_writes() -> None:
    """Byte for byte, where there is no empty text."""
    cells = ["1", "a b", "a,b", 'q"', "x\r\ny", "'", ";", "é", None]
    expected = StringIO(newline="")
    csv.writer(expected).writerow(cells)

    assert csv_line(cells) == expected.getvalue()
