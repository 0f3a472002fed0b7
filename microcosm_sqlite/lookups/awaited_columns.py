"""Give columns to asyncio, as values and as tables."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, overload

from sqlalchemy.orm import InstrumentedAttribute

from microcosm_sqlite.lookups.awaiting import Awaiting
from microcosm_sqlite.lookups.columns import BATCH_ROWS
from microcosm_sqlite.lookups.streaming import Stream

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
E = TypeVar("E")


class AwaitedColumns(Awaiting):
    """Look-ups of columns, to be awaited."""

    __slots__ = ()

    @overload
    def values(
        self,
        a: InstrumentedAttribute[A],
        /,
        *,
        where: Sequence[Any] = ...,
        offset: int | None = ...,
        limit: int | None = ...,
        **filters: Any,
    ) -> Stream[tuple[A]]: ...
    @overload
    def values(
        self,
        a: InstrumentedAttribute[A],
        b: InstrumentedAttribute[B],
        /,
        *,
        where: Sequence[Any] = ...,
        offset: int | None = ...,
        limit: int | None = ...,
        **filters: Any,
    ) -> Stream[tuple[A, B]]: ...
    @overload
    def values(
        self,
        a: InstrumentedAttribute[A],
        b: InstrumentedAttribute[B],
        c: InstrumentedAttribute[C],
        /,
        *,
        where: Sequence[Any] = ...,
        offset: int | None = ...,
        limit: int | None = ...,
        **filters: Any,
    ) -> Stream[tuple[A, B, C]]: ...
    @overload
    def values(
        self,
        a: InstrumentedAttribute[A],
        b: InstrumentedAttribute[B],
        c: InstrumentedAttribute[C],
        d: InstrumentedAttribute[D],
        /,
        *,
        where: Sequence[Any] = ...,
        offset: int | None = ...,
        limit: int | None = ...,
        **filters: Any,
    ) -> Stream[tuple[A, B, C, D]]: ...
    @overload
    def values(
        self,
        a: InstrumentedAttribute[A],
        b: InstrumentedAttribute[B],
        c: InstrumentedAttribute[C],
        d: InstrumentedAttribute[D],
        e: InstrumentedAttribute[E],
        /,
        *,
        where: Sequence[Any] = ...,
        offset: int | None = ...,
        limit: int | None = ...,
        **filters: Any,
    ) -> Stream[tuple[A, B, C, D, E]]: ...
    @overload
    def values(
        self,
        *columns: InstrumentedAttribute[Any],
        where: Sequence[Any] = ...,
        offset: int | None = ...,
        limit: int | None = ...,
        **filters: Any,
    ) -> Stream[tuple[Any, ...]]: ...
    def values(  # type: ignore[misc] # mypy takes `**filters` for names of the columns
        self,
        *columns: Any,
        where: Sequence[Any] = (),
        offset: int | None = None,
        limit: int | None = None,
        **filters: Any,
    ) -> Stream[Any]:
        """Return what `Store.values` returns, for `async for`."""
        ask = partial(self._store.values, *columns, where=where, offset=offset, limit=limit, **filters)
        return self._stream_plainly(ask)

    async def to_arrow(
        self,
        *criteria: Any,
        columns: Sequence[Any] | None = None,
        offset: int | None = None,
        limit: int | None = None,
        **filters: Any,
    ) -> "pa.Table":
        """Return what `Store.to_arrow` returns."""
        found: pa.Table = await self._ask_plainly(
            "to_arrow", *criteria, columns=columns, offset=offset, limit=limit, **filters
        )
        return found

    async def to_polars(
        self,
        *criteria: Any,
        columns: Sequence[Any] | None = None,
        offset: int | None = None,
        limit: int | None = None,
        **filters: Any,
    ) -> "pl.DataFrame":
        """Return what `Store.to_polars` returns."""
        found: pl.DataFrame = await self._ask_plainly(
            "to_polars", *criteria, columns=columns, offset=offset, limit=limit, **filters
        )
        return found

    async def to_pandas(
        self,
        *criteria: Any,
        columns: Sequence[Any] | None = None,
        offset: int | None = None,
        limit: int | None = None,
        **filters: Any,
    ) -> "pd.DataFrame":
        """Return what `Store.to_pandas` returns."""
        found: pd.DataFrame = await self._ask_plainly(
            "to_pandas", *criteria, columns=columns, offset=offset, limit=limit, **filters
        )
        return found

    async def to_dicts(
        self,
        *criteria: Any,
        columns: Sequence[Any] | None = None,
        offset: int | None = None,
        limit: int | None = None,
        **filters: Any,
    ) -> list[dict[str, Any]]:
        """Return what `Store.to_dicts` returns."""
        found: list[dict[str, Any]] = await self._ask_plainly(
            "to_dicts", *criteria, columns=columns, offset=offset, limit=limit, **filters
        )
        return found

    def to_arrow_batches(
        self,
        *criteria: Any,
        columns: Sequence[Any] | None = None,
        batch_rows: int = BATCH_ROWS,
        offset: int | None = None,
        limit: int | None = None,
        **filters: Any,
    ) -> "Stream[pa.RecordBatch]":
        """Return the batches of `Store.to_arrow_batches`, for `async for`."""

        def read() -> Any:
            pages = {"batch_rows": batch_rows, "offset": offset, "limit": limit}
            return iter(self._store.to_arrow_batches(*criteria, columns=columns, **pages, **filters))

        return self._stream_plainly(read, most=1)
