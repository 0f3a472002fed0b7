"""Rows on their way from one thread into another."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest
from sqlalchemy import inspect
from sqlalchemy.orm import InstanceState

from microcosm_sqlite.lookups.awaiting import Here
from microcosm_sqlite.lookups.late import STATE, Nursery
from microcosm_sqlite.lookups.parcels import Load, packed, unpacked
from tests.kennel import Dog, DogStore, Owner, OwnerStore


@dataclass(frozen=True)
class Found:
    """A row with something beside it."""

    row: Dog
    rank: float


class Pair(NamedTuple):
    """Two rows."""

    dog: Dog
    owner: Owner


def handed_over(store: Any, look: Callable[[], Any]) -> Any:
    """Return what *look* returns in another thread, as this thread has it."""
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(packed(look())))
    thread.start()
    thread.join()
    return unpacked(found[0], Here(store))


@pytest.fixture(params=["mutable", "sealed"])
def any_graph(request: pytest.FixtureRequest) -> Any:
    """Return a graph with the kennel, mutable and sealed in turn: the answers are the same."""
    return request.getfixturevalue({"mutable": "graph", "sealed": "sealed_graph"}[request.param])


def test_rows_are_found_wherever_they_are(any_graph: Any) -> None:
    """In lists, tuples, dictionaries, data classes, and by themselves; what is none stays as it is."""
    dogs, owners = DogStore(any_graph), OwnerStore(any_graph)

    def look() -> Any:
        dog, owner = dogs.retrieve(1), owners.retrieve(1)
        return {"list": [dog, 1], "tuple": (owner,), "found": Found(dog, 0.5), "pair": Pair(dog, owner), "text": "a"}

    found = handed_over(dogs, look)

    dog, owner = dogs.retrieve(1), owners.retrieve(1)
    assert found == {
        "list": [dog, 1],
        "tuple": (owner,),
        "found": Found(dog, 0.5),
        "pair": Pair(dog, owner),
        "text": "a",
    }
    assert found["pair"].dog is dog
    assert dog in dogs.session


def test_what_holds_no_row_is_not_copied(any_graph: Any) -> None:
    """It is the same object."""
    page = Found(row=None, rank=1.0)  # type: ignore[arg-type]

    assert handed_over(DogStore(any_graph), lambda: page) is page


def test_nothing_is_shared(sealed_graph: Any) -> None:
    """The thread that read a row keeps its own instance."""
    dogs, theirs = DogStore(sealed_graph), list[Dog]()

    def look() -> Dog:
        theirs.append(dogs.retrieve(1))
        return theirs[0]

    mine = handed_over(dogs, look)

    assert mine is not theirs[0]
    assert vars(mine).keys() == vars(theirs[0]).keys()
    assert vars(mine)[STATE] is not vars(theirs[0])[STATE]


def test_rows_need_no_state_on_their_way(sealed_graph: Any) -> None:
    """They are late here, too; it is made when it is asked for."""
    dogs = DogStore(sealed_graph)

    dog = handed_over(dogs, lambda: dogs.retrieve(1))

    assert type(vars(dog)[STATE]) is Nursery
    assert inspect(dog).session is dogs.session
    assert type(vars(dog)[STATE]) is InstanceState


def test_many_rows_travel_as_one_load(sealed_graph: Any) -> None:
    """Unless one of them has more than its columns."""
    dogs = DogStore(sealed_graph)
    found = dogs.search()

    assert type(packed(found)) is Load
    assert found[1].owner.name == "Ada"
    assert type(packed(found)) is list
    assert packed([]) == []


def test_relationships_that_are_loaded_come_along(sealed_graph: Any) -> None:
    """Round in circles, too; those that are not are loaded later."""
    dogs = DogStore(sealed_graph)

    def look() -> Dog:
        dog = dogs.retrieve(1)
        assert dog.owner.dogs[0] is dog
        return dog

    dog = handed_over(dogs, look)

    assert dog.__dict__["owner"].__dict__["dogs"][0] is dog
    assert dog.owner.dogs[1].owner is dog.owner


def test_new_rows_stay_where_they_are(graph: Any) -> None:
    """They belong to nobody."""
    new = Dog(name="New")

    assert handed_over(DogStore(graph), lambda: new) is new


def test_what_is_changed_here_is_not_overwritten(graph: Any) -> None:
    """A row that has changes of its own keeps them."""
    dogs = DogStore(graph)
    dog = dogs.retrieve(1)
    dog.name = "Mine"

    with dogs.session.no_autoflush:
        assert handed_over(dogs, lambda: dogs.retrieve(1)) is dog
    assert dog.name == "Mine"
    dogs.session.rollback()
