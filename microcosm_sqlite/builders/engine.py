"""Let SQLite read blocks of CSV itself, and let Python read only what SQLite might read otherwise.

A block of text is written to a file beside the database, and one INSERT ... SELECT over SQLite's own CSV reader
(a virtual table, compiled with APSW) stores its records. A record with a cell that SQLite might understand otherwise
than Python is left out of that and goes the way of Python; so does every block whose text is not plain enough, and a
record that SQLite refuses, to be named. Both ways store the same.
"""

from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

import apsw

from microcosm_sqlite.builders.ahead import Readers, default_threads, reading_ahead
from microcosm_sqlite.builders.batches import insert_batch
from microcosm_sqlite.builders.converters import Conflict
from microcosm_sqlite.builders.extensions import can_read_csv, view_csv
from microcosm_sqlite.builders.inserting import TextInsert
from microcosm_sqlite.builders.plainness import plain_data
from microcosm_sqlite.builders.rejections import Rejections
from microcosm_sqlite.builders.scratch import scratch_folder
from microcosm_sqlite.builders.statements import StatementTarget, native_of
from microcosm_sqlite.builders.storing import ReadInsert
from microcosm_sqlite.builders.transfers import TABLE, transfer_of
from microcosm_sqlite.progress import advance
from microcosm_sqlite.sources.blocks import BLOCK_CHARACTERS
from microcosm_sqlite.sources.lines import Block
from microcosm_sqlite.sources.tabular import Batch, Blocks

_SAVEPOINT: Final = "microcosm_block"


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """From when on what is worth its beginning, which takes longer than a small source."""

    #: The length of a block from which on SQLite reads the text itself.
    engine_from: float = BLOCK_CHARACTERS
    #: The number of blocks after which others are read ahead: as many as a megabyte has.
    ahead_after: float = 16
    #: How many threads do so; whatever their number, the same is stored.
    threads: int = field(default_factory=default_threads)


def insert_blocks(target: StatementTarget, blocks: Blocks, rejections: Rejections, *, pace: Pace) -> int:
    """Insert the records of *blocks* and return how many there were; those that do not fit go to *rejections*."""
    count = 0
    with ExitStack() as closing:
        engine: _Engine | None = None
        is_tried = False
        for number, block in enumerate(blocks):
            # A small source is read before SQLite is made ready.
            if not is_tried and len(block.text) >= pace.engine_from:
                is_tried = True
                engine = closing.enter_context(_prepared(target, blocks, rejections))
            if engine is not None and pace.threads and number >= pace.ahead_after:
                engine.read_ahead(pace.threads, closing)
            done = None if engine is None else engine.insert(block)
            if done is None:
                done = sum(_insert(target, batch, rejections) for batch in blocks.batches(block))
            count += done
            advance(rows=count)
    return count


def can_insert(target: StatementTarget, pace: Pace) -> bool:
    """Tell whether SQLite reads what goes to *target* itself, at this *pace*, where it is large and plain."""
    return pace.engine_from <= BLOCK_CHARACTERS and can_read_csv() and transfer_of(target) is not None


def _insert(target: StatementTarget, batch: Batch, rejections: Rejections) -> int:
    insert_batch(target, batch, rejections)
    return batch.count


@contextmanager
def _prepared(target: StatementTarget, blocks: Blocks, rejections: Rejections) -> Generator["_Engine | None"]:
    """Yield what inserts blocks by SQLite's own reader, or None where it cannot."""
    transfer = transfer_of(target)
    if transfer is None or not can_read_csv():
        yield None
        return
    native = native_of(target.connection)
    with ExitStack() as closing:
        try:
            folder = closing.enter_context(scratch_folder())
            file = closing.enter_context((folder / "block.csv").open("wb", buffering=0))
        except OSError:
            # No room for even that: whatever needs more will say so.
            yield None
            return
        # One column more than the header has tells a long record.
        view_csv(native, TABLE, folder / "block.csv", columns=target.width + 1)
        text = TextInsert(native, file, transfer)
        try:
            with text.ready():
                yield _Engine(text, folder, target, blocks, rejections)
        finally:
            with suppress(apsw.Error):
                native.execute(f"DROP TABLE {TABLE}")


class _Engine:
    """Inserts one block after the other, by SQLite where that is sure to be the same."""

    def __init__(
        self, text: TextInsert, folder: Path, target: StatementTarget, blocks: Blocks, rejections: Rejections
    ) -> None:
        self._text = text
        self._folder = folder
        self._native = text.native
        self._read = ReadInsert(text.native, target, blocks)
        self._target = target
        self._blocks = blocks
        self._rejections = rejections
        self._readers: Readers | None = None
        self._may_read_ahead = bool(text.transfer.read)
        key = target.plan.table.autoincrement_column
        # Where SQLite numbers the rows, or one replaces another, they must come in their order.
        positions = [planned.position for planned in target.plan.from_source if planned.column is key]
        self._keeps_order = target.conflict is Conflict.UPDATE or (key is not None and not positions)
        self._numbered = positions[0] if positions else None

    def read_ahead(self, threads: int, closing: ExitStack) -> None:
        """Let the blocks that come be read by other *threads* until *closing*, from the first such call on."""
        if self._may_read_ahead:
            self._may_read_ahead = False
            transfer = self._text.transfer
            ahead = reading_ahead(self._native, self._folder, self._blocks, transfer, threads=threads)
            self._readers = closing.enter_context(ahead)
            if self._readers is not None:
                self._blocks.look_ahead(self._readers.begin, self._readers.depth)

    def insert(self, block: Block) -> int | None:
        """Insert *block* and return how many records it has; None when nothing was done and Python has to."""
        if self._readers is not None and self._readers.has(block):
            reader = self._readers.take(block)
            if reader is None:
                return None
            try:
                return self._insert_whole(partial(self._read.insert, block, reader))
            finally:
                self._readers.release(reader)
        data = plain_data(self._blocks, block)
        return None if data is None else self._insert_whole(partial(self._insert_text, block, data))

    def _insert_whole(self, insert: Callable[[Rejections], int | None]) -> int | None:
        """Call *insert*, and undo what it did when it returns None."""
        self._native.execute(f"SAVEPOINT {_SAVEPOINT}")
        is_done = False
        try:
            found = Rejections(self._rejections.table, kept=self._rejections.kept)
            count = insert(found)
            is_done = count is not None
        finally:
            if not is_done:
                # After some errors SQLite has undone the whole transaction already.
                with suppress(apsw.SQLError):
                    self._native.execute(f"ROLLBACK TO {_SAVEPOINT}")
            with suppress(apsw.SQLError):
                self._native.execute(f"RELEASE {_SAVEPOINT}")
        if count is not None:
            self._rejections.take(found)
        return count

    def _insert_text(self, block: Block, data: bytes, found: Rejections) -> int | None:
        left: list[int] = []
        refused: list[int] = []
        start = 0
        step = self._text.of(data)
        while start < block.count:
            end = step.insert_from(start, block.count - start)
            if end is None or (step.left and (refused or self._keeps_order)):
                return None
            left += [start + record - 1 for record in step.left]
            if end < block.count - start:
                refused.append(start + end)
            start += end + 1
        if left and refused:
            return None
        return self._insert_in_python(block, left or refused, found, are_refused=bool(refused))

    def _insert_in_python(
        self, block: Block, positions: Sequence[int], found: Rejections, *, are_refused: bool
    ) -> int | None:
        """Insert some lines of *block* the way of Python and return how many records it has in all.

        None: not just those were refused that were to be.
        """
        if not positions:
            return block.count
        wanted = set(positions)
        lines = [line for position, line in enumerate(block) if position in wanted]
        batch = self._blocks.batch_of(lines, [block.first_line + position for position in positions])
        if self._numbered is not None and any(
            not "".join(row[self._numbered : self._numbered + 1]) for row in batch.rows
        ):
            # An empty key: the row gets the number that follows those before it.
            return None
        refusals = insert_batch(self._target, batch, found)
        if refusals != (len(positions) if are_refused else 0):
            return None
        # A blank line is no record.
        return block.count - len(positions) + len(batch.rows)
