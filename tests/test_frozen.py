"""Instances of sealed data refuse changes; all others do not."""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import DeclarativeBase, Mapped, make_transient, mapped_column, relationship

from microcosm_sqlite import DataSet, Store
from microcosm_sqlite.errors import ReadOnlyDataSetError
from tests.conftest import GraphFactory, close_graph
from tests.kennel import Dog, DogStore, Kennel, Owner, OwnerStore
from tests.sealed import seal_file


def _delete_loaded(owner: Owner) -> None:
    assert owner.dogs
    del owner.dogs


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
    "pop": lambda owner: owner.dogs.pop(),
    "clear": lambda owner: owner.dogs.clear(),
    "delete all": _delete_loaded,
    "set an item": lambda owner: owner.dogs.__setitem__(0, Dog(id=9, name="New")),
}

#: What changes a list in place and is no change to a database, so that SQLAlchemy does not look.
REARRANGEMENTS: dict[str, Callable[[list[Any]], object]] = {
    "sort": lambda several: several.sort(key=lambda one: -one.id),
    "reverse": lambda several: several.reverse(),
    "repeat": lambda several: several.__imul__(2),
}

#: What changes any list.
LIST_CHANGES: dict[str, Callable[[list[Any]], object]] = {
    **REARRANGEMENTS,
    "pop": lambda several: several.pop(),
    "append": lambda several: several.append(several[0]),
    "remove": lambda several: several.remove(several[0]),
    "delete an item": lambda several: several.__delitem__(0),
    "clear": lambda several: several.clear(),
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
        assert not store.session.new
        assert store.count() == 3

    def test_the_thread_reads_on(self, sealed_graph: Any, change: Callable[[Owner], object]) -> None:
        """Nothing is pending that a later read would try to write, and nothing waits to be rolled back."""
        owner = OwnerStore(sealed_graph).retrieve(1)

        with pytest.raises(ReadOnlyDataSetError):
            change(owner)
        other = OwnerStore(sealed_graph).retrieve(2)
        assert [dog.id for dog in other.dogs] == [3]
        assert [found.name for found in DogStore(sealed_graph).search(Dog.owner.has(name="Ada"))] == ["Rex", "Flush"]

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


def test_a_row_of_another_session_is_not_taken_over(sealed_graph: Any, graph: Any) -> None:
    """A refused row is not left in the session of the sealed rows either."""
    with Kennel.new_session(graph) as session:
        dog = session.get_one(Dog, 4)
    store = OwnerStore(sealed_graph)

    with pytest.raises(ReadOnlyDataSetError):
        store.retrieve(1).dogs.append(dog)
    assert dog not in store.session


@pytest.mark.parametrize("rearrange", REARRANGEMENTS.values(), ids=REARRANGEMENTS.keys())
class TestRearrangements:
    def test_a_list_of_a_store_refuses(self, sealed_graph: Any, rearrange: Callable[[list[Any]], object]) -> None:
        """The next caller in the thread finds it as it was; the error names it."""
        owner = OwnerStore(sealed_graph).retrieve(1)

        with pytest.raises(ReadOnlyDataSetError, match=r"Owner\.dogs of the row with key 1 was to be changed"):
            rearrange(owner.dogs)
        assert [dog.id for dog in OwnerStore(sealed_graph).retrieve(1).dogs] == [1, 2]

    def test_lists_of_others_rearrange(
        self, sealed_graph: Any, graph: Any, rearrange: Callable[[list[Any]], object]
    ) -> None:
        """Those of a database that can change, of new instances, and copies of sealed ones."""
        sealed = OwnerStore(sealed_graph).retrieve(1)
        with Kennel.new_session(graph) as session:
            for dogs in (
                session.get_one(Owner, 1).dogs,
                Owner(dogs=[Dog(id=1), Dog(id=2)]).dogs,
                list(sealed.dogs),
            ):
                rearrange(dogs)
                assert [dog.id for dog in dogs] != [1, 2]


class Atlas(DataSet, DeclarativeBase):
    """Countries with what borders on them."""

    __data_set__ = "atlas"


class Border(Atlas):
    """That one country borders on another."""

    __tablename__ = "border"

    here: Mapped[str] = mapped_column(ForeignKey("country.code"), primary_key=True)
    there: Mapped[str] = mapped_column(ForeignKey("country.code"), primary_key=True)


class Country(Atlas):
    """A country; its neighbours are for viewing only."""

    __tablename__ = "country"

    code: Mapped[str] = mapped_column(primary_key=True)

    neighbours: Mapped[list["Country"]] = relationship(
        secondary="border",
        primaryjoin="Country.code == Border.here",
        secondaryjoin="Country.code == Border.there",
        order_by="Country.code",
        viewonly=True,
    )
    borders: Mapped[list[Border]] = relationship(
        primaryjoin="Country.code == Border.here", order_by=Border.there, viewonly=True
    )
    bordering: Mapped[set[Border]] = relationship(primaryjoin="Country.code == Border.there", viewonly=True)


class CountryStore(Store[Country]):
    """Countries, and nothing with them."""


class PrefetchingStore(Store[Country]):
    """Countries with one list that is read directly, and one that SQLAlchemy reads."""

    auto_filter_fields = (Country.code,)
    prefetch = (Country.neighbours, Country.borders)


class BordersStore(Store[Country]):
    """Countries with what is read directly."""

    auto_filter_fields = (Country.code,)
    prefetch = (Country.borders,)


@pytest.fixture
def atlas(make_graph: GraphFactory, tmp_path: Path) -> Any:
    """Return a graph with a sealed atlas."""
    source = tmp_path / "source.sqlite"
    graph = make_graph(paths={"atlas": source})
    Atlas.create_all(graph)
    with Atlas.new_session(graph) as session:
        session.add_all(Country(code=code) for code in ("BE", "ES", "FR"))
        session.flush()
        session.add_all(Border(here=here, there=there) for here, there in (("FR", "BE"), ("FR", "ES"), ("ES", "FR")))
        session.commit()
    close_graph(graph)
    return make_graph(paths={"atlas": seal_file(source, tmp_path / "atlas.sqlite", name="atlas")})


@pytest.mark.parametrize("change", LIST_CHANGES.values(), ids=LIST_CHANGES.keys())
@pytest.mark.parametrize("store_class", [CountryStore, PrefetchingStore, BordersStore])
def test_lists_for_viewing_refuse(
    atlas: Any, store_class: type[Store[Country]], change: Callable[[list[Any]], object]
) -> None:
    """Loaded when touched or together with their rows, directly or by SQLAlchemy: the next caller sees them whole."""
    store = store_class(atlas)
    country = store.search(Country.code == "FR")[0]

    with pytest.raises(ReadOnlyDataSetError, match=r"Country\.neighbours of the row with key 'FR'"):
        change(country.neighbours)
    with pytest.raises(ReadOnlyDataSetError, match=r"Country\.borders of the row with key 'FR'"):
        change(country.borders)
    again = store_class(atlas).retrieve("FR")
    assert [one.code for one in again.neighbours] == ["BE", "ES"]
    assert [one.there for one in again.borders] == ["BE", "ES"]
    assert not store.session.dirty


def test_sets_refuse(atlas: Any) -> None:
    """However they would be changed."""
    country = CountryStore(atlas).retrieve("FR")
    border = next(iter(country.bordering))

    for change in (country.bordering.pop, country.bordering.clear, lambda: country.bordering.add(border)):
        with pytest.raises(ReadOnlyDataSetError, match=r"Country\.bordering of the row with key 'FR'"):
            change()
    assert country.bordering == {border}


def test_a_set_of_a_new_instance_changes() -> None:
    """It is its maker's."""
    border = Border(here="A", there="B")
    country = Country(code="B", bordering={border})

    assert country.bordering.pop() is border
    assert not country.bordering
