"""Mistakes that type checkers find, each marked as one; an unused mark is an error itself. Never run."""

# pyright: strict, reportUnnecessaryTypeIgnoreComment=true

from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from microcosm_sqlite import DataSet, Store


class World(DataSet, DeclarativeBase):
    """A data set."""


class City(World):
    """A model of it."""

    __tablename__ = "city"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class CityStore(Store[City]):
    """A store of it."""


def mistakes(cities: CityStore, other: DataSet) -> None:
    """Each line is wrong in one way."""
    _ = cities.retrieve(1).population  # type: ignore[attr-defined]
    cities.create(other)  # type: ignore[arg-type]
    cities.search(limit="ten")  # type: ignore[arg-type]
    _ = cities.first().name  # type: ignore[union-attr]
    CityStore("sqlite:///world.sqlite")  # type: ignore[arg-type]
    _ = cities.asynchronous.retrieve(1).name  # type: ignore[attr-defined]
    for _ in cities.asynchronous.stream():  # type: ignore[attr-defined]
        pass
