"""Insert the records of a block by one statement, up to one that is refused."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO, Final, cast

import apsw

from microcosm_sqlite.builders.expressions import EXACT_DOUBLE
from microcosm_sqlite.builders.extensions import write_text
from microcosm_sqlite.builders.transfers import LEAVE, Transfer

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


class TextInsert:
    """Inserts blocks of text, one after the other, by one statement that reads and stores.

    Args:
        native: the connection that stores, with a view of *file*.
        file: where SQLite's reader finds the text.
        transfer: how it is stored.
    """

    def __init__(self, native: Any, file: BinaryIO, transfer: Transfer) -> None:
        self.native = native
        self.transfer = transfer
        #: The records that the last call left to Python, counted from 1.
        self.left: list[int] = []
        self._file = file
        self._data = b""
        self._start = 0

    @contextmanager
    def ready(self) -> Generator[None]:
        """Give SQLite the functions that the statement calls."""
        self.native.create_scalar_function(LEAVE, self._leave, 1)
        self.native.create_scalar_function(EXACT_DOUBLE, float, 1, deterministic=True)
        try:
            yield
        finally:
            self.native.create_scalar_function(LEAVE, None, 1)
            self.native.create_scalar_function(EXACT_DOUBLE, None, 1)

    def of(self, data: bytes) -> "TextInsert":
        """Turn to the next block, which has this text, and return self."""
        self._data, self._start = data, 0
        return self

    def insert_from(self, start: int, count: int) -> int | None:
        """Insert the *count* lines after the first *start*.

        Returns:
            *count*; or, when one of them is refused, how many before it were inserted; or None when something else is
            wrong, or it cannot be told which, so that Python has to look at the block.
        """
        self.left.clear()
        if not self._is_written(start):
            return None
        found = run_insert(self.native, self.transfer.insert, self.transfer.parameters)
        if found is None:
            return None
        inserted, is_refused = found
        if is_refused:
            # Which of two rows with one key is to blame depends on the order.
            return None if self.left else inserted
        # Not as many as there are lines: SQLite stopped at a quote that is not closed, or a record has several lines.
        return count if inserted + len(self.left) == count else None

    def _is_written(self, start: int) -> bool:
        """Write the lines after the first *start* where SQLite reads them, and tell whether that was possible."""
        if start > self._start:
            if b'"' in self._data:
                # A record may be more than a line.
                return False
            self._data = self._data.split(b"\n", start - self._start)[-1]
            self._start = start
        return write_text(self._file, self._data)

    def _leave(self, record: int) -> int:
        self.left.append(record)
        return 0


def run_insert(native: Any, sql: str, parameters: Sequence[Any]) -> tuple[int, bool] | None:
    """Run an INSERT OR FAIL and return how many rows it inserted, and whether it stopped at one that was refused.

    None: something else is wrong.
    """
    try:
        native.execute(sql, parameters)
    except apsw.ConstraintError as error:
        is_refusal = cast("Any", error).extendedresult in _REFUSALS
        return (int(native.changes()), True) if is_refusal else None
    except (*_UNSURE, ValueError):
        return None
    return int(native.changes()), False
