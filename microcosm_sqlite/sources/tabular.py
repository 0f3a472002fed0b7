"""Say what a builder may expect of any source of rows."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import Enum
from itertools import islice
from typing import Any, Final, Protocol, TypeAlias

from microcosm_sqlite.errors import RowProblem
from microcosm_sqlite.sources.lines import Block

#: The line on which a record starts, counted from 1, with its cells.
Record: TypeAlias = tuple[int, Sequence[Any]]

#: Records per batch: more is no faster, and this much memory is nothing.
BATCH_ROWS: Final = 1000


class _QuotedEmpty(str):
    """Empty text that knows it was written as such."""

    __slots__ = ()

    def __reduce__(self) -> str:
        # The one there is, also in another process: what it is compared by is its identity.
        return "QUOTED_EMPTY"


#: What a source yields for a cell that says "empty text" rather than nothing (`""` in CSV); it equals "".
#: Always compared by identity.
QUOTED_EMPTY: Final[str] = _QuotedEmpty()


class Content(Enum):
    """What the records of a source hold, and so what has to be done to store them."""

    #: Text, whatever it stands for: "7", "2026-01-05", "" (CSV).
    TEXT = "text"
    #: Numbers, texts, nothing, perhaps dates; what else there is stands in text (a query, a spreadsheet, Parquet).
    PLAIN = "plain"
    #: The same with objects and arrays; for a column of JSON each value is a document, a text too.
    JSON = "json"
    #: What an attribute of the model holds (rows made by Python code).
    PYTHON = "python"


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """Some records that follow each other: the line on which each starts, and what each holds."""

    lines: Sequence[int]
    rows: Sequence[Sequence[Any]]
    #: The names of what these records hold, where they are not those of the source as a whole.
    header: tuple[str, ...] | None = None
    #: What is wrong with records from between these that could not even be read as such, one problem each.
    unread: Sequence[RowProblem] = ()

    @property
    def count(self) -> int:
        """How many records there were, those that could not be read included."""
        return len(self.rows) + len(self.unread)

    def records(self) -> Iterator[Record]:
        """Yield the records one by one."""
        return zip(self.lines, self.rows, strict=True)


class Piece(Protocol):
    """Some records that follow each other, read or yet to be read, which any process can be given (by pickle)."""

    @property
    def size(self) -> int:
        """How many bytes of the source they are, or about as many."""
        ...

    def batches(self) -> Iterable[Batch]:
        """Return the records, the same whenever and wherever it is called; reads no file.

        Raises:
            SourceError: they cannot be read; may also come while they are.
        """
        ...


class Blocks(Protocol):
    """The text behind a pass, for a builder that can read it faster than as records.

    Iterating yields block by block; `batches` gives the records of the block that came last, with those of the blocks
    after it into which its last record reaches.
    """

    @property
    def delimiter(self) -> str:
        """What stands between two cells."""
        ...

    @property
    def tells_empty_text(self) -> bool:
        """Whether `""` says empty text, and nothing at all says nothing."""
        ...

    def __iter__(self) -> Iterator[Block]: ...

    def look_ahead(self, begin: Callable[[Block], None], depth: int) -> None:
        """Call *begin* with each block that is still to come, when it is *depth* blocks away."""
        ...

    def batches(self, block: Block) -> Iterator[Batch]:
        """Yield the records of *block*."""
        ...

    def batch_of(self, lines: Sequence[str], numbers: Sequence[int]) -> Batch:
        """Return the records in some *lines* of these *numbers*, of which none reaches into another."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """One pass over a source: the names of its columns, then its records, batch by batch as they are read.

    Whoever takes the text in `blocks`, or the `pieces`, leaves `batches` alone.
    """

    header: tuple[str, ...]
    batches: Iterator[Batch]
    content: Content = Content.TEXT
    blocks: Blocks | None = field(default=None, repr=False)
    #: The same records as `batches`, where they need not be read one after the other.
    pieces: Iterator[Piece] | None = field(default=None, repr=False)

    @property
    def records(self) -> Iterator[Record]:
        """The records one by one."""
        for batch in self.batches:
            yield from batch.records()


@dataclass(frozen=True, kw_only=True, slots=True)
class FileDigest:
    """Which bytes a source had."""

    sha256: str
    bytes: int
    #: How what lies nowhere as bytes was written for this: "rows", "text". None for a file.
    form: str | None = None


class Source(Protocol):
    """Rows with a header.

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
        """Return which bytes it has now.

        What lies nowhere as bytes knows them once a pass came to its end, and returns None before; so does what cannot
        know them.
        """
        ...


def batches_of(records: Iterable[Record]) -> Iterator[Batch]:
    """Yield *records* in batches."""
    remaining = iter(records)
    while some := list(islice(remaining, BATCH_ROWS)):
        lines, rows = zip(*some, strict=True)
        yield Batch(lines=lines, rows=rows)
