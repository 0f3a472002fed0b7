"""Say every failure of SQLite as the exception PEP 249 names for it.

    Error (a SQLiteError)
    ├── InterfaceError                 the driver was called in a way SQLite cannot serve
    └── DatabaseError                  the file is damaged, no database, or access was denied
        ├── DataError                  a value is too big
        ├── OperationalError           locked, read-only, no such table, interrupted, disk full, a syntax error
        │   └── InheritedConnectionError   the connection was opened by the process this one was forked from
        ├── IntegrityError             a constraint is broken, or a type of a STRICT table
        ├── InternalError              SQLite contradicts itself
        ├── ProgrammingError           wrong number or type of parameters, used after close, used by two threads at once
        └── NotSupportedError          a feature of `sqlite3` that has no counterpart here

The classes are those the standard library's `sqlite3` raises for the same failures. Errors that come from SQLite carry
`sqlite_errorcode` (the extended code) next to `sqlite_errorname`, as they do there.
"""

import re
from collections.abc import Mapping
from typing import Final, NoReturn

import apsw

from microcosm_sqlite.errors import SQLiteError


class Warning(Exception):  # noqa: A001, N818 - PEP 249 demands this name.
    """Important warnings; never raised, PEP 249 asks for the name."""


class Error(SQLiteError):
    """Anything the driver raises."""

    sqlite_errorcode: int
    sqlite_errorname: str


class InterfaceError(Error):
    """The driver was called in a way SQLite cannot serve."""


class DatabaseError(Error):
    """Something is wrong with the database."""


class DataError(DatabaseError):
    """A value cannot be stored, for its size."""


class OperationalError(DatabaseError):
    """The database could not do it now, or could not do it at all."""


class InheritedConnectionError(OperationalError):
    """A connection was used by a process that did not open it; see `engines.forking`."""

    def __init__(self) -> None:
        super().__init__(
            "This connection belongs to the parent process: it was open when this process was forked, "
            "and SQLite forbids using it here. Nothing was done. Open a new connection in this process."
        )


class IntegrityError(DatabaseError):
    """A constraint or the type of a column is broken."""


class InternalError(DatabaseError):
    """SQLite met a state it does not expect."""


class ProgrammingError(DatabaseError):
    """The caller's mistake: parameters that do not fit, use after close, more than one statement."""


class NotSupportedError(DatabaseError):
    """Something `sqlite3` offers and this driver does not."""


class FunctionFailedError(apsw.Error):
    """Carries the failure of an application's SQL function through SQLite; callers see `OperationalError`."""


#: What a call into the driver may raise and `raise_translated` understands.
DRIVER_ERRORS: Final = (apsw.Error, TypeError, KeyError, OverflowError, UnicodeDecodeError)

#: The class for each primary result code, as CPython's Modules/_sqlite/util.c chooses it; any other: DatabaseError.
_BY_RESULT: Final[Mapping[int, type[Error]]] = {
    apsw.SQLITE_INTERNAL: InternalError,
    apsw.SQLITE_NOTFOUND: InternalError,
    apsw.SQLITE_ERROR: OperationalError,
    apsw.SQLITE_PERM: OperationalError,
    apsw.SQLITE_ABORT: OperationalError,
    apsw.SQLITE_BUSY: OperationalError,
    apsw.SQLITE_LOCKED: OperationalError,
    apsw.SQLITE_READONLY: OperationalError,
    apsw.SQLITE_INTERRUPT: OperationalError,
    apsw.SQLITE_IOERR: OperationalError,
    apsw.SQLITE_FULL: OperationalError,
    apsw.SQLITE_CANTOPEN: OperationalError,
    apsw.SQLITE_PROTOCOL: OperationalError,
    apsw.SQLITE_EMPTY: OperationalError,
    apsw.SQLITE_SCHEMA: OperationalError,
    apsw.SQLITE_TOOBIG: DataError,
    apsw.SQLITE_CONSTRAINT: IntegrityError,
    apsw.SQLITE_MISMATCH: IntegrityError,
    apsw.SQLITE_MISUSE: InterfaceError,
    apsw.SQLITE_RANGE: InterfaceError,
}

_FUNCTION_FAILED: Final = "user-defined function raised exception"

#: What APSW itself detects, before or instead of SQLite.
_BY_CLASS: Final[tuple[tuple[type[apsw.Error], type[Error], str | None], ...]] = (
    (apsw.ConnectionClosedError, ProgrammingError, "Cannot operate on a closed database."),
    (apsw.CursorClosedError, ProgrammingError, "Cannot operate on a closed cursor."),
    (
        apsw.ThreadingViolationError,
        ProgrammingError,
        "Recursive or concurrent use of a cursor: another thread, or a function its own statement calls, is using it.",
    ),
    (apsw.BindingsError, ProgrammingError, None),
    (FunctionFailedError, OperationalError, _FUNCTION_FAILED),
    (apsw.ExtensionLoadingError, OperationalError, None),
)

_BAD_RESULT: Final = "Value from Python is not supported by SQLite"
_BINDINGS_COUNT: Final = re.compile(
    r"(?:uses|has) (?P<used>\d+) (?:and there are (?P<supplied>\d+) supplied|bindings but)"
)
_BAD_BINDING: Final = re.compile(r"Bad binding argument type supplied - argument #(\d+): type (\S+)")


def raise_translated(error: Exception) -> NoReturn:
    """Raise what PEP 249 calls *error*, with *error* as its cause; raise *error* itself when it is not the driver's."""
    match error:
        case apsw.Error():
            raise _from_apsw(error) from error
        case TypeError():
            _raise_for_type(error)
        case KeyError():
            raise ProgrammingError(f"You did not supply a value for binding parameter :{error.args[0]}.") from error
        case OverflowError():
            raise OverflowError("Python int too large to convert to SQLite INTEGER") from error
        case UnicodeDecodeError():
            raise OperationalError(f"Could not decode to UTF-8: {error}") from error
        case _:
            raise error


def _from_apsw(error: apsw.Error) -> Exception:
    for found, wanted, message in _BY_CLASS:
        if isinstance(error, found):
            return wanted(message or _bindings_message(str(error)))
    if isinstance(error, apsw.NoMemError):
        return MemoryError()
    code = getattr(error, "extendedresult", None)
    if code is None:
        return InterfaceError(str(error))
    translated = _BY_RESULT.get(code & 0xFF, DatabaseError)(str(error))
    translated.sqlite_errorcode = code
    translated.sqlite_errorname = _name_of(code)
    return translated


def _bindings_message(message: str) -> str:
    if counts := _BINDINGS_COUNT.search(message):
        return (
            "Incorrect number of bindings supplied. "
            f"The current statement uses {counts['used']}, and there are {counts['supplied'] or 0} supplied."
        )
    return message


def _name_of(code: int) -> str:
    name = apsw.mapping_extended_result_codes.get(code) or apsw.mapping_result_codes.get(code & 0xFF)
    return str(name or "unknown")


def _raise_for_type(error: TypeError) -> NoReturn:
    if found := _BAD_BINDING.search(str(error)):
        position, name = found.groups()
        raise ProgrammingError(f"Error binding parameter {position}: type '{name}' is not supported") from error
    if _BAD_RESULT in str(error):
        raise OperationalError(_FUNCTION_FAILED) from error
    raise error
