"""Run SQL on a connection of APSW."""

from collections.abc import Iterator
from typing import Any, cast

import apsw


def rows(connection: apsw.Connection, query: str, *parameters: object) -> Iterator[tuple[Any, ...]]:
    """Return an iterator over the rows of *query*; statements without rows have run when it returns."""
    # The types of APSW name a class that Python 3.11 does not have, so pyright knows them in part only.
    run = cast("Any", connection.execute)  # pyright: ignore[reportUnknownMemberType]
    return cast("Iterator[tuple[Any, ...]]", run(query, parameters))


def quoted(name: str) -> str:
    """Return *name* as SQL takes any name."""
    return '"' + name.replace('"', '""') + '"'


def schema_version(connection: apsw.Connection) -> int:
    """Return the number that changes with every change of the schema of the main database."""
    ((version,),) = rows(connection, "PRAGMA main.schema_version")
    return int(version)
