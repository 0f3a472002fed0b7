"""Which models are read without SQLAlchemy's loader."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import JSON, ForeignKey, event, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, column_property, composite, mapped_column, relationship

from microcosm_sqlite.engines.dialect import StrictAPSWDialect
from microcosm_sqlite.lookups.layouts import Layout, layout_of
from tests.kennel import Dog, Owner, Person, Visit

DIALECT: Any = StrictAPSWDialect()


class Base(DeclarativeBase):
    """Models of this module."""


class Animal(Base):
    """Of several kinds."""

    __tablename__ = "animal"
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "animal"}  # noqa: RUF012
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]


class Cat(Animal):
    """One kind."""

    __mapper_args__ = {"polymorphic_identity": "cat"}  # noqa: RUF012


class Counting(Base):
    """With an attribute that is an expression."""

    __tablename__ = "counting"
    id: Mapped[int] = mapped_column(primary_key=True)


Counting.twice = column_property(select(func.count()).scalar_subquery())


class Eager(Base):
    """With a relationship that is loaded at once."""

    __tablename__ = "eager"
    id: Mapped[int] = mapped_column(primary_key=True)
    other_id: Mapped[int | None] = mapped_column(ForeignKey("eager.id"))
    other: Mapped["Eager | None"] = relationship(remote_side="Eager.id", lazy="joined")


class Heard(Base):
    """Somebody listens to its loading."""

    __tablename__ = "heard"
    id: Mapped[int] = mapped_column(primary_key=True)


event.listen(Heard, "load", lambda *_: None)


class Document(Base):
    """With a value that can be changed in place, and one that is loaded later."""

    __tablename__ = "document"
    id: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[Any] = mapped_column(JSON)
    long: Mapped[str] = mapped_column(deferred=True)


@pytest.mark.parametrize("model", [Animal, Cat, Counting, Eager, Heard])
def test_sqlalchemy_loads_what_is_more_than_its_columns(model: type[Any]) -> None:
    """Inheritance, expressions, eager relationships, listeners."""
    assert layout_of(model, DIALECT) is None


def layout(model: type[Any]) -> Layout:
    """Return the layout of *model*, which has one."""
    found = layout_of(model, DIALECT)
    assert found is not None
    return found


def test_attributes_and_columns() -> None:
    """In the order of the mapper, each attribute under its own name."""
    owner = layout(Owner)

    assert owner.names == ("id", "name", "town", "postcode")
    assert [column.name for column in owner.columns] == ["id", "name", "town", "zip"]
    assert owner.key_positions == (0,)


def test_processors_where_a_type_needs_one() -> None:
    """Booleans and dates; integers and texts come as they are."""
    assert [position for position, _ in layout(Dog).processors] == [3]
    ((position, to_date),) = layout(Visit).processors
    assert (position, to_date("2026-01-05")) == (1, date(2026, 1, 5))


def test_a_key_of_several_columns() -> None:
    """In the order of the primary key."""
    assert layout(Visit).key_positions == (0, 1)


def test_attributes_that_are_loaded_later_are_left_out() -> None:
    """They are loaded when they are asked for."""
    assert layout(Document).names == ("id", "content")


def test_rows_that_could_be_changed_in_place_are_not_kept() -> None:
    """A list in a row that others hold too would be changed for all."""
    assert not layout(Document).is_cacheable
    assert layout(Dog).is_cacheable
    assert layout(Person).is_cacheable


def test_a_layout_is_made_once() -> None:
    """For all threads and stores."""
    assert layout_of(Dog, DIALECT) is layout_of(Dog, DIALECT)


def test_composites_are_loaded_by_sqlalchemy() -> None:
    """They are made of several columns."""

    class Placed(Base):
        __tablename__ = "placed"
        id: Mapped[int] = mapped_column(primary_key=True)
        x: Mapped[int]
        y: Mapped[int]
        point: Mapped[complex] = composite(complex, "x", "y")

    assert layout_of(Placed, DIALECT) is None
