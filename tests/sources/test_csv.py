import hashlib
import re
from collections.abc import Iterator
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest

from microcosm_sqlite.errors import HeaderError, SourceError
from microcosm_sqlite.sources import QUOTED_EMPTY, CSVSource


def read(source: CSVSource) -> tuple[tuple[str, ...], list[tuple[int, list[str]]]]:
    """Return the header and all records."""
    with source.open() as reading:
        return reading.header, [(line, list(cells)) for line, cells in reading.records]


def write(folder: Path, content: bytes) -> Path:
    """Return a file with this content."""
    path = folder / "rows.csv"
    path.write_bytes(content)
    return path


def test_a_path_is_read_as_header_and_records(tmp_path: Path) -> None:
    """Every record comes with the line it starts on, counted from 1."""
    source = CSVSource(write(tmp_path, b"id,name\n1,Ada\n2,Grace\n"))

    assert read(source) == (("id", "name"), [(2, ["1", "Ada"]), (3, ["2", "Grace"])])


def test_text_paths_and_open_files_are_read_alike(tmp_path: Path) -> None:
    """A path may be text, and a file may be open already, wherever it stands."""
    path = write(tmp_path, b"skipped\nid\n7\n")
    with path.open(newline="") as file:
        file.readline()

        assert read(CSVSource(file)) == (("id",), [(2, ["7"])])
    assert read(CSVSource(str(path)))[0] == ("skipped",)


def test_lines_are_physical_lines() -> None:
    """A quoted line break counts, a blank line counts and is no record."""
    source = CSVSource(StringIO('id,note\r\n1,"two\r\nlines"\r\n\r\n2,b\r\n'))

    assert read(source)[1] == [(2, ["1", "two\r\nlines"]), (5, ["2", "b"])]


@pytest.mark.parametrize("is_open", [True, False])
def test_a_byte_order_mark_is_no_part_of_the_first_name(is_open: bool, tmp_path: Path) -> None:  # noqa: FBT001
    """Spreadsheets write one; also before a quoted name, also in a file opened as plain UTF-8."""
    path = write(tmp_path, b'\xef\xbb\xbf"id",name\n1,Ada\n')

    with path.open(encoding="utf-8", newline="") as file:
        assert read(CSVSource(file if is_open else path))[0] == ("id", "name")


def test_a_source_is_read_again_from_where_it_began(tmp_path: Path) -> None:
    """A path and a seekable file can be read twice; a stream says that it cannot."""
    text = "id\n1\n"
    for again in (CSVSource(write(tmp_path, text.encode())), CSVSource(StringIO(text))):
        assert again.is_rereadable
        assert read(again) == read(again)

    stream = CSVSource(iter(text.splitlines(keepends=True)))
    read(stream)

    assert not stream.is_rereadable
    with pytest.raises(SourceError, match="read before"):
        read(stream)


def test_quoted_empty_text_is_told_from_nothing() -> None:
    """A writer that quotes only where it must means something by a quoted nothing."""
    (_, cells), (_, others) = read(CSVSource(StringIO('a,b,c\n,"",x\n"say ""hi""","",\n')))[1]

    assert cells == ["", "", "x"]
    assert [cell is QUOTED_EMPTY for cell in cells] == [False, True, False]
    assert [cell is QUOTED_EMPTY for cell in others] == [False, True, False]


@pytest.mark.parametrize("text", ['"a","b"\n"1",""\n', '"a"\n""\n', 'a\n""\n'])
def test_quoting_says_nothing_where_everything_is_quoted(text: str) -> None:
    """A header quoted throughout shows a writer that always quotes; a lone empty cell cannot be written otherwise."""
    ((_, cells),) = read(CSVSource(StringIO(text)))[1]

    assert cells[-1] == ""
    assert cells[-1] is not QUOTED_EMPTY


@pytest.mark.parametrize("record", ["1", "1,2,3"])
def test_short_and_long_records_come_as_they_are(record: str) -> None:
    """Judging them is for whoever knows the table."""
    assert read(CSVSource(StringIO(f"a,b\n{record}\n")))[1] == [(2, record.split(","))]


@pytest.mark.parametrize(
    ("content", "line", "found"),
    [
        (b"", None, "empty file"),
        (b"\n\n", None, "empty file"),
        (b"id,name,id\n", 1, "'id' 2 times"),
        (b"id,name\n1,a\n2,\xff\n", 3, "0xff as byte 3 of the line"),
        (b"id,name\n1,a\x00\n", 2, "NUL"),
        (b'id,name\n1,a\n2,"b\n3,c\n', 3, "ends in line 4"),
        (b'id,name\n1,"a"b\n', 2, "expected after"),
    ],
)
def test_what_is_no_csv_is_an_error_with_its_line(content: bytes, line: int | None, found: str, tmp_path: Path) -> None:
    """The error names the file and the line, and is made of what was expected and what was found."""
    path = write(tmp_path, content)

    with pytest.raises(SourceError, match=re.escape(found)) as caught:
        read(CSVSource(path))

    error = caught.value
    if line is not None:
        assert error.line == line
    assert error.source == str(path)
    assert str(path) in str(error)
    assert error.remedy in str(error)


def test_a_repeated_name_is_a_header_error() -> None:
    """Which of two columns is meant cannot be guessed."""
    with pytest.raises(HeaderError, match=r"'a' 2 times"):
        read(CSVSource(StringIO("a,a\n")))


def test_undecodable_bytes_of_an_open_file_are_told_as_far_as_known() -> None:
    """Where the byte stands in a file of the caller's is not known, the line before it is."""
    file = TextIOWrapper(BytesIO(b"id\n1\n\xff\n"), encoding="utf-8", newline="")

    with pytest.raises(SourceError, match="0xff after line"):
        read(CSVSource(file))


@pytest.mark.parametrize(
    ("name", "found"), [("missing.csv", "nothing there"), (".", "a folder"), ("a\0b", "null byte")]
)
def test_what_cannot_be_opened_is_a_source_error(name: str, found: str, tmp_path: Path) -> None:
    """A missing file, a folder, an impossible name; asking for the digest says the same."""
    source = CSVSource(f"{tmp_path}/{name}")

    with pytest.raises(SourceError, match=found):
        read(source)
    with pytest.raises(SourceError, match=found):
        source.digest()


@pytest.mark.parametrize("source", [BytesIO(b"id\n"), b"id\n", 5, None])
def test_what_is_no_text_is_a_type_error(source: Any) -> None:
    """Passing bytes, or nothing at all, is the caller's mistake."""
    with pytest.raises(TypeError, match="text"):
        CSVSource(source)


def test_a_file_opened_for_bytes_is_a_type_error(tmp_path: Path) -> None:
    """The message says how to open it."""
    with write(tmp_path, b"id\n").open("rb") as file, pytest.raises(TypeError, match="opened for bytes"):
        CSVSource(file)  # type: ignore[arg-type]


def test_lines_that_are_no_text_are_a_type_error() -> None:
    """A list of pairs is bulk input given to a single load."""
    with pytest.raises(TypeError, match="str"):
        read(CSVSource([("Person", "people.csv")]))  # type: ignore[list-item]


def test_a_path_knows_its_bytes(tmp_path: Path) -> None:
    """The manifest says which file the rows came from; text that is open already has no bytes to speak of."""
    content = b"id\n1\n"
    digest = CSVSource(write(tmp_path, content)).digest()

    assert digest is not None
    assert (digest.sha256, digest.bytes) == (hashlib.sha256(content).hexdigest(), len(content))
    assert CSVSource(StringIO("id\n")).digest() is None


def test_a_cell_beyond_the_limit_is_told_with_the_way_out() -> None:
    """Python's csv has a limit for cells, which also catches a quote that swallows the file."""
    with pytest.raises(SourceError, match=r"csv\.field_size_limit") as caught:
        read(CSVSource(StringIO(f'id\n"{"x" * 200_000}"\n')))

    assert caught.value.line == 2


def test_a_name_may_be_given() -> None:
    """Errors call the source by it; a source that is one already stays itself."""
    source = CSVSource(StringIO(""), name="upload")

    assert CSVSource.of(source) is source
    with pytest.raises(SourceError, match=r"^upload"):
        read(source)


def test_a_file_that_fails_while_it_is_read_is_a_source_error(tmp_path: Path) -> None:
    """With the line it came to; the refusal of the system is said."""

    def lines() -> Iterator[str]:
        yield "id,name\n"
        yield "1,a\n"
        raise OSError(5, "Input/output error")

    with pytest.raises(SourceError, match="line 3: expected a file that can be read, found Input/output error"):
        read(CSVSource(lines(), name="x.csv"))
