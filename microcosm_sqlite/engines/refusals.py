"""Say what the operating system refused, however it was said, with what to do about it."""

import errno
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Final, NamedTuple

import apsw
from sqlalchemy.exc import DBAPIError

from microcosm_sqlite.engines.exceptions import Error
from microcosm_sqlite.errors import SQLiteError

#: The low byte of SQLite's extended result codes is the primary one (https://sqlite.org/rescode.html).
_PRIMARY: Final = 0xFF

_SPACE: Final = "The disk is full: free some space"
_RIGHTS: Final = "Give this user permission to write there"
_DISK: Final = "The disk reports a fault: check it, or work in another folder"
_OTHERS: Final = "Remove the cause"

_BY_NUMBER: Final = {
    errno.ENOSPC: _SPACE,
    errno.EDQUOT: "The quota of this user is used up: free some space",
    errno.EFBIG: "The file is larger than this process or file system allows: raise the limit",
    errno.EACCES: _RIGHTS,
    errno.EPERM: _RIGHTS,
    errno.EROFS: "The file system is read-only: work in another folder",
    errno.ENOENT: "Create the folder",
    errno.ENOTDIR: "Name a folder",
    errno.EEXIST: "Move away what has that name",
    errno.EISDIR: "Move away what has that name",
    errno.ENOTEMPTY: "Move away what has that name",
    errno.EMFILE: "Too many files are open in this process: close some, or raise the limit",
    errno.ENFILE: "Too many files are open on this machine: close some, or raise the limit",
    errno.EIO: _DISK,
    errno.ENOMEM: "Free some memory",
}

_BY_RESULT: Final = {
    apsw.SQLITE_FULL: _SPACE,
    apsw.SQLITE_IOERR: _DISK,
    apsw.SQLITE_CANTOPEN: "See whether this user may create files there, and how many may be open at once",
    apsw.SQLITE_PERM: _RIGHTS,
    apsw.SQLITE_READONLY: _RIGHTS,
    apsw.SQLITE_NOMEM: "Free some memory",
    apsw.SQLITE_NOLFS: "The file is larger than the file system allows: work in another folder",
    apsw.SQLITE_CORRUPT: "The file was damaged, or the disk does not give back what was written: check it",
    apsw.SQLITE_BUSY: "Close whatever else has the file open",
    apsw.SQLITE_LOCKED: "Close whatever else has the file open",
    apsw.SQLITE_NOTADB: "The file was damaged, or the disk does not give back what was written: check it",
}


#: What may say that something was refused.
SYSTEM: Final = (OSError,)
SQLITE: Final = (apsw.Error, Error, DBAPIError)


class Refusal(NamedTuple):
    """What was refused, in the words of whoever refused it, with what to do: a sentence without its full stop."""

    reason: str
    remedy: str


def refusal_in(error: BaseException) -> Refusal | None:
    """Return what the operating system refused if that is what *error* is about, or a consequence of, otherwise None.

    Args:
        error: what Python, SQLite, the driver or SQLAlchemy raised.
    """
    refusal = _refusal_by(error)
    # After a refusal SQLite undoes the whole transaction, so who tries to undo a part of it is told that there is none.
    if refusal is None and isinstance(error, SQLITE) and error.__context__ is not None:
        return refusal_in(error.__context__)
    return refusal


def _refusal_by(error: BaseException) -> Refusal | None:
    cause = error.orig if isinstance(error, DBAPIError) else error
    match cause:
        case apsw.Error():
            code = getattr(cause, "result", None)
        case Error():
            code = getattr(cause, "sqlite_errorcode", None)
        case SQLiteError():
            # Some are OSErrors too, and say themselves what to do.
            return None
        case OSError():
            return Refusal(str(cause), _BY_NUMBER.get(cause.errno or 0, _OTHERS))
        case _:
            return None
    remedy = None if code is None else _BY_RESULT.get(code & _PRIMARY)
    return None if remedy is None else Refusal(str(cause), remedy)


@contextmanager
def telling_refusals(
    tell: Callable[[Refusal], SQLiteError], *, by: tuple[type[Exception], ...] = (*SYSTEM, *SQLITE)
) -> Generator[None]:
    """Turn what is refused within the block into the error that *tell* makes of it; all other errors pass.

    Args:
        tell: makes the error.
        by: whose errors are looked at, of those that `refusal_in` understands.
    """
    try:
        yield
    except by as error:
        refusal = refusal_in(error)
        if refusal is None:
            raise
        raise tell(refusal) from error
