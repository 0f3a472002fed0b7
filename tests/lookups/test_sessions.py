"""Where a store gets its session from."""

import gc
import threading
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from microcosm_sqlite.errors import ArgumentError, NoSessionError
from microcosm_sqlite.lookups.sessions import GetOrCreateSession, get_session, has_begun
from tests.conftest import GraphFactory
from tests.kennel import Kennel, OwnerStore


def test_get_session_gives_the_open_context(graph: Any) -> None:
    """The session of the innermost context, whatever its graph."""
    with Kennel.new_context(graph) as context:
        assert get_session(OwnerStore()) is context.session


def test_get_session_without_a_context() -> None:
    """The error is an AttributeError, as it was, and names the data set."""
    with pytest.raises(NoSessionError) as raised:
        get_session(OwnerStore())

    assert isinstance(raised.value, AttributeError)
    assert raised.value.name == "kennel"


class TestGetOrCreateSession:
    def test_makes_the_component_at_once(self, make_graph: GraphFactory) -> None:
        """The graph may be locked right afterwards."""
        graph = make_graph()
        source = GetOrCreateSession(graph)
        graph.lock()

        assert isinstance(source(OwnerStore()), Session)

    def test_expire_on_commit_is_off_unless_asked_for(self, graph: Any) -> None:
        """Rows stay readable after a commit by default."""
        assert GetOrCreateSession(graph)(OwnerStore()).expire_on_commit is False

    def test_expire_on_commit_by_position(self, make_graph: GraphFactory) -> None:
        """The second argument is what it was in 1.0."""
        assert GetOrCreateSession(make_graph(), True)(OwnerStore()).expire_on_commit is True  # noqa: FBT003

    def test_the_context_of_another_graph_does_not_count(self, graph: Any, make_graph: GraphFactory) -> None:
        """A source made for one graph never gives a session on another one."""
        with Kennel.new_context(make_graph()) as other:
            session = GetOrCreateSession(graph)(OwnerStore())

        assert session is not other.session
        assert session.get_bind().engine.url.database == graph.sqlite("kennel")[0].url.database

    def test_reads_hold_no_lock(self, graph: Any) -> None:
        """After a read the file is free for writers."""
        store = OwnerStore(graph)
        store.search()

        with Kennel.new_session(graph) as session:
            session.execute(text("PRAGMA busy_timeout = 0"))
            session.execute(text("UPDATE owner SET town = 'Rome'"))
            session.commit()

        assert store.count(town="Rome") == 3

    def test_writes_are_transactions(self, graph: Any) -> None:
        """What is written and rolled back is gone as a whole."""
        session = OwnerStore(graph).session
        session.execute(text("UPDATE owner SET town = 'Rome'"))
        session.execute(text("UPDATE owner SET zip = NULL"))
        session.rollback()

        assert OwnerStore(graph).count(town="Rome", postcode=None) == 0

    def test_follows_a_new_path(self, graph: Any, make_graph: GraphFactory) -> None:
        """When the name is bound to another path, the next use looks there."""
        store = OwnerStore(graph)
        store.search()
        graph.sqlite["kennel"] = ":memory:"
        Kennel.create_all(graph)

        assert store.search() == []

    def test_a_thread_that_ends_gives_its_connection_back(self, graph: Any) -> None:
        """Many short threads, one after the other, leave few connections open."""
        store = OwnerStore(graph)
        for _ in range(20):
            thread = threading.Thread(target=store.count)
            thread.start()
            thread.join()
        gc.collect()

        engine = graph.sqlite("kennel")[0]
        assert engine.pool.checkedout() <= 1


def test_has_begun_tells_a_transaction_of_the_database(graph: Any) -> None:
    """A thread's own session is in one as soon as it writes, and not before."""
    session = OwnerStore(graph).session
    session.execute(text("SELECT * FROM owner")).all()
    before = has_begun(session)
    session.execute(text("DELETE FROM visit"))
    after = has_begun(session)
    session.rollback()

    assert (before, after) == (False, True)


@pytest.mark.parametrize(
    ("choose", "found"),
    [
        (lambda _: None, "None"),
        (lambda _: "kennel", "'kennel'"),
        (lambda graph: graph.sqlite, "<microcosm_sqlite.factories.SQLiteBindFactory"),
        (lambda graph: graph.sqlite("kennel")[0], r"Engine\(sqlite:"),
        (lambda graph: graph.sqlite("kennel")[1], "sessionmaker"),
        (lambda graph: graph.sqlite("kennel"), r"\[Engine\(sqlite:"),
        (lambda _: Kennel, "the class Kennel"),
    ],
)
def test_what_is_no_source_of_sessions(graph: Any, choose: Any, found: str) -> None:
    """Told when the store is made, with what to write instead."""
    message = (
        rf"^OwnerStore: get_session: expected an object graph, or a function.*found {found}.*Write OwnerStore\(graph\)"
    )
    with pytest.raises(ArgumentError, match=message) as raised:
        OwnerStore(choose(graph))

    assert isinstance(raised.value, TypeError)


def test_a_session_is_given_by_a_function(graph: Any) -> None:
    """The message says how."""
    with Kennel.new_session(graph) as session:
        with pytest.raises(ArgumentError, match=r"OwnerStore\(lambda store: session\)"):
            OwnerStore(session)  # type: ignore[arg-type]

        assert OwnerStore(lambda _: session).count() == 3
