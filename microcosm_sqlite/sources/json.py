"""Read JSON, a document per line or an array of them."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from os import PathLike, fspath
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec

from microcosm_sqlite.errors import SourceError
from microcosm_sqlite.sources.files import UNREADABLE, digest_of, open_bytes, unreadable
from microcosm_sqlite.sources.rows import batches_of_mappings
from microcosm_sqlite.sources.tabular import Batch, Content, FileDigest, Reading

#: Bytes per block, and a line: what is decoded at once.
_BLOCK_BYTES: Final = 2**18

#: Shapes of objects that are kept: as many as files have that are read in turns.
_KEPT_SHAPES: Final = 16

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"

_decode: Final = msgspec.json.Decoder(dict[str, Any]).decode
_decode_lines: Final = msgspec.json.Decoder(dict[str, Any]).decode_lines


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
            SourceError: the file cannot be read, or a line is no object; may also come while they are read.
        """
        with open_bytes(self.path, name=self.name) as stream:
            pieces = self._pieces(stream)
            batches = (batch for piece in pieces for batch in piece.batches())
            yield Reading(header=(), batches=batches, content=Content.JSON, pieces=pieces)

    def _pieces(self, stream: BinaryIO) -> Iterator["JSONLinesPiece"]:
        first = 1
        while True:
            try:
                data = stream.read(_BLOCK_BYTES)
                data += stream.readline()
            except UNREADABLE as error:
                raise unreadable(self.name, error, line=first, expected="JSON lines") from error
            if not data:
                return
            count = data.count(b"\n") + (not data.endswith(b"\n"))
            if first == 1:
                data = data.removeprefix(_BYTE_ORDER_MARK)
            yield JSONLinesPiece(name=self.name, data=data, first=first, count=count)
            first += count


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
        """Yield the objects.

        Raises:
            SourceError: a line is none; comes while they are read.
        """
        names = self._names()
        same = _Shape.of(names).batch(self.data, self.first, self.count) if names else None
        return self._objects() if same is None else iter((same,))

    def _names(self) -> tuple[str, ...]:
        """Return the names in the first line; most files have the same in all."""
        try:
            return tuple(_decode(self.data[: self.data.find(b"\n") + 1] or self.data))
        except (msgspec.DecodeError, UnicodeDecodeError):
            return ()

    def _objects(self) -> Iterator[Batch]:
        try:
            objects = _decode_lines(self.data)
        except (msgspec.DecodeError, UnicodeDecodeError):
            objects = []
        if len(objects) == self.count:
            yield from batches_of_mappings(objects, range(self.first, self.first + self.count))
            return
        # Blank lines, or one that is no object: which?
        for number, line in enumerate(self.data.split(b"\n"), self.first):
            if line.strip():
                yield from batches_of_mappings([_decoded(line, self.name, number)], [number])


class _Shape:
    """Objects that all hold values of the same *names*: read without making a mapping of each."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self._names = names
        # Fields have names of their own, because those of the objects may be none that Python could have.
        fields = [f"field_{position}" for position in range(len(names))]
        renamed = dict(zip(fields, names, strict=True))
        kind = msgspec.defstruct(
            "Row", [(field, Any) for field in fields], rename=renamed.get, forbid_unknown_fields=True, gc=False
        )
        self._decode: Any = msgspec.json.Decoder(kind).decode_lines

    @staticmethod
    @lru_cache(maxsize=_KEPT_SHAPES)
    def of(names: tuple[str, ...]) -> "_Shape":
        """Return that of *names*: making it takes longer than using it."""
        return _Shape(names)

    def batch(self, data: bytes, first: int, count: int) -> Batch | None:
        """Return the objects in *count* lines, or None when a line is none, or holds anything else."""
        try:
            found = self._decode(data)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return None
        if len(found) != count:
            return None
        rows = list(map(msgspec.structs.astuple, found))
        return Batch(header=self._names, lines=range(first, first + count), rows=rows)


class JSONSource(_JSONFile):
    """A file with one JSON array of objects, each of which may leave out what has a default; packed or not.

    The whole array is held in memory. Errors count objects from 1.

    Args:
        path: the file.
        name: what errors call it; the path by default.
    """

    @contextmanager
    def open(self) -> Generator[Reading]:
        """Yield a pass over the objects.

        Raises:
            SourceError: the file cannot be read, or is no array of objects.
        """
        with open_bytes(self.path, name=self.name) as stream:
            try:
                data = stream.read().removeprefix(_BYTE_ORDER_MARK)
            except UNREADABLE as error:
                raise unreadable(self.name, error, expected="a JSON file") from error
        try:
            objects = msgspec.json.decode(data, type=list[dict[str, Any]])
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise _not_json(self.name, None, "an array of objects", error) from error
        del data
        yield Reading(
            header=(),
            batches=batches_of_mappings(objects, range(1, len(objects) + 1)),
            content=Content.JSON,
        )


def _decoded(line: bytes, name: str, number: int) -> dict[str, Any]:
    try:
        return _decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _not_json(name, number, "a JSON object", error) from error


def _not_json(name: str, line: int | None, expected: str, error: Exception) -> SourceError:
    remedy = "Correct it; numbers have no leading zeros, texts and names stand in double quotes."
    return SourceError(source=name, line=line, expected=expected, found=str(error), remedy=remedy)
