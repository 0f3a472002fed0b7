"""Run look-ups in a few threads that belong to a graph, for event loops that must not wait.

Not `asyncio.to_thread`: its executor hands every job to whichever of many threads wakes first. Each of them would open
connections and keep rows of its own, and all of them would contend for the interpreter, which costs more than the job:
a look-up takes microseconds. Here one thread does the work, and a second one is woken only when a job takes so long
that others should not wait for it.
"""

import asyncio
import atexit
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from contextvars import Context, copy_context
from queue import Empty, SimpleQueue
from time import monotonic, perf_counter
from typing import Any, Final, TypeVar
from weakref import WeakKeyDictionary, finalize, ref

Result = TypeVar("Result")

#: A job that takes longer keeps its thread: those behind it, and those to come, go to another one.
_LONG_SECONDS: Final = 0.002

#: How long the interpreter waits at its end for all threads together: for what is nearly done, not for all jobs.
_EXIT_SECONDS: Final = 1.0


class _Job:
    """Something to do, and who waits for it."""

    __slots__ = ("_act", "_context", "_future", "is_movable")

    def __init__(
        self, act: Callable[[], Any], context: Context, future: "asyncio.Future[Any] | None", *, is_movable: bool
    ) -> None:
        self._act = act
        self._context = context
        self._future = future
        #: Whether another worker may do it.
        self.is_movable = is_movable

    def run(self) -> None:
        """Do it, unless nobody waits for it any more, and say so to whoever waits."""
        future = self._future
        if future is None:
            # What is done for nobody can fail for nobody.
            with suppress(Exception):
                self._context.run(self._act)
        elif not future.cancelled():
            result, error = self._outcome()
            # A loop that is closed has nobody who waits.
            with suppress(RuntimeError):
                future.get_loop().call_soon_threadsafe(_deliver, future, result, error)

    def _outcome(self) -> tuple[Any, BaseException | None]:
        try:
            return self._context.run(self._act), None
        except StopIteration as stop:
            # A future takes none, because a coroutine would end by it.
            error = RuntimeError("a look-up raised StopIteration")
            error.__cause__ = stop
            return None, error
        except BaseException as error:  # noqa: BLE001 - Whoever waits gets it, whatever it is.
            return None, error


def _deliver(future: "asyncio.Future[Any]", result: Any, error: BaseException | None) -> None:
    if future.cancelled():
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)


class Worker:
    """One thread that does one job after the other, with its own sessions and connections."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        #: Since when it has been doing the same job; 0 while it waits for one.
        self._since = 0.0

    @property
    def waiting(self) -> int:
        """How many jobs wait for it."""
        return self._jobs.qsize()

    @property
    def is_kept(self) -> bool:
        """Whether it has been doing the same job for long."""
        since = self._since
        return since > 0 and perf_counter() - since > _LONG_SECONDS

    def run(self, act: Callable[[], Result], *, is_movable: bool = False) -> "asyncio.Future[Result]":
        """Return what becomes the result of *act*, for the task that runs."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        # The context variables of the task that asks come along, as `asyncio.to_thread` has it.
        self.put(_Job(act, copy_context(), future, is_movable=is_movable))
        return future

    def submit(self, act: Callable[[], object]) -> None:
        """Have *act* done some time; nobody waits for it. May be called by any thread, and by finalisers."""
        self._jobs.put(_Job(act, Context(), None, is_movable=False))

    @property
    def is_busy(self) -> bool:
        """Whether it has something to do."""
        return self._since > 0 or not self._jobs.empty()

    def hand_over(self, other: "Worker") -> None:
        """Give the jobs that wait, and may be moved, to *other*."""
        for _ in range(self._jobs.qsize()):
            try:
                job = self._jobs.get_nowait()
            except Empty:
                return
            if job is not None and job.is_movable:
                other.put(job)
            else:
                self._jobs.put(job)

    def stop(self) -> None:
        """End the thread when it has done what was asked for so far; whoever asks for more gets another one."""
        self._jobs.put(None)

    def put(self, job: _Job) -> None:
        """Have *job* done after all others."""
        self._jobs.put(job)
        if self._thread is None:
            with self._lock:
                if self._thread is None:
                    thread = threading.Thread(target=self._work, name=self._name, daemon=True)
                    thread.start()
                    self._thread = thread
                    _known.note(thread, self)

    def _work(self) -> None:
        while True:
            while (job := self._jobs.get()) is not None:
                self._since = perf_counter()
                job.run()
                self._since = 0.0
                # Before it waits for the next: a job holds on to its graph.
                del job
            if self._is_left():
                return

    def _is_left(self) -> bool:
        """Whether this thread may end: what is put from now on starts another one."""
        with self._lock:
            # First, because `put` looks at it after it has put: one of both sees the other.
            self._thread = None
            if self._jobs.empty():
                return True
            self._thread = threading.current_thread()
            return False


class Workers:
    """The threads of one graph; may be used by several event loops."""

    def __init__(self, count: int) -> None:
        self.each = tuple(Worker(f"microcosm-sqlite-{number}") for number in range(1, count + 1))
        #: Until when somebody will look whether jobs wait behind a long one.
        self._looks_at = 0.0

    def run(self, act: Callable[[], Result]) -> "asyncio.Future[Result]":
        """Return what becomes the result of *act*, for the task that runs."""
        worker = self.choose()
        if worker.is_busy:
            self._look_later()
        return worker.run(act, is_movable=True)

    def choose(self) -> Worker:
        """Return the first that is not kept by a long job, or the one for which the fewest wait."""
        for worker in self.each:
            if not worker.is_kept:
                return worker
        return min(self.each, key=lambda worker: worker.waiting)

    def stop(self) -> None:
        """End all threads when they have done what was asked for so far."""
        for worker in self.each:
            worker.stop()

    def _look_later(self) -> None:
        now = perf_counter()
        # A time rather than a flag: the loop that meant to look may have been closed.
        if now > self._looks_at:
            self._looks_at = now + 2 * _LONG_SECONDS
            asyncio.get_running_loop().call_later(2 * _LONG_SECONDS, self._relieve)

    def _relieve(self) -> None:
        """Let another thread do what waits behind a long job."""
        for worker in self.each:
            if worker.waiting and worker.is_kept and not (other := self.choose()).is_kept:
                worker.hand_over(other)
        if any(worker.waiting for worker in self.each):
            self._look_later()


class _Known:
    """The threads of all graphs of this process."""

    def __init__(self) -> None:
        self.by_graph: WeakKeyDictionary[Any, Workers] = WeakKeyDictionary()
        #: Also those whose graph is gone. Threads that ended stay until the next begins: they may still be closing
        #: what they had, and by then hold on to nothing else.
        self.threads: dict[threading.Thread, ref[Worker]] = {}
        self.lock = threading.Lock()

    def note(self, thread: threading.Thread, worker: Worker) -> None:
        """Remember *thread*, which has begun to do what *worker* is given."""
        with self.lock:
            for other in [other for other in self.threads if not other.is_alive()]:
                del self.threads[other]
            self.threads[thread] = ref(worker)

    def end(self) -> None:
        """Let all threads end, and wait for them, but not for long."""
        threads = list(self.threads.items())
        until = monotonic() + _EXIT_SECONDS
        for _, known in threads:
            if (worker := known()) is not None:
                worker.stop()
        for thread, _ in threads:
            if thread is not threading.current_thread():
                thread.join(max(0.0, until - monotonic()))


_known = _Known()


def workers_of(graph: Any) -> Workers:
    """Return the threads that work for *graph*, which end with it; as many as `sqlite.worker_threads` says, when used.

    A forked child has none of its parent's.
    """
    workers = _known.by_graph.get(graph)
    if workers is None:
        with _known.lock:
            workers = _known.by_graph.get(graph)
            if workers is None:
                workers = _known.by_graph[graph] = Workers(max(1, graph.sqlite.worker_threads))
                # At the end of the interpreter `_end_threads` does it.
                finalize(graph, workers.stop).atexit = False
    return workers


_inherited: Final[list[_Known]] = []


def _forget_parent() -> None:
    """Start a forked child without threads; what the parent's hold is left alone, because finalising would touch it."""
    global _known  # noqa: PLW0603 - As `context` does.
    _inherited.append(_known)
    _known = _Known()


if hasattr(os, "register_at_fork"):  # Windows has no fork.
    os.register_at_fork(after_in_child=_forget_parent)


def _end_threads() -> None:
    """Let threads end before the interpreter does.

    One that comes back to Python later is torn out of whatever it was in the midst of, and the process aborts where
    that is C++ that must not be left this way, as pyarrow's is.
    """
    _known.end()


atexit.register(_end_threads)
