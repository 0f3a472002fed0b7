"""Read what the first hundred bytes of a database file say, without SQLite."""

import errno
import stat
import struct
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from microcosm_sqlite.constants import APPLICATION_ID
from microcosm_sqlite.errors import ArtifactError
from microcosm_sqlite.faults import strangers

#: The length of the header of a database file, https://sqlite.org/fileformat2.html#the_database_header.
HEADER_BYTES: Final = 100

#: How every SQLite 3 file begins.
MAGIC: Final = b"SQLite format 3\0"

#: What follows a database's file name to give the files in which SQLite keeps unfinished work.
SIDECAR_SUFFIXES: Final = ("-wal", "-journal", "-shm")

_WAL: Final = 2
_LARGEST_PAGE: Final = 65_536
_ENCODINGS: Final = {1: "UTF-8", 2: "UTF-16le", 3: "UTF-16be"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Header:
    """The beginning of a file, read as the header of an SQLite database.

    Every number is zero and `encoding` is empty unless `is_sqlite`. `beginning` holds the bytes themselves
    (at most a hundred), `size_bytes` the length of the whole file.
    """

    beginning: bytes
    size_bytes: int
    page_bytes: int = 0
    page_count: int = 0
    read_version: int = 0
    write_version: int = 0
    encoding: str = ""
    application_id: int = 0
    user_version: int = 0

    @property
    def is_sqlite(self) -> bool:
        """Whether the file begins as every SQLite database does."""
        return len(self.beginning) == HEADER_BYTES and self.beginning.startswith(MAGIC)

    @property
    def is_sealed(self) -> bool:
        """Whether the file carries the marker of a sealed artifact; says nothing about its soundness."""
        return self.is_sqlite and self.application_id == APPLICATION_ID

    @property
    def is_write_ahead_logged(self) -> bool:
        """Whether part of the data may lie in a write-ahead log beside the file."""
        return _WAL in {self.read_version, self.write_version}

    @property
    def expected_bytes(self) -> int:
        """The length the file should have: its pages times their size."""
        return self.page_bytes * self.page_count


def read_header(path: Path) -> Header:
    """Return the header of the file at *path*, which need not be a database.

    Raises:
        ArtifactNotFoundError: There is no file; names that look alike are suggested.
        NotAnArtifactError: The path leads to a directory, a device or the like.
        ArtifactError: The file may not be read.
    """
    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            raise strangers.DIRECTORY.at(path)
        if not stat.S_ISREG(found.st_mode):
            raise strangers.NOT_A_FILE.at(path)
        with path.open("rb") as file:
            return parse_header(file.read(HEADER_BYTES), size_bytes=found.st_size)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise not_found(path) from error
    except OSError as error:
        raise refused(path, error) from error


def parse_header(beginning: bytes, *, size_bytes: int) -> Header:
    """Return what the first bytes of a file of *size_bytes* say."""
    unread = Header(beginning=beginning, size_bytes=size_bytes)
    if not unread.is_sqlite:
        return unread
    page_bytes, write_version, read_version = struct.unpack_from(">HBB", beginning, 16)
    page_count, encoding, user_version, application_id = struct.unpack(
        ">IIii", beginning[28:32] + beginning[56:60] + beginning[60:64] + beginning[68:72]
    )
    return replace(
        unread,
        page_bytes=_LARGEST_PAGE if page_bytes == 1 else page_bytes,
        page_count=page_count,
        read_version=read_version,
        write_version=write_version,
        encoding=_ENCODINGS.get(encoding, f"number {encoding}"),
        application_id=application_id,
        user_version=user_version,
    )


def sidecars_of(path: Path) -> list[Path]:
    """Return the files of unfinished work that lie beside the database at *path*."""
    sidecars = [path.with_name(path.name + suffix) for suffix in SIDECAR_SUFFIXES]
    return [sidecar for sidecar in sidecars if sidecar.exists()]


def not_found(path: Path) -> ArtifactError:
    """Return the error that says why there is no file at *path*, naming files beside it that look alike."""
    if path.is_symlink():
        return strangers.DANGLING_LINK.at(path, target=str(path.readlink()))
    for parent in path.parents:
        if parent.is_file():
            if _is_archive(parent):
                return strangers.INSIDE_ARCHIVE.at(path, archive=str(parent))
            return strangers.MISSING.at(path, hint=f": {parent} is a file, not a folder")
    if not path.parent.is_dir():
        return strangers.MISSING.at(path, hint=f": there is no folder {path.parent}")
    alike = _alike(path)
    return strangers.MISSING.at(path, hint=f"; the folder holds {', '.join(alike)}" if alike else "")


def refused(path: Path, error: OSError) -> ArtifactError:
    """Return the error that says why the operating system did not let this process read *path*."""
    if error.errno == errno.ELOOP:
        return strangers.LINK_LOOP.at(path)
    fault = strangers.UNREADABLE if isinstance(error, PermissionError) else strangers.SYSTEM_REFUSES
    return fault.at(path, refusal=error.strerror)


def _is_archive(path: Path) -> bool:
    import zipfile  # noqa: PLC0415 - only this error needs it, every bind would pay for it

    with suppress(OSError):
        return zipfile.is_zipfile(path)
    return False


def _alike(path: Path) -> list[str]:
    from difflib import get_close_matches  # noqa: PLC0415 - as above

    # A folder may be entered without being listed.
    with suppress(OSError):
        return sorted(get_close_matches(path.name, [entry.name for entry in path.parent.iterdir()], n=3))
    return []
