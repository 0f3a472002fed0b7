"""Connect to a sealed file under a name that may lead to another one at any moment."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import apsw

from microcosm_sqlite.engines import dbapi
from microcosm_sqlite.engines.uris import file_uri
from microcosm_sqlite.errors import SQLiteError
from microcosm_sqlite.faults import strangers


class Opened(NamedTuple):
    """A connection, with the size of the file behind it."""

    connection: dbapi.Connection
    size_bytes: int


def connect_while_unchanged(path: Path, check: Callable[[], None], *, missing: Callable[[], SQLiteError]) -> Opened:
    """Return a connection that reads just the file that *check* saw at *path*, however often that is replaced.

    Args:
        path: The file.
        check: Looks at what *path* leads to; what it raises refuses the connection.
        missing: Makes the error for a file that is not there.
    """
    while True:
        before = _state(path, missing)
        connection = dbapi.connect(file_uri(path, mode="ro", immutable=1), uri=True, flags=apsw.SQLITE_OPEN_READONLY)
        try:
            check()
            after = _state(path, missing)
        except BaseException:
            connection.close()
            raise
        if after == before:
            return Opened(connection, after.size_bytes)
        connection.close()


class _State(NamedTuple):
    device: int
    inode: int
    changed_ns: int
    size_bytes: int


def _state(path: Path, missing: Callable[[], SQLiteError]) -> _State:
    try:
        found = os.stat(path)  # noqa: PTH116 - Path.stat costs twice as much, and every connection pays it.
    except FileNotFoundError as error:
        raise missing() from error
    except OSError as error:
        raise strangers.SYSTEM_REFUSES.at(path, refusal=error.strerror) from error
    return _State(found.st_dev, found.st_ino, found.st_ctime_ns, found.st_size)
