"""Answer the look-ups of one store: directly where that gives what SQLAlchemy would give, else through SQLAlchemy."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, Generic, cast

from sqlalchemy import Column, Engine
from sqlalchemy.exc import MultipleResultsFound, NoResultFound
from sqlalchemy.orm import Query
from typing_extensions import TypeVar

from microcosm_sqlite.errors import SQLiteError
from microcosm_sqlite.lookups.arguments import is_page
from microcosm_sqlite.lookups.asking import Asking, AskingForKeys, explained
from microcosm_sqlite.lookups.criteria import split_page
from microcosm_sqlite.lookups.hooks import Hooks
from microcosm_sqlite.lookups.keys import (
    identity_of,
    key_conditions,
    key_matches,
    key_of,
    may_exist,
    unique_columns,
    values_of,
)
from microcosm_sqlite.lookups.prefetching import Prefetching
from microcosm_sqlite.lookups.preparing import Preparation, Prepared
from microcosm_sqlite.lookups.resuming import resumed, unless_refused

if TYPE_CHECKING:
    from microcosm_sqlite.lookups.tables import TableReader

ModelT = TypeVar("ModelT", default=Any)

#: Keys that need no second look; others may be composite, mappings, None, or too large.
_SIMPLE: Final = frozenset({int, str})

_TWO: Final = 2

#: Stands for an answer that only SQLAlchemy can give.
_UNANSWERED: Final = object()


class Answers(Generic[ModelT]):
    """Answers the look-ups of one store; may be used by several threads."""

    def __init__(self, store: Hooks[ModelT]) -> None:
        # Any, because its hooks are private by name since 0.1.
        self._store: Any = store
        self._preparation = Preparation(store)
        self._prefetching = Prefetching(store)
        self.here = self._preparation.here
        #: The unique keys that were asked for, by what names them: to find one takes longer than a look-up.
        self._keys: dict[Any, tuple[Column[Any], ...]] = {}

    @property
    def engine(self) -> Engine:
        """The engine that answers here and now."""
        if (table := self._preparation.table()) is not None:
            return table.reader.engine
        engine: Engine = self._store.session.get_bind().engine
        return engine

    def table(self) -> "TableReader | None":
        """Return what reads the store's model here and now, or None where only SQLAlchemy can."""
        return self._preparation.table()

    def find(self, key: Any, *, by: Any = None) -> ModelT | None:
        """Return the row with this unique key, or None."""
        columns = None if by is None else self._columns(by)
        table = self._preparation.table()
        if table is None:
            return self._find_other(columns, self._values(columns, key))
        reader = table.by_key if columns is None else table.by(columns)
        if not (reader.is_single and type(key) in _SIMPLE):
            values = self._values(columns, key)
            if not may_exist(values):
                return None
            key = values[0] if reader.is_single else values
        try:
            found: ModelT | None = reader.find(key)
        except SQLiteError:
            raise
        except Exception:  # noqa: BLE001 - See `unless_refused`.
            return self._find_other(columns, (key,) if reader.is_single else key)
        return found

    def find_many(self, keys: Sequence[Any], *, by: Any = None) -> list[ModelT | None]:
        """Return the rows with these unique keys in their order, None where there is none."""
        columns = None if by is None else self._columns(by)
        table = self._preparation.table()
        if table is not None and self._prefetching.can_fill(table):
            with unless_refused():
                rows = self._read_many(table, columns, keys)
                if self._prefetching.is_declared:
                    self._prefetching.fill(table, [row for row in rows if row is not None])
                return rows
        return self._find_many_others(columns, [self._values(columns, key) for key in keys])

    def _read_many(
        self, table: "TableReader", columns: tuple[Column[Any], ...] | None, keys: Sequence[Any]
    ) -> list[ModelT | None]:
        reader = table.by_key if columns is None else table.by(columns)
        if reader.is_single and _SIMPLE.issuperset(map(type, keys)):
            return reader.find_many(keys)
        asked = [self._values(columns, key) for key in keys]
        existing = [values for values in asked if may_exist(values)]
        rows = iter(reader.find_many([values[0] for values in existing] if reader.is_single else existing))
        return [next(rows) if may_exist(values) else None for values in asked]

    def rows(
        self, criteria: tuple[Any, ...], filters: dict[str, Any], *, offset: int | None, limit: int | None
    ) -> list[ModelT]:
        """Return all rows that match."""
        criteria, offset, limit = split_page(criteria, offset, limit)
        if (rows := self._select(self._preparation.rows(criteria, filters, offset=offset, limit=limit))) is None:
            with Asking(self._store, criteria, filters) as asking:
                return asking.of(self._query(criteria, filters, offset=offset, limit=limit)).all()
        return rows

    def first(self, criteria: tuple[Any, ...], filters: dict[str, Any], *, offset: int | None) -> ModelT | None:
        """Return the first row that matches, or None."""
        criteria, offset, _ = split_page(criteria, offset, None)
        rows = self._select(self._preparation.rows(criteria, filters, offset=offset, limit=1))
        if rows is None:
            with Asking(self._store, criteria, filters) as asking:
                return asking.of(self._query(criteria, filters, offset=offset, limit=None)).first()
        return rows[0] if rows else None

    def only(
        self, criteria: tuple[Any, ...], filters: dict[str, Any], *, offset: int | None, limit: int | None
    ) -> ModelT:
        """Return the only row that matches.

        Raises:
            NoResultFound: none does.
            MultipleResultsFound: several do.
        """
        criteria, offset, limit = split_page(criteria, offset, limit)
        # Two are enough to know that it is not the only one.
        most = _TWO if limit is None else min(limit, _TWO) if is_page(limit) else limit
        rows = self._select(self._preparation.rows(criteria, filters, offset=offset, limit=most))
        if rows is None:
            with Asking(self._store, criteria, filters) as asking:
                return asking.of(self._query(criteria, filters, offset=offset, limit=limit)).one()
        if not rows:
            raise NoResultFound("No row was found when one was required")
        if len(rows) > 1:
            raise MultipleResultsFound("Multiple rows were found when exactly one was required")
        return rows[0]

    def count(self, criteria: tuple[Any, ...], filters: dict[str, Any]) -> int:
        """Return how many rows match."""
        found = self._scalar(self._preparation.count(criteria, filters))
        if found is _UNANSWERED:
            with Asking(self._store, criteria, filters) as asking:
                return int(asking.of(self._store._match(criteria, filters)).count())
        return int(found)

    def exists(self, criteria: tuple[Any, ...], filters: dict[str, Any]) -> bool:
        """Tell whether any row matches."""
        found = self._scalar(self._preparation.exists(criteria, filters))
        if found is _UNANSWERED:
            with Asking(self._store, criteria, filters):
                matches = self._store._match(criteria, filters)
                return bool(self._store.session.query(matches.exists()).scalar())
        return found is not None

    def stream(
        self, criteria: tuple[Any, ...], filters: dict[str, Any], *, offset: int | None, limit: int | None
    ) -> Iterator[ModelT]:
        """Return an iterator over all rows that match, which holds only a few of them in memory at a time."""
        criteria, offset, limit = split_page(criteria, offset, limit)
        prepared = self._preparation.rows(criteria, filters, offset=offset, limit=limit)

        def through_sqlalchemy() -> Iterator[ModelT]:
            with Asking(self._store, criteria, filters):
                query = self._query(criteria, filters, offset=offset, limit=limit)
            return explained(self._store._iterate(query), self._store, criteria, filters)

        if prepared is None or not self._prefetching.can_fill(prepared.table):
            return through_sqlalchemy()
        return resumed(self._streamed(prepared), through_sqlalchemy)

    def _streamed(self, prepared: Prepared) -> Iterator[ModelT]:
        for rows in prepared.table.stream(prepared.plan, prepared.values):
            self._prefetching.fill(prepared.table, rows)
            yield from rows

    def prepared_plainly(
        self, criteria: tuple[Any, ...], filters: dict[str, Any], *, offset: int | None, limit: int | None
    ) -> Prepared | None:
        """Return the look-up of all rows that match, if that is all there is to it: nothing is loaded with them."""
        if self._prefetching.is_declared:
            return None
        return self._preparation.rows(criteria, filters, offset=offset, limit=limit)

    def prepared(
        self, make: Any, criteria: tuple[Any, ...], filters: dict[str, Any], values: Sequence[Any]
    ) -> Prepared | None:
        """Return a look-up of another kind that is ready to run, or None where SQLAlchemy must be asked."""
        return self._preparation.other(make, criteria, filters, values)

    def values(
        self, make: Any, criteria: tuple[Any, ...], filters: dict[str, Any], values: Sequence[Any]
    ) -> list[tuple[Any, ...]] | None:
        """Return the rows of a look-up of another kind as the driver has them, or None where SQLAlchemy must be asked.

        See `Preparation.other`.
        """
        if (prepared := self._preparation.other(make, criteria, filters, values)) is not None:
            with unless_refused():
                return prepared.table.values(prepared.plan, prepared.values)
        return None

    def streamed(
        self, make: Any, criteria: tuple[Any, ...], filters: dict[str, Any], values: Sequence[Any]
    ) -> Iterator[list[tuple[Any, ...]]] | None:
        """Return the rows of a look-up of another kind as the driver has them, some at a time, or None.

        What goes wrong on the way is the driver's error: see `resumed`.
        """
        prepared = self._preparation.other(make, criteria, filters, values)
        return None if prepared is None else prepared.table.stream_values(prepared.plan, prepared.values)

    def beside(
        self, make: Any, criteria: tuple[Any, ...], filters: dict[str, Any], values: Sequence[Any]
    ) -> list[tuple[ModelT, tuple[Any, ...]]] | None:
        """Return the instances of a look-up of another kind with what it gives beside their columns, or None."""
        prepared = self._preparation.other(make, criteria, filters, values)
        if prepared is not None and self._prefetching.can_fill(prepared.table):
            with unless_refused():
                found = prepared.table.beside(prepared.plan, prepared.values)
                if self._prefetching.is_declared:
                    self._prefetching.fill(prepared.table, [row for row, _ in found])
                return found
        return None

    def _query(
        self, criteria: tuple[Any, ...], filters: dict[str, Any], *, offset: int | None, limit: int | None
    ) -> Query[ModelT]:
        query: Query[ModelT] = self._store._select(criteria, filters, offset=offset, limit=limit)
        return self.prefetched(query)

    def prefetched(self, query: Query[ModelT]) -> Query[ModelT]:
        """Return *query* with the relationships that the store loads at once."""
        return query.options(*self._prefetching.options) if self._prefetching.is_declared else query

    def _columns(self, by: Any) -> tuple[Column[Any], ...]:
        try:
            return self._keys[by]
        except (KeyError, TypeError):  # What cannot be hashed is no key, and is told as such.
            columns = self._keys[by] = unique_columns(self._store.model_class, by)
            return columns

    def _values(self, columns: tuple[Column[Any], ...] | None, key: Any) -> tuple[Any, ...]:
        model = self._store.model_class
        return identity_of(model, key) if columns is None else values_of(model, columns, key)

    def _find_other(self, columns: tuple[Column[Any], ...] | None, values: tuple[Any, ...]) -> ModelT | None:
        store = self._store
        if not may_exist(values):
            return None
        with AskingForKeys(store, columns, [values]):
            session = store.session
            if columns is None:
                # `get` looks into the session first, unless told not to; for other queries its options say it.
                return cast(
                    "ModelT | None", session.get(store.model_class, values, execution_options=session.execution_options)
                )
            matches = key_matches(columns, values)
            return cast("ModelT | None", session.query(store.model_class).filter(*matches).one_or_none())

    def _find_many_others(
        self, columns: tuple[Column[Any], ...] | None, asked: Sequence[tuple[Any, ...]]
    ) -> list[ModelT | None]:
        if columns is not None:
            return [self._find_other(columns, values) for values in asked]
        store = self._store
        found: dict[tuple[Any, ...], ModelT] = {}
        with AskingForKeys(store, None, asked) as asking:
            for matches in key_conditions(store.model_class, dict.fromkeys(filter(may_exist, asked))):
                query = self.prefetched(store.session.query(store.model_class).filter(matches))
                found.update((key_of(row), row) for row in query)
            asking.answered = sum(values in found for values in asked)
        # A key may be equal in SQL but not in Python ("5" and 5); such a one is looked up on its own.
        return [found[values] if values in found else self._find_other(None, values) for values in asked]

    def _select(self, prepared: Prepared | None) -> list[ModelT] | None:
        if prepared is not None and self._prefetching.can_fill(prepared.table):
            with unless_refused():
                rows = prepared.table.select(prepared.plan, prepared.values)
                self._prefetching.fill(prepared.table, rows)
                return rows
        return None

    def _scalar(self, prepared: Prepared | None) -> Any:
        if prepared is not None:
            with unless_refused():
                return prepared.table.scalar(prepared.plan, prepared.values)
        return _UNANSWERED
