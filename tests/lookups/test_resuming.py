"""Going on through SQLAlchemy."""

from collections.abc import Iterator

import pytest

from microcosm_sqlite.engines import dbapi
from microcosm_sqlite.errors import ModelNotFoundError, SQLiteError
from microcosm_sqlite.lookups.resuming import is_ours, resumed, unless_refused


def rows(error: Exception) -> Iterator[int]:
    """Yield two rows, then fail."""
    yield from (1, 2)
    raise error


def test_the_rest_comes_from_elsewhere() -> None:
    """From the row at which it failed on."""
    assert list(resumed(rows(OverflowError()), lambda: iter([1, 2, 3, 4]))) == [1, 2, 3, 4]
    assert list(resumed(iter([1]), lambda: iter([5]))) == [1]


def test_our_errors_are_told() -> None:
    """They say what is wrong already."""
    with pytest.raises(SQLiteError, match="broken"):
        list(resumed(rows(SQLiteError("broken")), lambda: iter([1, 2, 3, 4])))
    with pytest.raises(ModelNotFoundError), unless_refused():
        raise ModelNotFoundError("none")


def test_others_are_not() -> None:
    """SQLAlchemy will come to the same place, and say it in its own way."""
    with unless_refused():
        raise dbapi.OperationalError("no such column")
    assert not is_ours(dbapi.OperationalError("no such column"))
    assert not is_ours(ValueError())
    assert is_ours(SQLiteError("broken"))
