import sys
import zipfile
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest

from microcosm_sqlite.errors import SourceError
from microcosm_sqlite.sources import CSVSource
from microcosm_sqlite.sources.json import JSONLinesSource, JSONSource
from microcosm_sqlite.sources.kinds import is_read, source_of, suffix_of
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


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (5, "5"),
        (None, "None"),
        (Path, "<class"),
        (b"a", "b'a'"),
        (BytesIO(), "<_io.BytesIO"),
        ({"a": 1}, "a mapping: put it into a list if it is one row"),
        (StringIO("id\n"), r"an open file: say what it holds, CSVSource\("),
        ("id,name\n1,Ada\n", r"lines of text: say what they are, CSVSource\(StringIO\(text\)\)"),
    ],
)
def test_anything_else_is_a_type_error(given: Any, found: str) -> None:
    """An open file does not say what it holds, nor does text."""
    with pytest.raises(TypeError, match=f"expected a path, rows or a source, found {found}"):
        source_of(given)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    """It holds rows of several models, probably."""
    with pytest.raises(SourceError, match=r"expected a file, found a folder\. Load its files one by one"):
        source_of(tmp_path)


def test_a_zip_file_is_what_is_in_it(tmp_path: Path) -> None:
    """If that is one file; its own path names it."""
    path = tmp_path / "rows.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("in/rows.jsonl", "{}\n")

    assert isinstance(source_of(path), JSONLinesSource)

    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("more.csv", "")
    with pytest.raises(SourceError, match=r"found 2 files\. Say which, as in .*rows\.zip/in/rows\.jsonl"):
        source_of(path)
    path.write_bytes(b"x")
    with pytest.raises(SourceError, match="expected a zip file"):
        source_of(path)


class Fetched:
    """A third party's source."""

    def __init__(self, place: object) -> None:
        self.name = str(place)


def test_others_may_add_kinds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By an entry point, for a suffix or for the scheme of a URL."""
    folder = tmp_path / "others-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: others\nVersion: 1.0\n")
    target = f"{Fetched.__module__}:Fetched"
    (folder / "entry_points.txt").write_text(f"[microcosm_sqlite.sources]\nshp = {target}\ns3 = {target}\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(sys.modules, Fetched.__module__, sys.modules[Fetched.__module__])

    assert source_of("coasts.shp").name == "coasts.shp"
    assert source_of("s3://bucket/cities.csv").name == "s3://bucket/cities.csv"
    assert is_read(".shp")
    assert not is_read(".md")
    with pytest.raises(SourceError, match=r"\*\.ods, \*\.s3, \*\.shp, packed or not"):
        source_of("x.md")


def test_a_url_that_nobody_reads_is_an_error() -> None:
    """It is no path; what stands in it, perhaps a password, is not repeated."""
    with pytest.raises(SourceError, match=r"the scheme 'postgresql'.*SQLSource") as caught:
        source_of("postgresql://me:secret@host/shop")

    assert "secret" not in str(caught.value)
