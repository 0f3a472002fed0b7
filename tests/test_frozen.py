"""Instances of sealed data refuse changes; all others do not."""

import pickle
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import make_transient

from microcosm_sqlite.errors import ReadOnlyDataSetError
from tests.kennel import Dog, DogStore, Kennel, Owner, OwnerStore

CHANGES: dict[str, Callable[[Owner], object]] = {
    "set a column": lambda owner: setattr(owner, "town", "Rome"),
    "set a column of another name": lambda owner: setattr(owner, "postcode", "1"),
    "set the key": lambda owner: setattr(owner, "id", 7),
    "delete a column": lambda owner: delattr(owner, "town"),
    "append": lambda owner: owner.dogs.append(Dog(id=9, name="New", owner_id=1)),
    "remove": lambda owner: owner.dogs.remove(owner.dogs[0]),
    "replace all": lambda owner: setattr(owner, "dogs", []),
    "set a parent": lambda owner: setattr(owner.dogs[0], "owner", Owner(id=9, name="New")),
    "append from the other side": lambda owner: Dog(id=9, name="New", owner=owner),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
class TestChanges:
    def test_a_row_of_a_store_refuses(self, sealed_graph: Any, change: Callable[[Owner], object]) -> None:
        """The row is as it was afterwards, and the store goes on."""
        store = OwnerStore(sealed_graph)
        owner = store.retrieve(1)

        with pytest.raises(ReadOnlyDataSetError):
            change(owner)
        assert (owner.id, owner.town, owner.postcode, [dog.id for dog in owner.dogs]) == (1, "London", "W1J", [1, 2])
        assert not store.session.dirty
        assert store.count() == 3

    def test_a_row_of_a_session_refuses(self, sealed_graph: Any, change: Callable[[Owner], object]) -> None:
        """However it was loaded."""
        with Kennel.new_session(sealed_graph) as session:
            owner = session.scalars(select(Owner).where(Owner.id == 1)).one()
            with pytest.raises(ReadOnlyDataSetError):
                change(owner)

    def test_a_row_of_a_mutable_database_changes(self, graph: Any, change: Callable[[Owner], object]) -> None:
        """Also where the same models are used with an artifact elsewhere in the process."""
        with Kennel.new_session(graph) as session:
            owner = session.get_one(Owner, 1)
            change(owner)

            assert session.dirty or session.new

    def test_a_new_instance_changes(self, sealed_graph: Any, change: Callable[[Owner], object]) -> None:
        """What was never loaded is its maker's."""
        OwnerStore(sealed_graph).retrieve(1)

        change(Owner(id=8, name="Emil", town="Rome", postcode="0", dogs=[Dog(id=8, name="Rex")]))


def test_the_error_says_what_was_to_be_changed(sealed_graph: Any) -> None:
    """Data set, file, model, attribute and row."""
    owner = OwnerStore(sealed_graph).retrieve(2)

    with pytest.raises(
        ReadOnlyDataSetError,
        match=r"data set 'kennel' at .*kennel\.sqlite is read-only "
        r"\(it is a sealed artifact, and Owner\.town of the row with key 2 was to be changed\)",
    ):
        owner.town = "Rome"


def test_a_detached_row_refuses(sealed_graph: Any) -> None:
    """It was loaded from an artifact, wherever it is now."""
    with Kennel.new_session(sealed_graph) as session:
        owner = session.get_one(Owner, 1)

    with pytest.raises(ReadOnlyDataSetError):
        owner.town = "Rome"


def test_a_row_that_was_made_transient_changes(sealed_graph: Any) -> None:
    """Who says that it is new may change it."""
    with Kennel.new_session(sealed_graph) as session:
        owner = session.get_one(Owner, 1)
    make_transient(owner)

    owner.town = "Rome"

    assert owner.town == "Rome"


def test_a_row_can_be_copied_into_a_database_that_changes(sealed_graph: Any, graph: Any) -> None:
    """Merging copies it; the copy is the other session's."""
    dog = DogStore(sealed_graph).retrieve(4)
    with Kennel.new_session(graph) as session:
        copy = session.merge(dog)
        copy.name = "Ampere"
        session.commit()

        assert session.get_one(Dog, 4).name == "Ampere"
    assert dog.name == "Ohm"


def test_a_row_survives_pickling(sealed_graph: Any) -> None:
    """Values come through; what was unpickled belongs to nobody."""
    owner = OwnerStore(sealed_graph).retrieve(1)

    copy = pickle.loads(pickle.dumps(owner))

    assert (copy.id, copy.town) == (1, "London")


def test_expired_rows_load_again(sealed_graph: Any) -> None:
    """Loading is no change."""
    store = OwnerStore(sealed_graph)
    owner = store.retrieve(1)
    store.session.expire(owner)

    assert owner.town == "London"
