"""Open files as bytes, whatever they are packed in."""

import bz2
import gzip
import hashlib
import lzma
import zipfile
import zlib
from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from importlib import import_module
from io import SEEK_END, BufferedReader, FileIO
from pathlib import Path
from typing import IO, Any, BinaryIO, Final, cast

from microcosm_sqlite.errors import MissingExtraError, SourceError
from microcosm_sqlite.progress import advance
from microcosm_sqlite.sources.tabular import Batch, FileDigest

#: What reading a file may raise: what the system refuses, a path with a NUL in it, and broken archives.
UNREADABLE: Final = (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile)

#: What files of each kind start with. Looked at rather than the name: a renamed file stays what it is.
_MARKS: Final = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"PK\x03\x04": "zip",
}

#: What stands behind the level of compression in every bzip2 file: a text may well start with "BZh".
_BZIP2_BLOCK: Final = b"1AY&SY"

_MARK_BYTES: Final = 10

#: Suffixes of packed files, which say nothing about what is inside.
PACKED: Final = (".gz", ".bz2", ".xz", ".zst", ".zip")


@contextmanager
def open_bytes(path: Path, *, name: str) -> Generator[BinaryIO]:
    """Yield the unpacked bytes of *path*: a file as it is, or packed with gzip, bzip2, xz, zstd or zip.

    A zip file must hold one file, or the path goes on into it: `rows.zip/cities.csv`.

    Raises:
        SourceError: it cannot be read, or is a zip file of several files.
        MissingExtraError: it is packed with zstd, and nothing that unpacks that is installed.
    """
    with ExitStack() as closing:
        archive = _archive_of(path)
        try:
            opened = closing.enter_context(cast("BufferedReader", BufferedReader(_Told(archive or path))))
            stream = _unpacked(opened, path, archive, closing)
        except (*UNREADABLE, ValueError) as error:
            raise unreadable(name, error) from error
        # What was read was read.
        closing.callback(_close, stream)
        yield stream


def told(batches: Iterable[Batch], path: Path, *, rows: int) -> Iterator[Batch]:
    """Yield *batches*, and tell whoever watches how far *path* was read, by their part of all *rows*.

    For files of which nobody sees what is read when. What is told is not exact, but how much time is left is.
    """
    size, done = path.stat().st_size, 0
    for batch in batches:
        done += batch.count
        advance(bytes=size * min(done, rows) // max(rows, 1))
        yield batch


def digest_of(path: Path, *, name: str) -> FileDigest:
    """Return which bytes the file has now, packed as it is; that of the archive for what lies in one.

    Raises:
        SourceError: it cannot be read.
    """
    try:
        with (_archive_of(path) or path).open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            return FileDigest(sha256=sha256, bytes=file.seek(0, SEEK_END))
    except (OSError, ValueError) as error:
        raise unreadable(name, error) from error


def unreadable(
    name: str, error: Exception, *, line: int | None = None, expected: str = "a file that can be read"
) -> SourceError:
    """Return the error that says why *name* cannot be read."""
    found = getattr(error, "strerror", None) or str(error) or type(error).__name__
    if isinstance(error, FileNotFoundError):
        found = "nothing there"
    elif isinstance(error, IsADirectoryError):
        found = "a folder"
    remedy = "Correct the path, or make the file readable."
    if not isinstance(error, OSError) or isinstance(error, gzip.BadGzipFile):
        remedy = "Correct what it is called, or fetch it anew: it may have been cut short."
    return SourceError(source=name, line=line, expected=expected, found=found, remedy=remedy)


def members_of(path: Path, *, name: str) -> list[Path]:
    """Return the paths of the files in a zip file.

    Raises:
        SourceError: it cannot be read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return [path / member.filename for member in archive.infolist() if not member.is_dir()]
    except (*UNREADABLE, ValueError) as error:
        raise unreadable(name, error, expected="a zip file") from error


class _Told(FileIO):
    """A file that tells whoever watches how far it was read."""

    def readinto(self, buffer: Any, /) -> int:
        """Fill *buffer* as far as possible."""
        count = super().readinto(buffer)
        # A pipe has no place.
        with suppress(OSError):
            advance(bytes=self.tell())
        return count


def _archive_of(path: Path) -> Path | None:
    """Return the zip file in which *path* lies, or None."""
    with suppress(OSError, ValueError):
        if not path.exists():
            return next((parent for parent in path.parents if parent.suffix == ".zip" and parent.is_file()), None)
    return None


def _unpacked(file: BufferedReader, path: Path, archive: Path | None, closing: ExitStack) -> BinaryIO:
    start = file.peek(_MARK_BYTES)[:_MARK_BYTES]
    kind = next((kind for mark, kind in _MARKS.items() if start.startswith(mark)), None)
    match kind:
        case "gzip":
            return cast("BinaryIO", gzip.GzipFile(fileobj=file))
        case "bzip2" if start[4:] == _BZIP2_BLOCK:
            return cast("BinaryIO", bz2.BZ2File(file))
        case "xz":
            return cast("BinaryIO", lzma.LZMAFile(file))
        case "zstd":
            return _zstd(file)
        case "zip":
            opened = closing.enter_context(zipfile.ZipFile(file))
            member = _only_member(opened) if archive is None else path.relative_to(archive).as_posix()
            try:
                return cast("BinaryIO", opened.open(member))
            except KeyError as error:
                raise FileNotFoundError(member) from error
        case _:
            return file


def _only_member(archive: zipfile.ZipFile) -> str:
    members = [member.filename for member in archive.infolist() if not member.is_dir()]
    if "[Content_Types].xml" in members:
        raise zipfile.BadZipFile("what a spreadsheet or another office program wrote: name it *.xlsx")
    if len(members) != 1:
        example = f"{archive.filename}/{members[0]}" if members else "..."
        raise zipfile.BadZipFile(f"a zip file of {len(members)} files: say which, as in {example}")
    return members[0]


def _zstd(file: IO[bytes]) -> BinaryIO:
    # In the standard library from Python 3.14 on.
    for module, name in (("compression.zstd", "ZstdFile"), ("backports.zstd", "ZstdFile")):
        with suppress(ModuleNotFoundError):
            return cast("BinaryIO", getattr(import_module(module), name)(file))
    raise MissingExtraError(extra="zstd", needed_by="reading a file packed with zstd")


def _close(stream: Any) -> None:
    with suppress(*UNREADABLE):
        stream.close()
