"""Hand the rows of a stream to an event loop, some at a time."""

from asyncio import CancelledError, Future, shield
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from itertools import islice
from typing import Any, Generic, Self
from weakref import finalize

from typing_extensions import TypeVar

from microcosm_sqlite.lookups.workers import Worker

RowT = TypeVar("RowT", default=Any)


class Source:
    """An iterator that lives in the thread of one worker: it is begun, advanced and dropped there."""

    def __init__(self, make: Callable[[], Iterator[Any]], pack: Callable[[Any], Any]) -> None:
        self._make = make
        self._pack = pack
        self._rows: Iterator[Any] | None = None
        self._is_closed = False

    def take(self, most: int) -> tuple[Any, bool]:
        """Return the next rows, *most* of them, and whether there may be more."""
        if self._is_closed:
            return [], False
        if self._rows is None:
            self._rows = self._make()
        rows = list(islice(self._rows, most))
        may_go_on = len(rows) == most
        if not may_go_on:
            self.close()
        return self._pack(rows), may_go_on

    def close(self) -> None:
        """Drop the iterator, and with it the statement that it reads."""
        self._is_closed = True
        self._rows = None


class Stream(AsyncIterator[RowT], Generic[RowT]):
    """Rows that are read in another thread while somebody iterates, a few in memory at a time.

    Whoever breaks off may say so with `aclose`, or `contextlib.aclosing`; otherwise the statement is closed as soon as
    nobody holds the stream any more. A task that is cancelled while it waits may go on later, and misses nothing.
    """

    def __init__(
        self, source: Source, worker: Worker | None, unpack: Callable[[Any], list[RowT]], *, first: int, most: int
    ) -> None:
        """Make a stream of *source*, which is read by *worker*, or without one by the caller's own thread."""
        self._source = source
        self._worker = worker
        self._unpack = unpack
        self._size, self._most = first, most
        self._ready: deque[RowT] = deque()
        self._may_go_on = True
        self._pending: Future[Any] | None = None
        self._finalizer = None
        if worker is not None:
            self._finalizer = finalize(self, worker.submit, source.close)
            self._finalizer.atexit = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> RowT:
        while not self._ready:
            if not self._may_go_on:
                raise StopAsyncIteration
            await self._fill()
        return self._ready.popleft()

    async def aclose(self) -> None:
        """Close the statement; no more rows come."""
        self._may_go_on, self._pending = False, None
        self._ready.clear()
        if self._worker is None:
            self._source.close()
        elif self._finalizer is not None:
            self._finalizer()

    async def _fill(self) -> None:
        take = partial(self._source.take, self._size)
        if self._worker is None:
            rows, self._may_go_on = take()
        else:
            if self._pending is None:
                self._pending = self._worker.run(take)
            pending = self._pending
            try:
                # Whoever is cancelled may come back: what was read meanwhile is not lost.
                rows, may_go_on = await shield(pending)
            except CancelledError:
                raise
            except BaseException:
                await self.aclose()
                raise
            if self._pending is not pending:
                return  # Another task was faster.
            self._pending, self._may_go_on = None, may_go_on
        self._ready.extend(self._unpack(rows))
        self._size = self._most
