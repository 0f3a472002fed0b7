"""What is asked of stores in another thread."""

import asyncio
import threading
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from microcosm_sqlite.errors import ArgumentError, ForeignThreadError, ModelNotFoundError
from microcosm_sqlite.lookups.readers import reader_of
from microcosm_sqlite.lookups.workers import workers_of
from tests.conftest import GraphFactory
from tests.kennel import Dog, DogStore, Owner, OwnerStore
from tests.sealed import seal_file
from tests.words import Word, Words, WordStore


class LargeDogStore(DogStore):
    """Dogs, with a look-up of its own."""

    def heavier_than(self, weight: float, *, limit: int | None = None) -> list[Dog]:
        """Return the dogs of more than *weight*."""
        return self.search(Dog.weight > weight, limit=limit)


@pytest.fixture(params=["mutable", "sealed"])
def any_graph(request: pytest.FixtureRequest) -> Any:
    """Return a graph with the kennel, mutable and sealed in turn: the answers are the same."""
    return request.getfixturevalue({"mutable": "graph", "sealed": "sealed_graph"}[request.param])


def test_methods_of_the_users_own_are_called(any_graph: Any) -> None:
    """In another thread; their rows belong here."""
    dogs = LargeDogStore(any_graph)

    async def main() -> None:
        found = await dogs.asynchronous.call(dogs.heavier_than, 10, limit=1)
        assert [dog.name for dog in found] == ["Rex"]
        assert found[0] is dogs.retrieve(1)
        assert found[0].owner.name == "Ada"

    asyncio.run(main())


def test_several_questions_are_one_call(any_graph: Any) -> None:
    """Of several stores, with relationships."""
    dogs, owners = DogStore(any_graph), OwnerStore(any_graph)

    def look() -> tuple[str, Owner, int]:
        assert threading.current_thread().name.startswith("microcosm-sqlite-")
        return dogs.retrieve(3).owner.name, owners.retrieve(2), dogs.count()

    async def main() -> None:
        name, owner, count = await dogs.asynchronous.call(look)
        assert (name, owner.name, count) == ("Blaise", "Blaise", 4)
        assert owner in owners.session

    asyncio.run(main())


def test_errors_come_back(any_graph: Any) -> None:
    """As they were raised."""
    dogs = DogStore(any_graph)

    async def main() -> None:
        with pytest.raises(ModelNotFoundError):
            await dogs.asynchronous.call(dogs.retrieve, 99)

    asyncio.run(main())


def test_a_row_that_is_hidden_stays_where_it_was_read(any_graph: Any) -> None:
    """In an object that nobody can look into: its columns are there, its relationships an error that says so."""
    dogs = DogStore(any_graph)

    class Hidden:
        def __init__(self, dog: Dog) -> None:
            self.dog = dog

    async def main() -> None:
        hidden = await dogs.asynchronous.call(lambda: Hidden(dogs.retrieve(4)))
        assert hidden.dog.name == "Ohm"
        with pytest.raises(ForeignThreadError, match="expected to be loaded in thread microcosm-sqlite-1"):
            _ = hidden.dog.owner

    asyncio.run(main())


@pytest.fixture
def words(make_graph: GraphFactory, tmp_path: Path) -> WordStore:
    """Return a store of five thousand sealed words."""
    graph = make_graph(paths={"words": tmp_path / "source.sqlite"})
    Words.create_all(graph)
    with Words.new_context(graph) as context:
        assert context.session is not None
        context.session.add_all(Word(id=number, text="a") for number in range(5000))
        context.commit()
    path = seal_file(tmp_path / "source.sqlite", tmp_path / "words.sqlite", name="words")
    return WordStore(make_graph(paths={"words": path}))


def test_long_lists_leave_the_loop_time(words: WordStore) -> None:
    """Others get their turn while rows are taken over."""
    living = [0]
    reader = reader_of(words.session)
    assert reader is not None
    table = reader.table(Word)
    assert table is not None

    async def main() -> None:
        look = asyncio.create_task(words.asynchronous.search())
        while not look.done():
            living.append(len(table.rows._nursery.living))
            await asyncio.sleep(0)
        assert [word.id for word in await look] == list(range(5000))
        assert all(word in words.session for word in await look)

    asyncio.run(main())

    assert max(after - before for before, after in pairwise(living)) <= 1000


def test_a_stream_whose_connection_fails_goes_on(words: WordStore) -> None:
    """SQLAlchemy is asked for what is missing: no row comes twice, and none is left out."""
    graph = words.get_session.graph  # type: ignore[attr-defined]

    def fail() -> None:
        reader = reader_of(words.session)
        assert reader is not None
        reader.connection.close()

    async def main() -> list[int]:
        stream = words.asynchronous.stream()
        found = [(await anext(stream)).id]
        await workers_of(graph).each[0].run(fail)
        return found + [word.id async for word in stream]

    assert asyncio.run(main()) == list(range(5000))


def test_a_stream_keeps_nothing(words: WordStore) -> None:
    """Nor does the thread that reads it make any instance."""
    graph = words.get_session.graph  # type: ignore[attr-defined]

    def living() -> int:
        reader = reader_of(words.session)
        assert reader is not None
        table = reader.table(Word)
        assert table is not None
        return len(table.rows._nursery.living)

    async def main() -> None:
        assert len([word async for word in words.asynchronous.stream()]) == 5000
        assert await workers_of(graph).each[0].run(living) == 0

    asyncio.run(main())
    reader = reader_of(words.session)
    assert reader is not None
    table = reader.table(Word)
    assert table is not None

    assert len(table.by_key.family.young) == 0


@pytest.mark.parametrize(
    ("choose", "found"),
    [
        (lambda _: asyncio.sleep, "the coroutine function sleep"),
        (lambda dogs: dogs.asynchronous.search, "the coroutine function Asynchronous.search"),
        (lambda _: lambda: asyncio.sleep(0), "one that returns the coroutine sleep"),
        (lambda _: 5, "5"),
    ],
)
def test_what_is_awaited_is_not_called_in_a_thread(any_graph: Any, choose: Any, found: str) -> None:
    """The message says what to call instead; nothing is left that was never awaited."""
    dogs = LargeDogStore(any_graph)

    async def ask() -> Any:
        return await dogs.asynchronous.call(choose(dogs))

    with pytest.raises(
        ArgumentError, match=rf"asynchronous\.call: function: expected a plain function.*found {found}\."
    ):
        asyncio.run(ask())


def test_what_is_awaited_already(any_graph: Any) -> None:
    """A coroutine is no function."""
    dogs = LargeDogStore(any_graph)

    async def ask() -> Any:
        waiting = asyncio.sleep(0)
        try:
            return await dogs.asynchronous.call(waiting)  # type: ignore[arg-type]
        finally:
            await waiting

    with pytest.raises(ArgumentError, match="found what is awaited already"):
        asyncio.run(ask())


def test_wrong_arguments_are_told_as_without_waiting(any_graph: Any) -> None:
    """The error of the other thread comes here."""
    dogs = LargeDogStore(any_graph)

    async def ask() -> Any:
        return await dogs.asynchronous.search(limit="5")  # type: ignore[arg-type]

    with pytest.raises(ArgumentError, match="limit: expected a whole number"):
        asyncio.run(ask())
