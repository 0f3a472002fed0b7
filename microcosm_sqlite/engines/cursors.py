"""Run statements, then hand out their rows, the way PEP 249 asks for."""

from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final, Self, cast
from weakref import ref

import apsw

from microcosm_sqlite.engines.exceptions import DRIVER_ERRORS, Error, ProgrammingError, raise_translated
from microcosm_sqlite.engines.forking import make_immortal
from microcosm_sqlite.engines.handles import CLOSED_CURSOR, INHERITED, Handle, Native, Refusal
from microcosm_sqlite.engines.statements import Description, Parameters, Statement, columns

if TYPE_CHECKING:
    from microcosm_sqlite.engines.connections import Connection

#: The description exists but nobody has asked for it yet.
_UNREAD: Final[Any] = object()

_MISSING: Final = object()


class _SourceFailedError(Exception):
    """Carries an error of the caller's own rows past the translation of the driver's."""

    def __init__(self, error: Exception) -> None:
        super().__init__(error)
        self.error = error


class Cursor:
    """One statement at a time with its rows.

    The rows of a SELECT are read lazily; those of a statement that also writes (RETURNING) are read at once, so that
    the write is complete when `execute` returns. A cursor serves one thread at a time, a second one
    gets `ProgrammingError`.
    """

    __slots__ = (
        "__weakref__",
        "_description",
        "_handle",
        "_native",
        "_rows",
        "_source",
        "arraysize",
        "connection",
        "lastrowid",
        "rowcount",
    )

    def __init__(self, connection: "Connection", handle: Handle) -> None:
        try:
            self._native: Native = handle.native.cursor()
        except DRIVER_ERRORS as error:
            raise_translated(error)
        handle.cursors.add(ref(self, handle.cursors.discard))
        self._handle = handle
        self._rows: Iterator[Any] = self._native
        self._description: Description | None = None
        self._source: tuple[str, Parameters | None, Statement] | None = None
        self.connection = connection
        self.arraysize = 1
        self.lastrowid: int | None = None
        self.rowcount = -1

    @property
    def description(self) -> Description | None:
        """The columns of the last statement, also when it returned no row; None when it has no columns."""
        if self._description is _UNREAD:
            self._description = self._describe()
        return self._description

    def execute(self, sql: str, parameters: Parameters | None = None) -> Self:
        """Run one statement; rows are then fetched from the cursor itself."""
        handle = self._handle
        self.rowcount = -1
        try:
            statement = handle.statements.get(sql) or handle.statement(sql, parameters)
            if statement.is_query:
                self._rows = self._native.execute(sql, parameters)
                # Neither an execution tracer (+50 % on a point select) nor APSW's own description (+60 %) is worth it
                # here: most callers never look. See `_describe` for those who do.
                self._source = (sql, parameters, statement)
                self._description = _UNREAD
            else:
                self._execute_effect(sql, parameters, statement)
        except DRIVER_ERRORS as error:
            raise_translated(error)
        return self

    def executemany(self, sql: str, rows: Iterable[Parameters]) -> Self:
        """Run one INSERT, UPDATE, DELETE or REPLACE once per row of parameters; rows it returns are dropped."""
        iterator = iter(rows)
        first = next(iterator, _MISSING)
        self._forget(rowcount=0)
        if first is _MISSING:
            return self
        try:
            statement = self._handle.statement(sql, cast("Parameters", first))
            if not statement.changes_rows:
                raise ProgrammingError("executemany() can only execute DML statements.")
            self._handle.begin_for(statement)
            for _ in self._native.executemany(sql, self._counted(chain([cast("Parameters", first)], iterator))):
                pass
        except _SourceFailedError as failure:
            self.rowcount = -1
            raise failure.error from failure.error.__cause__
        except DRIVER_ERRORS as error:
            self.rowcount = -1
            raise_translated(error)
        return self

    def executescript(self, script: str) -> Self:
        """Commit what is open, then run any number of statements; rows they return are dropped."""
        self._forget(rowcount=-1)
        try:
            self._handle.end("COMMIT")
            for _ in self._native.execute(script):
                pass
        except DRIVER_ERRORS as error:
            raise_translated(error)
        return self

    def fetchone(self) -> Any:
        """Return the next row, or None when there is none."""
        self._handle.fetches += 1
        try:
            return next(self._rows, None)
        except DRIVER_ERRORS as error:
            raise_translated(error)

    def fetchmany(self, size: int | None = None) -> list[Any]:
        """Return up to *size* rows (`arraysize` when not given)."""
        self._handle.fetches += 1
        try:
            return list(islice(self._rows, self.arraysize if size is None else size))
        except DRIVER_ERRORS as error:
            raise_translated(error)

    def fetchall(self) -> list[Any]:
        """Return all rows that are left."""
        try:
            return list(self._rows)
        except DRIVER_ERRORS as error:
            raise_translated(error)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        self._handle.fetches += 1
        try:
            return next(self._rows)
        except DRIVER_ERRORS as error:
            raise_translated(error)

    def close(self) -> None:
        """Drop the rows that are left; the cursor cannot be used again."""
        if not isinstance(self._native, Refusal):
            try:
                self._handle.patiently(self._native.close, force=True)
            except DRIVER_ERRORS as error:
                raise_translated(error)
            self._native = self._rows = CLOSED_CURSOR

    def setinputsizes(self, sizes: object) -> None:
        """Do nothing; PEP 249 asks for it."""

    def setoutputsize(self, size: int, column: int | None = None) -> None:
        """Do nothing; PEP 249 asks for it."""

    def replace(self, refusal: Refusal) -> None:
        """Refuse to work from now on; a native cursor inherited over a fork is leaked for ever."""
        if refusal is INHERITED:
            make_immortal(self._native)
        self._native = self._rows = refusal

    def _execute_effect(self, sql: str, parameters: Parameters | None, statement: Statement) -> None:
        self._forget(rowcount=-1)
        handle = self._handle
        handle.begin_for(statement)
        self._native.execute(sql, parameters)
        if statement.columns is not None:
            self._source = (sql, parameters, statement)
            self._description = self._describe()
            self._rows = iter(self._native.fetchall())
        if statement.changes_rows:
            self.rowcount = handle.patiently(handle.native.changes)
            self.lastrowid = handle.patiently(handle.native.last_insert_rowid)

    def _forget(self, *, rowcount: int) -> None:
        self._rows = iter(())
        self._description = self._source = None
        self.rowcount = rowcount

    def _counted(self, rows: Iterable[Parameters]) -> Iterator[Parameters]:
        # SQLite's total_changes would be cheaper, but it also counts what triggers and foreign keys do.
        patiently, changes = self._handle.patiently, self._handle.native.changes
        try:
            for row in rows:
                yield row
                try:
                    self.rowcount += changes()
                except apsw.ThreadingViolationError:
                    self.rowcount += patiently(changes)
        except DRIVER_ERRORS as error:
            raise _SourceFailedError(error) from error

    def _describe(self) -> Description | None:
        if self._source is None:
            return None
        sql, parameters, statement = self._source
        try:
            return cast("Description", self._native.description)
        except apsw.ThreadingViolationError:
            return cast("Description", self._handle.patiently(getattr, self._native, "description"))
        except apsw.ExecutionCompleteError:
            pass  # No row is left to ask: prepare the statement again, which sees the columns as they are now.
        except (*DRIVER_ERRORS, Error):
            return statement.columns
        try:
            return columns(self._handle.native, sql, parameters)
        except (*DRIVER_ERRORS, Error):
            return statement.columns
