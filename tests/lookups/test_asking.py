"""What SQLAlchemy is asked: counted, and explained where it fails."""

import threading
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import Mock

import apsw
import pytest
from sqlalchemy.orm import Session

from microcosm_sqlite.errors import ArgumentValueError, DataSetBusyError
from microcosm_sqlite.lookups.asking import Asking, AskingForKeys, counters_of
from tests.wares import HookedWareStore, MakerStore, Ware, WareStore


def counted(graph: Any) -> tuple[int, int]:
    """Return how many keys and how many other statements were counted."""
    found = graph.sqlite.stats()["wares"]
    return found.lookups, found.searches


#: What counts as one statement, of a store that SQLAlchemy answers.
STATEMENTS: dict[str, Callable[[WareStore], Any]] = {
    "search": lambda wares: wares.search(stock=10),
    "first": lambda wares: wares.first(),
    "one": lambda wares: wares.one(name="Cup"),
    "count": lambda wares: wares.count(),
    "exists": lambda wares: wares.exists(name="Cup"),
    "stream": lambda wares: list(wares.stream()),
    "values": lambda wares: list(wares.values(Ware.name)),
    "page": lambda wares: wares.page(limit=2),
    "to_arrow": lambda wares: wares.to_arrow(),
    "to_dicts": lambda wares: wares.to_dicts(),
}


@pytest.mark.parametrize("verb", STATEMENTS)
def test_each_look_up_is_counted_once(wares_graph: Any, verb: str) -> None:
    """On data that can change, and where an override decides, as on sealed data."""
    wares = HookedWareStore(wares_graph)
    wares.count()
    before = counted(wares_graph)
    STATEMENTS[verb](wares)

    assert counted(wares_graph) == (before[0], before[1] + 1)
    assert wares_graph.sqlite.stats()["wares"].seconds > 0


def test_keys_are_counted(mutable_wares: Any) -> None:
    """Each that the database was asked for, those without a row included."""
    wares = WareStore(mutable_wares)
    wares.retrieve(1)
    wares.retrieve("Cup", by=Ware.name)
    wares.retrieve_many([1, 2, 3])
    with pytest.raises(KeyError):
        wares.retrieve_many([1, 77, None])

    assert counted(mutable_wares) == (2 + 3 + 2, 0)
    assert mutable_wares.sqlite.stats()["wares"].release == ""
    assert mutable_wares.sqlite.stats()["wares"].hits == 0


def test_contexts_and_threads_are_counted_together(mutable_wares: Any) -> None:
    """Also those that are gone."""
    wares = WareStore(mutable_wares)
    with Ware.new_context(mutable_wares):
        wares.count()
    thread = threading.Thread(target=wares.count)
    thread.start()
    thread.join()
    wares.count()

    assert counted(mutable_wares) == (0, 3)


def test_what_fails_in_other_ways_stays_as_it_is(mutable_wares: Any) -> None:
    """An error that no argument explains comes through."""
    wares = WareStore(mutable_wares)
    with pytest.raises(RuntimeError, match=r"^other$"), Asking(wares, (), {"name": "Cup"}):
        raise RuntimeError("other")
    with pytest.raises(RuntimeError, match=r"^other$"), AskingForKeys(wares, None, [(1,)]):
        raise RuntimeError("other")
    assert counters_of(wares.session) is counters_of(wares.session)


def test_what_only_looks_like_a_session(mutable_wares: Any) -> None:
    """A mock that a test of somebody else hands out is counted nowhere, and fails nowhere."""
    session = Mock()
    rows = session.query().filter().order_by().order_by().all

    assert HookedWareStore(lambda _: session).search(name="Cup") is rows()
    assert counted_at_all(mutable_wares) == {}


def test_a_session_of_several_engines(mutable_wares: Any) -> None:
    """It is asked, though not counted."""
    engine, _ = mutable_wares.sqlite("wares")
    with Session(binds={Ware: engine}) as session:
        wares = HookedWareStore(lambda _: session)

        assert wares.count() == 3
        assert wares.one(name="Cup").id == 1
        with pytest.raises(ArgumentValueError, match="filter 'stock'"):
            wares.search(stock=2**70)
    assert counted_at_all(mutable_wares) == {}


def counted_at_all(graph: Any) -> dict[str, int]:
    """Return how many statements were counted, by data set, where there were any."""
    return {name: found.searches for name, found in graph.sqlite.stats().items() if found.searches}


@pytest.fixture
def locked(mutable_wares: Any) -> Iterator[Any]:
    """Return a graph with wares that another connection keeps for itself."""
    engine, _ = mutable_wares.sqlite("wares")
    MakerStore(mutable_wares).count()
    connection = apsw.Connection(engine.url.database)
    connection.execute("BEGIN EXCLUSIVE")
    # Nobody needs to wait for long in a test.
    driver: Any = WareStore(mutable_wares).session.connection().connection.dbapi_connection
    driver.native.set_busy_timeout(1)
    yield mutable_wares
    connection.close()


@pytest.mark.parametrize(
    "ask",
    [
        lambda wares: wares.search(),
        lambda wares: wares.retrieve(1),
        lambda wares: wares.retrieve_many([1, 2]),
        lambda wares: wares.page(),
        lambda wares: list(wares.stream()),
        lambda wares: list(wares.values(Ware.name)),
        lambda wares: wares.to_dicts(),
        lambda wares: wares.match("cup"),
        lambda wares: wares.near(1, 2, limit=1),
    ],
)
def test_a_database_that_is_locked(locked: Any, ask: Callable[[WareStore], Any]) -> None:
    """The message says who may hold the lock, and how it is let go of."""
    with pytest.raises(
        DataSetBusyError, match=r"wares\.db is locked by another connection; nothing was read\. "
    ) as raised:
        ask(WareStore(locked))

    assert raised.value.status_code == 503
    assert "holds the lock until `store.session.commit()`" in str(raised.value)
