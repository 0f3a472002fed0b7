"""Give a finished database file the bytes that follow from what it holds.

`docs/format.md` says which these are.
"""

import hashlib
from pathlib import Path
from typing import BinaryIO, Final

import apsw

from microcosm_sqlite.artifacts.headers import HEADER_BYTES
from microcosm_sqlite.artifacts.queries import rows
from microcosm_sqlite.artifacts.scrubbing import scrub
from microcosm_sqlite.engines.uris import file_uri

#: What bytes 96-99 say, in which SQLite notes the release that wrote the file: the oldest that gives these bytes.
WRITER_VERSION: Final = 3_050_000

#: The fields of the header that are derived; https://sqlite.org/fileformat2.html#the_database_header.
_CHANGE_COUNTER: Final = slice(24, 28)
_SCHEMA_COOKIE: Final = slice(40, 44)
_VALID_FOR: Final = slice(92, 96)
_WRITER: Final = slice(96, 100)


def normalise_layout(path: Path, *, schema_fingerprint: str) -> None:
    """Make the bytes of the database at *path* depend on nothing but its contents.

    The file must be the outcome of VACUUM INTO, and nobody may have it open. It stays the same database: unused bytes
    become zero, and four numbers in its header no longer tell of its history.

    The change counter follows from all other bytes, because SQLite tells by it that a file was overwritten: with a
    constant one a reader was seen to mix pages of the old and the new file.
    """
    scrub(path, roots=_roots(path))
    with path.open("r+b", buffering=0) as file:
        header = bytearray(file.read(HEADER_BYTES))
        header[_SCHEMA_COOKIE] = bytes.fromhex(schema_fingerprint.removeprefix("sha256:"))[:4]
        header[_WRITER] = WRITER_VERSION.to_bytes(4)
        header[_CHANGE_COUNTER] = header[_VALID_FOR] = bytes(4)
        _put(file, bytes(header))
        header[_CHANGE_COUNTER] = header[_VALID_FOR] = hashlib.file_digest(file, "sha256").digest()[:4]
        _put(file, bytes(header))


def _roots(path: Path) -> list[int]:
    connection = apsw.Connection(
        file_uri(path, mode="ro", immutable=1), flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
    )
    try:
        return [root for (root,) in rows(connection, "SELECT rootpage FROM main.sqlite_schema WHERE rootpage > 0")]
    finally:
        connection.close()


def _put(file: BinaryIO, header: bytes) -> None:
    file.seek(0)
    file.write(header)
    file.seek(0)
