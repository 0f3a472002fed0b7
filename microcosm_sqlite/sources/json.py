"""Read JSON, a document per line or an array of them."""

import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import Path
from typing import BinaryIO, Final

from microcosm_sqlite.errors import SourceError
from microcosm_sqlite.sources.arrays import PIECE_BYTES, ArrayReader
from microcosm_sqlite.sources.documents import Documents, Form, Numbered
from microcosm_sqlite.sources.files import UNREADABLE, digest_of, open_bytes, unreadable
from microcosm_sqlite.sources.tabular import Batch, Content, FileDigest, Reading

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"

#: How an array of objects begins, which no line of a file of objects does.
_ARRAY: Final = re.compile(rb"\s*\[\s*[{\]]")


class _JSONFile:
    """A file of JSON."""

    def __init__(self, path: str | PathLike[str], *, name: str | None = None) -> None:
        self.path = Path(path)
        self.name = name or fspath(path)

    @property
    def is_rereadable(self) -> bool:
        """Whether it can be opened more than once: a file can."""
        return True

    def digest(self) -> FileDigest | None:
        """Return which bytes the file has now, packed as it is."""
        return digest_of(self.path, name=self.name)


class JSONLinesSource(_JSONFile):
    """A file with a JSON object per line, each of which may leave out what has a default; packed or not.

    Args:
        path: the file.
        name: what errors call it; the path by default.
    """

    @contextmanager
    def open(self) -> Generator[Reading]:
        """Yield a pass over the objects.

        Raises:
            SourceError: the file cannot be read; may also come while they are read.
        """
        with open_bytes(self.path, name=self.name) as stream:
            pieces = self._pieces(stream)
            batches = (batch for piece in pieces for batch in piece.batches())
            yield Reading(header=(), batches=batches, content=Content.JSON, pieces=pieces)

    def _pieces(self, stream: BinaryIO) -> Iterator["JSONLinesPiece"]:
        first = 1
        while True:
            try:
                data = stream.read(PIECE_BYTES)
                data += stream.readline()
            except UNREADABLE as error:
                raise unreadable(self.name, error, line=first, expected="JSON lines") from error
            if not data:
                return
            count = data.count(b"\n") + (not data.endswith(b"\n"))
            if first == 1:
                data = data.removeprefix(_BYTE_ORDER_MARK)
                self._check_begin(data)
            yield JSONLinesPiece(name=self.name, data=data, first=first, count=count)
            first += count

    def _check_begin(self, data: bytes) -> None:
        if _ARRAY.match(data):
            raise SourceError(
                source=self.name,
                expected="a JSON object per line",
                found="an array of them",
                remedy="Name it *.json, or load JSONSource(path).",
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class JSONLinesPiece:
    """Some whole lines of JSON, the first of which is that of this number."""

    name: str
    data: bytes
    first: int
    count: int

    @property
    def size(self) -> int:
        """How many bytes they are."""
        return len(self.data)

    def batches(self) -> Iterator[Batch]:
        """Yield the objects, and what is wrong with lines that are none."""
        numbers = range(self.first, self.first + self.count)
        return Documents(self.name, Form.LINES).batches(self.data, numbers, _lines_of(self.data, self.first))


class JSONSource(_JSONFile):
    """A file with one JSON array of objects, each of which may leave out what has a default; packed or not.

    Only some objects are in memory at a time. Errors count objects from 1; where the array itself is malformed, they
    name the line and the byte.

    Args:
        path: the file.
        name: what errors call it; the path by default.
    """

    @contextmanager
    def open(self) -> Generator[Reading]:
        """Yield a pass over the objects.

        Raises:
            SourceError: the file cannot be read, or is no array; may also come while they are read.
        """
        with open_bytes(self.path, name=self.name) as stream:
            yield Reading(header=(), batches=self._batches(stream), content=Content.JSON)

    def _batches(self, stream: BinaryIO) -> Iterator[Batch]:
        documents = Documents(self.name, Form.ARRAY)
        for piece in ArrayReader(stream, name=self.name):
            numbers = range(piece.first, piece.first + len(piece.elements))
            yield from documents.batches(piece.text, numbers, zip(numbers, piece.elements, strict=True))


def _lines_of(data: bytes, first: int) -> Iterator[Numbered]:
    # One by one: often only the first is asked for.
    start = 0
    while start < len(data):
        end = data.find(b"\n", start)
        end = len(data) if end < 0 else end
        line = data[start:end]
        if line.strip():
            yield first, line
        start, first = end + 1, first + 1
