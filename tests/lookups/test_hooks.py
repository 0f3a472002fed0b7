"""How stores put look-ups together through SQLAlchemy."""

from typing import Any

import pytest
from sqlalchemy.orm import Query

from microcosm_sqlite import Store
from microcosm_sqlite.errors import UnknownFilterError
from tests.kennel import Dog, DogStore


class ByInitial(Store[Dog]):
    """A filter by a keyword of its own."""

    def _filter(self, query: Query[Dog], initial: str = "", **filters: Any) -> Query[Dog]:
        return super()._filter(query.filter(Dog.name.startswith(initial)), **filters)


class ByInitialReversed(ByInitial):
    """An order by a keyword of its own."""

    def _order_by(self, query: Query[Dog], is_reversed: bool = False, **filters: Any) -> Query[Dog]:  # noqa: FBT001, FBT002
        return query.order_by(Dog.name.desc()) if is_reversed else super()._order_by(query, **filters)


def test_keywords_of_overrides_are_filters(sealed_graph: Any) -> None:
    """Those of all classes that a store inherits from."""
    store = ByInitialReversed(sealed_graph)

    assert store._known_filters() == {"initial", "is_reversed"}
    assert [dog.name for dog in store.search(initial="R", is_reversed=True)] == ["Rex", "Rex"]
    assert [dog.name for dog in store.search(is_reversed=True)] == ["Rex", "Rex", "Ohm", "Flush"]


def test_stores_with_hooks_of_their_own_are_known() -> None:
    """Wherever in the line they come from."""
    assert ByInitialReversed()._has_own_hooks
    assert not DogStore()._has_own_hooks


def test_unknown_keywords_are_named(sealed_graph: Any) -> None:
    """With those that are known."""
    with pytest.raises(UnknownFilterError, match=r"unknown filter 'first'\. Known filters: initial\."):
        ByInitial(sealed_graph).search(first="R")
