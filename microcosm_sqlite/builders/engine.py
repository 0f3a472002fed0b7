"""Let SQLite read blocks of CSV itself, and let Python read only what SQLite might read otherwise.

A block of text is written to a file beside the database, and one INSERT ... SELECT over SQLite's own CSV reader
(a virtual table, compiled with APSW) stores its records. A record with a cell that SQLite might understand otherwise
than Python is left out of that and goes the way of Python; so does every block whose text is not plain enough, and a
record that SQLite refuses, to be named. Both ways store the same.
"""

import csv
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, BinaryIO, Final, cast

import apsw

from microcosm_sqlite.builders.batches import insert_batch
from microcosm_sqlite.builders.expressions import EXACT_DOUBLE, Expression
from microcosm_sqlite.builders.rejections import Rejections
from microcosm_sqlite.builders.scratch import scratch_folder
from microcosm_sqlite.builders.statements import Conflict, StatementTarget, native_of
from microcosm_sqlite.builders.transfers import LEAVE, TABLE, expressions_for, statement_for
from microcosm_sqlite.progress import advance
from microcosm_sqlite.sources.lines import Block
from microcosm_sqlite.sources.tabular import Batch, Blocks

try:
    from apsw import sqlite_extra as _extra
except ImportError:  # APSW before 3.51
    _extra = None  # type: ignore[assignment] # pyright: ignore[reportAssignmentType]

#: From this SQLite on, text of up to 17 digits is read as the right double: compared with Python's on millions.
_EXACT: Final = 3_054_000

_SAVEPOINT: Final = "microcosm_block"

#: What is left to Python to try again, and to be told about: wrong types, too long values, locks of others.
_UNSURE: Final = (apsw.SQLError, apsw.MismatchError, apsw.TooBigError, apsw.BusyError, apsw.LockedError)

#: What a row may be refused for that leaves the rows before it in place (INSERT OR FAIL), unlike a wrong type.
_REFUSALS: Final = frozenset(
    {
        apsw.SQLITE_CONSTRAINT_UNIQUE,
        apsw.SQLITE_CONSTRAINT_PRIMARYKEY,
        apsw.SQLITE_CONSTRAINT_ROWID,
        apsw.SQLITE_CONSTRAINT_NOTNULL,
        apsw.SQLITE_CONSTRAINT_CHECK,
    }
)


def insert_blocks(target: StatementTarget, blocks: Blocks, rejections: Rejections, *, engine_from: int) -> int:
    """Insert the records of *blocks* and return how many there were; those that do not fit go to *rejections*.

    SQLite is made ready for blocks at the first that has at least *engine_from* characters.
    """
    count = 0
    with ExitStack() as closing:
        engine: _Engine | None = None
        is_tried = False
        for block in blocks:
            # A small source is read before SQLite is made ready.
            if not is_tried and len(block.text) >= engine_from:
                is_tried = True
                engine = closing.enter_context(_prepared(target, blocks, rejections))
            done = None if engine is None else engine.insert(block)
            if done is None:
                done = sum(_insert(target, batch, rejections) for batch in blocks.batches(block))
            count += done
            advance(rows=count)
    return count


def _insert(target: StatementTarget, batch: Batch, rejections: Rejections) -> int:
    insert_batch(target, batch, rejections)
    return batch.count


@contextmanager
def _prepared(target: StatementTarget, blocks: Blocks, rejections: Rejections) -> Generator["_Engine | None"]:
    """Yield what inserts blocks by SQLite's own reader, or None where it cannot."""
    expressions = expressions_for(target)
    if expressions is None or not _has_reader():
        yield None
        return
    native = native_of(target.connection)
    with ExitStack() as closing:
        try:
            path = closing.enter_context(scratch_folder()) / "block.csv"
            file = closing.enter_context(path.open("wb", buffering=0))
        except OSError:
            # No room for even that: whatever needs more will say so.
            yield None
            return
        cast("Any", _extra).load(native, "csv")
        # A quote in a path is doubled, as in any SQL text. One column more than the header has tells a long record.
        quoted = str(path).replace("'", "''")
        native.execute(f"CREATE VIRTUAL TABLE {TABLE} USING csv(filename='{quoted}', columns={target.width + 1})")
        engine = _Engine(native, target, blocks, rejections, file)
        try:
            with engine.ready(statement_for(target, expressions), expressions):
                yield engine
        finally:
            with suppress(apsw.Error):
                native.execute(f"DROP TABLE {TABLE}")


def _has_reader() -> bool:
    is_exact = apsw.SQLITE_VERSION_NUMBER >= _EXACT
    return is_exact and _extra is not None and _extra.has("csv") == "extension"


def _is_quoted_plainly(text: str) -> bool:
    """Tell whether every quote in *text* begins or ends a cell, and no quoted cell holds the end of a line.

    SQLite's reader takes what is quoted otherwise for something, and says nothing.
    """
    parts = text.split('"')
    # The quotes come in pairs: what is between those of a pair, and what is not.
    quoted, others = parts[1::2], "\0".join(parts[0::2])
    pairs = len(quoted)
    begins = others.count(",\0") + others.count("\n\0") + others.startswith("\0")
    ends = others.count("\0,") + others.count("\0\n") + others.count("\0\r\n") + others.endswith("\0")
    return len(parts) == 2 * pairs + 1 and begins == ends == pairs and "\n" not in "".join(quoted)


class _Engine:
    """Inserts one block after the other, by SQLite where that is sure to be the same."""

    def __init__(
        self,
        native: Any,
        target: StatementTarget,
        blocks: Blocks,
        rejections: Rejections,
        file: BinaryIO,
    ) -> None:
        self._native = native
        self._target = target
        self._blocks = blocks
        self._rejections = rejections
        self._file = file
        self._left: list[int] = []
        self._sql = ""
        self._parameters: tuple[Any, ...] = ()
        key = target.plan.table.autoincrement_column
        # Where SQLite numbers the rows, or one replaces another, they must come in their order.
        positions = [planned.position for planned in target.plan.from_source if planned.column is key]
        self._keeps_order = target.conflict is Conflict.UPDATE or (key is not None and not positions)
        self._numbered = positions[0] if positions else None

    @contextmanager
    def ready(self, sql: str, expressions: Sequence[Expression]) -> Generator[None]:
        """Make SQLite ready for the block of this context."""
        self._sql = sql
        self._parameters = tuple(value for expression in expressions for value in expression.parameters)
        self._native.create_scalar_function(LEAVE, self._leave, 1)
        self._native.create_scalar_function(EXACT_DOUBLE, float, 1, deterministic=True)
        try:
            yield
        finally:
            self._native.create_scalar_function(LEAVE, None, 1)
            self._native.create_scalar_function(EXACT_DOUBLE, None, 1)

    def insert(self, block: Block) -> int | None:
        """Insert *block* and return how many records it has; None when nothing was done and Python has to."""
        data = self._plain(block)
        if data is None:
            return None
        self._native.execute(f"SAVEPOINT {_SAVEPOINT}")
        is_done = False
        try:
            found = Rejections(self._rejections.table, kept=self._rejections.kept)
            count = self._inserted(block, data, found)
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

    def _leave(self, record: int) -> int:
        self._left.append(record)
        return 0

    def _plain(self, block: Block) -> bytes | None:
        """Return the text of *block* if every line of it is a record that SQLite would find too."""
        text = block.text
        if not self._is_plain(text) or not block.is_cut_at_ends:
            return None
        if self._blocks.delimiter != ",":
            text = text.replace(self._blocks.delimiter, ",")
        if not text.endswith("\n"):
            text += "\n"
        try:
            return text.encode()
        except UnicodeEncodeError:
            return None

    def _is_plain(self, text: str) -> bool:
        if "\0" in text or text.startswith("\ufeff") or len(text) > csv.field_size_limit():
            return False
        if "\r" in text and text.count("\r") != text.count("\r\n"):
            return False
        if self._blocks.delimiter != "," and ("," in text or '"' in text):
            # SQLite's reader knows commas only.
            return False
        if '"' not in text:
            return True
        return not (self._blocks.tells_empty_text and '""' in text) and _is_quoted_plainly(text)

    def _inserted(self, block: Block, data: bytes, found: Rejections) -> int | None:
        left: list[int] = []
        refused: list[int] = []
        start = 0
        while start < block.count:
            end = self._insert_from(data, block.count - start)
            if end is None or (self._left and (refused or end < block.count - start or self._keeps_order)):
                # Which of two rows with one key is to blame depends on the order.
                return None
            left += [start + record - 1 for record in self._left]
            if end < block.count - start:
                if b'"' in data:
                    # A record may be more than a line.
                    return None
                refused.append(start + end)
                data = data.split(b"\n", end + 1)[-1]
            start += end + 1
        if left and refused:
            return None
        return self._insert_in_python(block, left or refused, found, are_refused=bool(refused))

    def _insert_from(self, data: bytes, count: int) -> int | None:
        """Insert the *count* lines of *data* up to the first that is refused, and return how many that were."""
        self._left.clear()
        try:
            self._file.seek(0)
            written = self._file.write(data)
            self._file.truncate()
            if written < len(data):
                return None
            self._native.execute(self._sql, self._parameters)
        except apsw.ConstraintError as error:
            is_refusal = cast("Any", error).extendedresult in _REFUSALS
            return int(self._native.changes()) if is_refusal else None
        except (*_UNSURE, ValueError, OSError):
            return None
        # Not as many as there are lines: SQLite stopped at a quote that is not closed, or a record has several lines.
        return count if self._native.changes() + len(self._left) == count else None

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
