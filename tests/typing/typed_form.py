"""What type checkers see of the typed form; checked by mypy and pyright, never run."""

from collections.abc import Iterator, Mapping
from typing import Any, assert_type

import pandas as pd
import polars as pl
import pyarrow as pa
from microcosm.object_graph import ObjectGraph
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, Query, Session, mapped_column, relationship

from microcosm_sqlite import DataSet, Store, dispose_sqlite_connections
from microcosm_sqlite.access import AccessPath
from microcosm_sqlite.context import SessionContext
from microcosm_sqlite.lookups.asynchronous import Asynchronous
from microcosm_sqlite.lookups.matching import Match
from microcosm_sqlite.lookups.paging import Page
from microcosm_sqlite.lookups.places import Nearby, inside
from microcosm_sqlite.place import Box
from microcosm_sqlite.stores import GetOrCreateSession, certified, get_session


class World(DataSet, DeclarativeBase):
    """A data set in the typed form."""

    __data_set__ = "world"


class Country(World):
    """A model of it."""

    __tablename__ = "country"

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    area: Mapped[float | None]
    cities: Mapped[list["City"]] = relationship(back_populates="country")


class City(World):
    """Another one."""

    __tablename__ = "city"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    population: Mapped[int | None]
    country_code: Mapped[str] = mapped_column(ForeignKey(Country.code))
    country: Mapped[Country] = relationship(back_populates="cities")


class CityStore(Store[City]):
    """A store that names its model by its type argument."""

    auto_filter_fields = (City.name, City.country_code)
    order_by = (City.population.desc(), City.name)

    def _filter(self, query: Query[City], *, larger_than: int | None = None, **filters: Any) -> Query[City]:
        if larger_than is not None:
            query = query.filter(City.population > larger_than)
        return super()._filter(query, **filters)


class CountryStore(Store[Country]):
    """A store that names its model by a property, as in 2.0.0."""

    @property
    def model_class(self) -> type[Country]:
        """The model."""
        return Country


def models(city: City) -> None:
    """Columns, relationships and data sets have their types."""
    assert_type(city.id, int)
    assert_type(city.name, str)
    assert_type(city.population, int | None)
    assert_type(city.country, Country)
    assert_type(city.country.cities, list[City])
    assert_type(city.country.area, float | None)
    assert_type(City.resolve(), type[DataSet])
    assert_type(World.session, Session | None)
    assert_type(City.session, Session | None)
    assert_type(city.session, Session | None)


def making_stores(graph: ObjectGraph) -> None:
    """Every way of making a store is typed."""
    assert_type(CityStore(), CityStore)
    assert_type(CityStore(graph), CityStore)
    assert_type(CityStore(get_session), CityStore)
    assert_type(CityStore(GetOrCreateSession(graph)), CityStore)
    assert_type(CityStore(get_session=GetOrCreateSession(graph, expire_on_commit=True)), CityStore)
    assert_type(CityStore().model_class, type[City])
    assert_type(CountryStore().model_class, type[Country])
    assert_type(CityStore().session, Session)
    assert_type(certified(CityStore), type[CityStore])
    assert_type(CityStore.access_paths(), list[AccessPath])


def reading(cities: CityStore) -> None:
    """What comes out of a look-up is the model."""
    assert_type(cities.retrieve(1), City)
    assert_type(cities.retrieve_many([1, 2]), list[City])
    assert_type(cities.search(), list[City])
    assert_type(cities.search(City.population > 1_000_000, country_code="FR", limit=10), list[City])
    assert_type(cities.first(name="Paris"), City | None)
    assert_type(cities.one(name=["Paris", "Lyon"]), City)
    assert_type(cities.stream(offset=5), Iterator[City])
    assert_type(cities.count(City.name.like("P%")), int)
    assert_type(cities.exists(larger_than=7), bool)
    assert_type(cities.retrieve(1).country.name, str)
    assert_type([city.name for city in cities.stream()], list[str])


def searching(cities: CityStore) -> None:
    """Words and places lead to the model, too."""
    assert_type(cities.match("paris", country_code="FR", limit=10), list[Match[City]])
    assert_type(cities.complete("par")[0].row, City)
    assert_type(cities.match("paris")[0].highlights, Mapping[str, str | None])
    assert_type(cities.within(Box(south=48, west=2, north=49, east=3)), list[City])
    assert_type(cities.near(48.85, 2.35, City.population > 1_000, kilometres=100), list[Nearby[City]])
    assert_type(cities.near(48.85, 2.35, limit=1)[0].row, City)
    assert_type(cities.near(48.85, 2.35, limit=1)[0].kilometres, float)
    assert_type(cities.count(inside(City, Box(48, 2, 49, 3))), int)


def writing(cities: CityStore) -> None:
    """What goes in is the model, too."""
    assert_type(cities.create(City(name="Paris")), City)
    assert_type(cities.delete(name="Paris"), bool)
    with cities.flushing() as nothing:
        assert_type(nothing, None)


def sessions(graph: ObjectGraph) -> None:
    """Sessions and contexts are typed from model and data set alike."""
    assert_type(World.new_session(graph), Session)
    assert_type(City.new_session(graph, expire_on_commit=False), Session)
    assert_type(City.new_context(graph), SessionContext)
    assert_type(City.new_context(graph).open(), SessionContext)
    with World.new_context(graph, defer_foreign_keys=True) as context:
        assert_type(context, SessionContext)
        assert_type(context.session, Session | None)
        context.commit()
    World.create_all(graph)
    City.recreate_all(graph)
    dispose_sqlite_connections(graph)


def columns(cities: CityStore) -> None:
    """The values of columns have the types of their attributes."""
    assert_type(cities.values(City.name), Iterator[tuple[str]])
    assert_type(cities.values(City.id, City.population, limit=5), Iterator[tuple[int, int | None]])
    assert_type(cities.values(City.id, City.name, City.country_code, name="Paris"), Iterator[tuple[int, str, str]])


async def awaiting(cities: CityStore) -> None:
    """What is awaited has the types of what is not."""
    awaited = cities.asynchronous
    assert_type(awaited, Asynchronous[City])
    assert_type(await awaited.retrieve(1), City)
    assert_type(await awaited.retrieve_many([1, 2]), list[City])
    assert_type(await awaited.search(City.population > 1_000_000, country_code="FR", limit=10), list[City])
    assert_type(await awaited.first(name="Paris"), City | None)
    assert_type(await awaited.one(name="Paris"), City)
    assert_type(await awaited.count(), int)
    assert_type(await awaited.exists(), bool)
    assert_type(await awaited.page(limit=5), Page[City])
    assert_type((await awaited.match("paris"))[0].row, City)
    assert_type((await awaited.near(48.85, 2.35, limit=1))[0].kilometres, float)
    assert_type(await awaited.call(cities.retrieve, 1), City)
    assert_type(await awaited.call(cities.count), int)
    assert_type([city async for city in awaited.stream()], list[City])
    assert_type([row async for row in awaited.values(City.id, City.population)], list[tuple[int, int | None]])


def computing(cities: CityStore) -> None:
    """Tables and frames are those of their libraries."""
    assert_type(cities.to_arrow(City.population > 1_000, columns=[City.name]), pa.Table)
    assert_type(cities.to_arrow_batches(batch_rows=10), pa.RecordBatchReader)
    assert_type(cities.to_polars(), pl.DataFrame)
    assert_type(cities.to_pandas(), pd.DataFrame)
    assert_type(cities.to_dicts(), list[dict[str, Any]])
