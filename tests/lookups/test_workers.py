"""The threads of a graph that look-ups are awaited from."""

import asyncio
import contextvars
import gc
import os
import subprocess
import sys
import threading
from functools import partial
from typing import Any
from weakref import ref

import pytest

from microcosm_sqlite.lookups.workers import Workers, workers_of
from tests.conftest import GraphFactory

MARK: contextvars.ContextVar[str] = contextvars.ContextVar("mark", default="none")


@pytest.fixture
def workers() -> Any:
    """Yield two threads, which end with the test."""
    workers = Workers(2)
    yield workers
    workers.stop()


def test_what_is_run_is_awaited(workers: Workers) -> None:
    """In another thread, whose result or error comes back."""

    async def main() -> None:
        assert await workers.run(threading.get_ident) != threading.get_ident()
        with pytest.raises(ZeroDivisionError):
            await workers.run(lambda: 1 // 0)

    asyncio.run(main())


def test_context_variables_come_along(workers: Workers) -> None:
    """Those of the task that asks; what is set there stays there."""

    def change() -> str:
        seen = MARK.get()
        MARK.set("changed")
        return seen

    async def main() -> None:
        MARK.set("mine")
        assert await workers.run(change) == "mine"
        assert MARK.get() == "mine"

    asyncio.run(main())


def test_short_jobs_share_one_thread(workers: Workers) -> None:
    """A second one would only contend for the interpreter."""

    async def main() -> set[int]:
        return {await workers.run(threading.get_ident) for _ in range(20)}

    assert len(asyncio.run(main())) == 1


def test_nobody_waits_behind_a_long_job(workers: Workers) -> None:
    """Those that were queued behind it are done by another thread."""
    begun, done = threading.Event(), threading.Event()

    def wait() -> int:
        begun.set()
        done.wait()
        return threading.get_ident()

    async def main() -> None:
        long = workers.run(wait)
        short = [workers.run(threading.get_ident) for _ in range(5)]
        found = set(await asyncio.gather(*short))
        assert not long.done()
        done.set()
        assert await long not in found

    asyncio.run(main())


def test_a_worker_keeps_its_own_jobs(workers: Workers) -> None:
    """What must be done by one thread is, whatever keeps it."""
    done = threading.Event()

    async def main() -> None:
        worker = workers.each[0]
        long, own = worker.run(done.wait), worker.run(threading.get_ident)
        other = await asyncio.gather(*[workers.run(threading.get_ident) for _ in range(3)])
        assert not own.done()
        done.set()
        await long
        assert await own not in other

    asyncio.run(main())


def test_what_nobody_waits_for_any_more_is_not_begun(workers: Workers) -> None:
    """A job that was cancelled while it waited for its turn."""
    done, found = threading.Event(), list[int]()

    async def main() -> None:
        worker = workers.each[0]
        long = worker.run(done.wait)
        cancelled = worker.run(lambda: found.append(1))
        cancelled.cancel()
        done.set()
        await long
        await worker.run(lambda: found.append(2))

    asyncio.run(main())

    assert found == [2]


def test_a_result_for_a_task_that_was_cancelled_is_dropped(workers: Workers) -> None:
    """And the thread goes on."""
    done = threading.Event()

    async def main() -> None:
        loop, begun = asyncio.get_running_loop(), asyncio.Event()

        def wait() -> None:
            loop.call_soon_threadsafe(begun.set)
            done.wait()

        job = workers.each[0].run(wait)
        await begun.wait()
        job.cancel()
        done.set()
        assert await workers.each[0].run(lambda: 7) == 7

    asyncio.run(main())


def test_a_loop_may_end_before_its_jobs(workers: Workers) -> None:
    """Nobody is told then, and the next loop finds the threads at work."""
    done = threading.Event()

    async def leave() -> None:
        workers.each[0].run(done.wait)

    async def come() -> int:
        return await workers.each[0].run(lambda: 7)

    asyncio.run(leave())
    done.set()

    assert asyncio.run(come()) == 7


def test_a_job_that_says_stop_iteration(workers: Workers) -> None:
    """Which no future can hold."""

    async def main() -> None:
        with pytest.raises(RuntimeError, match="StopIteration"):
            await workers.run(lambda: next(iter(())))

    asyncio.run(main())


def test_jobs_for_nobody_fail_for_nobody(workers: Workers) -> None:
    """The thread goes on."""

    async def main() -> int:
        await workers.each[0].run(int)
        workers.each[0].submit(lambda: 1 // 0)
        return await workers.each[0].run(lambda: 7)

    assert asyncio.run(main()) == 7


def test_threads_end_with_their_graph(make_graph: GraphFactory) -> None:
    """And there are as many as the settings allow."""
    from tests.conftest import new_graph  # noqa: PLC0415 - One that no fixture keeps.

    graph = new_graph(worker_threads=2)
    graph.use("sqlite")
    workers, known = workers_of(graph), ref(graph)
    assert workers_of(graph) is workers
    assert len(workers.each) == 2

    async def main() -> threading.Thread:
        return await workers.run(threading.current_thread)

    thread = asyncio.run(main())
    del graph
    gc.collect()
    thread.join()

    assert known() is None
    assert not thread.is_alive()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_has_threads_of_its_own(make_graph: GraphFactory) -> None:
    """Those of the parent do not exist there."""
    graph = make_graph()
    graph.use("sqlite")

    async def main() -> int:
        return await workers_of(graph).run(os.getpid)

    assert asyncio.run(main()) == os.getpid()
    child = os.fork()
    if not child:
        try:
            os._exit(0 if asyncio.run(main()) == os.getpid() else 1)
        except BaseException:  # noqa: BLE001 - The exit status tells.
            os._exit(2)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert asyncio.run(main()) == os.getpid()


#: Jobs in two threads, which nobody waits for when the program is over, and one idle thread.
ENDING = """
import asyncio, os, threading, time
from microcosm_sqlite.lookups.workers import Workers

def work():
    begun.set()
    time.sleep({seconds})
    os.write(1, b"done")

async def main():
    jobs = [workers.each[0].run(int), workers.each[1].run(work), workers.each[1].run(int)]
    await jobs[0]
    await asyncio.to_thread(begun.wait)
    for job in jobs:
        job.cancel()

begun, workers = threading.Event(), Workers(2)
asyncio.run(main())
{then}
"""


def end(seconds: float, then: str = "") -> tuple[int, str, str]:
    """Return what becomes of a program whose job takes so many seconds."""
    program = ENDING.format(seconds=seconds, then=then)
    # A process that does not end in a minute is one that waits for a job of an hour.
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    return result.returncode, result.stdout, result.stderr


def test_a_program_ends_when_its_threads_have() -> None:
    """A job that is nearly done is not torn apart, whether its graph is still there or not."""
    assert end(0.2) == (0, "done", "")
    assert end(0.2, "workers.stop(); del workers") == (0, "done", "")


@pytest.mark.slow
def test_a_program_does_not_wait_for_long_jobs() -> None:
    """One that takes an hour ends with the program, silently."""
    assert end(3600) == (0, "", "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork")
def test_a_forked_child_does_not_wait_for_threads_of_its_parent() -> None:
    """Which it has not: it ends at once, and so does the parent."""
    fork = "import sys; child = os.fork(); child and sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))"

    assert end(0.2, fork) == (0, "done", "")


def test_threads_that_ended_come_back(workers: Workers) -> None:
    """For those who ask while the interpreter is about to end, or go on with a stream of a graph that is gone."""

    async def main() -> tuple[threading.Thread, threading.Thread]:
        first = await workers.each[0].run(threading.current_thread)
        workers.stop()
        first.join()
        return first, await workers.each[0].run(threading.current_thread)

    first, second = asyncio.run(main())

    assert first is not second
    assert second.is_alive()


def test_nothing_that_is_asked_while_a_thread_ends_is_lost(workers: Workers) -> None:
    """Either the old thread does it, or a new one."""

    async def main() -> list[int]:
        found = list[int]()
        for number in range(300):
            workers.each[0].stop()
            found.append(await workers.each[0].run(partial(int, number)))
        return found

    assert asyncio.run(main()) == list(range(300))
