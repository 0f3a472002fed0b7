"""Declare how a store is asked, so that sealing can check that an index answers."""

from itertools import compress
from operator import not_
from typing import TYPE_CHECKING, Any, TypeVar, cast

from sqlalchemy.orm import QueryableAttribute

from microcosm_sqlite.checks import AccessCheck, require
from microcosm_sqlite.errors import ArgumentError
from microcosm_sqlite.lookups.surveying import paths_of

if TYPE_CHECKING:
    from microcosm_sqlite.lookups.hooks import Hooks

StoreT = TypeVar("StoreT", bound="type[Any]")


class Search:
    """A search with these filters, in the order of the store.

        Search(City.country_code, City.admin1_code)      search(country_code=..., admin1_code=...)
        Search(City.population > 0)                      search(City.population > 0)

    Args:
        *terms: attributes among the store's `auto_filter_fields`, each compared with one value, or expressions.
        scan_limit: how many rows it may scan or sort without an index; that of the store where it is not given.
        **filters: other filters of the store, each with a value as an example.
    """

    def __init__(self, *terms: Any, scan_limit: int | None = None, **filters: Any) -> None:
        is_attribute = [isinstance(term, QueryableAttribute) for term in terms]
        self.attributes = tuple(compress(terms, is_attribute))
        self.criteria = tuple(compress(terms, map(not_, is_attribute)))
        self.scan_limit = scan_limit
        self.filters = filters


class Load:
    """What a relationship of the model loads of one row: `Load("cities", scan_limit=10_000)`.

    Args:
        relationship: its name.
        scan_limit: how many rows it may scan or sort without an index.
    """

    def __init__(self, relationship: str, *, scan_limit: int) -> None:
        self.relationship = relationship
        self.scan_limit = scan_limit


class Call:
    """A method of the store's own, with arguments as an example: `Call("largest", country_code="FR")`.

    It is run on an empty database with the tables of the data set, to see what it asks.

    Args:
        method: its name.
        *arguments: what to call it with.
        scan_limit: how many rows each of its statements may scan or sort without an index; that of the store where it
            is not given.
        **keywords: what else to call it with.
    """

    def __init__(self, method: str, *arguments: Any, scan_limit: int | None = None, **keywords: Any) -> None:
        self.method = method
        self.arguments = arguments
        self.scan_limit = scan_limit
        self.keywords = keywords


def certified(store: StoreT) -> StoreT:
    """Let nothing of the data set of *store* be published unless indexes answer what the store is asked.

    A class decorator. What is checked, when the data set is sealed: its keys, a search without conditions, by each of
    its `auto_filter_fields` and as its `access` says, by words and places where the model declares these, and what its
    relationships load. A field that `access` names is checked as it says there, not by itself. The gate is called
    `access:<store>`.

    Raises:
        ArgumentError: it is no class of stores.
        ValueError: a store of this name is certified already.
    """
    if not (isinstance(cast("Any", store), type) and hasattr(store, "access_paths")):
        raise ArgumentError(
            where="certified",
            argument="store",
            expected="a class of stores",
            found=repr(store),
            remedy="Write @certified above class CityStore(Store[City]).",
        )
    require(cast("type[Hooks[Any]]", store).model_class, AccessCheck(store.__name__, lambda: paths_of(store)))
    return store
