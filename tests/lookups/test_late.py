"""Instances without a state have one as soon as anybody asks for it."""

import copy
import gc
import pickle
import threading
from collections.abc import Callable
from typing import Any
from weakref import ref

import pytest
from sqlalchemy import inspect, select
from sqlalchemy.orm import InstanceState, Session, make_transient, object_session, selectinload

from microcosm_sqlite.lookups.late import STATE, LateIdentities, Nursery
from tests.kennel import Dog, DogStore, Kennel, Owner, OwnerStore, VisitStore

#: Whatever asks for the state of a row.
ASKING: dict[str, Callable[[Session, Owner], object]] = {
    "inspect": lambda _, owner: inspect(owner),
    "a lazy relationship": lambda _, owner: owner.dogs,
    "object_session": lambda _, owner: object_session(owner),
    "in": lambda session, owner: owner in session,
    "get": lambda session, owner: session.get(Owner, owner.id),
    "a query": lambda session, owner: session.scalars(select(Owner).where(Owner.id == owner.id)).one(),
    "refresh": lambda session, owner: session.refresh(owner),
    "expire": lambda session, owner: session.expire(owner),
    "the identity map": lambda session, owner: session.identity_map[Owner, (owner.id,), None],
    "merge": lambda session, owner: session.merge(owner),
    "add": lambda session, owner: session.add(owner),
}


@pytest.fixture
def owners(sealed_graph: Any) -> OwnerStore:
    """Return the store of owners of sealed data."""
    return OwnerStore(sealed_graph)


def has_state(row: Any) -> bool:
    """Tell whether the state of *row* was made."""
    return isinstance(row.__dict__[STATE], InstanceState)


def test_looking_at_attributes_needs_no_state(owners: OwnerStore) -> None:
    """The common case is the cheap one."""
    owner = owners.retrieve(1)

    assert (owner.id, owner.name, owner.town, owner.postcode) == (1, "Ada", "London", "W1J")
    assert isinstance(owner.__dict__[STATE], Nursery)


@pytest.mark.parametrize("ask", ASKING.values(), ids=ASKING.keys())
def test_whoever_asks_finds_a_row_of_the_session(owners: OwnerStore, ask: Callable[[Session, Owner], object]) -> None:
    """Persistent, unchanged, and still the same object."""
    owner = owners.retrieve(1)
    ask(owners.session, owner)
    state = inspect(owner)

    assert has_state(owner)
    assert state.persistent
    assert not state.modified
    assert state.identity_key == (Owner, (1,), None)
    assert object_session(owner) is owners.session
    assert owners.session.get(Owner, 1) is owner
    assert owners.retrieve(1) is owner
    assert owner.town == "London"


def test_one_row_is_one_object(sealed_graph: Any, owners: OwnerStore) -> None:
    """Whether it came from a store, a relationship, or a query, first or later."""
    dogs = DogStore(sealed_graph)
    through_dog = dogs.retrieve(1).owner
    queried = owners.session.scalars(select(Owner).where(Owner.id == 2)).one()

    assert owners.retrieve(1) is through_dog
    assert owners.retrieve(2) is queried
    assert dogs.retrieve(3).owner is queried
    assert dogs.search(owner_id=1)[0] is through_dog.dogs[0]
    assert owners.retrieve_many([2, 1]) == [queried, through_dog]
    assert list(owners.stream()) == [owners.retrieve(3), through_dog, queried]


def test_keys_of_several_values(sealed_graph: Any) -> None:
    """One row is one object with them, too."""
    visits = VisitStore(sealed_graph)
    first = visits.search()[0]

    assert visits.retrieve((first.dog_id, first.day)) is first
    assert inspect(first).identity == (first.dog_id, first.day)
    assert visits.session.get(type(first), (first.dog_id, first.day)) is first


def test_eager_loading_fills_rows_that_are_there(owners: OwnerStore) -> None:
    """SQLAlchemy's loader takes them for its own."""
    owner = owners.retrieve(1)
    queried = owners.session.scalars(select(Owner).options(selectinload(Owner.dogs)).where(Owner.id == 1)).one()

    assert queried is owner
    assert "dogs" in owner.__dict__


def test_a_closed_session_leaves_its_rows_detached(owners: OwnerStore) -> None:
    """Those with a state and those without; the store goes on with new ones."""
    with_state, without = owners.retrieve(1), owners.retrieve(2)
    inspect(with_state)
    owners.session.close()

    assert inspect(with_state).detached
    assert inspect(without).detached
    assert (with_state.town, without.town) == ("London", "Paris")
    assert owners.retrieve(1) is not with_state
    assert owners.retrieve(1).dogs[0].owner is owners.retrieve(1)


def test_expunging_one_row_lets_the_store_read_it_anew(owners: OwnerStore) -> None:
    """What left the session is not handed out again."""
    owner = owners.retrieve(1)
    owners.session.expunge(owner)

    assert inspect(owner).detached
    assert owners.retrieve(1) is not owner
    assert [dog.id for dog in owners.retrieve(1).dogs] == [1, 2]


def test_rows_from_before_the_engine_was_disposed_of(owners: OwnerStore, sealed_graph: Any) -> None:
    """They stay in the session, unless somebody read the row anew: then that one is the session's."""
    kept, replaced = owners.retrieve(1), owners.retrieve(2)
    sealed_graph.sqlite.dispose("kennel")
    again = owners.retrieve(2)

    assert again is not replaced
    assert inspect(replaced).detached
    assert inspect(again).persistent
    assert [dog.id for dog in kept.dogs] == [1, 2]
    assert owners.retrieve(1) is kept


def test_rows_can_be_pickled_and_copied(owners: OwnerStore) -> None:
    """Before they have a state; what comes out belongs to no session."""
    owner = owners.retrieve(1)
    for other in (pickle.loads(pickle.dumps(owner)), copy.deepcopy(owner), copy.copy(owner)):
        assert (other.id, other.town) == (1, "London")
        assert inspect(other).detached
        assert other is not owner

    assert inspect(owner).persistent


def test_a_row_can_be_made_transient(owners: OwnerStore) -> None:
    """Before it has a state."""
    owner = owners.retrieve(1)
    make_transient(owner)

    assert inspect(owner).transient


def test_new_instances_are_as_ever(owners: OwnerStore) -> None:
    """The descriptor on the class is seen by nobody."""
    owners.retrieve(1)

    assert inspect(Owner(id=9, name="New")).transient
    assert not hasattr(Owner, STATE)
    assert not hasattr(Owner.__new__(Owner), STATE)


def test_the_dead_are_forgotten(owners: OwnerStore) -> None:
    """Not one by one, but before they are many."""
    nursery = Nursery(inspect(Owner), owners.session, names=("id",), path="")
    living = owners.retrieve(1)
    gone = Owner(id=2, name="Gone")
    nursery.living = {1: ref(living), 2: ref(gone)}
    del gone
    gc.collect()
    nursery.sweep()

    assert set(nursery.living) == {1}


def test_two_threads_make_one_state(owners: OwnerStore) -> None:
    """Whoever comes second gets what the first one made."""
    for _ in range(50):
        owners.session.close()
        owner = owners.retrieve(1)
        found: list[Any] = []
        barrier = threading.Barrier(4)

        def ask(row: Any = owner, states: list[Any] = found, start: threading.Barrier = barrier) -> None:
            start.wait()
            states.append(inspect(row))

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len({id(state) for state in found}) == 1


def test_rows_of_a_mutable_database_are_as_ever(graph: Any, sealed_graph: Any) -> None:
    """Also while the same models are read from an artifact."""
    OwnerStore(sealed_graph).retrieve(1)
    with Kennel.new_session(graph) as session:
        owner = session.get_one(Owner, 1)
        owner.town = "Rome"
        session.commit()
        session.expire_all()

        assert owner.town == "Rome"
        assert not isinstance(session.identity_map, LateIdentities)


def test_a_context_has_its_own_rows(sealed_graph: Any, owners: OwnerStore) -> None:
    """A store inside of it gives what its session gives."""
    outside = owners.retrieve(1)
    with Kennel.new_context(sealed_graph) as context:
        inside = owners.retrieve(1)

        assert context.session is not None
        assert context.session.get(Owner, 1) is inside
        assert inside is not outside
        assert DogStore(sealed_graph).retrieve(1).owner is inside
    assert owners.retrieve(1) is outside


def test_a_row_may_have_a_new_neighbour(sealed_graph: Any) -> None:
    """Relationships from new instances to rows without a state are found."""
    dog = DogStore(sealed_graph).retrieve(1)

    assert Dog(id=9, name="New", owner_id=dog.owner_id).owner_id == 1
