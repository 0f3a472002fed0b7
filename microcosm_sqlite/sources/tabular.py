"""Say what a builder may expect of any source of rows."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

#: The line on which a record starts, counted from 1, with its cells.
Record: TypeAlias = tuple[int, list[str]]


class _QuotedEmpty(str):
    """Empty text that knows it was written as such."""

    __slots__ = ()


#: What a source yields for a cell that says "empty text" rather than nothing (`""` in CSV); it equals "".
#: Always compared by identity.
QUOTED_EMPTY: Final[str] = _QuotedEmpty()


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """One pass over a source: the names of its columns, then its records as they are read."""

    header: tuple[str, ...]
    records: Iterator[Record]


@dataclass(frozen=True, kw_only=True, slots=True)
class FileDigest:
    """Which bytes a source had."""

    sha256: str
    bytes: int


class Source(Protocol):
    """Rows of text with a header.

    `open` may be called again where `is_rereadable`; each pass starts at the beginning.
    """

    @property
    def name(self) -> str:
        """What errors call it."""
        ...

    @property
    def is_rereadable(self) -> bool:
        """Whether it can be opened more than once."""
        ...

    def open(self) -> AbstractContextManager[Reading]:
        """Return a pass over the rows, which ends with the block.

        Raises:
            SourceError: it cannot be read; may also come while the records are read.
        """
        ...

    def digest(self) -> FileDigest | None:
        """Return which bytes it has now, or None when it is not a file of its own."""
        ...
