"""Connect to a database the way PEP 249 asks for."""

import os
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, ClassVar, Final, Literal, Protocol, Self, cast

import apsw

from microcosm_sqlite.engines import exceptions
from microcosm_sqlite.engines.cursors import Cursor
from microcosm_sqlite.engines.exceptions import (
    DRIVER_ERRORS,
    FunctionFailedError,
    NotSupportedError,
    raise_translated,
)
from microcosm_sqlite.engines.handles import Begins, Handle, Refusal
from microcosm_sqlite.engines.statements import Parameters
from microcosm_sqlite.engines.uris import file_uri

#: Read, write, make the file when it is missing: what `sqlite3.connect` does.
DEFAULT_FLAGS: Final = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE

_MODES: Final = frozenset({"", "DEFERRED", "IMMEDIATE", "EXCLUSIVE"})


class Aggregate(Protocol):
    """An aggregate under construction, as `sqlite3.Connection.create_aggregate` takes it."""

    def step(self, *arguments: Any) -> None:
        """Take one row."""

    def finalize(self) -> Any:
        """Return the result."""


class Connection:
    """One open database. Any thread may use it; SQLite serialises the calls.

    As a context manager it commits when the block succeeds and rolls back when it does not; it does not close.
    """

    Warning: ClassVar = exceptions.Warning
    Error: ClassVar = exceptions.Error
    InterfaceError: ClassVar = exceptions.InterfaceError
    DatabaseError: ClassVar = exceptions.DatabaseError
    DataError: ClassVar = exceptions.DataError
    OperationalError: ClassVar = exceptions.OperationalError
    IntegrityError: ClassVar = exceptions.IntegrityError
    InternalError: ClassVar = exceptions.InternalError
    ProgrammingError: ClassVar = exceptions.ProgrammingError
    NotSupportedError: ClassVar = exceptions.NotSupportedError

    __slots__ = ("__weakref__", "_handle")

    def __init__(self, native: apsw.Connection, *, isolation_level: str | None = "") -> None:
        self._handle = Handle(native)
        self.isolation_level = isolation_level

    @property
    def native(self) -> apsw.Connection:
        """The APSW connection underneath, for what PEP 249 has no word for (virtual tables, limits, hooks).

        What runs there starts no transaction by itself and raises APSW's own exceptions.
        """
        return cast("apsw.Connection", self._handle.native)

    @property
    def is_inherited(self) -> bool:
        """Whether it was opened by the process this one was forked from, and therefore does nothing any more."""
        return self._handle.is_inherited

    @property
    def begins(self) -> Begins:
        """Who starts a transaction, and when."""
        return self._handle.begins

    @begins.setter
    def begins(self, begins: Begins) -> None:
        self._handle.begins = begins

    @property
    def isolation_level(self) -> str | None:
        """`sqlite3`'s setting: None, or the word after the BEGIN which the driver runs before a change of rows."""
        return self._handle.mode if self._handle.begins is Begins.BEFORE_CHANGES else None

    @isolation_level.setter
    def isolation_level(self, level: str | None) -> None:
        if level is None:
            self.commit()
            self._handle.begins = Begins.NEVER
        elif level.upper() not in _MODES:
            raise ValueError(f"isolation_level must be None or one of {sorted(_MODES)}, not {level!r}")
        else:
            self._handle.begins, self._handle.mode = Begins.BEFORE_CHANGES, level.upper()

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        try:
            return self._handle.in_transaction
        except DRIVER_ERRORS as error:
            raise_translated(error)

    @property
    def total_changes(self) -> int:
        """How many rows were changed since the connection was opened."""
        try:
            return int(self._handle.patiently(self._handle.native.total_changes))
        except DRIVER_ERRORS as error:
            raise_translated(error)

    @property
    def fetches(self) -> int:
        """How often rows were fetched from its cursors: grows while whoever reads gets on."""
        return self._handle.fetches

    def cursor(self) -> Cursor:
        """Return a new cursor."""
        return Cursor(self, self._handle)

    def execute(self, sql: str, parameters: Parameters | None = None) -> Cursor:
        """Run one statement with a new cursor."""
        return Cursor(self, self._handle).execute(sql, parameters)

    def executemany(self, sql: str, rows: Iterable[Parameters]) -> Cursor:
        """Run one statement once per row of parameters with a new cursor."""
        return Cursor(self, self._handle).executemany(sql, rows)

    def executescript(self, script: str) -> Cursor:
        """Commit, then run any number of statements with a new cursor."""
        return Cursor(self, self._handle).executescript(script)

    def begin(self) -> None:
        """Start a transaction if transactions start on request and none is open; otherwise do nothing."""
        if self._handle.begins is Begins.ON_REQUEST:
            try:
                self._handle.begin()
            except DRIVER_ERRORS as error:
                raise_translated(error)

    def commit(self) -> None:
        """Make the open transaction permanent; do nothing when none is open, or in a forked child."""
        try:
            self._handle.end("COMMIT")
        except DRIVER_ERRORS as error:
            raise_translated(error)

    def rollback(self) -> None:
        """Undo the open transaction; do nothing when none is open, or in a forked child."""
        try:
            self._handle.end("ROLLBACK")
        except DRIVER_ERRORS as error:
            raise_translated(error)

    def close(self) -> None:
        """Close the database, undoing what was not committed; do nothing in a forked child."""
        try:
            self._handle.close()
        except DRIVER_ERRORS as error:
            raise_translated(error)

    def watch(self, watcher: Callable[[dict[str, Any]], None] | None, *, key: object) -> None:
        """Have *watcher* called with APSW's account of each statement that ends; None ends it.

        Several may watch, each with a *key*. Does nothing when the database is closed, or in a forked child.
        """
        if not isinstance(self._handle.native, Refusal):
            mask = 0 if watcher is None else apsw.SQLITE_TRACE_PROFILE
            self._handle.patiently(self._handle.native.trace_v2, mask, watcher, id=key)

    def interrupt(self) -> None:
        """Make the statements that run now, in any thread, fail with `OperationalError`."""
        try:
            self._handle.native.interrupt()
        except DRIVER_ERRORS as error:
            raise_translated(error)

    def create_function(
        self, name: str, narg: int, func: Callable[..., Any] | None, *, deterministic: bool = False
    ) -> None:
        """Make *func* callable from SQL as *name* with *narg* arguments (-1: any number); None removes it."""
        try:
            self._handle.patiently(
                self._handle.native.create_scalar_function,
                name,
                func and _guarded(func),
                narg,
                deterministic=deterministic,
            )
        except DRIVER_ERRORS as error:
            raise_translated(error)

    def create_aggregate(self, name: str, n_arg: int, aggregate_class: Callable[[], Aggregate] | None, /) -> None:
        """Make an aggregate callable from SQL as *name* with *n_arg* arguments (-1: any number); None removes it."""
        try:
            self._handle.patiently(
                self._handle.native.create_aggregate_function,
                name,
                aggregate_class and _guarded(lambda: (aggregate_class(), _guarded(_step), _guarded(_finalize))),
                n_arg,
            )
        except DRIVER_ERRORS as error:
            raise_translated(error)

    def create_collation(self, name: str, callback: Callable[[str, str], int] | None, /) -> None:
        """Make *callback* the order `COLLATE name` sorts by; None removes it."""
        try:
            self._handle.patiently(self._handle.native.create_collation, name, callback and _guarded(callback))
        except DRIVER_ERRORS as error:
            raise_translated(error)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> Literal[False]:
        if kind is None:
            self.commit()
        else:
            self.rollback()
        return False


def connect(  # noqa: PLR0913 - the keywords are sqlite3.connect's
    database: str | bytes | os.PathLike[str],
    *,
    uri: bool = False,
    flags: int = DEFAULT_FLAGS,
    vfs: str | None = None,
    timeout: float = 5.0,
    isolation_level: str | None = "",
    cached_statements: int = 128,
    check_same_thread: bool = True,  # noqa: ARG001 - callers of sqlite3 pass it
    detect_types: int = 0,
) -> Connection:
    """Open *database*: a path, `:memory:`, or with `uri=True` a `file:` URI of the caller's making.

    Args:
        database: any path the operating system can have; it is never read as a URI unless *uri* says so.
        uri: whether *database* is a `file:` URI.
        flags: `SQLITE_OPEN_*`; without `SQLITE_OPEN_CREATE` a missing file is an error.
        vfs: the SQLite VFS to open it with.
        timeout: seconds to wait for a lock of another connection.
        isolation_level: see `Connection.isolation_level`.
        cached_statements: how many prepared statements to keep.
        check_same_thread: accepted and ignored; every connection may be used by any thread.
        detect_types: only 0; converting values is the business of SQLAlchemy's types.

    Raises:
        OperationalError: the file cannot be opened.
        NotSupportedError: *detect_types* is not 0.
    """
    if detect_types:
        raise NotSupportedError("detect_types: values are returned as SQLite stores them; convert them with SQLAlchemy")
    try:
        native = apsw.Connection(_location(database, uri=uri), flags | apsw.SQLITE_OPEN_URI, vfs, cached_statements)
        native.set_busy_timeout(int(timeout * 1000))
    except DRIVER_ERRORS as error:
        raise_translated(error)
    return Connection(native, isolation_level=isolation_level)


def _location(database: str | bytes | os.PathLike[str], *, uri: bool) -> str:
    name = os.fsdecode(database)
    return name if uri or name in {"", ":memory:"} else file_uri(name)


def _guarded(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments: Any) -> Any:
        try:
            return function(*arguments)
        except Exception as error:
            raise FunctionFailedError(str(error)) from error

    return call


def _step(aggregate: Aggregate, *arguments: Any) -> None:
    aggregate.step(*arguments)


def _finalize(aggregate: Aggregate) -> Any:
    return aggregate.finalize()
