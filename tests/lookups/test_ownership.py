"""Sessions that are kept to their thread."""

import threading
from typing import Any

import pytest

from microcosm_sqlite.errors import ForeignThreadError
from microcosm_sqlite.lookups.ownership import keep_here
from tests.kennel import Dog, DogStore


@pytest.mark.parametrize("kind", ["graph", "sealed_graph"])
def test_a_row_of_another_thread_loads_nothing_here(request: pytest.FixtureRequest, kind: str) -> None:
    """Its columns can be read; the message says where it may be loaded, and how."""
    dogs, rows, ready, done = DogStore(request.getfixturevalue(kind)), list[Dog](), threading.Event(), threading.Event()

    def look() -> None:
        rows.extend(dogs.search())
        keep_here(dogs.session)
        keep_here(dogs.session)
        assert rows[0].owner.name == "Ada"
        ready.set()
        done.wait()

    thread = threading.Thread(target=look, name="reader")
    thread.start()
    ready.wait()
    try:
        assert rows[2].name == "Rex"
        with pytest.raises(ForeignThreadError) as raised:
            _ = rows[2].owner
    finally:
        done.set()
        thread.join()

    assert str(raised.value).startswith(
        "Owner: expected to be loaded in thread reader, to which the row that asks belongs, found MainThread."
    )
    assert "load what you need inside of the function that is called" in str(raised.value)


def test_sessions_of_this_thread_are_as_they_were(graph: Any) -> None:
    """Their own thread may pass."""
    dogs = DogStore(graph)
    keep_here(dogs.session)

    assert dogs.retrieve(1).owner.name == "Ada"
