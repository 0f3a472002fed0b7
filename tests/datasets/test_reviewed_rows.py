from dataclasses import replace
from pathlib import Path

import pytest
from reviewed_rows import Row, Rows, SourceFile, csv_text, read_sources, write_rows, write_sources

from microcosm_sqlite.errors import SourceError
from tests.datasets.sources import SOURCES


class TestCSVText:
    def test_rows_come_out_sorted_by_key_whatever_order_they_came_in(self) -> None:
        """Equal rows give equal text, so that a diff shows what changed."""
        rows: list[Row] = [{"number": 10, "name": "ten"}, {"number": 9, "name": "nine"}]

        texts = {csv_text(Rows(table="thing", key=("number",), rows=order)) for order in (rows, rows[::-1])}

        assert texts == {"number,name\n9,nine\n10,ten\n"}

    def test_values_keep_their_exact_form(self) -> None:
        """Quotes, commas, newlines, leading zeros, the text NA and characters beyond the BMP survive."""
        row: Row = {
            "code": "NA",
            "zeros": "08",
            "text": 'a "b", c\nd \U0001f600',
            "yes": True,
            "no": False,
            "nothing": None,
            "number": 0.1,
        }

        text = csv_text(Rows(table="thing", key=("code",), rows=[row]))

        assert text.split("\n", 1)[1] == 'NA,08,"a ""b"", c\nd \U0001f600",true,false,,0.1\n'

    def test_refuses_a_key_that_occurs_twice(self) -> None:
        """The first sign of a package that changed its shape is named, not written."""
        rows: list[Row] = [{"code": "a"}, {"code": "a"}]

        with pytest.raises(SourceError, match="two rows of key"):
            csv_text(Rows(table="thing", key=("code",), rows=rows))

    def test_refuses_empty_text(self) -> None:
        """An empty cell is NULL, so that empty text could not be told from it."""
        with pytest.raises(SourceError, match="empty text in the row of key"):
            csv_text(Rows(table="thing", key=("code",), rows=[{"code": "a", "name": ""}]))

    def test_refuses_rows_of_different_columns(self) -> None:
        """A column that only some rows have would shift the others."""
        rows: list[Row] = [{"code": "a", "name": "x"}, {"code": "b", "title": "y"}]

        with pytest.raises(SourceError, match="columns"):
            csv_text(Rows(table="thing", key=("code",), rows=rows))


class TestWriteRows:
    def test_removes_the_file_of_a_table_that_is_no_more(self, tmp_path: Path) -> None:
        """The folder holds the tables of now, and no others."""
        (tmp_path / "old.csv").write_text("code\n")

        write_rows(tmp_path, [Rows(table="new", key=("code",), rows=[{"code": "a"}])])

        assert [path.name for path in tmp_path.iterdir()] == ["new.csv"]

    def test_writes_nothing_when_one_table_cannot_be_written(self, tmp_path: Path) -> None:
        """A refresh that fails leaves the rows as they were."""
        good = Rows(table="good", key=("code",), rows=[{"code": "a"}])
        bad = Rows(table="bad", key=("code",), rows=[{"code": ""}])

        with pytest.raises(SourceError):
            write_rows(tmp_path, [good, bad])

        assert list(tmp_path.iterdir()) == []


class TestSources:
    def test_round_trip(self, tmp_path: Path) -> None:
        """What is written to SOURCES.toml is read back, quotes, newlines and all."""
        file = SourceFile(path="a file.json", bytes=3, sha256="0" * 64)
        sources = replace(SOURCES, sources=(replace(SOURCES.sources[0], files=(file, file)),) * 2)

        write_sources(tmp_path, sources)

        assert read_sources(tmp_path) == sources
