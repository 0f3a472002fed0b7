"""Columns, awaited."""

import asyncio
from typing import Any

import pytest

from microcosm_sqlite.errors import UnknownFilterError
from tests.kennel import Dog, DogStore


@pytest.fixture(params=["mutable", "sealed"])
def any_graph(request: pytest.FixtureRequest) -> Any:
    """Return a graph with the kennel, mutable and sealed in turn: the answers are the same."""
    return request.getfixturevalue({"mutable": "graph", "sealed": "sealed_graph"}[request.param])


def test_tables_and_frames(any_graph: Any) -> None:
    """Those of the store."""
    dogs = DogStore(any_graph)
    asked: dict[str, Any] = {"columns": [Dog.name, Dog.weight], "limit": 3}

    async def main() -> None:
        awaited = dogs.asynchronous
        assert (await awaited.to_arrow(**asked)).equals(dogs.to_arrow(**asked))
        assert (await awaited.to_polars(**asked)).equals(dogs.to_polars(**asked))
        assert (await awaited.to_pandas(**asked)).equals(dogs.to_pandas(**asked))
        assert await awaited.to_dicts(Dog.weight > 10, **asked) == dogs.to_dicts(Dog.weight > 10, **asked)

    asyncio.run(main())


def test_batches_come_one_by_one(any_graph: Any) -> None:
    """With `async for`."""
    dogs = DogStore(any_graph)

    async def main() -> list[int]:
        return [batch.num_rows async for batch in dogs.asynchronous.to_arrow_batches(batch_rows=3)]

    assert asyncio.run(main()) == [3, 1]


def test_values_come_as_they_are(any_graph: Any) -> None:
    """Named tuples, from whichever thread."""
    dogs = DogStore(any_graph)

    async def main() -> None:
        rows = [row async for row in dogs.asynchronous.values(Dog.id, Dog.name, where=[Dog.weight > 10])]
        assert rows == [(1, "Rex"), (3, "Rex")]
        assert rows[0].name == "Rex"  # type: ignore[attr-defined]
        with pytest.raises(UnknownFilterError):
            await anext(dogs.asynchronous.values(Dog.id, nmae="Rex"))

    asyncio.run(main())
