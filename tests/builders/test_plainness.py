import csv
from io import StringIO

import pytest

from microcosm_sqlite.builders.plainness import plain_data
from microcosm_sqlite.sources import COMMAS, TABS, CSVSource, Dialect
from microcosm_sqlite.sources.lines import Block


def data_of(text: str, *, dialect: Dialect = COMMAS, header: str = "a,b\n") -> bytes | None:
    """Return what SQLite may read of a block with this text, in a source with this header."""
    names = header.replace(",", dialect.delimiter)
    with CSVSource(StringIO(names), dialect=dialect).open() as reading:
        assert reading.blocks is not None
        return plain_data(reading.blocks, Block(2, text))


def test_plain_text_is_taken_as_it_is() -> None:
    """With any ending of lines, with cells that are quoted whole, in any script; the last line gets an end."""
    for text in ("1,x\n2,y\n", "1,x\r\n", '1,"x, y"\n"2",z\n', "1,é\n"):
        assert data_of(text) == text.encode()
    assert data_of("1,x") == b"1,x\n"
    assert data_of("1\tx\n", dialect=TABS) == b"1,x\n"


@pytest.mark.parametrize(
    "text",
    [
        "1,a\0b\n",
        "\ufeff1,x\n",
        "1,x\r2,y\r",
        '1,x"y\n',
        '1,"x"y\n',
        '1,"x\ny"\n',
        '1,"x\n',
        '1,""\n',
        "1,\ud800\n",
        "1," + "x" * csv.field_size_limit() + "\n",
    ],
)
def test_what_sqlite_reads_otherwise_is_left_to_python(text: str) -> None:
    """Or cannot read at all."""
    assert data_of(text) is None


def test_empty_text_is_plain_where_it_says_nothing() -> None:
    """In a file in which everything is quoted."""
    assert data_of('"1",""\n', header='"a","b"\n') == b'"1",""\n'


@pytest.mark.parametrize("text", ["1\tx,y\n", '1\t"x"\n'])
def test_commas_and_quotes_among_tabs_are_not_plain(text: str) -> None:
    """They would become cells of their own."""
    assert data_of(text, dialect=TABS) is None


def test_lines_that_end_elsewhere_are_not_plain() -> None:
    """Those that were given one by one may hold ends of lines, or have none."""
    with CSVSource(["a,b\n"]).open() as reading:
        assert reading.blocks is not None
        assert plain_data(reading.blocks, Block(2, "1,x\n2,y\n", ["1,x\n", "2,y\n"])) == b"1,x\n2,y\n"
        assert plain_data(reading.blocks, Block(2, "1,x2,y\n", ["1,x", "2,y\n"])) is None
