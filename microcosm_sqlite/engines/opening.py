"""Open a database as a SQLAlchemy engine, in the one way that fits what it is."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, cast
from uuid import uuid4

import apsw
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.pool import Pool, QueuePool

from microcosm_sqlite.constants import MEMORY_PATH
from microcosm_sqlite.engines import dbapi, hardening
from microcosm_sqlite.engines.complaints import error_of
from microcosm_sqlite.engines.hardening import SANE, Limits
from microcosm_sqlite.engines.unchanged import connect_while_unchanged
from microcosm_sqlite.engines.waiting import explain_waits
from microcosm_sqlite.engines.watching import know_connections
from microcosm_sqlite.errors import (
    DataSetNotFoundError,
    EmptyDataSetError,
    ReadOnlyDataSetError,
    SQLiteError,
    StatementTimeoutError,
)
from microcosm_sqlite.faults import damages

#: Connections kept open for reuse; more are opened as threads need them, never refused: 2.0.0 stopped at the sixteenth.
_POOLED_CONNECTIONS: Final = 5

#: Execution option by which `reading_engine` knows an engine whose connections begin no transactions anyway.
_NEVER_BEGINS: Final = "microcosm_sqlite_never_begins"

#: Execution option by which `never_changes` knows an engine on a sealed artifact.
_NEVER_CHANGES: Final = "microcosm_sqlite_never_changes"

#: Execution option that holds what an engine was set up with.
_OPTIONS: Final = "microcosm_sqlite_options"

#: The low byte of SQLite's extended result codes is the primary one (https://sqlite.org/rescode.html).
_PRIMARY: Final = 0xFF


#: Longer than any query of a service, far shorter than for ever, which is how long a hostile view may take.
STATEMENT_SECONDS: Final = 60.0

#: Enough for what a service asks for again and again; with their instances these take about 16 MB.
KEPT_ROWS: Final = 10_000
KEPT_BYTES: Final = 16 * 2**20


@dataclass(frozen=True, kw_only=True, slots=True)
class EngineOptions:
    """How an engine is set up, whatever it opens."""

    echo: bool = False
    foreign_keys: bool = True
    autocommit: bool = False
    pool: type[Pool] | None = None
    #: After how many seconds without a row a statement on a sealed artifact is stopped; None: never.
    statement_seconds: float | None = STATEMENT_SECONDS
    #: How many rows, and bytes, of a sealed artifact each thread keeps to hand them out again.
    kept_rows: int = KEPT_ROWS
    kept_bytes: int = KEPT_BYTES
    #: The sizes beyond which values and statements on a sealed artifact are refused.
    limits: Limits = SANE
    #: What cursors of pages are signed with; empty: what is known of the data.
    cursor_secret: str = field(default="", repr=False)
    #: Says where the database was looked for, for errors; called only when one is raised.
    looked: Callable[[], tuple[str, ...]] = tuple


def open_memory(*, name: str, options: EngineOptions) -> Engine:
    """Return an engine on a new in-memory database, shared by all threads; its rows are gone when it is disposed."""
    keepers: list[tuple[str, Any]] = []

    def connect() -> Any:
        # SQLite drops a memdb database with its last connection: one stays open for as long as the engine lives.
        if not keepers:
            # Another one each time: somebody may still have a connection to the one that was disposed.
            uri = f"file:/{uuid4().hex}?vfs=memdb"
            keepers.append((uri, dbapi.connect(uri, uri=True)))
        return dbapi.connect(keepers[0][0], uri=True)

    def close_keepers(_: Engine) -> None:
        while keepers:
            keepers.pop()[1].close()

    engine = _make_engine(connect, database=MEMORY_PATH, name=name, options=options)
    event.listen(engine, "engine_disposed", close_keepers)
    explain_waits(engine, name=name)
    return engine


def open_mutable(path: Path, *, name: str, options: EngineOptions) -> Engine:
    """Return an engine that reads and writes *path*; connecting raises `DataSetNotFoundError` when it is missing."""

    def connect() -> Any:
        if not path.exists():
            raise _missing(name, path, options)
        return dbapi.connect(path, flags=apsw.SQLITE_OPEN_READWRITE)

    return _make_engine(connect, database=str(path), name=name, options=options)


def open_uri(uri: str, *, name: str, options: EngineOptions) -> Engine:
    """Return an engine on a user's own SQLite URI (`file:...?mode=ro&uri=true`); it never creates a file."""

    def connect() -> Any:
        try:
            return dbapi.connect(_without_flag(uri), uri=True, flags=apsw.SQLITE_OPEN_READWRITE)
        except dbapi.OperationalError as error:
            if _primary_code(error) == apsw.SQLITE_CANTOPEN:
                raise _missing(name, uri, options) from error
            raise

    return _make_engine(connect, database=uri, name=name, options=options)


def open_read_only(path: Path, *, name: str, options: EngineOptions) -> Engine:
    """Return an engine that reads *path*, which others may change; every write raises `ReadOnlyDataSetError`."""

    def connect() -> Any:
        if not path.exists():
            raise _missing(name, path, options)
        connection = dbapi.connect(path, flags=apsw.SQLITE_OPEN_READONLY)
        hardening.forbid_writes(connection.native)
        hardening.forbid_attaching(connection.native)
        return connection

    engine = _make_engine(connect, database=str(path), name=name, options=options, isolation_level="AUTOCOMMIT")
    _refuse_writes(engine, name=name, path=str(path), reason="it was opened with read_only")
    _explain_damage(engine, path)
    return engine


def _unchecked() -> None:
    """Check nothing."""


def open_sealed(path: Path, *, name: str, options: EngineOptions, check: Callable[[], None] = _unchecked) -> Engine:
    """Return an engine on a verified artifact, which nobody may change; every write raises `ReadOnlyDataSetError`.

    SQLite takes no locks and asks for no changes here: right only because sealing closed the file for good.

    Args:
        path: The file.
        name: The data set.
        options: How the engine is set up.
        check: Called after a connection was opened and before it reads; what it raises refuses the connection.
    """

    def connect() -> Any:
        connection, size_bytes = connect_while_unchanged(path, check, missing=lambda: _missing(name, path, options))
        try:
            hardening.harden(connection.native, options.limits.for_file(size_bytes))
            if options.statement_seconds is not None:
                hardening.stop_long_statements(connection, seconds=options.statement_seconds, error=overdue)
        except BaseException:
            connection.close()
            raise
        return connection

    def overdue() -> StatementTimeoutError:
        return StatementTimeoutError(name=name, path=str(path), seconds=options.statement_seconds or 0)

    engine = _make_engine(connect, database=str(path), name=name, options=options, isolation_level="AUTOCOMMIT")
    engine.update_execution_options(**{_NEVER_CHANGES: True})
    _refuse_writes(engine, name=name, path=str(path), reason="it is a sealed artifact")
    _explain_damage(engine, path)
    return engine


def _make_engine(
    connect: Callable[[], Any], *, database: str, name: str, options: EngineOptions, isolation_level: str | None = None
) -> Engine:
    level = isolation_level or ("AUTOCOMMIT" if options.autocommit else "SERIALIZABLE")
    pool = options.pool or QueuePool
    sizes: dict[str, Any] = (
        {"pool_size": _POOLED_CONNECTIONS, "max_overflow": -1} if issubclass(pool, QueuePool) else {}
    )
    engine = create_engine(
        "sqlite+apsw_strict://",
        creator=connect,
        echo=options.echo,
        poolclass=pool,
        isolation_level=level,
        execution_options={_NEVER_BEGINS: level == "AUTOCOMMIT", _OPTIONS: options},
        **sizes,
    )
    # The URL that users of 2.0.0 see, log and compare; the path is never parsed out of it.
    engine.url = URL.create("sqlite", database=database)
    know_connections(engine)
    if options.foreign_keys:
        event.listen(engine, "connect", _enforce_foreign_keys)
    _explain_empty_database(engine, name=name, path=database, options=options)
    return engine


def reading_engine(engine: Engine) -> Engine:
    """Return *engine* for sessions that stay open: they see every commit at once and hold no lock for a read."""
    if never_changes(engine):
        return engine
    if engine.get_execution_options().get(_NEVER_BEGINS):
        return engine.execution_options()
    return engine.execution_options(isolation_level="READ COMMITTED")


def take_write_lock(connection: Connection) -> None:
    """Wait for the right to write now, at the begin of the transaction of *connection*.

    Two transactions that first read and then write would each wait for the other to stop reading; SQLite ends that at
    once with "database is locked". Where there is no transaction, or nothing can be written, nothing happens.
    """
    native = cast("dbapi.Connection", connection.connection.dbapi_connection).native
    if native.in_transaction and not native.readonly("main"):
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def never_changes(engine: Engine) -> bool:
    """Tell whether what *engine* reads is the same for ever, so that nothing need be read twice."""
    return _NEVER_CHANGES in engine.get_execution_options()


def options_of(engine: Engine) -> EngineOptions:
    """Return what *engine* was set up with; the defaults for one that was made elsewhere."""
    return cast("EngineOptions", engine.get_execution_options().get(_OPTIONS) or EngineOptions())


def _enforce_foreign_keys(connection: Any, _: Any) -> None:
    hardening.enforce_foreign_keys(connection.native)


def _refuse_writes(engine: Engine, *, name: str, path: str, reason: str) -> None:
    def refuse(context: ExceptionContext) -> SQLiteError | None:
        error = context.original_exception
        # Attaching another database is refused by a limit of zero, with the general error code.
        if _primary_code(error) == apsw.SQLITE_READONLY or "too many attached databases" in str(error):
            return ReadOnlyDataSetError(name=name, path=path, reason=reason)
        return None

    event.listen(engine, "handle_error", refuse, retval=True)


def _explain_damage(engine: Engine, path: Path) -> None:
    def explain(context: ExceptionContext) -> SQLiteError | None:
        error = context.original_exception
        if isinstance(error, MemoryError):
            # SQLite also says so of a damaged page that asks for gigabytes, which it does not even try to get.
            return damages.TOO_BIG.at(path, complaint="SQLite asks for more memory than it may have")
        if _primary_code(error) in {apsw.SQLITE_CORRUPT, apsw.SQLITE_NOTADB}:
            return error_of(path, code=cast("dbapi.Error", error).sqlite_errorcode, message=str(error))
        return None

    event.listen(engine, "handle_error", explain, retval=True)


def _explain_empty_database(engine: Engine, *, name: str, path: str, options: EngineOptions) -> None:
    def explain(context: ExceptionContext) -> SQLiteError | None:
        connection = context.connection
        if connection is None or "no such table" not in str(context.original_exception) or _has_tables(connection):
            return None
        return EmptyDataSetError(name=name, path=path, looked=options.looked())

    event.listen(engine, "handle_error", explain, retval=True)


def _has_tables(connection: Connection) -> bool:
    # Below SQLAlchemy, which is in the middle of an error, and on the connection in use, whose transaction may have
    # made tables.
    cursor = connection.connection.cursor()
    cursor.execute("SELECT 1 FROM sqlite_schema WHERE type = 'table' LIMIT 1")
    return cursor.fetchone() is not None


def _missing(name: str, path: Path | str, options: EngineOptions) -> DataSetNotFoundError:
    return DataSetNotFoundError(
        name=name,
        looked=options.looked() or (str(path),),
        remedy=f"There is no file {path}. Correct the path, ship the file, or create it with create_all(graph).",
    )


def _primary_code(error: BaseException) -> int | None:
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & _PRIMARY


def _without_flag(uri: str) -> str:
    """Return *uri* without SQLAlchemy's own `uri=true`, which SQLite does not know."""
    base, mark, query = uri.partition("?")
    kept = [part for part in query.split("&") if part and not part.lower().startswith("uri=")]
    return base + mark + "&".join(kept) if kept else base
