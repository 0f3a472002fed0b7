"""Cut text into blocks of whole lines that know where they stand."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from io import TextIOBase
from itertools import islice
from typing import Any, BinaryIO, Final, cast

from microcosm_sqlite.errors import SourceError
from microcosm_sqlite.sources.files import UNREADABLE, unreadable
from microcosm_sqlite.sources.lines import Block

_BYTE_ORDER_MARK: Final = "\ufeff"
_LINE_END: Final = b"\n"

#: Characters per block, and a line: enough that no step per block counts, and less than Python's csv takes for a cell.
BLOCK_CHARACTERS: Final = 2**16

#: Lines per block of what comes as lines.
BLOCK_LINES: Final = 500

_UTF8_REMEDY: Final = "Save the file as UTF-8, or say which encoding it has."


def blocks_of_bytes(stream: BinaryIO, *, name: str) -> Iterator[Block]:
    """Yield the blocks of a file in UTF-8.

    Raises:
        SourceError: it cannot be read, or not as UTF-8; the byte is named.
    """
    line = 1
    while True:
        try:
            data = stream.read(BLOCK_CHARACTERS)
            data += stream.readline()
        except UNREADABLE as error:
            raise unreadable(name, error, line=line) from error
        if not data:
            return
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            before = data[: error.start]
            where = f"as byte {error.start - before.rfind(_LINE_END)} of the line"
            raise _undecodable(error, name=name, line=line + before.count(b"\n"), where=where) from error
        block = Block(line, text.removeprefix(_BYTE_ORDER_MARK) if line == 1 else text)
        yield block
        line += block.count


def blocks_of_lines(lines: Iterable[str], *, name: str) -> Iterator[Block]:
    """Yield the blocks of an open text file, or of any other iterable of lines.

    Raises:
        SourceError: it cannot be read or decoded.
        TypeError: a line is no text.
    """
    line = 1
    pieces = _read_pieces(lines) if isinstance(lines, TextIOBase) else _take_lines(lines, name=name)
    while True:
        try:
            piece = next(pieces, None)
        except UnicodeError as error:
            raise _undecodable(error, name=name, line=None, where=f"after line {line - 1}") from error
        except UNREADABLE as error:
            raise unreadable(name, error, line=line) from error
        if piece is None:
            return
        text, given = piece
        if line == 1 and text.startswith(_BYTE_ORDER_MARK):
            text = text.removeprefix(_BYTE_ORDER_MARK)
            given = given and [given[0].removeprefix(_BYTE_ORDER_MARK), *given[1:]]
        block = Block(line, text, given)
        yield block
        line += block.count


def looking_ahead(blocks: Iterator[Block], begin: Callable[[Block], None], depth: int) -> Iterator[Block]:
    """Yield *blocks*, and call *begin* with each *depth* blocks earlier.

    What is wrong with one of them is told in its turn.
    """
    begun: deque[Block] = deque()
    failure: Exception | None = None
    try:
        for block in blocks:
            begin(block)
            begun.append(block)
            if len(begun) > depth:
                yield begun.popleft()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is raised again
        failure = error
    yield from begun
    if failure is not None:
        raise failure


def _read_pieces(file: TextIOBase) -> Iterator[tuple[str, list[str] | None]]:
    while text := file.read(BLOCK_CHARACTERS) + file.readline():
        yield text, None


def _take_lines(lines: Iterable[str], *, name: str) -> Iterator[tuple[str, list[str] | None]]:
    """Yield some lines at a time, and say exactly how far it came when that fails."""
    remaining = iter(lines)
    seen = 0
    while True:
        taken: list[str] = []
        try:
            for line in islice(remaining, BLOCK_LINES):
                taken.append(line)  # noqa: PERF402 - what came before a failure is counted
        except UNREADABLE as error:
            raise unreadable(name, error, line=seen + len(taken) + 1) from error
        if not taken:
            return
        if not all(isinstance(cast("Any", line), str) for line in taken):
            wrong = next(line for line in cast("list[Any]", taken) if not isinstance(line, str))
            raise TypeError(f"expected lines of text (str), found {type(wrong).__name__}")
        seen += len(taken)
        yield "".join(taken), taken


def _undecodable(error: UnicodeError, *, name: str, line: int | None, where: str) -> SourceError:
    expected, found, remedy = "text", str(error), _UTF8_REMEDY
    if isinstance(error, UnicodeDecodeError):
        expected, found = f"text in {error.encoding}", f"the byte 0x{error.object[error.start]:02x} {where}"
        if line == 1 and error.object[:2] in {b"\xff\xfe", b"\xfe\xff"}:
            remedy = f"It begins like UTF-16, which spreadsheets call Unicode text. {_UTF8_REMEDY}"
    return SourceError(source=name, line=line, expected=expected, found=found, remedy=remedy)
