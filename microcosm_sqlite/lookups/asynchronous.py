"""Give the look-ups of a store to asyncio: the same verbs, to be awaited."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Generic, cast

from typing_extensions import TypeVar

from microcosm_sqlite.context import open_contexts
from microcosm_sqlite.lookups.awaited_columns import AwaitedColumns
from microcosm_sqlite.lookups.matching import COMPLETIONS, DEFAULT_LIMIT, MARKS, Match
from microcosm_sqlite.lookups.paging import PAGE_ROWS, Page
from microcosm_sqlite.lookups.places import Nearby
from microcosm_sqlite.lookups.streaming import Stream

if TYPE_CHECKING:
    from microcosm_sqlite.place import Box

ModelT = TypeVar("ModelT", default=Any)


class Asynchronous(AwaitedColumns, Generic[ModelT]):
    """The look-ups of one store, to be awaited, with the same names, arguments, answers and errors.

        city = await cities.asynchronous.retrieve(2988507)
        async for city in cities.asynchronous.stream(country_code="FR"): ...
        largest = await cities.asynchronous.call(cities.largest, country_code="FR")

    A thread of the graph's own waits for the database. Rows belong to the thread that awaits them, as if it had looked
    them up itself: attached to its session, the same object per key, kept to be handed out again without any waiting;
    relationships are loaded when they are touched, in that thread. Where a context is open here on data that can
    change, its session answers on the spot.
    """

    __slots__ = ()

    async def retrieve(self, key: Any, *, by: Any = None) -> ModelT:
        """Return what `Store.retrieve` returns; without waiting, if this thread has it already."""
        if by is None and not open_contexts():
            family = self._store._here.family
            try:
                row = family.young.get(key)
            except TypeError:  # A mapping.
                row = None
            if row is not None:
                family.counters.hits += 1
                return cast("ModelT", row)
        found: ModelT = await self._ask("retrieve", key, by=by)
        return found

    async def retrieve_many(self, keys: Iterable[Any], *, by: Any = None) -> list[ModelT]:
        """Return what `Store.retrieve_many` returns."""
        found: list[ModelT] = await self._ask("retrieve_many", self._store._asked_keys(keys), by=by)
        return found

    async def search(
        self, *criteria: Any, offset: int | None = None, limit: int | None = None, **filters: Any
    ) -> list[ModelT]:
        """Return what `Store.search` returns."""
        found: list[ModelT] = await self._ask("search", *criteria, offset=offset, limit=limit, **filters)
        return found

    def stream(
        self, *criteria: Any, offset: int | None = None, limit: int | None = None, **filters: Any
    ) -> Stream[ModelT]:
        """Return what `Store.stream` returns, for `async for`."""
        return self._stream(criteria, filters, offset=offset, limit=limit)

    async def first(
        self, *criteria: Any, offset: int | None = None, limit: int | None = None, **filters: Any
    ) -> ModelT | None:
        """Return what `Store.first` returns."""
        found: ModelT | None = await self._ask("first", *criteria, offset=offset, limit=limit, **filters)
        return found

    async def one(self, *criteria: Any, offset: int | None = None, limit: int | None = None, **filters: Any) -> ModelT:
        """Return what `Store.one` returns."""
        found: ModelT = await self._ask("one", *criteria, offset=offset, limit=limit, **filters)
        return found

    async def count(self, *criteria: Any, offset: int | None = None, limit: int | None = None, **filters: Any) -> int:
        """Return what `Store.count` returns."""
        found: int = await self._ask("count", *criteria, offset=offset, limit=limit, **filters)
        return found

    async def exists(self, *criteria: Any, **filters: Any) -> bool:
        """Return what `Store.exists` returns."""
        found: bool = await self._ask("exists", *criteria, **filters)
        return found

    async def page(
        self, *criteria: Any, after: str | None = None, limit: int = PAGE_ROWS, **filters: Any
    ) -> Page[ModelT]:
        """Return what `Store.page` returns."""
        found: Page[ModelT] = await self._ask("page", *criteria, after=after, limit=limit, **filters)
        return found

    async def match(
        self,
        text: str,
        *criteria: Any,
        limit: int | None = DEFAULT_LIMIT,
        offset: int | None = None,
        columns: Sequence[Any] = (),
        marks: tuple[str, str] = MARKS,
        **filters: Any,
    ) -> list[Match[ModelT]]:
        """Return what `Store.match` returns."""
        keywords = {"limit": limit, "offset": offset, "columns": columns, "marks": marks}
        found: list[Match[ModelT]] = await self._ask("match", text, *criteria, **keywords, **filters)
        return found

    async def complete(
        self,
        text: str,
        *criteria: Any,
        limit: int = COMPLETIONS,
        columns: Sequence[Any] = (),
        marks: tuple[str, str] = MARKS,
        **filters: Any,
    ) -> list[Match[ModelT]]:
        """Return what `Store.complete` returns."""
        found: list[Match[ModelT]] = await self._ask(
            "complete", text, *criteria, limit=limit, columns=columns, marks=marks, **filters
        )
        return found

    async def within(
        self, box: "Box", *criteria: Any, offset: int | None = None, limit: int | None = None, **filters: Any
    ) -> list[ModelT]:
        """Return what `Store.within` returns."""
        found: list[ModelT] = await self._ask("within", box, *criteria, offset=offset, limit=limit, **filters)
        return found

    async def near(
        self,
        latitude: float,
        longitude: float,
        *criteria: Any,
        kilometres: float | None = None,
        limit: int | None = None,
        **filters: Any,
    ) -> list[Nearby[ModelT]]:
        """Return what `Store.near` returns."""
        found: list[Nearby[ModelT]] = await self._ask(
            "near", latitude, longitude, *criteria, kilometres=kilometres, limit=limit, **filters
        )
        return found
