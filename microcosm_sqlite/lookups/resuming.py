"""Go on through SQLAlchemy where rows cannot be read directly after all."""

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import TypeVar

from microcosm_sqlite.engines.dbapi import Error
from microcosm_sqlite.errors import SQLiteError

RowT = TypeVar("RowT")


@contextmanager
def unless_refused() -> Generator[None]:
    """Go on after the block when it fails with an error that is not ours, whatever it is.

    A type or the driver does not take a value, or the file is damaged: SQLAlchemy is asked the same, and says so in the
    way that is documented.
    """
    try:
        yield
    except Exception as error:
        if is_ours(error):
            raise


def resumed(rows: Iterator[RowT], other: Callable[[], Iterator[RowT]]) -> Iterator[RowT]:
    """Yield *rows*; where they end with an error that is not ours, what *other* gives from there on.

    See `unless_refused`: whatever it is, SQLAlchemy comes to the same place, and says it as all other look-ups do.
    """
    given = 0
    try:
        for row in rows:
            yield row
            given += 1
    except Exception as error:
        if is_ours(error):
            raise
        yield from islice(other(), given, None)


def is_ours(error: Exception) -> bool:
    """Tell whether *error* says what is wrong already: those of the DB-API are ours by name, but the driver's."""
    return isinstance(error, SQLiteError) and not isinstance(error, Error)
