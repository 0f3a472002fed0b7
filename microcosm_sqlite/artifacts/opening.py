"""Open a sealed file for checking it."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from time import thread_time
from typing import Final

import apsw

from microcosm_sqlite.engines.complaints import error_of
from microcosm_sqlite.engines.hardening import Limits, forbid_views, harden, stop_after
from microcosm_sqlite.engines.uris import file_uri
from microcosm_sqlite.errors import ArtifactError
from microcosm_sqlite.faults import damages

#: How long reading a small file may keep the processor busy: a thousand times what it takes.
_CHECK_SECONDS: Final = 1.0

#: How much of a large file must be read in a second of the processor's time: a fiftieth of what is usual.
_CHECKED_BYTES_PER_SECOND: Final = 2**20

#: The largest value in a file under check that need not be as large as the file: room for the manifest.
_VALUE_BYTES: Final = 2**20


@contextmanager
def opened(path: Path) -> Generator[apsw.Connection]:
    """Yield a connection that can only read the file at *path*, and trusts nothing its schema says.

    What SQLite raises within the block is reported as the fault of the file that it means.

    Raises:
        ArtifactCorruptError: SQLite cannot open or read the file.
        ArtifactError: It cannot within a sane time, or the file needs what SQLite does not have, or may not do here.
    """

    def runaway() -> ArtifactError:
        return damages.RUNAWAY.at(path)

    with opened_for_reading(path) as connection:
        forbid_views(connection)
        # The time of the processor, not of the clock: a slow disk or a busy machine is nobody's fault.
        seconds = _CHECK_SECONDS + path.stat().st_size / _CHECKED_BYTES_PER_SECOND
        stop_after(connection, seconds=seconds, clock=thread_time, error=runaway)
        yield connection


@contextmanager
def opened_for_reading(path: Path) -> Generator[apsw.Connection]:
    """Yield a connection as `opened` does, which may take any time: someone waits for its rows, and can interrupt it.

    Raises:
        ArtifactCorruptError: SQLite cannot open or read the file.
        ArtifactError: It needs what SQLite does not have, or may not do here.
    """
    try:
        # Both parameters, because SQLite before 3.54 opens an immutable file for writing, which creates a missing one.
        uri = file_uri(path, mode="ro", immutable=1)
        connection = apsw.Connection(uri, flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI)
        try:
            harden(connection, Limits(value_bytes=_VALUE_BYTES).for_file(path.stat().st_size))
            yield connection
        finally:
            connection.close()
    except apsw.Error as error:
        code = getattr(error, "extendedresult", apsw.SQLITE_ERROR)
        raise error_of(path, code=code, message=str(error)) from error
    except UnicodeDecodeError as error:
        raise damages.NOT_UTF_8.at(path, found=f"the bytes {error.object[:40]!r}") from error
