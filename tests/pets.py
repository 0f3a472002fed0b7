# ruff: noqa: D102 - the methods are hooks of SQLAlchemy and of ours.
"""A small data set with every kind of column that a builder meets, for the tests of loading and dumping."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from io import StringIO
from pathlib import Path
from textwrap import dedent
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from microcosm.api import create_object_graph, load_from_dict
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from microcosm_sqlite import DataSet, Store
from microcosm_sqlite.models import IdentityMixin
from microcosm_sqlite.types import EnumType, Truthy


class Colour(Enum):
    RED = "crimson"
    BLUE = "azure"


class Tags(sa.types.TypeDecorator[list[str]]):
    """A list over text: what is read is not what is stored."""

    impl = sa.String
    cache_ok = True

    def process_bind_param(self, value: list[str] | None, dialect: sa.Dialect) -> str | None:
        return None if value is None else ",".join(value)

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> list[str] | None:
        return None if value is None else value.split(",")


class Doubled(sa.types.TypeDecorator[int]):
    """A number over a number: what is read is of the kind that is stored."""

    impl = sa.Integer
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: sa.Dialect) -> int | None:
        return None if value is None else value * 2

    def process_result_value(self, value: int | None, dialect: sa.Dialect) -> int | None:
        return None if value is None else value // 2


class Cents(sa.types.TypeDecorator[Decimal]):
    """A decimal over an integer that declares what it reads as."""

    impl = sa.Integer
    cache_ok = True

    @property
    def python_type(self) -> type[Decimal]:
        return Decimal

    def process_bind_param(self, value: Decimal | None, dialect: sa.Dialect) -> int | None:
        return None if value is None else int(value * 100)

    def process_result_value(self, value: int | None, dialect: sa.Dialect) -> Decimal | None:
        return None if value is None else Decimal(value).scaleb(-2)


class Pets(DataSet, DeclarativeBase):
    __data_set__ = "pets"


class Person(IdentityMixin, Pets):
    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    first: Mapped[str] = mapped_column(unique=True)
    nick: Mapped[str | None]
    rank: Mapped[int | None] = mapped_column("order")
    dogs: Mapped[list["Dog"]] = relationship(back_populates="owner")

    @property
    def identity(self) -> Any:
        return self.id


class Dog(IdentityMixin, Pets):
    __tablename__ = "dog"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    is_good: Mapped[bool] = mapped_column(default=True)
    owner_id: Mapped[int] = mapped_column(sa.ForeignKey(Person.id))
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("dog.id"))
    owner: Mapped[Person] = relationship(back_populates="dogs")

    @property
    def identity(self) -> Any:
        return self.id


class Everything(Pets):
    __tablename__ = "everything"

    id: Mapped[int] = mapped_column(primary_key=True)
    integer: Mapped[int | None] = mapped_column(sa.BigInteger)
    real: Mapped[float | None]
    exact: Mapped[Decimal | None] = mapped_column(sa.Numeric(12, 2))
    text: Mapped[str | None] = mapped_column(sa.Text)
    flag: Mapped[bool | None]
    truthy: Mapped[bool | None] = mapped_column(Truthy)
    day: Mapped[date | None]
    moment: Mapped[datetime | None]
    clock: Mapped[time | None]
    span: Mapped[timedelta | None]
    data: Mapped[bytes | None]
    document: Mapped[Any | None] = mapped_column(sa.JSON)
    identifier: Mapped[UUID | None]
    named: Mapped[Colour | None] = mapped_column(EnumType(Colour))
    member: Mapped[Colour | None] = mapped_column(sa.Enum(Colour))
    word: Mapped[str | None] = mapped_column(sa.Enum("x", "y"))
    tags: Mapped[list[str] | None] = mapped_column(Tags)
    doubled: Mapped[int | None] = mapped_column(Doubled)
    price: Mapped[Decimal | None] = mapped_column(Cents)


class PersonStore(Store[Person]):
    """People."""

    model_class = Person


class DogStore(Store[Dog]):
    """Dogs."""

    model_class = Dog


class EverythingStore(Store[Everything]):
    """One row of everything."""

    model_class = Everything


def make_graph(folder: Path, data_set: Any = Pets) -> Any:
    """Return a graph whose data set is a new file in *folder*, with its tables."""
    name = data_set.__data_set__
    paths = {name: str(folder / f"{name}.db")}
    graph = create_object_graph("pets", testing=True, loader=load_from_dict(sqlite={"paths": paths}))
    graph.use("sqlite", "sqlite_builder", "sqlite_dumper")
    data_set.create_all(graph)
    return graph


def csv(text: str) -> StringIO:
    """Return an open CSV file with the lines of *text*."""
    return StringIO(dedent(text).lstrip("\n"))


def rows(graph: Any, model: Any, *columns: str) -> list[tuple[Any, ...]]:
    """Return what is stored for *model* in the order of its key, as Python values of *columns*."""
    chosen = [model.__table__.c[name] for name in columns] or list(model.__table__.c)
    with model.new_session(graph) as session:
        found = session.execute(sa.select(*chosen).order_by(*model.__table__.primary_key))
        return [tuple(row) for row in found]
