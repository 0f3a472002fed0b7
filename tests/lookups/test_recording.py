"""What methods ask is seen on an empty database."""

from typing import Any

import pytest

from microcosm_sqlite.lookups.recording import Recorder
from tests.shelves import Book, BookStore


def test_queries_are_seen_with_their_values() -> None:
    """In their order, and nothing but queries for rows."""

    def ask(store: Any) -> None:
        store.count(Book.year == 1999)
        store.match("word")
        store.retrieve(7)

    found = Recorder(BookStore).statements(ask)

    assert [sql.split()[0] for sql, _ in found] == ["SELECT", "WITH", "SELECT"]
    assert [found[0][1], found[2][1]] == [(1999,), (7,)]


def test_what_a_method_raises_is_raised() -> None:
    """Not finding a row is no error in an empty database; everything else is."""

    def fail(_: Any) -> None:
        raise LookupError("own")

    with pytest.raises(LookupError, match="own"):
        Recorder(BookStore).statements(fail)
