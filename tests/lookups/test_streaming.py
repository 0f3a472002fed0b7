"""Streams that another thread reads."""

import asyncio
import gc
import threading
import time
from collections.abc import Iterator
from contextlib import aclosing
from functools import partial
from itertools import chain
from typing import Any

import pytest

from microcosm_sqlite.lookups.streaming import Source, Stream
from microcosm_sqlite.lookups.workers import Worker


class Numbers(Iterator[int]):
    """Numbers up to ten, which know who reads and who drops them."""

    def __init__(self, log: list[Any], gate: threading.Event | None = None) -> None:
        self._log = log
        self._gate = gate
        self._next = 0
        log.append(("begun", threading.get_ident()))

    def __next__(self) -> int:
        if self._gate is not None:
            self._gate.wait()
        self._next += 1
        if self._next > 10:
            raise StopIteration
        return self._next

    def __del__(self) -> None:
        self._log.append(("dropped", threading.get_ident()))


@pytest.fixture
def worker() -> Any:
    """Yield a thread, which ends with the test."""
    worker = Worker("test")
    yield worker
    worker.stop()


def stream_of(worker: Worker | None, log: list[Any], gate: threading.Event | None = None) -> Stream[int]:
    """Return a stream of numbers."""
    return Stream(Source(partial(Numbers, log, gate), pack=list), worker, list, first=2, most=3)


def wait_for(log: list[Any]) -> None:
    """Wait until a stream was begun: one that is cancelled before never is."""
    while not log:
        time.sleep(0.001)


async def settled(worker: Worker) -> int:
    """Return the thread of *worker* when it has done what it was asked for."""
    return await worker.run(threading.get_ident)


def test_all_rows_come_in_their_order(worker: Worker) -> None:
    """With another thread, and without."""

    async def main() -> None:
        assert [number async for number in stream_of(worker, [])] == list(range(1, 11))
        assert [number async for number in stream_of(None, [])] == list(range(1, 11))

    asyncio.run(main())


def test_one_thread_begins_reads_and_drops(worker: Worker) -> None:
    """It is the worker's, never the loop's."""
    log: list[Any] = []

    async def main() -> int:
        _ = [number async for number in stream_of(worker, log)]
        return await settled(worker)

    thread = asyncio.run(main())

    assert log == [("begun", thread), ("dropped", thread)]


def test_whoever_breaks_off_may_say_so(worker: Worker) -> None:
    """By `aclose`, twice if need be; nothing comes after it."""
    log: list[Any] = []

    async def main() -> None:
        async with aclosing(stream_of(worker, log)) as stream:
            assert await anext(stream) == 1
        await settled(worker)
        assert [what for what, _ in log] == ["begun", "dropped"]
        await stream.aclose()
        assert [number async for number in stream] == []

    asyncio.run(main())


def test_a_stream_that_nobody_holds_is_closed(worker: Worker) -> None:
    """In its thread."""
    log: list[Any] = []

    async def main() -> None:
        async for number in stream_of(worker, log):
            if number == 3:
                break
        gc.collect()
        thread = await settled(worker)
        assert log == [("begun", thread), ("dropped", thread)]

    asyncio.run(main())


def test_a_stream_that_was_never_read_begins_nothing(worker: Worker) -> None:
    """There is nothing to close."""
    log: list[Any] = []
    stream = stream_of(worker, log)
    del stream

    assert log == []


def test_a_task_that_was_cancelled_may_go_on(worker: Worker) -> None:
    """No row is missing."""
    gate = threading.Event()

    async def main() -> list[int]:
        stream = stream_of(worker, [], gate)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await anext(stream)
        gate.set()
        return [number async for number in stream]

    assert asyncio.run(main()) == list(range(1, 11))


def test_a_stream_is_closed_after_its_task_was_cancelled(worker: Worker) -> None:
    """While the thread was reading."""
    log, gate = list[Any](), threading.Event()

    async def look() -> None:
        async for _ in stream_of(worker, log, gate):
            pass

    async def main() -> None:
        task = asyncio.create_task(look())
        await asyncio.to_thread(wait_for, log)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        del task
        gate.set()
        gc.collect()
        await settled(worker)

    asyncio.run(main())

    assert [what for what, _ in log] == ["begun", "dropped"]


def test_two_tasks_share_the_rows(worker: Worker) -> None:
    """None comes twice, none is missing."""

    async def look(stream: Stream[int]) -> list[int]:
        return [number async for number in stream]

    async def main() -> list[int]:
        stream = stream_of(worker, [])
        return sorted(chain.from_iterable(await asyncio.gather(look(stream), look(stream))))

    assert asyncio.run(main()) == list(range(1, 11))


def test_an_error_ends_the_stream(worker: Worker) -> None:
    """It is raised where it is awaited."""

    def fail() -> Iterator[int]:
        yield from range(3)
        raise ValueError("no more")

    async def main() -> None:
        stream = Stream[int](Source(fail, pack=list), worker, list, first=1, most=10)
        assert await anext(stream) == 0
        with pytest.raises(ValueError, match="no more"):
            await anext(stream)
        assert [number async for number in stream] == []

    asyncio.run(main())
