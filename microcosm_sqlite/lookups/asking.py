"""Ask SQLAlchemy what cannot be read directly, counted, with errors that name the argument that is wrong."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from time import perf_counter_ns
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from sqlalchemy import Column, inspect
from sqlalchemy.exc import UnboundExecutionError
from sqlalchemy.orm import Query

from microcosm_sqlite.context import busy_error
from microcosm_sqlite.dataset import data_set_name
from microcosm_sqlite.engines.counting import Counters, tally_of
from microcosm_sqlite.lookups.filters import COLLECTIONS
from microcosm_sqlite.lookups.refusals import refusal_of, refused_condition, refused_filter
from microcosm_sqlite.lookups.resuming import is_ours

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

RowT = TypeVar("RowT")

#: Where a session keeps what its look-ups are counted by.
_COUNTERS: Final = "microcosm_sqlite_counters"


class Explaining:
    """Says, of what fails within a block, which argument of the look-up SQLite or its column does not take."""

    __slots__ = ("_criteria", "_filters", "_store")

    def __init__(self, store: Any, criteria: Sequence[Any], filters: Mapping[str, Any]) -> None:
        self._store = store
        self._criteria = criteria
        self._filters = filters

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if isinstance(error, Exception):
            self.explain(error)

    def explain(self, error: Exception) -> None:
        """Raise what *error* means, if that is known; else do nothing."""
        if is_ours(error):
            return
        store = self._store
        raise_if_busy(error, store)
        found = refused_filter(store.auto_filters, self._filters) or refused_condition(self._criteria)
        if found is None:
            # What a hook of the store made of the filters that it names.
            with suppress(Exception):
                found = refused_condition([store._match(self._criteria, self._filters).statement])  # noqa: SLF001
        if found is not None:
            argument, refusal = found
            raise refusal.error(where=store._name, argument=argument) from error  # noqa: SLF001


class Asking(Explaining):
    """Counts one statement beside that."""

    __slots__ = ("_session", "_start")

    def __enter__(self) -> Self:
        self._session: Session | None = None
        self._start = perf_counter_ns()
        return self

    def of(self, query: Query[RowT]) -> Query[RowT]:
        """Return *query*, which is what is asked: its session need not be looked for again."""
        self._session = query.session
        return query

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, traceback)
        counters = counters_of(self._session or self._store.session)
        counters.searches += 1
        counters.nanoseconds += perf_counter_ns() - self._start


def explained(rows: Iterator[RowT], store: Any, criteria: Sequence[Any], filters: Mapping[str, Any]) -> Iterator[RowT]:
    """Yield *rows*, the answer of SQLAlchemy, with errors as `Explaining` has them."""
    try:
        with Explaining(store, criteria, filters):
            yield from rows
    finally:
        close = getattr(rows, "close", None)
        if close is not None:
            close()


class AskingForKeys:
    """Counts keys that SQLAlchemy is asked for within a block, and says which of them cannot be."""

    __slots__ = ("_columns", "_keys", "_start", "_store", "answered")

    def __init__(self, store: Any, columns: Sequence[Column[Any]] | None, keys: Sequence[Sequence[Any]]) -> None:
        """Ask for *keys*, each the values of *columns*, or of the primary key where these are None."""
        self._store = store
        self._columns = columns
        self._keys = keys
        #: How many of them are answered for good.
        self.answered = len(keys)

    def __enter__(self) -> Self:
        self._start = perf_counter_ns()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if isinstance(error, Exception) and not is_ours(error):
            raise_if_busy(error, self._store)
            self._explain(error)
        counters = counters_of(self._store.session)
        counters.misses += self.answered
        counters.nanoseconds += perf_counter_ns() - self._start

    def _explain(self, error: Exception) -> None:
        columns = inspect(self._store.model_class).primary_key if self._columns is None else self._columns
        for key in self._keys:
            for column, value in zip(columns, key, strict=False):
                refusal = refusal_of(column.type, value)
                if refusal is not None:
                    if isinstance(value, COLLECTIONS):
                        refusal = refusal._replace(
                            remedy="Write the key alone; for several of them, retrieve_many([...])."
                        )
                    raise refusal.error(where=self._store._name, argument=f"key {column.name!r}") from error  # noqa: SLF001


def raise_if_busy(error: Exception, store: Any, *, undone: str = "nothing was read") -> None:
    """Raise what *error* means if it is that another connection holds a lock on the data of *store*."""
    name = data_set_name(store.model_class)
    busy = busy_error(error, name=name, undone=undone, engine=lambda: store.session.get_bind(store.model_class).engine)
    if busy is not None:
        raise busy from error


def counters_of(session: "Session") -> Counters:
    """Return what the look-ups of *session* through SQLAlchemy are counted by."""
    counters: Any = session.info.get(_COUNTERS)
    if counters is None:
        try:
            engine = session.get_bind().engine
        except UnboundExecutionError:
            return Counters()  # Several engines, by model: a session of somebody's own making, which is not counted.
        counters = session.info[_COUNTERS] = tally_of(engine).counters(session)
    # Tests have stores ask what merely looks like a session.
    return counters if isinstance(counters, Counters) else Counters()
