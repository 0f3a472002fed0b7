"""Offer SQLite through APSW as a DB-API 2.0 module.

Plug it in with `create_engine("sqlite+apsw:///PATH")`, which has the better transactions, or underneath SQLAlchemy's
own dialect with `create_engine("sqlite:///PATH", module=dbapi)`. Importing it does not import SQLAlchemy.
"""

import time
from dataclasses import dataclass
from datetime import date as Date  # noqa: N812 - PEP 249 demands the names of this module.
from datetime import datetime as Timestamp  # noqa: N812
from datetime import time as Time  # noqa: N812
from typing import Final

import apsw

from microcosm_sqlite.engines.connections import Connection, connect
from microcosm_sqlite.engines.cursors import Cursor
from microcosm_sqlite.engines.exceptions import (
    DatabaseError,
    DataError,
    Error,
    IntegrityError,
    InterfaceError,
    InternalError,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
    Warning,  # noqa: A004
)
from microcosm_sqlite.engines.handles import Begins

__all__ = [
    "BINARY",
    "DATETIME",
    "NUMBER",
    "ROWID",
    "STRING",
    "Begins",
    "Binary",
    "Connection",
    "Cursor",
    "DataError",
    "DatabaseError",
    "Date",
    "DateFromTicks",
    "Error",
    "IntegrityError",
    "InterfaceError",
    "InternalError",
    "NotSupportedError",
    "OperationalError",
    "ProgrammingError",
    "Time",
    "TimeFromTicks",
    "Timestamp",
    "TimestampFromTicks",
    "Warning",
    "apilevel",
    "connect",
    "paramstyle",
    "sqlite_version",
    "sqlite_version_info",
    "threadsafety",
]

apilevel: Final = "2.0"

#: Threads may share the module with its connections, but a cursor serves one at a time.
threadsafety: Final = 2

#: Question marks; `:name`, `@name` and `$name` work as well, with a mapping.
paramstyle: Final = "qmark"

sqlite_version: Final = apsw.sqlite_lib_version()
sqlite_version_info: Final = tuple(int(part) for part in sqlite_version.split("."))

Binary = memoryview


@dataclass(frozen=True, slots=True, eq=False)
class DBAPIType:
    """Equal to the declared type of every column of its kind, as found at index 1 of a description."""

    words: tuple[str, ...]

    def __eq__(self, declared: object) -> bool:
        return declared is self or (isinstance(declared, str) and any(word in declared.upper() for word in self.words))

    def __hash__(self) -> int:
        return hash(self.words)


STRING: Final = DBAPIType(("CHAR", "CLOB", "TEXT"))
BINARY: Final = DBAPIType(("BLOB", "BINARY"))
NUMBER: Final = DBAPIType(("INT", "REAL", "FLOA", "DOUB", "NUMERIC", "DECIMAL", "BOOL"))
DATETIME: Final = DBAPIType(("DATE", "TIME"))
ROWID: Final = DBAPIType(("INTEGER",))


def DateFromTicks(ticks: float) -> Date:  # noqa: N802 - PEP 249 demands these names.
    """Return the local date of a moment in seconds since the epoch."""
    return Date(*time.localtime(ticks)[:3])


def TimeFromTicks(ticks: float) -> Time:  # noqa: N802
    """Return the local time of day of a moment in seconds since the epoch."""
    return Time(*time.localtime(ticks)[3:6])


def TimestampFromTicks(ticks: float) -> Timestamp:  # noqa: N802
    """Return the local date and time of a moment in seconds since the epoch."""
    return Timestamp(*time.localtime(ticks)[:6])  # noqa: DTZ001 - PEP 249 means local time without a zone.
