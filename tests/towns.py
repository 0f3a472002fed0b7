"""A data set whose rows are found by words and by place: keys of one number, of one text, of several columns."""

from collections.abc import Iterable, Mapping
from enum import Enum
from pathlib import Path
from typing import Any

from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from microcosm_sqlite import DataSet, Store
from microcosm_sqlite.artifacts.inspection import Artifact
from microcosm_sqlite.full_text import FullText
from microcosm_sqlite.place import Place
from microcosm_sqlite.sealing import Release, seal
from microcosm_sqlite.shipping.folder import FolderChannel
from microcosm_sqlite.types import EnumType
from microcosm_sqlite.workbench import Workbench


class Kind(Enum):
    """What a field is for."""

    GRASS = 1
    WATER = 2


class Towns(DataSet, DeclarativeBase):
    """Towns, the fields beside them, the streets in them."""

    __data_set__ = "towns"


class Town(Towns):
    """A town, which need not be anywhere."""

    __tablename__ = "town"
    __table_args__ = (
        FullText("name", "nickname", weights=(10, 1), prefix=(2, 3)),
        Place("latitude", "longitude"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(index=True)
    nickname: Mapped[str | None]
    country: Mapped[str] = mapped_column(index=True)
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]


class Field(Towns):
    """An airfield, known by a code."""

    __tablename__ = "field"
    __table_args__ = (FullText("name", tokenizer="trigram"), Place("latitude", "longitude", bands_per_degree=1))

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    latitude: Mapped[float]
    longitude: Mapped[float]


class Street(Towns):
    """A street, known by its town and a kind: a key of several columns, one of them of a type of its own."""

    __tablename__ = "street"
    __table_args__ = (FullText("name"), Place("latitude", "longitude"))

    town_id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[Kind] = mapped_column(EnumType(Kind), primary_key=True)
    name: Mapped[str]
    latitude: Mapped[float]
    longitude: Mapped[float]


class Lake(Towns):
    """A lake, found by neither; its place has no rowids to it."""

    __tablename__ = "lake"
    __table_args__ = (Place("latitude", "longitude"), {"sqlite_with_rowid": False})

    name: Mapped[str] = mapped_column(primary_key=True)
    latitude: Mapped[float]
    longitude: Mapped[float]


class Person(Towns):
    """Somebody, found by neither."""

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)


class TownStore(Store[Town]):
    """Towns by country, in the order of their names."""

    auto_filter_fields = (Town.country,)
    order_by = (Town.name,)


class FieldStore(Store[Field]):
    """Fields."""


class StreetStore(Store[Street]):
    """Streets."""


class LakeStore(Store[Lake]):
    """Lakes."""


class PersonStore(Store[Person]):
    """People."""


TOWNS: list[dict[str, Any]] = [
    {"id": 1, "name": "São Paulo", "country": "BR", "latitude": -23.5475, "longitude": -46.63611},
    {"id": 2, "name": "Paulo Afonso", "country": "BR", "latitude": -9.40639, "longitude": -38.21444},
    {"id": 3, "name": "Paris", "country": "FR", "latitude": 48.85341, "longitude": 2.3488},
    {"id": 4, "name": "Paris", "country": "US", "latitude": 33.66094, "longitude": -95.55551},
    {"id": 5, "name": "Leipzig", "nickname": "little Paris", "country": "DE", "latitude": 51.34, "longitude": 12.37},
    {"id": 6, "name": "Suva", "country": "FJ", "latitude": -18.14161, "longitude": 178.44149},
    {"id": 7, "name": "Mata-Utu", "country": "WF", "latitude": -13.28163, "longitude": -176.17453},
    {"id": 8, "name": "New York", "country": "US", "latitude": 40.71427, "longitude": -74.00597},
    {"id": 9, "name": "York New Salem", "country": "US", "latitude": 39.9, "longitude": -76.8},
    {"id": 10, "name": "O'Hare (Saint-Denis)", "country": "US", "latitude": None, "longitude": None},
]
FIELDS: list[dict[str, Any]] = [
    {"code": "b", "name": "Zürich", "latitude": 47.45, "longitude": 8.55},
    {"code": "a", "name": "Zurich", "latitude": 47.45, "longitude": 8.55},
    {"code": "p", "name": "South Pole", "latitude": -90.0, "longitude": 0.0},
    {"code": "d", "name": "Date Line", "latitude": 0.0, "longitude": 180.0},
    {"code": "e", "name": "Date Line, too", "latitude": 0.0, "longitude": -180.0},
]
STREETS: list[dict[str, Any]] = [
    {"town_id": 2, "kind": Kind.GRASS, "name": "High Street", "latitude": 1.0, "longitude": 1.0},
    {"town_id": 1, "kind": Kind.WATER, "name": "High Street", "latitude": 1.0, "longitude": 1.0},
    {"town_id": 1, "kind": Kind.GRASS, "name": "Low Street", "latitude": 2.0, "longitude": 2.0},
]
LAKES: list[dict[str, Any]] = [{"name": "Constance", "latitude": 47.6, "longitude": 9.4}]

ROWS: dict[type[Any], list[dict[str, Any]]] = {Town: TOWNS, Field: FIELDS, Street: STREETS, Lake: LAKES}


def seal_towns(folder: Path, rows: Mapping[type[Any], Iterable[Mapping[str, Any]]] = ROWS) -> Artifact:
    """Return the artifact of *rows*, published in *folder*."""
    with Workbench(Towns) as bench:
        for model, values in rows.items():
            bench.load(model, values)
        return seal(bench, FolderChannel(folder), Release(version="1.0"))


def fill_towns(graph: Any) -> None:
    """Create the tables in the database of *graph*, with all rows."""
    Towns.create_all(graph)
    with Towns.new_context(graph) as context:
        assert context.session is not None
        context.session.add_all(model(**values) for model, rows in ROWS.items() for values in rows)
        context.commit()
