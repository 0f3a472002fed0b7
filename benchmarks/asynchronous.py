"""What does it cost to await a look-up, beside the bare `asyncio.to_thread` of the same call?

    python benchmarks/asynchronous.py                 # a million rows
    python benchmarks/asynchronous.py --rows 100000

Each way in turn, several rounds, medians. Then how long others wait for a row while a long look-up runs, and what many
threads come to: the executor of `asyncio.to_thread` has up to 32 of them, a graph has four and wakes the second one
only behind a job that takes long.
"""

import argparse
import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from towns import PER_DISTRICT, PlainTownStore, Town, TownStore, graph_on, sealed

from microcosm_sqlite.lookups.workers import workers_of

ROUNDS = 7
ASKED = 2_000
AT_ONCE = 100
STREAMED = 200_000

Ask = Callable[[int], Awaitable[Any]]


async def one_by_one(ask: Ask, keys: list[int]) -> None:
    """Await one after the other."""
    for key in keys:
        await ask(key)


async def at_once(ask: Ask, keys: list[int]) -> None:
    """Await a hundred at a time."""
    for start in range(0, len(keys), AT_ONCE):
        await asyncio.gather(*map(ask, keys[start : start + AT_ONCE]))


async def microseconds(
    ways: Mapping[str, Ask], keys: Callable[[], list[int]], run: Callable[[Ask, list[int]], Awaitable[None]]
) -> dict[str, float]:
    """Return the median microseconds per question of each way, in rounds that take turns."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(ROUNDS + 1):
        for name, ask in ways.items():
            asked = keys()
            start = perf_counter()
            await run(ask, asked)
            if number:
                times[name].append((perf_counter() - start) / len(asked) * 1e6)
    return {name: median(taken) for name, taken in times.items()}


def table(title: str, figures: Mapping[str, float], *, peer: str = "asyncio.to_thread") -> None:
    """Print *figures*, each as a part of the bare call's."""
    print(f"\n{title}")
    for name, figure in sorted(figures.items(), key=lambda item: item[1]):
        print(f"  {name:<58} {figure:10.2f} us {figure / figures[peer]:8.2f} x")


async def keys_of(store: Any, rows: int) -> None:
    """Rows by key: not seen before, seen before, a hundred at a time."""
    random, awaited = Random(1), store.asynchronous

    def anew() -> list[int]:
        return [random.randrange(1, rows + 1) for _ in range(ASKED)]

    async def directly(key: int) -> Any:
        return store.retrieve(key)

    ways: dict[str, Ask] = {
        "asyncio.to_thread": lambda key: asyncio.to_thread(store.retrieve, key),
        "await asynchronous.retrieve": awaited.retrieve,
        "without waiting, in the loop's own thread": directly,
    }
    table("A row not seen before, one after the other", await microseconds(ways, anew, one_by_one))
    table(f"The same, {AT_ONCE} tasks at once", await microseconds(ways, anew, at_once))
    for key in range(1, 101):
        await awaited.retrieve(key)
    table("A row seen before", await microseconds(ways, lambda: [*range(1, 101)] * 20, one_by_one))


async def searches(store: Any, rows: int) -> None:
    """Twenty rows by a filter."""
    random, districts = Random(2), max(1, rows // PER_DISTRICT)

    def anew() -> list[int]:
        return [random.randrange(districts) for _ in range(ASKED // 10)]

    async def directly(district: int) -> Any:
        return store.search(district=district)

    ways: dict[str, Ask] = {
        "asyncio.to_thread": lambda district: asyncio.to_thread(store.search, district=district),
        "await asynchronous.search": lambda district: store.asynchronous.search(district=district),
        "without waiting, in the loop's own thread": directly,
    }
    table("A search of 20 rows, one after the other", await microseconds(ways, anew, one_by_one))
    table(f"The same, {AT_ONCE} tasks at once", await microseconds(ways, anew, at_once))


async def streams(store: Any, rows: int) -> None:
    """All rows, one after the other."""
    limit = min(rows, STREAMED)

    async def all_of(stream: Any) -> None:
        async for _ in stream:
            pass

    async def to_thread(_: int) -> None:
        stream = store.stream(limit=limit)
        while await asyncio.to_thread(next, stream, None) is not None:
            pass

    async def directly(_: int) -> None:
        for _row in store.stream(limit=limit):
            pass

    print(f"\nA stream of {limit:,} rows, microseconds a row")
    for name, way in {
        "async for ... asynchronous.stream()": lambda: all_of(store.asynchronous.stream(limit=limit)),
        "async for ... asynchronous.values(id, name)": lambda: all_of(
            store.asynchronous.values(Town.id, Town.name, limit=limit)
        ),
        "without waiting, in the loop's own thread": lambda: directly(0),
    }.items():
        taken = []
        for _ in range(3):
            start = perf_counter()
            await way()
            taken.append((perf_counter() - start) / limit * 1e6)
        print(f"  {name:<58} {median(taken):10.2f} us")
    start = perf_counter()
    limit = min(limit, 5_000)
    await to_thread(0)
    print(f"  {'next() in asyncio.to_thread':<58} {(perf_counter() - start) / limit * 1e6:10.2f} us")


async def behind_a_long_one(store: Any) -> None:
    """How long a row takes while a search reads the whole table."""
    waits = []
    long = asyncio.create_task(store.asynchronous.count(Town.name.like("%number 7%")))
    await asyncio.sleep(0)
    start = began = perf_counter()
    while not long.done():
        await store.asynchronous.call(store.retrieve, 77)
        waits.append((perf_counter() - start) * 1e3)
        start = perf_counter()
    print(f"\nWhile another task reads the whole table, for {(perf_counter() - began) * 1e3:,.0f} ms")
    print(f"  {'a row takes, median of ' + str(len(waits)):<58} {median(waits):10.2f} ms, at most {max(waits):.2f} ms")


async def threads(path: Path, rows: int) -> None:
    """Whether more threads would answer more, if each took its share."""
    print(f"\n{AT_ONCE} rows at once, not seen before, by so many threads that take turns")
    for count in (1, 2, 4, 8):
        store, random = PlainTownStore(graph_on(path, worker_threads=count)), Random(3)
        each = workers_of(store.get_session.graph).each  # type: ignore[union-attr]

        def ask(key: int, store: Any = store, each: Any = each) -> Awaitable[Any]:
            return each[key % len(each)].run(lambda: store.retrieve(key))

        found = await microseconds(
            {"a": ask}, lambda random=random: [random.randrange(1, rows + 1) for _ in range(ASKED)], at_once
        )
        print(f"  {count:<58} {found['a']:10.2f} us")


async def run(path: Path, rows: int) -> None:
    """Print all figures."""
    graph = graph_on(path)
    await keys_of(PlainTownStore(graph), rows)
    await searches(TownStore(graph), rows)
    await streams(PlainTownStore(graph), rows)
    await behind_a_long_one(PlainTownStore(graph))
    await threads(path, rows)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    with TemporaryDirectory() as name:
        path = sealed(Path(name), rows)
        print(f"{rows:,} rows, {path.stat().st_size / 2**20:,.0f} MB")
        asyncio.run(run(path, rows))


if __name__ == "__main__":
    main()
