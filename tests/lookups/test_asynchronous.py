"""The look-ups of a store, awaited."""

import asyncio
import inspect
import os
import random
import signal
import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Query

from microcosm_sqlite import Store
from microcosm_sqlite.engines.counting import tally_of
from microcosm_sqlite.errors import ModelNotFoundError, ReadOnlyDataSetError, UnknownFilterError
from microcosm_sqlite.lookups import late
from microcosm_sqlite.lookups.asynchronous import Asynchronous
from microcosm_sqlite.lookups.readers import reader_of
from microcosm_sqlite.lookups.workers import workers_of
from microcosm_sqlite.place import Box
from tests.conftest import GraphFactory
from tests.kennel import Dog, DogStore, Kennel, Owner, OwnerStore, VisitStore
from tests.towns import StreetStore, TownStore, seal_towns

#: Verbs of a store that change something, or are about the store itself: they are no look-ups.
NOT_AWAITED = {"create", "delete", "flushing", "access_paths"}


@pytest.fixture(params=["mutable", "sealed"])
def any_graph(request: pytest.FixtureRequest) -> Any:
    """Return a graph with the kennel, mutable and sealed in turn: the answers are the same."""
    return request.getfixturevalue({"mutable": "graph", "sealed": "sealed_graph"}[request.param])


def public_verbs(kind: type[Any]) -> dict[str, Any]:
    """Return the public methods of *kind*."""
    return {
        name: value
        for name in dir(kind)
        if not name.startswith("_") and callable(value := inspect.getattr_static(kind, name))
    }


async def cursors_of(store: Any) -> int:
    """Return how many cursors are open in the threads of the graph of *store*."""

    def count() -> int:
        reader = reader_of(store.session)
        return 0 if reader is None else len(reader.connection._handle.cursors)

    return sum([await worker.run(count) for worker in workers_of(store.get_session.graph).each])


def test_all_look_ups_can_be_awaited_by_the_same_signature() -> None:
    """A verb that is added to stores is added here."""
    verbs, awaited = public_verbs(Store), public_verbs(Asynchronous)

    assert awaited.keys() - {"call"} == {name for name in verbs if name not in NOT_AWAITED}
    for name in awaited.keys() - {"call"}:
        ours, theirs = (inspect.signature(verb).parameters.values() for verb in (awaited[name], verbs[name]))
        assert [(one.name, one.kind, one.default) for one in ours] == [
            (one.name, one.kind, one.default) for one in theirs
        ], name


def test_answers_are_those_of_the_store(any_graph: Any) -> None:
    """All verbs."""
    dogs, owners = DogStore(any_graph), OwnerStore(any_graph)

    async def main() -> None:
        awaited = dogs.asynchronous
        assert (await awaited.retrieve(1)).name == "Rex"
        assert (await owners.asynchronous.retrieve("Ada", by=Owner.name)).town == "London"
        assert [dog.id for dog in await awaited.retrieve_many([3, 1, 3])] == [3, 1, 3]
        assert [dog.id for dog in await awaited.search(Dog.weight > 10, name="Rex")] == [1, 3]
        assert await awaited.search(name="Nobody") == []
        assert (await awaited.one(name="Ohm")).id == 4
        first = await awaited.first(name="Rex", offset=1)
        assert first is not None
        assert first.id == 3
        assert await awaited.first(name="Nobody") is None
        assert await awaited.count() == 4
        assert await awaited.exists(Dog.weight.is_(None)) is True
        assert [owner.name async for owner in owners.asynchronous.stream()] == ["Carl", "Ada", "Blaise"]
        assert [row async for row in awaited.values(Dog.id, Dog.weight, limit=2)] == [(1, 30.5), (2, 9.25)]

    asyncio.run(main())


def test_pages_go_on(any_graph: Any) -> None:
    """By the cursors of the store."""
    owners = OwnerStore(any_graph)

    async def main() -> list[str]:
        page = await owners.asynchronous.page(limit=2)
        rest = await owners.asynchronous.page(limit=2, after=page.next)
        return [owner.name for owner in (*page, *rest)]

    assert asyncio.run(main()) == ["Carl", "Ada", "Blaise"]


def test_words_and_places(make_graph: GraphFactory, tmp_path: Path) -> None:
    """With what is found beside the rows."""
    graph = make_graph(paths={"towns": seal_towns(tmp_path).path})
    towns, streets = TownStore(graph), StreetStore(graph)

    async def main() -> None:
        for verb, arguments in (("match", ("a*",)), ("complete", ("p",)), ("near", (48.8, 2.3))):
            limits = {"limit": 3}
            found = await getattr(towns.asynchronous, verb)(*arguments, **limits)
            expected = getattr(towns, verb)(*arguments, **limits)
            assert found == expected
            assert [one.row for one in found] == [one.row for one in expected]
        box = Box(-90, -180, 90, 180)
        assert await towns.asynchronous.within(box) == towns.within(box)
        assert await streets.asynchronous.within(box) == streets.within(box)

    asyncio.run(main())


def test_rows_belong_to_whoever_awaits(sealed_graph: Any) -> None:
    """They are those that this thread would have looked up itself, and kept like these."""
    dogs, owners = DogStore(sealed_graph), OwnerStore(sealed_graph)

    async def main() -> None:
        dog = await dogs.asynchronous.retrieve(1)
        assert await dogs.asynchronous.retrieve(1) is dog
        assert (await dogs.asynchronous.search(limit=1)) == [dog]
        assert dogs.retrieve(1) is dog
        assert (await dogs.asynchronous.one(Dog.id == 1)) is dog
        assert [one async for one in dogs.asynchronous.stream(limit=1)] == [dog]
        before = sealed_graph.sqlite.stats()["kennel"].hits
        await dogs.asynchronous.retrieve(1)
        assert sealed_graph.sqlite.stats()["kennel"].hits == before + 1
        assert dog.owner is await owners.asynchronous.retrieve(1)
        assert dog.owner.dogs[0] is dog

    asyncio.run(main())


def test_relationships_load_where_they_are_touched(any_graph: Any) -> None:
    """In the thread of the loop, by its own session, whichever verb gave the row."""
    dogs = DogStore(any_graph)

    async def main() -> None:
        assert (await dogs.asynchronous.retrieve(3)).owner.name == "Blaise"
        assert [dog.owner.name for dog in await dogs.asynchronous.search()] == ["Ada", "Ada", "Blaise", "Carl"]
        async for dog in dogs.asynchronous.stream():
            assert dog in dog.owner.dogs
            assert dogs.session.get(Dog, dog.id) is dog

    asyncio.run(main())


def test_relationships_that_were_prefetched_come_along(any_graph: Any) -> None:
    """Nothing is left to be loaded."""

    class OwnersWithDogs(Store[Owner]):
        prefetch = (Owner.dogs,)

    class DogsWithOwners(Store[Dog]):
        prefetch = (Dog.owner,)

    async def main() -> None:
        dogs = await DogsWithOwners(any_graph).asynchronous.search()
        assert [dog.__dict__["owner"].name for dog in dogs] == ["Ada", "Ada", "Blaise", "Carl"]
        assert dogs[0].owner is dogs[1].owner
        owners = await OwnersWithDogs(any_graph).asynchronous.search(Owner.id == 1)
        assert [dog.name for dog in owners[0].__dict__["dogs"]] == ["Rex", "Flush"]
        assert owners[0].dogs[0] is dogs[0]
        assert owners[0] is dogs[0].owner

    asyncio.run(main())


def test_rows_refuse_to_be_changed(sealed_graph: Any) -> None:
    """As all rows of sealed data do."""

    async def main() -> None:
        dog = await DogStore(sealed_graph).asynchronous.retrieve(1)
        with pytest.raises(ReadOnlyDataSetError, match=r"Dog\.name of the row with key 1"):
            dog.name = "Max"

    asyncio.run(main())


def test_errors_are_those_of_the_store(any_graph: Any) -> None:
    """They are raised where they are awaited."""
    dogs = DogStore(any_graph)

    async def main() -> None:
        with pytest.raises(ModelNotFoundError) as raised:
            await dogs.asynchronous.retrieve_many([1, 77])
        assert raised.value.missing == (77,)
        with pytest.raises(ModelNotFoundError):
            await dogs.asynchronous.retrieve(99)
        with pytest.raises(UnknownFilterError):
            await dogs.asynchronous.search(nmae="Rex")
        with pytest.raises(UnknownFilterError):
            await anext(dogs.asynchronous.stream(nmae="Rex"))

    asyncio.run(main())


def test_a_store_without_a_graph_cannot_be_awaited() -> None:
    """There would be nobody to own the threads."""
    with pytest.raises(TypeError, match=r"expected a store that was made with a graph.* Write DogStore\(graph\)"):
        _ = DogStore().asynchronous


def test_overridden_hooks_are_asked(any_graph: Any) -> None:
    """Through SQLAlchemy, with instances that belong here."""

    class GoodDogStore(DogStore):
        def _filter(self, query: Query[Any], **filters: Any) -> Query[Any]:
            return super()._filter(query, **filters).filter(Dog.is_good)

    async def main() -> None:
        dogs = GoodDogStore(any_graph)
        found = await dogs.asynchronous.search()
        assert [dog.id for dog in found] == [1, 2, 3]
        assert all(dog in dogs.session for dog in found)
        assert found[2].owner.name == "Blaise"

    asyncio.run(main())


def test_keys_of_several_columns(any_graph: Any) -> None:
    """One of them a date."""
    visits = VisitStore(any_graph)

    async def main() -> None:
        found = await visits.asynchronous.search()
        assert [visit.note for visit in found] == ["vaccinated", None]
        assert await visits.asynchronous.retrieve((1, found[0].day)) is found[0]
        assert await visits.asynchronous.retrieve({"dog_id": 1, "day": found[1].day}) is found[1]

    asyncio.run(main())


class TestContexts:
    def test_an_open_context_answers_itself_where_data_can_change(self, graph: Any) -> None:
        """Nobody else sees what it did not commit."""
        dogs = DogStore(graph)

        async def main() -> None:
            with Kennel.new_context(graph) as context:
                dogs.create(Dog(id=9, name="New", owner_id=1))
                found = await dogs.asynchronous.retrieve(9)
                assert found in context.session  # type: ignore[operator]
                assert [dog.id async for dog in dogs.asynchronous.stream(name="New")] == [9]
                assert [row async for row in dogs.asynchronous.values(Dog.id, name="New")] == [(9,)]
                assert await dogs.asynchronous.count() == 5
                assert await dogs.asynchronous.call(dogs.count) == 5
            assert await dogs.asynchronous.count() == 4

        asyncio.run(main())

    def test_an_open_context_gets_the_rows_of_sealed_data(self, sealed_graph: Any) -> None:
        """They belong to its session."""
        dogs = DogStore(sealed_graph)

        async def main() -> None:
            outside = await dogs.asynchronous.retrieve(1)
            with Kennel.new_context(sealed_graph) as context:
                inside = await dogs.asynchronous.retrieve(1)
                assert inside in context.session  # type: ignore[operator]
                assert inside.owner in context.session  # type: ignore[operator]
                assert inside is not outside
            assert await dogs.asynchronous.retrieve(1) is outside

        asyncio.run(main())

    def test_tasks_do_not_see_each_others_contexts(self, sealed_graph: Any) -> None:
        """Each has a session of its own, and rows of it."""
        dogs = DogStore(sealed_graph)

        async def look(barrier: asyncio.Barrier) -> Dog:
            with Kennel.new_context(sealed_graph) as context:
                await barrier.wait()
                dog = await dogs.asynchronous.retrieve(1)
                assert dog in context.session  # type: ignore[operator]
                assert dog.owner.name == "Ada"
                return dog

        async def main() -> None:
            barrier = asyncio.Barrier(3)
            found = await asyncio.gather(*(look(barrier) for _ in range(3)))
            assert len({id(dog) for dog in found}) == 3

        asyncio.run(main())

    def test_changes_are_seen_once_they_are_committed(self, graph: Any) -> None:
        """A row that is held already takes its new values."""
        dogs = DogStore(graph)

        async def main() -> None:
            dog = await dogs.asynchronous.retrieve(1)
            with Kennel.new_context(graph) as context:
                dogs.retrieve(1).name = "Max"
                context.commit()
            assert dog.name == "Rex"
            assert await dogs.asynchronous.retrieve(1) is dog
            assert dog.name == "Max"

        asyncio.run(main())


class TestConcurrency:
    def test_a_hundred_tasks_at_once(self, any_graph: Any) -> None:
        """Right answers only, one object per key, and nothing left open."""
        dogs, owners = DogStore(any_graph), OwnerStore(any_graph)

        async def look(number: int) -> tuple[Dog, Owner]:
            key = number % 4 + 1
            dog = await dogs.asynchronous.retrieve(key)
            assert dog.id == key
            found = await dogs.asynchronous.search(name=dog.name)
            assert dog in found
            owner = await owners.asynchronous.retrieve(dog.owner_id)
            assert dog.owner is owner
            assert [one.id async for one in dogs.asynchronous.stream()] == [1, 2, 3, 4]
            return dog, owner

        async def main() -> None:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(look(number)) for number in range(100)]
            assert len({id(task.result()[0]) for task in tasks}) == 4
            assert await cursors_of(dogs) == 0

        asyncio.run(main())

    def test_tasks_that_are_cancelled_anywhere_leave_nothing_open(self, sealed_graph: Any) -> None:
        """Whatever they were waiting for; those that come after them find everything in order."""
        dogs, chance = DogStore(sealed_graph), random.Random(4)

        async def look() -> None:
            while True:
                awaited = dogs.asynchronous
                await awaited.retrieve(chance.randrange(1, 5))
                await awaited.search(Dog.weight > 10)
                await awaited.page(limit=2)
                async for _ in awaited.stream():
                    await asyncio.sleep(0)
                async for _ in awaited.values(Dog.name):
                    break
                await awaited.call(dogs.count)
                await awaited.to_arrow(limit=1)

        async def main() -> None:
            for _ in range(60):
                tasks = [asyncio.create_task(look()) for _ in range(3)]
                for _ in range(chance.randrange(30)):
                    await asyncio.sleep(0)
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
            assert [dog.id for dog in await dogs.asynchronous.search()] == [1, 2, 3, 4]
            assert await cursors_of(dogs) == 0
            pool: Any = sealed_graph.sqlite("kennel")[0].pool
            assert pool.checkedout() <= 1 + len(workers_of(sealed_graph).each)

        asyncio.run(main())

    def test_a_timeout_ends_the_waiting(self, sealed_graph: Any) -> None:
        """What is done in the thread goes on to its end, which nobody hears of."""
        dogs, done = DogStore(sealed_graph), threading.Event()

        async def main() -> None:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01):
                    await dogs.asynchronous.call(done.wait)
            done.set()
            assert await dogs.asynchronous.count() == 4

        asyncio.run(main())

    def test_loops_in_several_threads(self, sealed_graph: Any) -> None:
        """Each has rows of its own."""
        dogs, found, wrong = DogStore(sealed_graph), list[Dog](), list[BaseException]()

        async def look() -> None:
            for number in range(100):
                assert (await dogs.asynchronous.retrieve(number % 4 + 1)).owner.name
            found.append(await dogs.asynchronous.retrieve(1))

        def run() -> None:
            try:
                asyncio.run(look())
            except BaseException as error:  # noqa: BLE001 - Told below.
                wrong.append(error)

        threads = [threading.Thread(target=run) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert wrong == []
        assert len({id(dog) for dog in found}) == 4

    def test_one_loop_after_the_other(self, sealed_graph: Any) -> None:
        """The threads outlive them."""
        dogs = DogStore(sealed_graph)

        async def look() -> Dog:
            return await dogs.asynchronous.retrieve(1)

        assert asyncio.run(look()) is asyncio.run(look())

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork")
    @pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
    def test_a_forked_child_awaits_for_itself(self, sealed_graph: Any) -> None:
        """On threads and connections of its own; the parent goes on."""
        dogs = DogStore(sealed_graph)

        async def look() -> list[str]:
            assert [dog.id async for dog in dogs.asynchronous.stream()] == [1, 2, 3, 4]
            return [(await dogs.asynchronous.retrieve(key)).owner.name for key in (1, 3, 4)]

        expected = asyncio.run(look())
        child = os.fork()
        if not child:
            try:
                os._exit(0 if asyncio.run(look()) == expected else 1)
            except BaseException:  # noqa: BLE001 - The exit status tells.
                os._exit(2)

        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert asyncio.run(look()) == expected == ["Ada", "Blaise", "Carl"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_waits_for_nobody(make_graph: GraphFactory, artifact_path: Path) -> None:
    """Whatever threads of the parent were doing, and held, when it was forked."""
    graph = make_graph(paths={"kennel": artifact_path})
    dogs = DogStore(graph)
    tally = tally_of(graph.sqlite("kennel")[0])
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with late._making, tally._lock, graph.sqlite._lock:
            held.set()
            done.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    child = os.fork()
    if not child:
        signal.alarm(30)  # Nobody else would end a child that waits for ever.
        try:
            os._exit(0 if asyncio.run(dogs.asynchronous.retrieve(3)).owner.name == "Blaise" else 1)
        except BaseException:  # noqa: BLE001 - The exit status tells.
            os._exit(2)
    done.set()
    thread.join()

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_binding_anew_is_seen(sealed_graph: Any, make_graph: GraphFactory) -> None:
    """After an engine was disposed of, rows are read again."""
    dogs = DogStore(sealed_graph)

    async def main() -> None:
        before = await dogs.asynchronous.retrieve(1)
        sealed_graph.sqlite.dispose("kennel")
        after = await dogs.asynchronous.retrieve(1)
        assert after.name == before.name
        assert after.owner.name == "Ada"

    asyncio.run(main())
