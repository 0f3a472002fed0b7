"""Look up and change the rows of one model, typed."""

from abc import ABCMeta
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar, Generic, cast, get_args, get_origin

from microcosm.object_graph import ObjectGraph
from sqlalchemy.exc import MultipleResultsFound, NoResultFound
from sqlalchemy.orm import Session
from typing_extensions import TypeVar

from microcosm_sqlite.access import SCAN_LIMIT, AccessPath
from microcosm_sqlite.context import open_contexts
from microcosm_sqlite.errors import ModelNotFoundError, MultipleModelsFoundError
from microcosm_sqlite.lookups.access import Call, Load, Search, certified
from microcosm_sqlite.lookups.answers import Answers
from microcosm_sqlite.lookups.arguments import listed, named, shown
from microcosm_sqlite.lookups.asynchronous import Asynchronous
from microcosm_sqlite.lookups.changes import Changes
from microcosm_sqlite.lookups.columns import Columns
from microcosm_sqlite.lookups.declarations import check_order, declared_filters
from microcosm_sqlite.lookups.filters import filters_by_name
from microcosm_sqlite.lookups.matching import Matching
from microcosm_sqlite.lookups.paging import Pages, Paging
from microcosm_sqlite.lookups.picking import Picking
from microcosm_sqlite.lookups.places import Placed
from microcosm_sqlite.lookups.sessions import GetOrCreateSession, SessionSource, checked_source, get_session
from microcosm_sqlite.lookups.surveying import paths_of

__all__ = ["Call", "GetOrCreateSession", "Load", "Search", "Store", "certified", "get_session"]

ModelT = TypeVar("ModelT", default=Any)

#: Keys without a row that a message spells out; all are in `missing`.
_SHOWN_KEYS = 20


class Store(
    Matching[ModelT],
    Placed[ModelT],
    Picking[ModelT],
    Columns[ModelT],
    Paging[ModelT],
    Changes[ModelT],
    Generic[ModelT],
    metaclass=ABCMeta,
):
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

    #: How it is asked beyond that, for `certified`: `Search`, `Load` and `Call`.
    access: ClassVar[Sequence[Search | Load | Call]] = ()

    #: How many rows a look-up may scan or sort without an index, for `certified`.
    scan_limit: ClassVar[int] = SCAN_LIMIT

    #: Relationships that are loaded together with the rows of every look-up but `retrieve`, one statement for each.
    prefetch: ClassVar[Sequence[Any]] = ()

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
            TypeError: the class names no model, or declares something else than a list of attributes.
            ArgumentError: *get_session* is neither; a `TypeError` too.
        """
        if type(self).model_class is Store.model_class:
            _ = self.model_class
        self.get_session: SessionSource = (
            GetOrCreateSession(get_session)
            if isinstance(get_session, ObjectGraph)
            else checked_source(get_session, store=type(self).__name__)
        )
        self.auto_filters: dict[str, Any] = filters_by_name(declared_filters(self))
        check_order(self)
        self._answers: Answers[ModelT] = Answers(self)
        self._here = self._answers.here
        self._pages: Pages[ModelT] = Pages(self, self._answers)

    @classmethod
    def access_paths(cls) -> list[AccessPath]:
        """Return what can be asked of the store as statements with their limits, for `certified`."""
        return list(paths_of(cls))

    @property
    def model_class(self) -> type[ModelT]:
        """The model; taken from `Store[Model]`, or overridden by a class attribute or property."""
        # Not an abstract method: type checkers would refuse to make a store that took its model from `Store[Model]`.
        name = type(self).__name__
        example = "class CityStore(Store[City]): ..., and CityStore(graph)" if type(self) is Store else "Store[Model]"
        raise TypeError(f"{name} has no model: declare it as {example}, or give it a model_class")

    @property
    def session(self) -> Session:
        """The session that this store uses here and now."""
        return self.get_session(self)

    @property
    def asynchronous(self) -> Asynchronous[ModelT]:
        """The same look-ups, to be awaited: `city = await cities.asynchronous.retrieve(2988507)`.

        Raises:
            TypeError: the store was made without a graph.
        """
        return Asynchronous(self)

    # Reading

    def retrieve(self, key: Any, *, by: Any = None) -> ModelT:
        """Return the row with this primary key (a tuple, or a mapping by attribute, where it has several columns).

        With *by*, a mapped attribute or a tuple of several, *key* is that other unique key instead.

        Raises:
            ArgumentError: *key* is no value of such a key, nor several.
            ModelNotFoundError: there is none; it is a `KeyError` too.
            UnknownKeyError: *by* is no unique key of the model.
        """
        if by is None:
            family = self._here.family
            try:
                row = family.young.get(key)
            except TypeError:  # A mapping.
                row = None
            if row is not None and not open_contexts():
                family.counters.hits += 1
                return cast("ModelT", row)
        found = self._answers.find(key) if by is None else self._answers.find(key, by=by)
        if found is None:
            raise ModelNotFoundError(f"{self._name}: no row with {_key_in_words(by)} {shown(key)}", missing=[key])
        return found

    def retrieve_many(self, keys: Iterable[Any], *, by: Any = None) -> list[ModelT]:
        """Return the rows with these primary keys, in the order of *keys*; with *by*, with these other unique keys.

        Raises:
            ModelNotFoundError: some do not exist; `missing` has all of those.
            UnknownKeyError: *by* is no unique key of the model.
        """
        asked = self._asked_keys(keys)
        rows = self._answers.find_many(asked, by=by)
        missing = [key for key, row in zip(asked, rows, strict=True) if row is None]
        if missing:
            keys_shown = ", ".join(map(shown, missing[:_SHOWN_KEYS]))
            more = ", ..." if len(missing) > _SHOWN_KEYS else ""
            raise ModelNotFoundError(
                f"{self._name}: {len(missing)} of {len(asked)} keys have no row: [{keys_shown}{more}]", missing=missing
            )
        return [row for row in rows if row is not None]

    def _asked_keys(self, keys: Any) -> list[Any]:
        """Return *keys* as a list; raise `ArgumentError` where they are one alone."""
        if isinstance(keys, list | tuple | range):
            return [*cast("Iterable[Any]", keys)]
        return listed(keys, where=self._name, argument="keys", example=f"retrieve_many([{named(keys)}])")

    def search(
        self, *criteria: Any, offset: int | None = None, limit: int | None = None, **filters: Any
    ) -> list[ModelT]:
        """Return all rows that match, at most *limit* after skipping *offset*.

        Raises:
            ArgumentError: a condition is none, or a filter, *offset* or *limit* has a value that it cannot have.
            UnknownFilterError: a keyword is unknown.
        """
        return self._answers.rows(criteria, filters, offset=offset, limit=limit)

    def stream(
        self, *criteria: Any, offset: int | None = None, limit: int | None = None, **filters: Any
    ) -> Iterator[ModelT]:
        """Return an iterator over all rows that match, which holds only a few of them in memory at a time."""
        return self._answers.stream(criteria, filters, offset=offset, limit=limit)

    def first(
        self, *criteria: Any, offset: int | None = None, limit: int | None = None, **filters: Any
    ) -> ModelT | None:
        """Return the first row that matches, or None; *limit* is accepted and has no effect."""
        del limit
        return self._answers.first(criteria, filters, offset=offset)

    def one(self, *criteria: Any, offset: int | None = None, limit: int | None = None, **filters: Any) -> ModelT:
        """Return the only row that matches.

        Raises:
            ModelNotFoundError: none does.
            MultipleModelsFoundError: several do.
        """
        try:
            return self._answers.only(criteria, filters, offset=offset, limit=limit)
        except NoResultFound as error:
            raise ModelNotFoundError(error, f"({self._described(criteria, filters)})") from error
        except MultipleResultsFound as error:
            raise MultipleModelsFoundError(error, f"({self._described(criteria, filters)})") from error

    def count(self, *criteria: Any, offset: int | None = None, limit: int | None = None, **filters: Any) -> int:
        """Return how many rows match; *offset* and *limit* are accepted and have no effect."""
        del offset, limit
        return self._answers.count(criteria, filters)

    def exists(self, *criteria: Any, **filters: Any) -> bool:
        """Tell whether any row matches."""
        return self._answers.exists(criteria, filters)


def _is_model(argument: Any) -> bool:
    # Any is a class since Python 3.11.
    return isinstance(argument, type) and argument is not Any


def _key_in_words(by: Any) -> str:
    if by is None:
        return "key"
    parts: tuple[Any, ...] = cast("tuple[Any, ...]", by) if isinstance(by, tuple) else (by,)
    return ", ".join(str(getattr(part, "key", part)) for part in parts)
