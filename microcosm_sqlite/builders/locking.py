"""Keep writers of one database from waiting for each other in vain."""

import os
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import apsw
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from microcosm_sqlite.context import busy_error, current_session
from microcosm_sqlite.errors import WorkbenchBusyError

if TYPE_CHECKING:
    from microcosm_sqlite.engines.connections import Connection as DriverConnection

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


@contextmanager
def exclusive(path: Path, *, name: str) -> Generator[None]:
    """Hold a lock on *path* that one block of one process can hold; the file is removed at the end.

    One that cannot be removed is in nobody's way. The lock is gone with the process, however that ends. Where there is
    no `flock` (Windows) the file itself is the lock: there, one that a killed process left behind must be removed by
    hand.

    Raises:
        WorkbenchBusyError: another block or process holds it; said at once.
    """
    descriptor = _acquire(path, name=name)
    try:
        yield
    finally:
        if fcntl is None:
            os.close(descriptor)
            path.unlink(missing_ok=True)
        else:
            # Removed while it is still held: see _acquire.
            with suppress(OSError):
                path.unlink()
            with suppress(OSError):
                os.close(descriptor)


@contextmanager
def telling_who_is_busy(name: str, engine: Engine) -> Generator[None]:
    """Turn SQLite's "database is locked" into `DataSetBusyError`."""
    try:
        yield
    except OperationalError as error:
        busy = busy_error(error, name=name, engine=lambda: engine, undone="nothing was loaded")
        if busy is None:
            raise
        raise busy from error


def release_reads(graph: Any, data_set: type[Any]) -> None:
    """End the transaction of the session that is current here, if it has only read.

    Its read lock would keep this thread's own load from committing. A session that has changed anything is left alone:
    only its owner may say whether that is kept.
    """
    session = current_session(data_set, graph=graph)
    if session is None or not session.in_transaction() or session.in_nested_transaction():
        return
    if session.new or session.dirty or session.deleted:
        return
    driver = cast("DriverConnection", session.connection().connection.dbapi_connection)
    if driver.native.txn_state("main") == apsw.SQLITE_TXN_READ:
        # Instances stay as they are: the caller did not end anything.
        expires, session.expire_on_commit = session.expire_on_commit, False
        try:
            session.commit()
        finally:
            session.expire_on_commit = expires


def _acquire(path: Path, *, name: str) -> int:
    if fcntl is None:
        try:
            return os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR)
        except FileExistsError as error:
            raise WorkbenchBusyError(name=name, path=path) from error
    while True:
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(descriptor)
            raise WorkbenchBusyError(name=name, path=path) from error
        except OSError:
            os.close(descriptor)
            raise
        # The holder before may have removed the file after it was opened here: that lock is worth nothing.
        if _is_at(descriptor, path):
            return descriptor
        os.close(descriptor)


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
