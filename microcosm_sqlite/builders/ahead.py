"""Let other threads read blocks of CSV while the first one stores those before.

Each reader has an SQLite database of its own in a temporary file, into which it reads a block: typed, checked, without
the records that are left to Python. SQLite works outside of Python's lock, so readers do not wait for each other. The
thread that stores then copies the rows through a view of that file, in the order of the blocks, so that the number of
threads makes no difference to what is stored.
"""

import os
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, Final

import apsw

from microcosm_sqlite.builders.expressions import EXACT_DOUBLE
from microcosm_sqlite.builders.extensions import can_view_tables, view_csv, view_table, write_text
from microcosm_sqlite.builders.plainness import plain_data
from microcosm_sqlite.builders.transfers import LEAVE, READ_TABLE, TABLE, Transfer
from microcosm_sqlite.sources.lines import Block
from microcosm_sqlite.sources.tabular import Blocks

#: Threads that read, at most. Two are faster than the one that stores; more would wait for it.
_THREADS: Final = 2

#: Blocks that are read and not stored yet, besides those that are being read.
_READY: Final = 2

#: A file of one block is small; the copy of it that SQLite keeps in memory need not be large either.
_PRAGMAS: Final = ("journal_mode = MEMORY", "synchronous = OFF", "cache_size = -1000")


class Reader:
    """Reads one block at a time into a table of its own.

    Args:
        native: a connection to a database of its own, in which there is nothing yet.
        file: where SQLite's reader finds the text of a block.
        blocks: where they come from.
        transfer: what becomes of their cells.
        view: what shows the table to the connection that stores.
    """

    def __init__(self, native: Any, file: BinaryIO, blocks: Blocks, transfer: Transfer, view: str) -> None:
        self.view = view
        #: The statement that stores some of the rows.
        self.store = transfer.store(view)
        self._native = native
        self._file = file
        self._blocks = blocks
        self._transfer = transfer
        #: The records of the last block, counted from 1, that are left to Python.
        self.left: list[int] = []

    def prepare(self, path: Path) -> None:
        """Make the table, and a view of the text at *path*."""
        for pragma in _PRAGMAS:
            self._native.execute(f"PRAGMA {pragma}")
        self._native.execute(self._transfer.read_table)
        view_csv(self._native, TABLE, path, columns=self._transfer.width + 1)
        self._native.create_scalar_function(LEAVE, self._leave, 1)
        self._native.create_scalar_function(EXACT_DOUBLE, float, 1, deterministic=True)

    def read(self, block: Block) -> bool:
        """Fill the table with the records of *block*; False when Python has to read it."""
        data = plain_data(self._blocks, block)
        if data is None or not write_text(self._file, data):
            return False
        self.left.clear()
        try:
            with self._native:
                self._native.execute(f"DELETE FROM {READ_TABLE}")  # noqa: S608 - a name of ours
                self._native.execute(self._transfer.read, self._transfer.parameters)
                count = int(self._native.changes())
        except (apsw.Error, ValueError):
            return False
        # Not as many as there are lines: SQLite stopped at a quote that is not closed, or a record has several lines.
        return count + len(self.left) == block.count

    def _leave(self, record: int) -> int:
        self.left.append(record)
        return 0


class Readers:
    """Some readers at work in threads of their own.

    Used by the thread that stores, in this order: `begin` with each block as it comes, `take` with each as it is to be
    stored, `release` with what was taken. All methods return at once but for `take`, which waits for the reader.
    """

    def __init__(self, readers: list[Reader], executor: ThreadPoolExecutor) -> None:
        self._free = readers
        self._executor = executor
        self._begun: dict[Block, tuple[Reader, Future[bool]]] = {}
        #: How many blocks there may be between the one that is stored and the one that came last.
        self.depth = len(readers) - 1

    def begin(self, block: Block) -> None:
        """Let *block* be read, if a reader is free."""
        if self._free:
            reader = self._free.pop()
            self._begun[block] = reader, self._executor.submit(reader.read, block)

    def has(self, block: Block) -> bool:
        """Tell whether *block* was begun, and not taken yet."""
        return block in self._begun

    def take(self, block: Block) -> Reader | None:
        """Return who has read *block*, which was begun; None when Python has to read it."""
        self._forget(before=block.first_line)
        reader, future = self._begun.pop(block)
        if future.result():
            return reader
        self.release(reader)
        return None

    def release(self, reader: Reader) -> None:
        """Let *reader* read another block."""
        self._free.append(reader)

    def _forget(self, *, before: int) -> None:
        """Free the readers of blocks into which the last record of one before reached."""
        for block in [block for block in self._begun if block.first_line < before]:
            reader, future = self._begun.pop(block)
            future.result()
            self.release(reader)


def available_cores() -> int:
    """Return how many cores this process may use, as far as that is known."""
    # https://docs.python.org/3/library/os.html#os.cpu_count: not all may be for this process.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def default_threads() -> int:
    """Return how many threads read ahead unless told otherwise: none where there is only one core for them."""
    return _THREADS if available_cores() > 1 else 0


@contextmanager
def reading_ahead(
    native: Any, folder: Path, blocks: Blocks, transfer: Transfer, *, threads: int
) -> Generator[Readers | None]:
    """Yield readers whose tables *native* sees, or None where it cannot, or there is no room for them in *folder*."""
    if not can_view_tables():
        yield None
        return
    with ExitStack() as ending:
        paths = [folder / f"ahead-{number}" for number in range(threads + _READY)]
        try:
            readers = [_reader(ending, native, path, blocks, transfer) for path in paths]
        except (apsw.Error, OSError):
            yield None
            return
        executor = ThreadPoolExecutor(threads, thread_name_prefix="microcosm-sqlite-reader")
        ending.callback(executor.shutdown, wait=True, cancel_futures=True)
        yield Readers(readers, executor)


def _reader(ending: ExitStack, native: Any, path: Path, blocks: Blocks, transfer: Transfer) -> Reader:
    own = ending.enter_context(closing(apsw.Connection(str(path))))
    text = path.with_suffix(".csv")
    reader = Reader(own, ending.enter_context(text.open("wb", buffering=0)), blocks, transfer, _view(path))
    reader.prepare(text)
    view_table(native, reader.view, path, of=READ_TABLE)
    ending.callback(_drop, native, reader.view)
    return reader


def _view(path: Path) -> str:
    return f'temp."microcosm_{path.name}"'


def _drop(native: Any, view: str) -> None:
    # After some errors SQLite has undone the whole transaction already, and the view with it.
    with suppress(apsw.Error):
        native.execute(f"DROP TABLE {view}")
