from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from microcosm_sqlite.errors import SourceError
from microcosm_sqlite.sources import CSVSource
from microcosm_sqlite.sources.json import JSONLinesSource, JSONSource
from microcosm_sqlite.sources.kinds import source_of, suffix_of
from microcosm_sqlite.sources.rows import RowsSource


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("rows.csv", CSVSource),
        ("rows.TSV", CSVSource),
        ("rows.csv.gz", CSVSource),
        ("v1.2/rows.jsonl.zst", JSONLinesSource),
        ("rows.ndjson", JSONLinesSource),
        ("rows.json", JSONSource),
    ],
)
def test_the_suffix_says_what_a_file_holds(name: str, kind: type[Any]) -> None:
    """In any case of letters, packed or not."""
    assert isinstance(source_of(name), kind)
    assert source_of(Path(name)).name == str(Path(name))


def test_other_suffixes_are_an_error_with_the_way_out() -> None:
    """A guess could be wrong."""
    with pytest.raises(SourceError, match=r"rows\.txt: expected a file called \*\.csv.*CSVSource\(path\)"):
        source_of("rows.txt")
    assert suffix_of(Path("rows")) == ""


def test_sources_and_rows_are_taken_as_they_are() -> None:
    """What iterates is rows."""
    source = CSVSource(StringIO(""))

    assert source_of(source) is source
    assert isinstance(source_of([{"a": 1}], name="rows of City"), RowsSource)


@pytest.mark.parametrize("given", [5, {"a": 1}, b"a", StringIO("id\n")])
def test_anything_else_is_a_type_error(given: Any) -> None:
    """An open file does not say what it holds."""
    with pytest.raises(TypeError, match="expected a path, rows or a source"):
        source_of(given)
