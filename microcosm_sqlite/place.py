"""Declare which columns of a model say where on Earth a row lies, with an index that finds rows by it."""

from dataclasses import dataclass, field
from math import isfinite
from typing import Any, ClassVar, Final
from weakref import WeakKeyDictionary

from sqlalchemy import Column, ColumnElement, Float, Index, Integer, Numeric, Table, cast, event, literal_column
from sqlalchemy.schema import SchemaItem
from sqlalchemy.types import TypeDecorator

from microcosm_sqlite.errors import CoordinateError

#: Bands of latitude per degree: 7 km each. Measured (`benchmarks/places.py`): finer ones are slower from 10 km on,
#: coarser ones read more rows for nothing where there are many in one town.
BANDS_PER_DEGREE: Final = 16

#: Where latitudes and longitudes end, in degrees.
POLE: Final = 90.0
ANTIMERIDIAN: Final = 180.0


@dataclass(frozen=True, slots=True)
class Box:
    """What lies between two latitudes and two longitudes, in degrees, the edges included.

    Where *west* is greater than *east* the box crosses the antimeridian: `Box(-20, 170, -10, -170)` is around Fiji.

    Raises:
        CoordinateError: a coordinate is none, or *south* lies north of *north*.
    """

    south: float
    west: float
    north: float
    east: float
    #: From west to east; two where the box touches or crosses the antimeridian.
    longitudes: tuple[tuple[float, float], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name in ("south", "north"):
            object.__setattr__(self, name, checked_latitude(name, getattr(self, name)))
        for name in ("west", "east"):
            object.__setattr__(self, name, checked_longitude(name, getattr(self, name)))
        if self.south > self.north:
            raise CoordinateError(
                name="north", found=self.north, expected=f"a latitude from south ({self.south}) upwards"
            )
        object.__setattr__(self, "longitudes", tuple(self._longitudes()))

    def _longitudes(self) -> list[tuple[float, float]]:
        if self.west > self.east:
            return [(self.west, ANTIMERIDIAN), (-ANTIMERIDIAN, self.east)]
        found = [(self.west, self.east)]
        # The antimeridian has two names, and rows may use either.
        if self.east == ANTIMERIDIAN and self.west != -ANTIMERIDIAN:
            found.append((-ANTIMERIDIAN, -ANTIMERIDIAN))
        if self.west == -ANTIMERIDIAN and self.east != ANTIMERIDIAN:
            found.append((ANTIMERIDIAN, ANTIMERIDIAN))
        return found


@dataclass(frozen=True, kw_only=True, slots=True)
class PlaceIndex:
    """The index over the place of the rows of one table: by band of latitude, then by longitude."""

    name: str
    latitude: str
    longitude: str
    bands_per_degree: int

    def band(self, latitude: ColumnElement[Any]) -> ColumnElement[int]:
        """Return the SQL of the number of the band that *latitude* lies in."""
        return cast(latitude * literal_column(str(self.bands_per_degree)), Integer)

    def bands(self, box: Box) -> range:
        """Return the numbers of all bands that *box* reaches into."""
        # As SQLite does it: times a power of two, which is exact, then without the fraction. Both keep the order.
        return range(int(box.south * self.bands_per_degree), int(box.north * self.bands_per_degree) + 1)


#: By table. Not in `Table.info`, which alembic writes into migrations.
_places: Final[WeakKeyDictionary[Any, PlaceIndex]] = WeakKeyDictionary()


class Place(SchemaItem):
    """Find the rows of a model by where they are; goes into `__table_args__`.

        class City(World):
            __tablename__ = "city"
            __table_args__ = (Place("latitude", "longitude"),)

    `Store.within` and `Store.near` then work. What it makes is an ordinary index, so its bytes are the same wherever it
    is built: on the number of a band of latitude (an expression, no column), then longitude, then latitude. A box is
    found by one search per band it reaches into, at most 2881 with the default height.

    Args:
        latitude: name of a column of degrees, north positive.
        longitude: name of a column of degrees, east positive.
        bands_per_degree: a power of two. More make searches smaller than 10 km faster where very many rows are in one
            town, and all others slower.
        name: another name for the index than `ix_<table>_place`.

    Raises:
        ValueError: a column does not exist or holds no numbers, or there is no such number of bands.
    """

    __visit_name__ = "place"

    inherit_cache: ClassVar[bool] = False

    def __init__(
        self, latitude: str, longitude: str, *, bands_per_degree: int = BANDS_PER_DEGREE, name: str | None = None
    ) -> None:
        if bands_per_degree < 1 or bands_per_degree & (bands_per_degree - 1):
            raise ValueError(f"bands_per_degree must be a power of two, not {bands_per_degree!r}")
        self.latitude = latitude
        self.longitude = longitude
        self.bands_per_degree = bands_per_degree
        self.name = name

    def _set_parent(self, parent: Any, **_: Any) -> None:
        # The columns of the table may come after this in its arguments, so all of it must be there first.
        event.listen(parent, "after_parent_attach", self._attach, once=True)

    def _attach(self, table: Table, _: Any) -> None:
        if table in _places:
            raise ValueError(f"table {table.name!r} has a Place already")
        latitude, longitude = (_number(table, name) for name in (self.latitude, self.longitude))
        place = _places[table] = PlaceIndex(
            name=self.name or f"ix_{table.name}_place",
            latitude=self.latitude,
            longitude=self.longitude,
            bands_per_degree=self.bands_per_degree,
        )
        Index(place.name, place.band(latitude), longitude, latitude)


def place_of(table: Any) -> PlaceIndex | None:
    """Return the place that *table* declares, if any."""
    return _places.get(table)


def checked_latitude(name: str, found: Any) -> float:
    """Return *found* if it is a latitude; raise `CoordinateError` otherwise."""
    return _checked(name, found, limit=POLE)


def checked_longitude(name: str, found: Any) -> float:
    """Return *found* if it is a longitude; raise `CoordinateError` otherwise."""
    return _checked(name, found, limit=ANTIMERIDIAN)


def _checked(name: str, found: Any, *, limit: float) -> float:
    is_number = isinstance(found, int | float) and not isinstance(found, bool)
    if not (is_number and isfinite(found) and -limit <= found <= limit):
        raise CoordinateError(name=name, found=found, expected=f"degrees from {-limit:g} to {limit:g}")
    return float(found)


def _number(table: Table, name: str) -> Column[Any]:
    if name not in table.columns:
        raise ValueError(
            f"Place of table {table.name!r}: no column {name!r}; there are {', '.join(table.columns.keys())}"
        )
    column = table.columns[name]
    kind = column.type.impl_instance if isinstance(column.type, TypeDecorator) else column.type
    if not isinstance(kind, Integer | Numeric | Float):
        raise ValueError(f"Place of table {table.name!r}: column {name!r} holds no numbers but {kind!r}")  # noqa: TRY004
    return column
