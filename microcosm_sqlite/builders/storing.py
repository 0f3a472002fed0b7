"""Store what was read ahead, in the order of the records."""

from typing import Any

from microcosm_sqlite.builders.ahead import Reader
from microcosm_sqlite.builders.batches import insert_batch
from microcosm_sqlite.builders.inserting import run_insert
from microcosm_sqlite.builders.rejections import Rejections
from microcosm_sqlite.builders.statements import StatementTarget
from microcosm_sqlite.sources.lines import Block
from microcosm_sqlite.sources.tabular import Blocks


class ReadInsert:
    """Inserts blocks that a reader has read, and lets Python insert the records that it left, each in its turn.

    Args:
        native: the connection that stores.
        target: where records go that Python inserts.
        blocks: where the blocks come from.
    """

    def __init__(self, native: Any, target: StatementTarget, blocks: Blocks) -> None:
        self._native = native
        self._target = target
        self._blocks = blocks

    def insert(self, block: Block, reader: Reader, rejections: Rejections) -> int | None:
        """Insert the records of *block* and return how many there were; those that do not fit go to *rejections*.

        None: something else is wrong, and Python has to look at the block.
        """
        count = block.count
        start = 0
        lines = list(block) if reader.left else []
        for end in (*reader.left, block.count + 1):
            # The number of a row is that of its record, so that there is no gap between two that were left.
            while (found := run_insert(self._native, reader.store, (start, end))) != (end - start - 1, False):
                if found is None or not found[1]:
                    return None
                start += found[0] + 1
                lines = lines or list(block)
                if self._insert_record(block, lines, start, rejections) != (1, 1):
                    return None
            if end <= block.count:
                # A blank line is no record.
                count += self._insert_record(block, lines, end, rejections)[0] - 1
            start = end
        return count

    def _insert_record(self, block: Block, lines: list[str], record: int, rejections: Rejections) -> tuple[int, int]:
        """Let Python insert one record of *block*; return how many there are, and how many the database refused."""
        batch = self._blocks.batch_of([lines[record - 1]], [block.first_line + record - 1])
        return len(batch.rows), insert_batch(self._target, batch, rejections)
