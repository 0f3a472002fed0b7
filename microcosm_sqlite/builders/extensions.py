"""Switch on what APSW carries along and SQLite leaves out: its reader of CSV, and views of tables in other files."""

from pathlib import Path
from typing import Any, BinaryIO, Final, cast

import apsw

try:
    from apsw import sqlite_extra as _extra
except ImportError:  # APSW before 3.51
    _extra = None  # type: ignore[assignment] # pyright: ignore[reportAssignmentType]

#: From this SQLite on, text of up to 17 digits is read as the right double: compared with Python's on millions.
_EXACT: Final = 3_054_000

#: SQLite's largest rowid.
_LAST_ROW: Final = 2**63 - 1


def can_read_csv() -> bool:
    """Tell whether SQLite has a reader of CSV that can be trusted with numbers."""
    return apsw.SQLITE_VERSION_NUMBER >= _EXACT and _has("csv")


def can_view_tables() -> bool:
    """Tell whether a connection can read a table of another file without attaching that."""
    return _has("unionvtab")


def view_csv(native: Any, table: str, path: Path, *, columns: int) -> None:
    """Create *table*, which shows what the file of CSV holds whenever it is asked, as so many columns of text."""
    _load(native, "csv")
    native.execute(f"CREATE VIRTUAL TABLE {table} USING csv(filename={_quoted(str(path))}, columns={columns})")


def write_text(file: BinaryIO, data: bytes) -> bool:
    """Let *data* be all that is in *file*, of which there is a view; False when it does not fit on the disk."""
    try:
        file.seek(0)
        written = file.write(data)
        file.truncate()
    except OSError:
        return False
    return written == len(data)


def view_table(native: Any, table: str, path: Path, *, of: str) -> None:
    """Create *table*, which shows the table *of* in the database at *path*.

    Only while it is read is that locked, where an attached file stays so to the end of the transaction.
    """
    _load(native, "unionvtab")
    # Of the rows with these numbers, that is of all. https://sqlite.org/swarmvtab.html
    source = f"VALUES ({_quoted(str(path))}, {_quoted(of)}, 1, {_LAST_ROW})"
    native.execute(f"CREATE VIRTUAL TABLE {table} USING swarmvtab({_quoted(source)})")


def _has(name: str) -> bool:
    return _extra is not None and _extra.has(name) == "extension"


def _load(native: Any, name: str) -> None:
    cast("Any", _extra).load(native, name)


def _quoted(text: str) -> str:
    # A quote is doubled, as in any SQL text.
    escaped = text.replace("'", "''")
    return f"'{escaped}'"
