"""Name a database file to SQLite in a way no character of its path can change."""

import os
from pathlib import Path
from urllib.parse import quote


def sealed_uri(path: Path) -> str:
    """Return the URI that opens a sealed artifact: never written, never locked, never looked at for changes.

    Only for a file that nobody writes: SQLite ignores the journals of an immutable file.
    """
    # Both, because SQLite before 3.54 opens an immutable file for writing, which creates a missing one.
    return f"{_file_uri(path)}?mode=ro&immutable=1"


def read_only_uri(path: Path) -> str:
    """Return the URI that opens an existing database for reading, beside others who may write it."""
    return f"{_file_uri(path)}?mode=ro"


def mutable_uri(path: Path) -> str:
    """Return the URI that opens a database for reading and writing, creating it if it does not exist."""
    return f"{_file_uri(path)}?mode=rwc"


def _file_uri(path: Path) -> str:
    absolute = os.path.abspath(path)  # noqa: PTH100 - Path.absolute keeps "..", Path.resolve follows links.
    if "\0" in absolute:
        message = f"a path cannot hold a NUL character: {absolute!r}"
        raise ValueError(message)
    if os.name == "nt":
        return Path(absolute).as_uri()
    # The empty authority ("//") keeps a path that itself starts with two slashes from being read as a host name.
    return "file://" + quote(os.fsencode(absolute))
