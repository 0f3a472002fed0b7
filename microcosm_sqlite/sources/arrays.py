"""Cut a JSON array into pieces of whole elements while it is read."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from json import JSONDecodeError, JSONDecoder
from typing import BinaryIO, Final

import msgspec

from microcosm_sqlite.errors import SourceError
from microcosm_sqlite.sources.files import UNREADABLE, unreadable

#: Bytes that are read at a time, and an element: what is decoded at once.
PIECE_BYTES: Final = 2**18

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"

_SPACE: Final = re.compile(rb"[ \t\n\r]*")

#: What stands between two objects, whether they are elements of the array or of something in it.
_BETWEEN: Final = re.compile(rb"\}[ \t\n\r]*,")

#: Ends of pieces that are tried before elements are read one by one, which takes ten times as long as one of these.
_TRIED_ENDS: Final = 8

#: What is cut off in the middle is malformed at most so many bytes before its end (`-Infinity`, `\\u00e9`).
_CUT_BYTES: Final = 16

_TOO_SHORT: Final = "the end of the file before the end of the array"

_KINDS: Final = {b"{": "an object", b'"': "a text", b"": "nothing", b"n": "null", b"t": "true", b"f": "false"}

_split: Final = msgspec.json.Decoder(list[msgspec.Raw]).decode
_read_element: Final = JSONDecoder().raw_decode


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """Some elements of an array that follow each other."""

    #: The number of the first one, counted from 1.
    first: int
    #: They as an array of their own.
    text: bytes
    elements: Sequence[msgspec.Raw]


class ArrayReader:
    """Reads the array in *stream* piece by piece, so that memory does not grow with it.

    Args:
        stream: the bytes of the array, and nothing else.
        name: what errors call it.
    """

    def __init__(self, stream: BinaryIO, *, name: str) -> None:
        self._stream = stream
        self._name = name
        self._data = b""
        self._is_whole = False
        self._count = 0
        #: How many lines ended before what is in memory, and how many bytes of its first line came before it.
        self._lines = 0
        self._column = 0

    def __iter__(self) -> Iterator[Piece]:
        """Yield the pieces.

        Raises:
            SourceError: it cannot be read, or is no array; comes where that shows.
        """
        self._begin()
        if self._next() == b"]":
            self._end()
            return
        while True:
            piece = self._piece()
            self._count += len(piece.elements)
            yield piece
            match self._next():
                case b",":
                    self._drop(1)
                case b"]":
                    self._end()
                    return
                case b"":
                    raise self._malformed(_TOO_SHORT, 0)
                case _:
                    raise self._malformed("no comma between two elements", 0)

    def _begin(self) -> None:
        while len(self._data) < len(_BYTE_ORDER_MARK) and not self._is_whole:
            self._read()
        self._data = self._data.removeprefix(_BYTE_ORDER_MARK)
        start = self._next()
        if start != b"[":
            raise SourceError(
                source=self._name,
                expected="an array of objects",
                found=_KINDS.get(start, f"something that starts with {start.decode('latin-1')!r}"),
                remedy="Write [ before the first object and ] behind the last one, or take the array out of the object "
                "in which it lies (`jq .rows`); a file with an object per line is called *.jsonl.",
            )
        self._drop(1)

    def _end(self) -> None:
        self._drop(1)
        if self._next():
            raise self._malformed("something behind the end of the array", 0)

    def _next(self) -> bytes:
        """Return the next character that is no space, and drop those before it; nothing at the end."""
        while True:
            self._drop(_space_at(self._data, 0))
            if self._data or self._is_whole:
                return self._data[:1]
            self._read()

    def _read(self) -> None:
        try:
            # As much as there is already: an element of any length is looked at only a few times.
            more = self._stream.read(max(PIECE_BYTES, len(self._data)))
        except UNREADABLE as error:
            raise unreadable(self._name, error, expected="a JSON file") from error
        self._is_whole = not more
        self._data += more

    def _drop(self, count: int) -> None:
        lines = self._data.count(b"\n", 0, count)
        self._lines += lines
        self._column = count - 1 - self._data.rfind(b"\n", 0, count) if lines else self._column + count
        self._data = self._data[count:]

    def _piece(self) -> Piece:
        while True:
            if not self._is_whole and len(self._data) < PIECE_BYTES:
                self._read()
            for end in self._ends():
                text = b"[%b]" % self._data[:end]
                try:
                    elements = _split(text)
                except (msgspec.DecodeError, RecursionError):
                    # That comma stands within an element, or what comes before it is no JSON.
                    continue
                self._drop(end)
                return Piece(first=self._count + 1, text=text, elements=elements)
            if found := self._one_by_one():
                return found
            self._read()

    def _ends(self) -> Iterator[int]:
        """Yield where elements may end, the last one first.

        Nothing but whole elements is an array when it is put in brackets: where that is tried, it is proved.
        """
        before = len(self._data)
        for _ in range(_TRIED_ENDS):
            before = self._data.rfind(b"}", 0, before)
            if before < 0:
                return
            if _BETWEEN.match(self._data, before):
                yield before + 1

    def _one_by_one(self) -> Piece | None:
        """Return the elements that are here as a whole, or None where more must be read to tell."""
        # A byte a character: positions are the same, and all that JSON means something by is ASCII.
        text = self._data.decode("latin-1")
        elements: list[msgspec.Raw] = []
        start, end = _space_at(self._data, 0), 0
        while start < len(text):
            try:
                _, stop = _read_element(text, start)
            except (JSONDecodeError, RecursionError) as error:
                if not elements:
                    self._check_cut(error)
                break
            if stop > len(text) - _CUT_BYTES and not self._is_whole:
                # A number may go on (`1.`, `1.5e-`).
                break
            elements.append(msgspec.Raw(self._data[start:stop]))
            end = stop
            start = _space_at(self._data, stop)
            if text[start : start + 1] != ",":
                break
            start = _space_at(self._data, start + 1)
        if not elements:
            if self._is_whole:
                raise self._malformed(_TOO_SHORT, len(self._data))
            return None
        piece = Piece(first=self._count + 1, text=b"[%b]" % self._data[:end], elements=elements)
        self._drop(end)
        return piece

    def _check_cut(self, error: JSONDecodeError | RecursionError) -> None:
        """Check that an element may only be cut off by the end of what was read."""
        if isinstance(error, RecursionError):
            raise self._malformed("an element nested too deeply", 0) from error
        is_text = error.msg.startswith("Unterminated string")
        if self._is_whole and (is_text or error.pos >= len(self._data)):
            raise self._malformed(_TOO_SHORT, error.pos) from error
        if self._is_whole or not (is_text or error.pos >= len(self._data) - _CUT_BYTES):
            raise self._malformed(_lower(error.msg), error.pos) from error

    def _malformed(self, found: str, position: int) -> SourceError:
        self._drop(position)
        where = f"on line {self._lines + 1} as byte {self._column + 1} of it"
        return SourceError(
            source=self._name,
            expected=f"JSON: an array of objects, of which {self._count} could be read",
            found=f"{found} {where}, in element {self._count + 1}",
            remedy="Correct it; numbers have no leading zeros, texts and names stand in double quotes, "
            "commas stand between values only.",
        )


def _space_at(data: bytes, position: int) -> int:
    found = _SPACE.match(data, position)
    return position if found is None else found.end()


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
