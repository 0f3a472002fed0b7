"""What names a look-up."""

import os
import subprocess
import sys
from typing import Any

import pytest
from sqlalchemy.orm import Query

from microcosm_sqlite.errors import UnknownFilterError
from microcosm_sqlite.lookups.questions import Questions
from tests.kennel import Dog, DogStore, Owner, OwnerStore


def name(store: Any, *criteria: Any, **filters: Any) -> bytes:
    """Return the name of a look-up."""
    return Questions(store).name(criteria, filters)


def test_the_same(graph: Any, sealed_graph: Any) -> None:
    """Whichever way it will be answered, in whatever order it is said, and however its members are put."""
    one, other = DogStore(graph), DogStore(sealed_graph)

    assert name(one) == name(other)
    assert name(one, name="Rex", owner_id=[1, 2, None]) == name(other, owner_id={2, 1, None}, name="Rex")
    assert name(one, name=None) == name(one)
    assert name(one, Dog.weight > 5) == name(other, Dog.weight > 5)
    assert name(one, Dog.owner.has(Owner.town == "Ulm")) == name(other, Dog.owner.has(Owner.town == "Ulm"))
    assert name(one, Dog.name.in_({"a", "b"})) == name(other, Dog.name.in_(["b", "a"]))


def test_another(graph: Any) -> None:
    """Other values, conditions, models or orders."""

    class ByWeight(DogStore):
        order_by = (Dog.weight,)

    dogs = DogStore(graph)
    names = [
        name(dogs),
        name(ByWeight(graph)),
        name(OwnerStore(graph)),
        name(dogs, name="Rex"),
        name(dogs, name="Max"),
        name(dogs, name=["Rex"]),
        name(dogs, name=["Rex", None]),
        name(dogs, owner_id=1),
        name(dogs, owner_id="1"),
        name(dogs, Dog.weight > 5),
        name(dogs, Dog.weight > 6),
        name(dogs, Dog.weight < 5),
        name(dogs, Dog.owner.has(Owner.town == "Ulm")),
        name(dogs, Dog.owner.has(Owner.town == "Bonn")),
        name(dogs, Dog.name.in_(["a", "b"])),
        name(dogs, Dog.name.in_(["a", "c"])),
    ]

    assert len(set(names)) == len(names)


def test_hooks_are_part_of_it(graph: Any) -> None:
    """What an override makes of a filter counts."""

    class Heavy(DogStore):
        def _filter(self, query: Query[Dog], heavier_than: float | None = None, **filters: Any) -> Query[Dog]:
            query = super()._filter(query, **filters)
            return query if heavier_than is None else query.filter(Dog.weight > heavier_than)

    dogs = Heavy(graph)

    assert name(dogs, heavier_than=5) == name(dogs, heavier_than=5)
    assert len({name(dogs), name(dogs, heavier_than=5), name(dogs, heavier_than=6)}) == 3


def test_many_shapes(graph: Any) -> None:
    """Only so many are remembered; the names stay the same."""
    questions = Questions(DogStore(graph))
    first = questions.name((), {"owner_id": [1]})

    for members in range(1, 100):
        for more in range(1, 4):
            questions.name((), {"owner_id": [*range(members)], "name": ["x"] * more})

    assert questions.name((), {"owner_id": [1]}) == first


def test_unknown_filters(graph: Any) -> None:
    """They are heard as in any look-up."""
    with pytest.raises(UnknownFilterError):
        name(DogStore(graph), nope=1)


def test_the_same_in_another_process(graph: Any) -> None:
    """The order of a set of texts differs from process to process; the name does not."""
    code = (
        "from tests.kennel import DogStore;from microcosm_sqlite.lookups.questions import Questions;"
        "print(Questions(DogStore()).name((), {'name': {'a','b','c','d'}}).hex())"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": str(seed), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
        for seed in (1, 2)
    }

    assert found == {name(DogStore(graph), name=["d", "c", "b", "a"]).hex()}
