import bz2
import gzip
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from microcosm_sqlite.errors import SourceError
from microcosm_sqlite.progress import Event, Kind, step, watched
from microcosm_sqlite.sources import CSVSource
from microcosm_sqlite.sources.files import digest_of, open_bytes, told
from microcosm_sqlite.sources.tabular import Batch

CONTENT = b"id\n1\n"


def content(path: Path) -> bytes:
    """Return the unpacked bytes of *path*."""
    with open_bytes(path, name="rows") as stream:
        return stream.read()


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, lzma.compress])
def test_files_are_unpacked_whatever_they_are_called(pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    """What counts is what they hold."""
    path = tmp_path / "rows.csv"
    path.write_bytes(pack(CONTENT))

    assert content(path) == CONTENT


def test_a_text_that_begins_like_an_archive_is_a_text(tmp_path: Path) -> None:
    """`BZh` may be a column."""
    path = tmp_path / "rows.csv"
    path.write_bytes(b"BZh,id\n")

    assert content(path) == b"BZh,id\n"


def test_a_member_of_a_zip_file_is_found_by_its_path(tmp_path: Path) -> None:
    """The only one needs no name; of several one must be said."""
    path = tmp_path / "rows.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("in/cities.csv", CONTENT)

    assert content(path) == content(path / "in" / "cities.csv") == CONTENT
    assert digest_of(path / "in/cities.csv", name="x") == digest_of(path, name="x")

    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("more.csv", b"")
    with pytest.raises(SourceError, match=r"a zip file of 2 files: say which, as in .*rows\.zip/in/cities\.csv"):
        content(path)
    with pytest.raises(SourceError, match=r"rows: .* found nothing there"):
        content(path / "missing.csv")


def test_a_broken_archive_is_a_source_error(tmp_path: Path) -> None:
    """Not whatever the library that unpacks raises."""
    path = tmp_path / "rows.csv.gz"
    path.write_bytes(b"\x1f\x8b" + b"x" * 20)

    with pytest.raises(SourceError, match=r"^rows"), CSVSource(path, name="rows").open():
        pass


def test_zstd_says_what_it_needs(tmp_path: Path) -> None:
    """Python has it from 3.14 on."""
    path = tmp_path / "rows.csv.zst"
    path.write_bytes(b"\x28\xb5\x2f\xfd")

    with pytest.raises((ImportError, SourceError, EOFError)):
        content(path)


def test_whoever_watches_is_told_how_far_a_file_was_read(tmp_path: Path) -> None:
    """In bytes of the file as it lies there, packed or not."""
    path = tmp_path / "rows.csv.gz"
    path.write_bytes(gzip.compress(CONTENT))
    events: list[Event] = []

    with watched(events.append), step("load", "rows"):
        content(path)

    assert events[-1].bytes == path.stat().st_size


def test_the_part_of_the_rows_stands_for_bytes(tmp_path: Path) -> None:
    """For files of which nobody sees what is read when; never more than there is."""
    path = tmp_path / "rows.bin"
    path.write_bytes(b"x" * 100)
    batches = [Batch(lines=range(2), rows=[(1,), (2,)]), Batch(lines=range(3), rows=[(3,), (4,), (5,)])]
    seen: list[int | None] = []

    for rows, expected in ((5, [40, 100]), (4, [50, 100]), (0, [0, 0])):
        seen.clear()
        events: list[Event] = []
        with watched(events.append), step("load", "rows") as doing:
            for _ in told(batches, path, rows=rows):
                doing.tell(Kind.ADVANCED)
                seen.append(events[-1].bytes)
        assert seen == expected


def test_a_spreadsheet_is_told_from_other_archives(tmp_path: Path) -> None:
    """Whatever it is called."""
    path = tmp_path / "rows.csv"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", "")
        archive.writestr("xl/workbook.xml", "")

    with pytest.raises(SourceError, match=r"found what a spreadsheet .* wrote: name it \*\.xlsx"):
        content(path)


def test_a_file_that_was_cut_short_is_to_be_fetched_anew(tmp_path: Path) -> None:
    """Its path is right, and it can be read."""
    path = tmp_path / "rows.csv.gz"
    path.write_bytes(gzip.compress("\n".join(map(str, range(1000))).encode())[:500])

    with pytest.raises(SourceError, match=r"or fetch it anew: it may have been cut short\."), CSVSource(path).open():
        pass
