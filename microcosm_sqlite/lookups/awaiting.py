"""Have a store asked in another thread, and take over what it found."""

from asyncio import sleep
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from inspect import isawaitable, iscoroutine, iscoroutinefunction
from itertools import islice
from typing import Any, Final, ParamSpec

from sqlalchemy.orm import Session
from typing_extensions import TypeVar

from microcosm_sqlite.context import current_session, open_contexts, sessions_here
from microcosm_sqlite.dataset import resolve_data_set
from microcosm_sqlite.engines.opening import never_changes
from microcosm_sqlite.errors import ArgumentError
from microcosm_sqlite.lookups.arguments import named
from microcosm_sqlite.lookups.ownership import keep_here
from microcosm_sqlite.lookups.parcels import Load, packed, unpacked
from microcosm_sqlite.lookups.readers import reader_of
from microcosm_sqlite.lookups.resuming import is_ours
from microcosm_sqlite.lookups.sessions import GetOrCreateSession
from microcosm_sqlite.lookups.streaming import Source, Stream
from microcosm_sqlite.lookups.tables import TableReader
from microcosm_sqlite.lookups.workers import workers_of

Result = TypeVar("Result")
Arguments = ParamSpec("Arguments")

#: Rows that are handed over at first: somebody may want no more than a few.
FIRST_ROWS: Final = 50

#: Rows that are handed over at a time: to take them over keeps the loop for less than a millisecond.
MOST_ROWS: Final = 500


#: Rows that are taken over before the loop may do something else: they take about a millisecond.
_ROWS_AT_ONCE: Final = 1000


class Awaiting:
    """Has one store asked in the threads of its graph."""

    __slots__ = ("_graph", "_store")

    def __init__(self, store: Any) -> None:
        """Ask *store*.

        Raises:
            ArgumentError: the store was made without a graph, to which the threads belong; a `TypeError` too.
        """
        if not isinstance(store.get_session, GetOrCreateSession):
            name = type(store).__name__
            raise ArgumentError(
                where=f"{name}.asynchronous",
                argument="get_session",
                expected="a store that was made with a graph, to which the threads belong",
                found="one without",
                remedy=f"Write {name}(graph).",
            )
        self._store: Any = store
        self._graph: Any = store.get_session.graph

    async def call(
        self, function: Callable[Arguments, Result], *arguments: Arguments.args, **keywords: Arguments.kwargs
    ) -> Result:
        """Return what *function* returns in another thread: any method of a store, or whatever asks several of them.

            largest = await cities.asynchronous.call(cities.largest, country_code="FR")

        Rows in what it returns (by themselves, in lists, tuples, dictionaries and data classes) belong to the thread
        that awaits them.

        Raises:
            ArgumentError: *function* is a coroutine function, or no function; a `TypeError` too.
        """
        self._check_function(function)
        act = partial(self._plain_result, partial(function, *arguments, **keywords))

        def act_and_keep() -> Any:
            result = packed(act())
            for session in sessions_here():
                keep_here(session)
            return result

        found: Result = (
            act() if self._is_answered_here() else self._taken_over(await workers_of(self._graph).run(act_and_keep))
        )
        return found

    def _check_function(self, function: Any) -> None:
        if not callable(function):
            found = f"what is awaited already ({named(function)})" if isawaitable(function) else named(function)
            raise self._no_function(found)
        if iscoroutinefunction(function):
            raise self._no_function(f"the coroutine function {_name_of(function)}")

    def _plain_result(self, act: Callable[[], Any]) -> Any:
        """Return what *act* returns, which somebody can take: a coroutine belongs to a loop, not to a thread."""
        result = act()
        if iscoroutine(result):
            name = result.__qualname__
            result.close()
            raise self._no_function(f"one that returns the coroutine {name}")
        return result

    def _no_function(self, found: str) -> ArgumentError:
        return ArgumentError(
            where=f"{type(self._store).__name__}.asynchronous.call",
            argument="function",
            expected="a plain function, to be run in a thread",
            found=found,
            remedy="Await a coroutine by itself; of a store, name its own method: call(store.search, ...).",
        )

    async def _ask(self, verb: str, *arguments: Any, **keywords: Any) -> Any:
        """Return what the store answers, its rows as those of this thread."""
        act = partial(getattr(self._store, verb), *arguments, **keywords)
        if self._is_answered_here():
            return act()
        found = await workers_of(self._graph).run(lambda: packed(act()))
        if isinstance(found, Load) and len(found.held) > _ROWS_AT_ONCE:
            return await self._taken_over_in_parts(found)
        return self._taken_over(found)

    async def _ask_plainly(self, verb: str, *arguments: Any, **keywords: Any) -> Any:
        """Return what the store answers, in which there are no rows."""
        act = partial(getattr(self._store, verb), *arguments, **keywords)
        return act() if self._is_answered_here() else await workers_of(self._graph).run(act)

    def _stream(
        self, criteria: tuple[Any, ...], filters: dict[str, Any], *, offset: int | None, limit: int | None
    ) -> Stream[Any]:
        """Return the rows that match as those of this thread."""
        if self._is_answered_here():
            return self._stream_plainly(lambda: self._store.stream(*criteria, offset=offset, limit=limit, **filters))
        parts = partial(self._parts, criteria, filters, offset=offset, limit=limit)
        worker = workers_of(self._graph).choose()
        return Stream(Source(parts, pack=_as_it_is), worker, self._taken_over_in_passing, first=1, most=1)

    def _parts(
        self, criteria: tuple[Any, ...], filters: dict[str, Any], *, offset: int | None, limit: int | None
    ) -> Iterator[Any]:
        """Yield the rows that match, packed, some at a time; in the thread that reads them."""
        given, prepared = 0, self._store._answers.prepared_plainly(criteria, filters, offset=offset, limit=limit)
        if prepared is not None:
            table: TableReader = prepared.table
            try:
                for found in table.stream_values(prepared.plan, prepared.values):
                    # Without an instance that nobody would have in this thread.
                    yield Load(model=table.layout.model, held=table.rows.held(found), is_single=False)
                    given += len(found)
            except Exception as error:
                if is_ours(error):
                    raise
            else:
                return
        # Asked of the store itself: what went wrong above it says as all other look-ups do.
        rows = islice(self._store.stream(*criteria, offset=offset, limit=limit, **filters), given, None)
        while part := list(islice(rows, MOST_ROWS)):
            yield packed(part)

    def _stream_plainly(self, make: Callable[[], Iterator[Any]], *, most: int = MOST_ROWS) -> Stream[Any]:
        """Return what *make* iterates over, in which there are no rows of another thread."""
        worker = None if self._is_answered_here() else workers_of(self._graph).choose()
        return Stream(Source(make, pack=_as_it_is), worker, _as_it_is, first=min(FIRST_ROWS, most), most=most)

    def _is_answered_here(self) -> bool:
        """Whether a context is open here, on data that can change: nobody else sees what its session does."""
        if not open_contexts():
            return False
        session = current_session(resolve_data_set(self._store.model_class), graph=self._graph)
        return session is not None and not never_changes(session.get_bind().engine)

    def _taken_over(self, found: Any) -> Any:
        return unpacked(found, Here(self._store))

    async def _taken_over_in_parts(self, found: Load) -> list[Any]:
        """Return the rows of a long list; let the loop do other things in between."""
        rows: list[Any] = []
        for start in range(0, len(found.held), _ROWS_AT_ONCE):
            rows += self._taken_over_in_passing([replace(found, held=found.held[start : start + _ROWS_AT_ONCE])])
            await sleep(0)
        return rows

    def _taken_over_in_passing(self, parts: list[Any]) -> list[Any]:
        return [row for part in parts for row in unpacked(part, _Passing(self._store))]


class Here:
    """The thread that awaits: where rows belong to."""

    def __init__(self, store: Any) -> None:
        self._store = store
        #: What reads the rows of the store itself. To ask for it lets the store know what this thread keeps.
        self._own: TableReader | None = store._answers.table()
        self._sessions: dict[type[Any], Session] = {}

    def table(self, model: type[Any]) -> TableReader | None:
        """Return what reads the rows of *model*, or None where only SQLAlchemy can."""
        if self._own is not None and model is self._own.layout.model:
            return self._own
        reader = reader_of(self.session(model))
        return None if reader is None else reader.table(model)

    def session(self, model: type[Any]) -> Session:
        """Return the session to which rows of *model* belong."""
        session = self._sessions.get(model)
        if session is None:
            session = self._sessions[model] = self._store.get_session(_OfModel(model))
        return session

    def adopt(self, table: TableReader, held: list[dict[str, Any]]) -> list[Any]:
        """Return the rows of *table* that hold these attributes, which the thread keeps."""
        return table.adopt(held)


class _Passing(Here):
    """The same, for rows of a stream, which are too many to be kept."""

    def adopt(self, table: TableReader, held: list[dict[str, Any]]) -> list[Any]:
        return table.adopt_in_passing(held)


class _OfModel:
    """What a source of sessions needs to know of a store."""

    def __init__(self, model: type[Any]) -> None:
        self.model_class = model


def _name_of(function: Any) -> str:
    return str(getattr(function, "__qualname__", function))


def _as_it_is(found: Any) -> Any:
    return found
