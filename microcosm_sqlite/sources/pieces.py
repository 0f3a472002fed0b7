"""Cut a source into pieces that any process can read."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from microcosm_sqlite.sources.lines import Block, quoted_in
from microcosm_sqlite.sources.records import Dialect, RecordReader
from microcosm_sqlite.sources.tabular import Batch, Piece, Reading

#: What a record that is read already is taken to need, in bytes: nobody counts.
_RECORD_BYTES: Final = 64


@dataclass(frozen=True, slots=True)
class ReadPiece:
    """Records that are read already."""

    batch: Batch

    @property
    def size(self) -> int:
        """About how many bytes they are."""
        return len(self.batch.rows) * _RECORD_BYTES

    def batches(self) -> tuple[Batch]:
        """Return the records."""
        return (self.batch,)


@dataclass(frozen=True, kw_only=True, slots=True)
class CSVPiece:
    """A block of CSV into which no other record reaches, and none of it into another."""

    name: str
    dialect: Dialect
    tells_empty_text: bool
    block: Block

    @property
    def size(self) -> int:
        """How many characters it has."""
        return len(self.block.text)

    def batches(self) -> Iterator[Batch]:
        """Yield the records."""
        reader = RecordReader(self.name, iter(()), self.dialect)
        reader.tells_empty_text = self.tells_empty_text
        return reader.batches(self.block)


def pieces_of(reading: Reading) -> Iterator[Piece]:
    """Return the pieces of *reading*: its own, or its batches as they are read."""
    return (ReadPiece(batch) for batch in reading.batches) if reading.pieces is None else reading.pieces


def csv_pieces(reader: RecordReader, dialect: Dialect) -> Iterator[Piece]:
    """Yield the pieces of CSV; where a record reaches from one block into the next, they are read already."""
    for block in reader:
        if _is_whole(block, dialect):
            yield CSVPiece(name=reader.name, dialect=dialect, tells_empty_text=reader.tells_empty_text, block=block)
        else:
            yield from map(ReadPiece, reader.batches(block))


def _is_whole(block: Block, dialect: Dialect) -> bool:
    """Tell whether a block surely ends where a record ends, and is read the same by every process."""
    quote = dialect.quote
    if dialect.escape is not None or len(block.text) > csv.field_size_limit():
        return False
    if quote is None or quote not in block.text:
        return True
    # A quote within a quoted cell is written twice. Without these, every other one opens a cell, or none is where it
    # should be; in the end none is open.
    return quoted_in(block.text.replace(quote * 2, ""), dialect.delimiter, quote) is not None
