"""Own one open SQLite database on behalf of a connection with its cursors."""

from collections.abc import Callable
from contextlib import suppress
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeAlias, TypeVar

import apsw

from microcosm_sqlite.engines import locks
from microcosm_sqlite.engines.exceptions import Error, InheritedConnectionError, ProgrammingError
from microcosm_sqlite.engines.forking import call_in_child, make_immortal
from microcosm_sqlite.engines.statements import Parameters, Statement, study

if TYPE_CHECKING:
    from weakref import ref

    from microcosm_sqlite.engines.cursors import Cursor

#: An `apsw.Connection` or `apsw.Cursor`, or the `Refusal` that took its place. (Any, because APSW's own annotations
#: need Python 3.12 to resolve.)
Native: TypeAlias = Any

Result = TypeVar("Result")

#: Bounds the memory for what is known of statements; a data set's own statements are a few dozen.
_STATEMENTS_KEPT: Final = 1024


#: How APSW tells a busy connection from a busy cursor.
_BUSY: Final = "Connection is busy in another thread"


class Refusal:
    """Stands where a native object was: whatever is asked of it, a new `kind(*arguments)` is raised."""

    __slots__ = ("_arguments", "_kind")

    def __init__(self, kind: type[Error], *arguments: str) -> None:
        self._kind, self._arguments = kind, arguments

    def __getattr__(self, name: str) -> NoReturn:
        raise self._kind(*self._arguments)

    def __iter__(self) -> "Refusal":
        return self

    def __next__(self) -> NoReturn:
        raise self._kind(*self._arguments)


INHERITED: Final = Refusal(InheritedConnectionError)
CLOSED: Final = Refusal(ProgrammingError, "Cannot operate on a closed database.")
CLOSED_CURSOR: Final = Refusal(ProgrammingError, "Cannot operate on a closed cursor.")


class Begins(Enum):
    """Who starts a transaction, and when."""

    NEVER = "the caller, with SQL; otherwise every statement commits by itself"
    ON_REQUEST = "`Connection.begin`"
    BEFORE_CHANGES = "the driver, before INSERT, UPDATE, DELETE or REPLACE, as `sqlite3` does"
    BEFORE_WRITES = "the driver, before the first statement that is not read-only, or that opens a savepoint"


class Handle:
    """One open database: the native connection, what is known of its statements, and its live cursors."""

    __slots__ = ("__weakref__", "begins", "cursors", "fetches", "file", "mode", "native", "statements")

    def __init__(self, native: Native) -> None:
        self.native: Native = native
        self.file = locks.file_of(native)
        self.begins = Begins.BEFORE_CHANGES
        self.mode = ""
        self.fetches = 0
        self.statements: dict[str, Statement] = {}
        # A plain set of references, not a WeakSet: adding to it is on the path of every query, and this is 3x cheaper.
        self.cursors: set[ref[Cursor]] = set()
        call_in_child(self, Handle.abandon)

    @property
    def is_inherited(self) -> bool:
        """Whether the database was opened by the process this one was forked from."""
        return self.native is INHERITED

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return not self.patiently(self.native.get_autocommit)

    def patiently(self, call: Callable[..., Result], *arguments: Any, **keywords: Any) -> Result:
        """Return what *call* returns, waiting as long as other threads keep the connection busy.

        Of all that APSW offers, only running a statement waits by itself; the rest raises ThreadingViolationError.
        """
        while True:
            try:
                return call(*arguments, **keywords)
            except apsw.ThreadingViolationError as error:
                if _BUSY not in str(error):
                    raise
                self.native.execute("SELECT 1")

    def statement(self, sql: str, parameters: Parameters | None) -> Statement:
        """Return what *sql* is; learnt once per text."""
        known = self.statements.get(sql)
        if known is None:
            known = study(self.native, sql, parameters)
            if len(self.statements) >= _STATEMENTS_KEPT:
                self.statements.clear()
            self.statements[sql] = known
        return known

    def begin(self) -> None:
        """Start a transaction unless one is open."""
        if self.in_transaction:
            return
        try:
            self.native.execute(f"BEGIN {self.mode}")
        except apsw.SQLError:
            # Another thread on this connection may have been faster.
            if not self.in_transaction:
                raise

    def begin_for(self, statement: Statement) -> None:
        """Start a transaction when *statement* must not run outside one."""
        if (self.begins is Begins.BEFORE_CHANGES and statement.changes_rows) or (
            self.begins is Begins.BEFORE_WRITES and statement.needs_transaction
        ):
            self.begin()

    def end(self, verb: str) -> None:
        """Run *verb*, COMMIT or ROLLBACK, when a transaction is open; do nothing in a forked child."""
        if not self.is_inherited and self.in_transaction:
            self.native.execute(verb)

    def close(self) -> None:
        """Close the database; do nothing when it is closed, or in a forked child."""
        if not isinstance(self.native, Refusal):
            # Where a cursor in the middle of its rows is garbage as well, the connection knows it no more, and cannot
            # be closed before it is gone: it is closed then, as nobody else holds it.
            with suppress(apsw.BusyError):
                self.patiently(self.native.close, force=True)
            self._replace(CLOSED)

    def abandon(self) -> None:
        """Leak the native objects for ever: a finaliser would touch files or locks of the parent process."""
        if not isinstance(self.native, Refusal):
            make_immortal(self.native)
            # When APSW itself is unloaded at exit, it closes every connection there is: it must not be.
            make_immortal(apsw)
            self._replace(INHERITED)
            if self.file is not None:
                locks.forget(self.file)

    def _replace(self, refusal: Refusal) -> None:
        self.native = refusal
        for reference in list(self.cursors):
            if (cursor := reference()) is not None:
                cursor.replace(refusal)
