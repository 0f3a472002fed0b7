"""Two small data sets that many tests use: one declared as a class, one by `DataSet.create`."""

from datetime import date
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from microcosm_sqlite import DataSet, Store
from microcosm_sqlite.models import IdentityMixin


class Kennel(DataSet, DeclarativeBase):
    """Dogs with their owners, in the typed form."""

    __data_set__ = "kennel"


class Owner(Kennel):
    """Someone who keeps dogs."""

    __tablename__ = "owner"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    town: Mapped[str | None]
    #: The attribute and its column have different names on purpose.
    postcode: Mapped[str | None] = mapped_column("zip")

    dogs: Mapped[list["Dog"]] = relationship(back_populates="owner", order_by="Dog.id")


class Dog(Kennel):
    """A dog of some owner."""

    __tablename__ = "dog"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(index=True)
    weight: Mapped[float | None]
    is_good: Mapped[bool] = mapped_column(default=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey(Owner.id))

    owner: Mapped[Owner] = relationship(back_populates="dogs")


class Visit(Kennel):
    """A dog's visit to the vet, known by the dog and the day."""

    __tablename__ = "visit"

    dog_id: Mapped[int] = mapped_column(ForeignKey(Dog.id, deferrable=True, initially="DEFERRED"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    note: Mapped[str | None]


class OwnerStore(Store[Owner]):
    """Owners by name, town or postcode, the towns in order."""

    auto_filter_fields = (Owner.name, Owner.town, Owner.postcode)
    order_by = (Owner.town,)


class DogStore(Store[Dog]):
    """Dogs by name or owner."""

    auto_filter_fields = (Dog.name, Dog.owner_id)


class VisitStore(Store[Visit]):
    """Visits by dog."""

    auto_filter_fields = (Visit.dog_id,)


def kennel_rows() -> list[Kennel]:
    """Return three owners, four dogs and two visits that no session knows yet."""
    return [
        Owner(id=1, name="Ada", town="London", postcode="W1J"),
        Owner(id=2, name="Blaise", town="Paris", postcode="75005"),
        Owner(id=3, name="Carl", town=None, postcode="37073"),
        Dog(id=1, name="Rex", weight=30.5, owner_id=1),
        Dog(id=2, name="Flush", weight=9.25, owner_id=1),
        Dog(id=3, name="Rex", weight=12.0, owner_id=2),
        Dog(id=4, name="Ohm", weight=None, is_good=False, owner_id=3),
        Visit(dog_id=1, day=date(2026, 1, 5), note="vaccinated"),
        Visit(dog_id=1, day=date(2026, 3, 9), note=None),
    ]


Example: Any = DataSet.create("example")


class Person(IdentityMixin, Example):  # type: ignore[misc] # what `create` returns is Any by contract
    """Someone, in the form that 2.0.0 knew."""

    __tablename__ = "person"

    id = mapped_column(Integer, primary_key=True)
    first = mapped_column(String, nullable=False)
    last = mapped_column(String, nullable=False)

    __table_args__ = (Index("unique_name", "first", "last", unique=True),)

    @property
    def identity(self) -> Any:
        """The primary key."""
        return self.id


class Pet(IdentityMixin, Example):  # type: ignore[misc]
    """An animal of someone."""

    __tablename__ = "pet"

    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(String, nullable=False)
    keeper_id = mapped_column(Integer, ForeignKey(Person.id), nullable=False)

    @property
    def identity(self) -> Any:
        """The primary key."""
        return self.id


class PersonStore(Store[Any]):
    """Persons by first or last name, in the form that 2.0.0 knew."""

    auto_filter_fields = (Person.first, Person.last)

    @property
    def model_class(self) -> type[Any]:
        """The model."""
        return Person


class PetStore(Store[Any]):
    """Pets, without any filter."""

    model_class = Pet
