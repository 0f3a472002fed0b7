"""Look-ups are prepared once per shape, where they can be read directly."""

from typing import Any

import pytest
from sqlalchemy.orm import Query

from microcosm_sqlite import Store
from microcosm_sqlite.lookups.preparing import Preparation, Prepared
from tests.kennel import Dog, DogStore, Kennel, Owner, OwnerStore


class NamedDogs(Store[Dog]):
    """With a filter of its own, in the form of 2.0.0."""

    def _filter(self, query: Query[Dog], first: str | None = None, **filters: Any) -> Query[Dog]:
        return super()._filter(query.filter(Dog.name.startswith(first)) if first else query, **filters)


class DogsByOwner(Store[Dog]):
    """In an order that another table decides."""

    order_by = (Owner.name,)


def preparation(store: Any) -> Preparation:
    """Return what prepares the look-ups of *store*."""
    found: Preparation = store._answers._preparation
    return found


def prepared(store: Any, *criteria: Any, offset: Any = None, limit: Any = None, **filters: Any) -> Prepared | None:
    """Return a look-up of rows, prepared."""
    return preparation(store).rows(criteria, filters, offset=offset, limit=limit)


def test_a_shape_is_compiled_once(sealed_graph: Any) -> None:
    """For all values."""
    store = DogStore(sealed_graph)
    one, other = prepared(store, name="Rex", limit=1), prepared(store, name="Flush", limit=5)
    assert one is not None
    assert other is not None

    assert one.plan is other.plan
    assert (list(one.values), list(other.values)) == (["Rex", 1, 0], ["Flush", 5, 0])


def test_the_order_is_part_of_it(sealed_graph: Any) -> None:
    """The declared one, then the primary key."""
    found = prepared(OwnerStore(sealed_graph), offset=2)
    assert found is not None

    assert found.plan.sql.endswith("ORDER BY owner.town, owner.id\n LIMIT ? OFFSET ?")
    assert list(found.values) == [-1, 2]


@pytest.mark.parametrize("store", [NamedDogs, DogsByOwner])
def test_what_only_sqlalchemy_can_put_together(sealed_graph: Any, store: type[Store[Dog]]) -> None:
    """Stores with hooks of their own, and orders beyond the table."""
    assert prepared(store(sealed_graph)) is None


def test_a_page_that_is_no_number(sealed_graph: Any) -> None:
    """SQLAlchemy knows what to say."""
    assert prepared(DogStore(sealed_graph), limit="5") is None


def test_data_that_changes(graph: Any) -> None:
    """It is SQLAlchemy's."""
    assert prepared(DogStore(graph)) is None
    assert preparation(DogStore(graph)).count((), {}) is None
    assert preparation(DogStore(graph)).exists((), {}) is None


@pytest.mark.slow
def test_few_shapes_are_kept(sealed_graph: Any) -> None:
    """However many there were."""
    store = DogStore(sealed_graph)
    for number in range(300):
        expression = Dog.id > 0
        for _ in range(number % 150):
            expression &= Dog.id > 0
        store.count(expression, *[Dog.id > 0] * (number // 150))

    assert len(preparation(store)._plans) <= 256


def test_a_context_decides_where_it_is_read(sealed_graph: Any) -> None:
    """Inside of one, with its session."""
    store = DogStore(sealed_graph)
    outside = preparation(store).table()
    with Kennel.new_context(sealed_graph) as context:
        inside = preparation(store).table()
        assert inside is not None
        assert inside.reader.session is context.session

    assert preparation(store).table() is outside
