"""Arguments that 2.0.0 took or failed on in other ways: the lines about them on the page "Coming from 2.0.0"."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import Enum as EnumColumn

from microcosm_sqlite import DataSet, Store
from microcosm_sqlite.errors import ArgumentValueError, DataSetBusyError, DuplicateModelError
from tests.conftest import GraphFactory
from tests.kennel import Example, Person, PersonStore


class Cupboard(DataSet, DeclarativeBase):
    """One table with an enumeration."""

    __data_set__ = "cupboard"


class Plate(Cupboard):
    """A plate."""

    __tablename__ = "plate"

    id: Mapped[int] = mapped_column(primary_key=True)
    colour: Mapped[str] = mapped_column(EnumColumn("red", "blue"))


class PlateStore(Store[Plate]):
    """Plates by colour."""

    auto_filter_fields = (Plate.colour,)


@pytest.fixture
def persons(example_graph: Any) -> PersonStore:
    """Return a store of one person, in the form of 2.0.0."""
    store = PersonStore()
    store.get_session = lambda _: session
    session = Example.new_session(example_graph)
    store.create(Person(id=1, first="Ada", last="Lovelace"))
    session.commit()
    return store


@pytest.mark.parametrize("number", ["5", 5.5, True, -1])
@pytest.mark.parametrize("argument", ["limit", "offset"])
def test_what_is_no_number_of_rows(persons: PersonStore, argument: str, number: Any) -> None:
    """It is not guessed what was meant; the error is a ValueError, as SQLAlchemy's for other texts was."""
    with pytest.raises(ValueError, match=f"{argument}: expected a whole number"):
        persons.search(**{argument: number})


def test_numbers_of_rows_that_have_no_effect(persons: PersonStore) -> None:
    """`count` ignores them, and `first` its limit."""
    assert persons.count(offset=7, limit=0) == 1
    assert persons.first(limit=0) is not None
    assert persons.search(limit=0) == []


def test_a_name_that_an_enumeration_does_not_have(make_graph: GraphFactory) -> None:
    """Neither looked for, nor stored."""
    graph = make_graph()
    Cupboard.create_all(graph)
    plates = PlateStore(graph)
    with pytest.raises(ArgumentValueError, match="filter 'colour': expected one of red, blue, found 'green'"):
        plates.search(colour="green")
    with pytest.raises(ArgumentValueError, match=r"Plate\.colour: expected one of red, blue, found 'green'"):
        plates.create(Plate(id=1, colour="green"))
    assert plates.count() == 0


@pytest.mark.parametrize("value", ["\ud800", object(), iter("Ada")])
def test_a_value_that_cannot_be_bound(persons: PersonStore, value: Any) -> None:
    """The error names the filter; it is a TypeError, too."""
    with pytest.raises(TypeError, match="filter 'first': expected text"):
        persons.search(first=value)


def test_a_broken_constraint_keeps_its_original(persons: PersonStore) -> None:
    """`args[0]` and the cause are the error of SQLAlchemy."""
    with pytest.raises(DuplicateModelError, match=r"UNIQUE constraint failed: person\.id; nothing was") as raised:
        persons.create(Person(id=1, first="Another", last="One"))

    assert isinstance(raised.value.args[0], IntegrityError)
    assert raised.value.__cause__ is raised.value.args[0]


def raised_in_thread(act: Callable[[], object]) -> Exception | None:
    """Return what *act* raises in another thread."""
    errors: list[Exception] = []

    def run() -> None:
        try:
            act()
        except Exception as error:  # noqa: BLE001 - Handed over.
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return errors[0] if errors else None


def test_a_lock_that_is_held_elsewhere(example_graph: Any) -> None:
    """What a store changes outside of a context waits for its caller, as ever; the other one hears of that."""
    persons = PersonStore(example_graph)
    persons.create(Person(id=1, first="Ada", last="Lovelace"))

    def create() -> None:
        driver: Any = persons.session.connection().connection.dbapi_connection
        driver.native.set_busy_timeout(1)  # Tests have no five seconds.
        persons.create(Person(id=2, first="Carl", last="Gauss"))

    error = raised_in_thread(create)
    persons.session.commit()

    assert isinstance(error, DataSetBusyError)
    assert isinstance(error.__cause__, OperationalError)
    assert raised_in_thread(create) is None
