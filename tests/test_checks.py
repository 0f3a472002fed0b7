"""What a data set requires of its rows."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Column, ForeignKey, Integer, Table, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from microcosm_sqlite.checks import Drift, Floor, FunctionCheck, SQLCheck, check, checks_of, require
from microcosm_sqlite.dataset import DataSet
from microcosm_sqlite.errors import NotADataSetError


class Declared:
    """A data set of its own for one test, so that what is declared on it ends with it."""

    def __init__(self) -> None:
        class Zoo(DataSet, DeclarativeBase):
            __data_set__ = "zoo"

        class House(Zoo):
            __tablename__ = "house"
            name: Mapped[str] = mapped_column(primary_key=True)

        class Animal(Zoo):
            __tablename__ = "animal"
            id: Mapped[int] = mapped_column(primary_key=True)

        class Bird(Animal):
            __tablename__ = "bird"
            id: Mapped[int] = mapped_column(ForeignKey(Animal.id), primary_key=True)

        self.data_set, self.house, self.animal, self.bird = Zoo, House, Animal, Bird


@pytest.fixture
def zoo() -> Declared:
    """Return a new data set with three models."""
    return Declared()


def test_a_data_set_requires_nothing_by_itself(zoo: Declared) -> None:
    """Only what is declared is checked."""
    assert checks_of(zoo.data_set) == ()


def test_checks_come_in_the_order_of_their_declaration(zoo: Declared) -> None:
    """Several declarations add up, whether they name the data set or one of its models."""
    floor, drift = Floor(zoo.house, rows=2), Drift(zoo.animal, percent=10)
    query = SQLCheck("no-nameless", "SELECT 1 FROM house WHERE name = ''")

    require(zoo.data_set, query, floor)
    require(zoo.house, drift)

    assert checks_of(zoo.animal) == (query, floor, drift)
    assert [one.name for one in checks_of(zoo.data_set)] == ["no-nameless", "floor:house", "drift:animal"]


def test_a_function_becomes_a_check(zoo: Declared) -> None:
    """The decorator declares the function under its name and gives it back as it is."""

    @check(zoo.data_set)
    def houses_have_names(session: Session) -> Iterator[str]:
        yield from session.scalars(select(zoo.house.name))

    assert checks_of(zoo.data_set) == (FunctionCheck("houses_have_names", houses_have_names),)


def test_a_function_may_be_called_otherwise(zoo: Declared) -> None:
    """The name of the check can be given."""

    @check(zoo.house, name="lambdas-too")
    def anything(session: Session) -> None:
        return None

    assert [one.name for one in checks_of(zoo.data_set)] == ["lambdas-too"]


def test_rows_are_those_of_the_models_own_table(zoo: Declared) -> None:
    """A model that inherits has a floor of its own; a table without a model can have one."""
    feed = Table("feed", zoo.data_set.metadata, Column("id", Integer, primary_key=True))

    require(zoo.data_set, Floor(zoo.bird, rows=1), Floor(feed, rows=1))

    assert [one.name for one in checks_of(zoo.data_set)] == ["floor:bird", "floor:feed"]


def test_a_name_is_declared_once(zoo: Declared) -> None:
    """Two floors of one table would leave open which one counts."""
    require(zoo.data_set, Floor(zoo.house, rows=2))

    with pytest.raises(ValueError, match="data set 'zoo' has a check called 'floor:house' already"):
        require(zoo.data_set, Floor(zoo.house, rows=3))


def test_data_sets_of_one_name_have_their_own_checks(zoo: Declared) -> None:
    """What one class requires is no matter of another."""
    require(zoo.data_set, Floor(zoo.house, rows=2))

    assert checks_of(Declared().data_set) == ()


def test_models_of_others_are_refused(zoo: Declared) -> None:
    """A floor on another data set's table would never be looked at."""
    with pytest.raises(ValueError, match="table 'house' does not belong to data set 'zoo'"):
        require(zoo.data_set, Floor(Declared().house, rows=2))


@pytest.mark.parametrize("name", ["", "two words", "floor:house", "--all", "foreign-keys", "constraints"])
def test_names_can_be_typed_and_are_free(name: str) -> None:
    """A check can be named on a command line, and never stands for another one."""
    with pytest.raises(ValueError, match="check"):
        SQLCheck(name, "SELECT 1")


def test_what_requires_nothing_is_refused(zoo: Declared) -> None:
    """A floor of no rows and a drift that is no number are mistakes."""
    with pytest.raises(ValueError, match="at least one row"):
        Floor(zoo.house, rows=0)
    with pytest.raises(ValueError, match="percentage"):
        Drift(zoo.house, percent=-1)
    with pytest.raises(ValueError, match="percentage"):
        Drift(zoo.house, percent=float("nan"))


def test_what_is_no_data_set_requires_nothing() -> None:
    """A check needs an owner."""
    with pytest.raises(NotADataSetError):
        require(int, SQLCheck("any", "SELECT 1"))
    with pytest.raises(TypeError, match="expected a model or a table, found"):
        require(Declared().data_set, Floor(int, rows=1))
