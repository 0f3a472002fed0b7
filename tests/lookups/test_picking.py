"""Some columns of rows, without instances."""

from copy import copy, deepcopy
from datetime import date
from typing import Any

import pytest

from microcosm_sqlite.errors import UnknownFilterError
from microcosm_sqlite.lookups.readers import reader_of
from tests.kennel import Dog, DogStore, Owner, OwnerStore, Visit, VisitStore


@pytest.fixture(params=["mutable", "sealed"])
def any_graph(request: pytest.FixtureRequest) -> Any:
    """Return a graph with the kennel, mutable and sealed in turn: the answers are the same."""
    return request.getfixturevalue({"mutable": "graph", "sealed": "sealed_graph"}[request.param])


def test_rows_are_named_tuples(any_graph: Any) -> None:
    """In the declared order, under the names of the attributes."""
    rows = list(OwnerStore(any_graph).values(Owner.postcode, Owner.name))

    assert rows == [("37073", "Carl"), ("W1J", "Ada"), ("75005", "Blaise")]
    assert [(row.postcode, row.name) for row in rows] == rows  # type: ignore[attr-defined]
    assert type(rows[0])._fields == ("postcode", "name")  # type: ignore[attr-defined]


def test_rows_are_as_other_named_tuples(any_graph: Any) -> None:
    """They can be copied, changed into others, and made into dictionaries."""
    row: Any = next(OwnerStore(any_graph).values(Owner.id, Owner.name))

    assert copy(row) == deepcopy(row) == row == (3, "Carl")
    assert type(copy(row)) is type(row)
    assert row._replace(name="Eve") == (row.id, "Eve")
    assert row._asdict() == {"id": row.id, "name": row.name}
    assert type(row)._make([5, "Eve"]).name == "Eve"
    assert repr(row) == f"Values(id={row.id}, name={row.name!r})"


def test_values_are_what_the_attributes_hold(any_graph: Any) -> None:
    """Booleans and dates among them."""
    assert list(DogStore(any_graph).values(Dog.is_good, Dog.weight)) == [
        (True, 30.5),
        (True, 9.25),
        (True, 12.0),
        (False, None),
    ]
    assert next(VisitStore(any_graph).values(Visit.day)) == (date(2026, 1, 5),)


def test_what_is_asked_for(any_graph: Any) -> None:
    """Filters, expressions, and a part of the result."""
    dogs = DogStore(any_graph)

    assert list(dogs.values(Dog.id, name="Rex")) == [(1,), (3,)]
    assert list(dogs.values(Dog.id, where=[Dog.weight > 10], name=["Rex", "Ohm"])) == [(1,), (3,)]
    assert list(dogs.values(Dog.id, offset=1, limit=2)) == [(2,), (3,)]
    assert list(dogs.values(Dog.id, limit=0)) == []
    assert list(dogs.values(Dog.id, offset=3)) == [(4,)]
    assert list(dogs.values(Dog.id, where=[Dog.owner.has(Owner.town == "London")])) == [(1,), (2,)]


@pytest.mark.parametrize("columns", [(), (Owner.dogs,), ("name",), (Dog,), (Dog.name,)])
def test_only_columns_can_be_had(any_graph: Any, columns: tuple[Any, ...]) -> None:
    """One at least, by its attribute."""
    with pytest.raises(TypeError, match=r"^OwnerStore of Owner: columns: expected attributes of Owner, found "):
        OwnerStore(any_graph).values(*columns)


def test_what_is_wrong_is_heard_at_once(any_graph: Any) -> None:
    """Not with the first row."""
    with pytest.raises(UnknownFilterError):
        DogStore(any_graph).values(Dog.id, nmae="Rex")
    with pytest.raises(TypeError):
        DogStore(any_graph).values(Dog.id, where=["id = 1"])


def test_nothing_is_made_that_was_not_asked_for(sealed_graph: Any) -> None:
    """The rows of a whole table leave no instance behind, and no open cursor where they are abandoned."""
    dogs = DogStore(sealed_graph)
    rows = dogs.values(Dog.name)
    assert next(rows) == ("Rex",)
    reader = reader_of(dogs.session)
    assert reader is not None
    table = reader.table(Dog)
    assert table is not None
    del rows

    assert len(table.rows._nursery.living) == 0
    assert len(reader.connection._handle.cursors) == 0
    assert sealed_graph.sqlite.stats()["kennel"].searches == 1
