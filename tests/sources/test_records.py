from io import StringIO
from pathlib import Path

import pytest

from microcosm_sqlite.errors import SourceError
from microcosm_sqlite.sources import TABS, CSVSource, Dialect
from microcosm_sqlite.sources.blocks import BLOCK_CHARACTERS
from microcosm_sqlite.sources.lines import Block
from microcosm_sqlite.sources.records import COMMAS, RecordReader


def records(text: str, dialect: Dialect = COMMAS) -> list[tuple[int, list[str]]]:
    """Return the records of a file."""
    with CSVSource(StringIO(text, newline=""), dialect=dialect).open() as reading:
        return [(line, list(row)) for line, row in reading.records]


@pytest.mark.parametrize(
    ("dialect", "text", "cells"),
    [
        (TABS, "a\tb\n1,5\tx\n", ["1,5", "x"]),
        (Dialect(delimiter=";"), 'a;b\n"1;5";x\n', ["1;5", "x"]),
        (Dialect(quote=None), 'a,b\n"1,x"\n', ['"1', 'x"']),
        (Dialect(quote="'"), "a,b\n'1,5',x\n", ["1,5", "x"]),
        (Dialect(escape="\\"), 'a,b\n1\\,5,"\\"x"\n', ["1,5", '"x']),
    ],
)
def test_other_dialects_are_read_as_they_say(dialect: Dialect, text: str, cells: list[str]) -> None:
    """Delimiter, quote and escape."""
    assert records(text, dialect) == [(2, cells)]


def test_a_record_may_reach_into_the_next_block() -> None:
    """Lines are counted on."""
    long = "x\n" * BLOCK_CHARACTERS

    found = records(f'a,b\n1,"{long}"\n2,y\n')

    assert [(line, len(row[1])) for line, row in found] == [(2, len(long)), (3 + BLOCK_CHARACTERS, 1)]


def test_blank_lines_are_no_records() -> None:
    """They count as lines."""
    assert records("a,b\n\n1,2\n\n\n3,4\n") == [(3, ["1", "2"]), (6, ["3", "4"])]


def test_a_source_may_have_no_header() -> None:
    """Its first line is a row then."""
    with CSVSource(StringIO("1,x\n"), header=["a", "b"]).open() as reading:
        assert (reading.header, list(reading.records)) == (("a", "b"), [(1, ["1", "x"])])


def test_lines_that_were_left_are_read_alone() -> None:
    """Each knows its number; a blank one is no record."""
    reader = RecordReader("x", iter([Block(1, "a,b\n")]), COMMAS)
    reader.header()

    batch = reader.batch_of(['1,""\n', "\n", "2,x\n"], [7, 8, 12])

    assert (list(batch.lines), list(batch.rows)) == ([7, 12], [["1", ""], ["2", "x"]])


def test_an_encoding_may_be_said(tmp_path: Path) -> None:
    """What does not fit it is an error."""
    path = tmp_path / "rows.csv"
    path.write_bytes("id,é\n1,ü\n".encode("latin-1"))

    with CSVSource(path, encoding="latin-1").open() as reading:
        assert (reading.header, list(reading.records)) == (("id", "é"), [(2, ["1", "ü"])])
    with pytest.raises(SourceError, match="UTF-16"), CSVSource(path, encoding="utf-16").open() as reading:
        list(reading.records)
