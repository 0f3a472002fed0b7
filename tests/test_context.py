"""The current session: per graph, per thread and per task."""

import asyncio
import contextvars
import gc
import os
import threading
from collections.abc import Callable
from typing import Any
from weakref import ref

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from microcosm_sqlite.context import SessionContext, close_sessions, current_session, thread_session
from microcosm_sqlite.errors import DuplicateModelError, ModelIntegrityError, ReadOnlyDataSetError
from tests.conftest import GraphFactory, new_graph
from tests.kennel import Example, Kennel, Owner, OwnerStore, Person, PersonStore, Pet, Visit


def in_thread(work: Callable[[], Any]) -> Any:
    """Return what *work* returns in a thread of its own."""
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(work()))
    thread.start()
    thread.join(timeout=30)
    return found[0]


class TestSessionContext:
    def test_session_is_current_inside_the_block_only(self, graph: Any) -> None:
        """The data set, its models and their instances show the session while the block runs, then None."""
        with Owner.new_context(graph) as context:
            seen = [Kennel.session, Owner.session, Owner().session]

        assert seen == [context_session := seen[0]] * 3
        assert isinstance(context_session, Session)
        assert (Kennel.session, context.session) == (None, None)

    def test_nothing_is_committed_by_itself(self, example_graph: Any) -> None:
        """Leaving the block discards what was not committed."""
        with Person.new_context(example_graph):
            PersonStore().create(Person(id=1, first="Ada", last="L."))

        with Person.new_context(example_graph):
            assert PersonStore().count() == 0

    def test_commit_keeps_the_work(self, example_graph: Any) -> None:
        """What was committed is there for the next context."""
        with Person.new_context(example_graph) as context:
            PersonStore().create(Person(id=1, first="Ada", last="L."))
            context.commit()

        with Person.new_context(example_graph):
            assert PersonStore().count() == 1

    def test_rollback_discards_the_work(self, example_graph: Any) -> None:
        """After a rollback the block goes on with what was committed."""
        with Person.new_context(example_graph) as context:
            PersonStore().create(Person(id=1, first="Ada", last="L."))
            context.rollback()

            assert PersonStore().count() == 0

    def test_takes_its_arguments_by_position(self, graph: Any) -> None:
        """The constructor is called as in 1.0."""
        with SessionContext(graph, Kennel, True, False) as context:  # noqa: FBT003
            assert (context.graph, context.data_set, context.expire_on_commit) == (graph, Kennel, True)

    def test_instances_stay_readable_after_commit_and_close(self, example_graph: Any) -> None:
        """By default a commit expires nothing, so results outlive their context, in other threads too."""
        with Person.new_context(example_graph) as context:
            person = PersonStore().create(Person(id=1, first="Ada", last="L."))
            context.commit()

        assert (person.first, in_thread(lambda: person.last)) == ("Ada", "L.")

    def test_opened_and_closed_by_hand(self, graph: Any) -> None:
        """The context works without `with`."""
        context = Owner.new_context(graph).open()
        inside = Kennel.session
        context.close()

        assert (inside is not None, Kennel.session) == (True, None)

    def test_opened_twice_is_opened_once(self, graph: Any) -> None:
        """`with Model.new_context(graph).open()` is one session, and closes it."""
        context = Owner.new_context(graph).open()
        first = context.session
        with context:
            second = context.session

        assert first is second
        assert Kennel.session is None

    def test_closing_twice_does_nothing(self, graph: Any) -> None:
        """A context that is closed, or was never opened, may be closed."""
        context = Owner.new_context(graph)
        context.close()
        context.open()
        context.close()
        context.close()

        assert Kennel.session is None

    def test_commit_and_rollback_without_a_session_do_nothing(self, graph: Any) -> None:
        """Nothing is open, nothing happens."""
        context = Owner.new_context(graph)
        context.commit()
        context.rollback()

        assert context.session is None

    def test_may_be_opened_again(self, graph: Any) -> None:
        """One context object serves several blocks, each with a session of its own."""
        context = Owner.new_context(graph)
        with context:
            first = context.session
        with context:
            second = context.session

        assert first is not second

    def test_an_open_context_that_nobody_closes_is_no_obstacle(self, make_graph: GraphFactory) -> None:
        """Opening while another one is open on another graph gives the new graph's session."""
        first, second = make_graph(), make_graph()
        left_open = Owner.new_context(first).open()

        with Owner.new_context(second) as context:
            assert Kennel.session is context.session is not left_open.session

        assert Kennel.session is left_open.session

    def test_closing_the_outer_context_first_keeps_the_inner_one(self, graph: Any) -> None:
        """Contexts may be closed in any order."""
        outer, inner = Owner.new_context(graph).open(), Owner.new_context(graph).open()
        outer.close()

        assert Kennel.session is inner.session
        inner.close()
        assert Kennel.session is None

    def test_errors_pass_through_unchanged(self, graph: Any) -> None:
        """An error inside the block leaves it as it is, and the session is closed."""
        with pytest.raises(LookupError, match="mine"), Owner.new_context(graph):
            raise LookupError("mine")

        assert Kennel.session is None

    def test_data_sets_do_not_share_sessions(self, make_graph: GraphFactory) -> None:
        """A context of one data set is none of another."""
        with Owner.new_context(make_graph()):
            assert Example.session is None

    def test_two_data_sets_at_once(self, make_graph: GraphFactory) -> None:
        """Contexts of two data sets are open side by side."""
        graph = make_graph()
        with Owner.new_context(graph) as kennel, Person.new_context(graph) as example:
            assert (Kennel.session, Example.session) == (kennel.session, example.session)

    def test_commit_translates_a_duplicate(self, example_graph: Any) -> None:
        """A unique constraint that breaks at commit is our error, and the session goes on."""
        with Person.new_context(example_graph) as context:
            Example.session.add_all([Person(id=1, first="Ada", last="L."), Person(id=2, first="Ada", last="L.")])
            with pytest.raises(DuplicateModelError, match=r"person\.first, person\.last"):
                context.commit()

            assert PersonStore().count() == 0

    def test_commit_translates_a_dangling_key(self, graph: Any) -> None:
        """A deferred foreign key that breaks at commit is our error, and the session goes on."""
        with Visit.new_context(graph) as context:
            assert context.session is not None
            context.session.execute(text("INSERT INTO visit (dog_id, day) VALUES (99, '2026-01-01')"))
            with pytest.raises(ModelIntegrityError, match="FOREIGN KEY"):
                context.commit()

            assert context.session.execute(text("SELECT count(*) FROM visit")).scalar() == 2

    def test_commit_that_fails_otherwise_leaves_the_session_usable(self, sealed_graph: Any) -> None:
        """Whatever a commit raises, the work is rolled back and the block goes on."""
        with Owner.new_context(sealed_graph) as context:
            assert context.session is not None
            context.session.add(Owner(name="Dora"))
            with pytest.raises(ReadOnlyDataSetError):
                context.commit()

            assert OwnerStore().count() == 3

    def test_deferred_foreign_keys_allow_children_first(self, example_graph: Any) -> None:
        """With deferral the parent may come after its child, up to the commit."""
        with SessionContext(example_graph, Example, defer_foreign_keys=True) as context:
            assert context.session is not None
            context.session.add(Pet(id=1, name="Rex", keeper_id=1))
            context.session.flush()
            context.session.add(Person(id=1, first="Ada", last="L."))
            context.commit()

        with Pet.new_context(example_graph) as context:
            assert context.session is not None
            assert context.session.get(Pet, 1) is not None

    def test_deferral_ends_with_the_first_commit(self, example_graph: Any) -> None:
        """As ever in SQLite, the second transaction of the block checks keys at once."""
        with SessionContext(example_graph, Example, defer_foreign_keys=True) as context:
            context.commit()
            assert context.session is not None
            context.session.add(Pet(id=1, name="Rex", keeper_id=1))
            with pytest.raises(Exception, match="FOREIGN KEY constraint failed"):
                context.session.flush()


class TestThreadsAndTasks:
    def test_a_thread_starts_without_sessions(self, graph: Any) -> None:
        """What one thread opened, another one does not see."""
        with Owner.new_context(graph):
            assert in_thread(lambda: Kennel.session) is None

    def test_a_thread_that_is_given_the_context_variables_starts_without_sessions(self, graph: Any) -> None:
        """Executors that carry context variables into a thread (`asyncio.to_thread`) do not carry sessions along."""
        with Owner.new_context(graph):
            carried = contextvars.copy_context()

            assert in_thread(lambda: carried.run(lambda: Kennel.session)) is None

    def test_a_thread_that_is_given_the_context_variables_may_open_its_own(self, graph: Any) -> None:
        """Such a thread opens and closes its own context, and the one it came from stays open."""

        def work() -> bool:
            with Owner.new_context(graph) as own:
                return Kennel.session is own.session

        with Owner.new_context(graph) as outer:
            carried = contextvars.copy_context()

            assert in_thread(lambda: carried.run(work))
            assert Kennel.session is outer.session

    def test_tasks_do_not_see_each_other(self, graph: Any) -> None:
        """Contexts that tasks open side by side are each task's own."""

        async def work(barrier: asyncio.Barrier) -> bool:
            with Owner.new_context(graph) as context:
                await barrier.wait()
                return Kennel.session is context.session

        async def main() -> list[bool]:
            barrier = asyncio.Barrier(3)
            return await asyncio.gather(*(work(barrier) for _ in range(3)))

        assert asyncio.run(main()) == [True, True, True]


class TestThreadSession:
    def test_same_thread_same_session(self, graph: Any) -> None:
        """A thread gets one session per graph and data set, again and again."""
        store = OwnerStore(graph)

        assert store.session is store.session

    def test_threads_have_sessions_of_their_own(self, graph: Any) -> None:
        """Two threads never share one."""
        store = OwnerStore(graph)

        assert in_thread(lambda: store.session) is not store.session

    def test_new_engine_new_session(self, graph: Any, make_graph: GraphFactory) -> None:
        """When the data set is bound anew, the old session is closed and another one made."""
        sessions: list[Session] = []

        def make(engine: Any) -> Callable[[], Session]:
            def open_session() -> Session:
                sessions.append(Session(engine))
                return sessions[-1]

            return open_session

        one, _ = graph.sqlite("kennel")
        other, _ = make_graph().sqlite("kennel")

        found = [thread_session(graph, Kennel, engine=engine, make=make(engine)) for engine in (one, one, other)]

        assert found == [sessions[0], sessions[0], sessions[1]]

    def test_sessions_go_with_their_graph(self) -> None:
        """A graph that nobody holds any more is not kept alive by the sessions made for it."""
        graph = new_graph()
        store = OwnerStore(graph)
        assert store.session is not None
        gone = ref(graph)
        del graph, store
        gc.collect()

        assert gone() is None


def test_current_session_of_a_graph(make_graph: GraphFactory) -> None:
    """Asked for one graph's session, another graph's does not count."""
    first, second = make_graph(), make_graph()
    with Owner.new_context(first) as context:
        assert current_session(Kennel, graph=first) is context.session
        assert current_session(Kennel, graph=second) is None
        assert current_session(Kennel) is context.session


def test_close_sessions_closes_contexts_and_thread_sessions(graph: Any) -> None:
    """Afterwards nothing is current, and the next use opens anew."""
    store = OwnerStore(graph)
    before = store.session
    Owner.new_context(graph).open()

    close_sessions(Kennel)

    assert Kennel.session is None
    assert store.session is not before


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_starts_without_sessions(graph: Any) -> None:
    """The child sees neither the parent's context nor its thread's session."""
    store = OwnerStore(graph)
    before = store.session
    with Owner.new_context(graph):
        child = os.fork()
        if child == 0:
            try:
                os._exit(0 if Kennel.session is None and store.session is not before else 1)
            finally:
                os._exit(2)
        _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 0
