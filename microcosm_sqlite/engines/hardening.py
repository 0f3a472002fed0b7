"""Settings of a connection, each a named function with its reason."""

from typing import Final

import apsw

from microcosm_sqlite.engines.dbapi import Connection

#: No second database can be attached: an attached one would be opened with whatever rights the process has.
_ATTACHED_DATABASES: Final = 0


def enforce_foreign_keys(connection: Connection) -> None:
    """Check foreign keys on every write, which SQLite leaves off unless asked."""
    connection.execute("PRAGMA foreign_keys=ON")


def forbid_writes(connection: Connection) -> None:
    """Refuse every statement that would write, also to attached and temporary databases."""
    connection.execute("PRAGMA query_only=ON")


def distrust_schema(connection: Connection) -> None:
    """Keep views, triggers and generated columns of the file from calling functions of the application."""
    connection.execute("PRAGMA trusted_schema=OFF")


def check_cells(connection: Connection) -> None:
    """Check the bounds of every page when it is read, so that a damaged page is an error and not a wrong answer."""
    connection.execute("PRAGMA cell_size_check=ON")


def forbid_attaching(connection: Connection) -> None:
    """Refuse `ATTACH` and `VACUUM INTO`, which can create files even from a connection that may not write."""
    connection.native.limit(apsw.SQLITE_LIMIT_ATTACHED, _ATTACHED_DATABASES)


def harden(connection: Connection) -> None:
    """Apply everything a sealed artifact is opened with."""
    forbid_writes(connection)
    distrust_schema(connection)
    check_cells(connection)
    forbid_attaching(connection)
