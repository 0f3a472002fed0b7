"""Open a sealed file for checking it."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import apsw

from microcosm_sqlite.artifacts.queries import rows
from microcosm_sqlite.engines.uris import file_uri
from microcosm_sqlite.errors import ArtifactCorruptError


@contextmanager
def opened(path: Path) -> Generator[apsw.Connection]:
    """Yield a connection that can only read the file at *path*, and trusts nothing its schema says.

    What SQLite raises within the block is reported as damage of the file.

    Raises:
        ArtifactCorruptError: SQLite cannot open or read the file.
    """
    try:
        # Both parameters, because SQLite before 3.54 opens an immutable file for writing, which creates a missing one.
        uri = file_uri(path, mode="ro", immutable=1)
        connection = apsw.Connection(uri, flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI)
        try:
            connection.limit(apsw.SQLITE_LIMIT_ATTACHED, 0)
            connection.config(apsw.SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0)
            rows(connection, "PRAGMA query_only = ON")
            yield connection
        finally:
            connection.close()
    except (apsw.Error, UnicodeDecodeError) as error:
        raise ArtifactCorruptError(
            path=path,
            expected="a database SQLite can read",
            found=f"one it cannot read: {error}",
            remedy="Copy the artifact again from where it was published, or build it again.",
        ) from error
