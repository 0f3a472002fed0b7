"""Put look-ups together through SQLAlchemy, with hooks that stores override."""

from collections.abc import Iterator
from functools import cache, cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, cast

from sqlalchemy import inspect
from sqlalchemy.orm import Query
from typing_extensions import TypeVar

from microcosm_sqlite.errors import UnknownFilterError
from microcosm_sqlite.lookups.arguments import check_page
from microcosm_sqlite.lookups.criteria import check_criteria, check_filters, check_tables, guarded_filters
from microcosm_sqlite.lookups.filters import conditions, named_parameters
from microcosm_sqlite.lookups.keys import key_attributes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from microcosm_sqlite.lookups.sessions import SessionSource

ModelT = TypeVar("ModelT", default=Any)

#: Rows that a stream holds in memory at a time.
_STREAM_ROWS: Final = 1000

#: What decides which rows a look-up gives, and in which order.
_HOOKS: Final = ("_query", "_filter", "_auto_filter", "_order_by", "_paginate")


class Hooks(Generic[ModelT]):
    """How a store asks SQLAlchemy, in steps that subclasses override."""

    order_by: "ClassVar[Sequence[Any]]" = ()

    prefetch: "ClassVar[Sequence[Any]]" = ()

    auto_filters: dict[str, Any]

    get_session: "SessionSource"

    if TYPE_CHECKING:

        @property
        def model_class(self) -> type[ModelT]:
            """The model."""
            ...

        @property
        def session(self) -> Session:
            """The session that this store uses here and now."""
            ...

    def _query(self) -> Query[ModelT]:
        """Return the query that all others start from."""
        return self.session.query(self.model_class)

    def _filter(self, query: Query[ModelT], **filters: Any) -> Query[ModelT]:
        """Return *query* narrowed by *filters*; overrides name their keywords and call super."""
        return self._auto_filter(query, **filters)

    def _auto_filter(self, query: Query[ModelT], **filters: Any) -> Query[ModelT]:
        """Return *query* narrowed by those of *filters* that `auto_filter_fields` declares."""
        for matches in conditions(self.auto_filters, filters):
            query = query.filter(matches)
        return query

    def _order_by(self, query: Query[ModelT], **filters: Any) -> Query[ModelT]:  # noqa: ARG002 - for overrides
        """Return *query* in the order that the store declares."""
        return query.order_by(*self.order_by) if self.order_by else query

    def _paginate(self, query: Query[ModelT], offset: int | None = None, limit: int | None = None) -> Query[ModelT]:
        """Return the part of *query* that was asked for."""
        check_page(self, offset=offset, limit=limit)
        if offset is not None:
            query = query.offset(offset)
        if limit is not None:
            query = query.limit(limit)
        return query

    # How a look-up is put together

    def _match(self, criteria: tuple[Any, ...], filters: dict[str, Any]) -> Query[ModelT]:
        unknown = filters.keys() - self._known_filters() if filters else None
        if unknown:
            raise UnknownFilterError(store=self._name, unknown=sorted(unknown), known=self._known_filters())
        check_criteria(criteria, store=self)
        if filters:
            check_filters(self.auto_filters, filters, guarded=self._guarded_filters, store=self)
        if not self._has_own_hooks and (criteria or not self._guarded_filters.keys().isdisjoint(filters)):
            self._check_tables(criteria, filters)
        query = self._filter(self._query(), **filters)
        return query.filter(*criteria) if criteria else query

    def _select(
        self, criteria: tuple[Any, ...], filters: dict[str, Any], *, offset: int | None, limit: int | None
    ) -> Query[ModelT]:
        query = self._order_by(self._match(criteria, filters), **filters)
        return self._paginate(query.order_by(*key_attributes(self.model_class)), offset=offset, limit=limit)

    def _iterate(self, query: Query[ModelT]) -> Iterator[ModelT]:
        # A statement left open holds a read lock until it is closed; the generator closes it when it is abandoned.
        result = self.session.scalars(query.statement.execution_options(yield_per=_STREAM_ROWS))
        try:
            yield from result
        finally:
            result.close()

    def _check_tables(self, criteria: tuple[Any, ...], filters: dict[str, Any]) -> None:
        known = self.auto_filters
        fields = (known[name] for name, value in filters.items() if value is not None and name in known)
        check_tables([*criteria, *fields], mapper=inspect(self.model_class), store=self)

    @cached_property
    def _guarded_filters(self) -> dict[str, frozenset[str] | None]:
        """The filters that need a look: the names of enumerations, None for those of other tables."""
        return dict(guarded_filters(self.auto_filters, mapper=inspect(self.model_class)))

    @cached_property
    def _has_own_hooks(self) -> bool:
        """Whether the class overrides what decides which rows a look-up gives."""
        return any(getattr(type(self), name) is not getattr(Hooks, name) for name in _HOOKS)

    @property
    def _name(self) -> str:
        return f"{type(self).__name__} of {self.model_class.__name__}"

    def _known_filters(self) -> set[str]:
        return {*self.auto_filters, *_named_by_hooks(cast("Any", type(self)))}

    def _described(self, criteria: tuple[Any, ...], filters: dict[str, Any]) -> str:
        asked = [str(criterion) for criterion in criteria]
        asked += [f"{name}={value!r}" for name, value in filters.items() if value is not None]
        return f"{self._name}: {', '.join(asked) or 'any row'}"


@cache
def _named_by_hooks(store: type[Any]) -> frozenset[str]:
    """Return the filters that overrides of the hooks of *store* name in their signatures."""
    hooks = (vars(cls).get(name) for cls in store.__mro__ for name in ("_filter", "_order_by"))
    return frozenset(chain.from_iterable(named_parameters(hook) for hook in hooks if hook is not None))
