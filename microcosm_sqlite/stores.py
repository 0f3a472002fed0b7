"""Look up and change the rows of one model, typed."""

from abc import ABCMeta
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar, Final, Generic, get_args, get_origin

from microcosm.object_graph import ObjectGraph
from sqlalchemy.exc import IntegrityError, MultipleResultsFound, NoResultFound
from sqlalchemy.orm import Query, Session
from typing_extensions import TypeVar

from microcosm_sqlite.context import integrity_error
from microcosm_sqlite.errors import ModelNotFoundError, MultipleModelsFoundError, UnknownFilterError
from microcosm_sqlite.lookups.criteria import check_criteria, split_page
from microcosm_sqlite.lookups.filters import conditions, filters_by_name, named_parameters
from microcosm_sqlite.lookups.keys import identity_of, key_attributes, key_conditions, key_of, may_exist
from microcosm_sqlite.lookups.matching import Matching
from microcosm_sqlite.lookups.places import Placed
from microcosm_sqlite.lookups.sessions import GetOrCreateSession, SessionSource, get_session, has_begun

__all__ = ["GetOrCreateSession", "Store", "get_session"]

ModelT = TypeVar("ModelT", default=Any)

#: Rows that `Store.stream` holds in memory at a time.
_STREAM_ROWS: Final = 1000


class Store(Matching[ModelT], Placed[ModelT], Generic[ModelT], metaclass=ABCMeta):
    """Typed look-ups of one model.

        class CityStore(Store[City]):
            auto_filter_fields = [City.country_code]
            order_by = [City.name]

        cities = CityStore(graph)
        cities.retrieve(2988507)
        cities.search(City.population > 1_000_000, country_code="FR", limit=10)

    Positional arguments are SQLAlchemy expressions; keywords are filters that the store declares: a field of
    `auto_filter_fields` by attribute or column name, or a parameter that `_filter` or `_order_by` names. A list, tuple,
    set or range means "one of these" (None among them: "or no value"), a bare None "no such filter". Any other keyword
    raises `UnknownFilterError`.

    Results come in the declared order with the primary key as the tiebreak, so that paging never repeats or skips.
    A store may be shared by threads; each gets its own session.
    """

    #: Mapped attributes that are filters by keyword.
    auto_filter_fields: ClassVar[Sequence[Any] | None] = None

    #: Attributes or expressions by which results are ordered.
    order_by: ClassVar[Sequence[Any]] = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "model_class" in vars(cls):
            return
        for base in getattr(cls, "__orig_bases__", ()):
            origin = get_origin(base)
            if isinstance(origin, type) and issubclass(origin, Store):
                model = next((argument for argument in get_args(base) if _is_model(argument)), None)
                if model is not None:
                    cls.model_class = model  # type: ignore[method-assign]

    def __init__(self, get_session: SessionSource | ObjectGraph = get_session) -> None:
        """Make a store on a graph, or on a source of sessions; without either it needs an open context.

        Raises:
            TypeError: the class names no model.
        """
        if type(self).model_class is Store.model_class:
            _ = self.model_class
        self.get_session: SessionSource = (
            GetOrCreateSession(get_session) if isinstance(get_session, ObjectGraph) else get_session
        )
        self.auto_filters: dict[str, Any] = filters_by_name(self.auto_filter_fields or ())

    @property
    def model_class(self) -> type[ModelT]:
        """The model; taken from `Store[Model]`, or overridden by a class attribute or property."""
        # Not an abstract method: type checkers would refuse to make a store that took its model from `Store[Model]`.
        raise TypeError(f"{type(self).__name__} has no model: declare it as Store[Model], or give it a model_class")

    @property
    def session(self) -> Session:
        """The session that this store uses here and now."""
        return self.get_session(self)

    # Reading

    def retrieve(self, key: Any) -> ModelT:
        """Return the row with this primary key (a tuple, or a mapping by attribute, where it has several columns).

        Raises:
            ModelNotFoundError: there is none; it is a `KeyError` too.
        """
        row = self._find(identity_of(self.model_class, key))
        if row is None:
            raise ModelNotFoundError(f"{self._name}: no row with key {key!r}", missing=[key])
        return row

    def retrieve_many(self, keys: Iterable[Any]) -> list[ModelT]:
        """Return the rows with these primary keys, in the order of *keys*.

        Raises:
            ModelNotFoundError: some do not exist; `missing` has all of those.
        """
        asked = list(keys)
        identities = [identity_of(self.model_class, key) for key in asked]
        found: dict[tuple[Any, ...], ModelT] = {}
        for matches in key_conditions(self.model_class, dict.fromkeys(filter(may_exist, identities))):
            found.update((key_of(row), row) for row in self.session.query(self.model_class).filter(matches))
        # A key may be equal in SQL but not in Python ("5" and 5); such a one is looked up on its own.
        rows = [found.get(identity) or self._find(identity) for identity in identities]
        missing = [key for key, row in zip(asked, rows, strict=True) if row is None]
        if missing:
            raise ModelNotFoundError(
                f"{self._name}: {len(missing)} of {len(asked)} keys have no row: {missing}", missing=missing
            )
        return [row for row in rows if row is not None]

    def search(
        self, *criteria: Any, offset: int | None = None, limit: int | None = None, **filters: Any
    ) -> list[ModelT]:
        """Return all rows that match, at most *limit* after skipping *offset*."""
        return self._select(criteria, filters, offset=offset, limit=limit).all()

    def stream(
        self, *criteria: Any, offset: int | None = None, limit: int | None = None, **filters: Any
    ) -> Iterator[ModelT]:
        """Return an iterator over all rows that match, which holds only a few of them in memory at a time."""
        return self._iterate(self._select(criteria, filters, offset=offset, limit=limit))

    def first(
        self, *criteria: Any, offset: int | None = None, limit: int | None = None, **filters: Any
    ) -> ModelT | None:
        """Return the first row that matches, or None; *limit* is accepted and has no effect."""
        return self._select(criteria, filters, offset=offset, limit=limit).first()

    def one(self, *criteria: Any, offset: int | None = None, limit: int | None = None, **filters: Any) -> ModelT:
        """Return the only row that matches.

        Raises:
            ModelNotFoundError: none does.
            MultipleModelsFoundError: several do.
        """
        try:
            return self._select(criteria, filters, offset=offset, limit=limit).one()
        except NoResultFound as error:
            raise ModelNotFoundError(error, f"({self._described(criteria, filters)})") from error
        except MultipleResultsFound as error:
            raise MultipleModelsFoundError(error, f"({self._described(criteria, filters)})") from error

    def count(self, *criteria: Any, offset: int | None = None, limit: int | None = None, **filters: Any) -> int:
        """Return how many rows match; *offset* and *limit* are accepted and have no effect."""
        del offset, limit
        return self._match(criteria, filters).count()

    def exists(self, *criteria: Any, **filters: Any) -> bool:
        """Tell whether any row matches."""
        return bool(self.session.query(self._match(criteria, filters).exists()).scalar())

    # Writing

    def create(self, instance: ModelT) -> ModelT:
        """Add *instance* and return it; the caller commits.

        Raises:
            DuplicateModelError: its key exists; what was done before in this transaction stays.
            ModelIntegrityError: it breaks another constraint; the same.
            ReadOnlyDataSetError: the data set cannot change.
        """
        with self.flushing():
            self.session.add(instance)
        return instance

    def delete(self, *criteria: Any, **filters: Any) -> bool:
        """Delete every row that matches and return True; without any argument, every row there is.

        Raises:
            ModelNotFoundError: nothing matches.
            UnknownFilterError: a keyword is unknown or None: it would widen what is deleted.
        """
        unset = [name for name, value in filters.items() if value is None]
        if unset:
            raise UnknownFilterError(
                store=self._name, unknown=unset, known=self._known_filters(), reason="delete refuses None for"
            )
        query = self._match(criteria, filters)
        with self.flushing():
            deleted = query.delete()
        if not deleted:
            raise ModelNotFoundError(f"nothing to delete: {self._described(criteria, filters)}")
        return True

    @contextmanager
    def flushing(self) -> Generator[None]:
        """Flush at the end of the block; if that breaks a constraint, undo the block only and raise our error."""
        session = self.session
        try:
            session.flush()
            had_begun = has_begun(session)
            try:
                with session.begin_nested():
                    yield
                    session.flush()
            except BaseException:
                if not had_begun:
                    # Undoing a savepoint that began the transaction leaves that open, and with it the write lock.
                    session.rollback()
                raise
        except IntegrityError as error:
            if not session.is_active:
                session.rollback()
            raise integrity_error(error) from error

    # Hooks that subclasses override, and what they build on

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
        if offset is not None:
            query = query.offset(offset)
        if limit is not None:
            query = query.limit(limit)
        return query

    # How a look-up is put together

    def _match(self, criteria: tuple[Any, ...], filters: dict[str, Any]) -> Query[ModelT]:
        unknown = filters.keys() - self._known_filters()
        if unknown:
            raise UnknownFilterError(store=self._name, unknown=sorted(unknown), known=self._known_filters())
        check_criteria(criteria, store=self._name)
        query = self._filter(self._query(), **filters)
        return query.filter(*criteria) if criteria else query

    def _select(
        self, criteria: tuple[Any, ...], filters: dict[str, Any], *, offset: int | None, limit: int | None
    ) -> Query[ModelT]:
        criteria, offset, limit = split_page(criteria, offset, limit)
        query = self._order_by(self._match(criteria, filters), **filters)
        return self._paginate(query.order_by(*key_attributes(self.model_class)), offset=offset, limit=limit)

    def _find(self, identity: tuple[Any, ...]) -> ModelT | None:
        if not may_exist(identity):
            return None
        session = self.session
        # `get` looks into the session first, unless told not to; for other queries the session's options say it.
        return session.get(self.model_class, identity, execution_options=session.execution_options)

    def _iterate(self, query: Query[ModelT]) -> Iterator[ModelT]:
        # A statement left open holds a read lock until it is closed; the generator closes it when it is abandoned.
        result = self.session.scalars(query.statement.execution_options(yield_per=_STREAM_ROWS))
        try:
            yield from result
        finally:
            result.close()

    @property
    def _name(self) -> str:
        return f"{type(self).__name__} of {self.model_class.__name__}"

    def _known_filters(self) -> set[str]:
        known = set(self.auto_filters)
        for cls in type(self).__mro__:
            if cls is not Store:
                for hook in ("_filter", "_order_by"):
                    if hook in vars(cls):
                        known.update(named_parameters(vars(cls)[hook]))
        return known

    def _described(self, criteria: tuple[Any, ...], filters: dict[str, Any]) -> str:
        asked = [str(criterion) for criterion in criteria]
        asked += [f"{name}={value!r}" for name, value in filters.items() if value is not None]
        return f"{self._name}: {', '.join(asked) or 'any row'}"


def _is_model(argument: Any) -> bool:
    # Any is a class since Python 3.11.
    return isinstance(argument, type) and argument is not Any
