"""Find rows by where on Earth they are."""

import json
from dataclasses import dataclass
from math import asin, cos, degrees, inf, isfinite, radians, sin
from typing import TYPE_CHECKING, Any, Final, Generic

from sqlalchemy import ColumnElement, and_, bindparam, func, inspect, or_, select
from typing_extensions import TypeVar

from microcosm_sqlite.errors import CoordinateError, NotIndexedError
from microcosm_sqlite.lookups.distances import EARTH_RADIUS_KM, HALF_WAY_ROUND_KM, kilometres_between
from microcosm_sqlite.lookups.keys import key_attributes
from microcosm_sqlite.place import ANTIMERIDIAN, POLE, Box, checked_latitude, checked_longitude, place_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Mapper, Query

ModelT = TypeVar("ModelT", default=Any)

#: By how much a box around a circle is widened, in degrees: a metre, far more than what rounding takes away.
_MARGIN_DEGREES: Final = 1e-5

#: How far a search without a distance looks at first, and how much farther each time that it does not find enough.
_FIRST_KM: Final = 25.0
_GROWTH: Final = 4.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Nearby(Generic[ModelT]):
    """A row with its distance from the place that was asked for."""

    row: ModelT
    kilometres: float


class Placed(Generic[ModelT]):
    """Look-ups by place, for models that declare `Place`."""

    if TYPE_CHECKING:

        @property
        def model_class(self) -> type[ModelT]:
            """The model."""
            ...

        def retrieve_many(self, keys: Iterable[Any]) -> list[ModelT]:
            """Return the rows with these keys."""
            ...

        def search(
            self, *criteria: Any, offset: int | None = None, limit: int | None = None, **filters: Any
        ) -> list[ModelT]:
            """Return all rows that match."""
            ...

        def _match(self, criteria: tuple[Any, ...], filters: dict[str, Any]) -> Query[ModelT]: ...

    def within(
        self, box: Box, *criteria: Any, offset: int | None = None, limit: int | None = None, **filters: Any
    ) -> list[ModelT]:
        """Return the rows inside *box*, its edges included, in the declared order; rows without a place are in none.

        Raises:
            NotIndexedError: the model declares no `Place`.
        """
        return self.search(inside(self.model_class, box), *criteria, offset=offset, limit=limit, **filters)

    def near(
        self,
        latitude: float,
        longitude: float,
        *criteria: Any,
        kilometres: float | None = None,
        limit: int | None = None,
        **filters: Any,
    ) -> list[Nearby[ModelT]]:
        """Return the rows around a place, the nearest first, then by key.

        Args:
            latitude: degrees, north positive.
            longitude: degrees, east positive.
            *criteria: SQLAlchemy expressions that must hold, too.
            kilometres: how far away they may be, along the great circle.
            limit: how many there may be.
            **filters: filters as for `search`.

        Raises:
            CoordinateError: there is no such place, or no such distance.
            NotIndexedError: the model declares no `Place`.
            TypeError: neither *kilometres* nor *limit* is given.
        """
        centre = (checked_latitude("latitude", latitude), checked_longitude("longitude", longitude))
        if kilometres is None and limit is None:
            raise TypeError("near needs kilometres, a limit, or both")
        query = self._match(criteria, filters)
        farthest = HALF_WAY_ROUND_KM if kilometres is None else _checked_distance(kilometres)
        radius = _FIRST_KM if kilometres is None else farthest
        found = self._around(query, centre, radius)
        while radius < farthest and len(found) < (limit or 0):
            radius = min(radius * _GROWTH, farthest)
            found = self._around(query, centre, radius)
        nearest = found[:limit]
        rows = self.retrieve_many([key for _, key in nearest])
        return [Nearby(row=row, kilometres=away) for row, (away, _) in zip(rows, nearest, strict=True)]

    def _around(
        self, query: "Query[ModelT]", centre: tuple[float, float], kilometres: float
    ) -> list[tuple[float, Any]]:
        """Return distance and key of all that is at most so far away, the nearest first."""
        keys = key_attributes(self.model_class)
        around = query.filter(inside(self.model_class, box_around(*centre, kilometres=kilometres)))
        entities = (*_coordinates(self.model_class), *keys)
        found: list[tuple[float, Any]] = []
        for latitude, longitude, *key in around.with_entities(*entities).order_by(None).order_by(*keys):
            away = kilometres_between(*centre, float(latitude), float(longitude))
            if away <= kilometres:
                found.append((away, key[0] if len(key) == 1 else tuple(key)))
        found.sort(key=lambda one: one[0])
        return found


def inside(model: type[Any], box: Box) -> ColumnElement[bool]:
    """Return the expression "a row of *model* lies inside *box*", for look-ups of any kind.

    Raises:
        NotIndexedError: the model declares no `Place`.
    """
    mapper: Mapper[Any] = inspect(model)
    place = place_of(mapper.local_table)
    if place is None:
        raise NotIndexedError(
            model=model.__name__,
            expected="a place",
            found="none declared",
            remedy='Add Place("latitude", "longitude") to its __table_args__ and build the data set anew.',
        )
    latitude, longitude = _coordinates(model)
    # As one value, so that the statement is the same for every box.
    numbers: ColumnElement[str] = bindparam(None, json.dumps(list(place.bands(box))))
    bands = select(func.json_each(numbers).table_valued("value").c.value)
    return or_(
        *(
            and_(
                place.band(latitude).in_(bands),
                longitude.between(west, east),
                latitude.between(box.south, box.north),
            )
            for west, east in box.longitudes
        )
    )


def box_around(latitude: float, longitude: float, *, kilometres: float) -> Box:
    """Return a box that holds every place at most so many *kilometres* away; near a pole it goes round the Earth."""
    radius = kilometres / EARTH_RADIUS_KM
    up = degrees(radius) + _MARGIN_DEGREES
    south, north = latitude - up, latitude + up
    # The widest point of the circle lies nearer to the pole than its centre.
    width = sin(min(radians(up), radians(POLE))) / cos(radians(latitude)) if south > -POLE and north < POLE else inf
    if width >= 1:
        return Box(max(south, -POLE), -ANTIMERIDIAN, min(north, POLE), ANTIMERIDIAN)
    aside = degrees(asin(width)) + _MARGIN_DEGREES
    return Box(south, _turned(longitude - aside), north, _turned(longitude + aside))


def _turned(longitude: float) -> float:
    if longitude < -ANTIMERIDIAN:
        return longitude + 2 * ANTIMERIDIAN
    return longitude - 2 * ANTIMERIDIAN if longitude > ANTIMERIDIAN else longitude


def _coordinates(model: type[Any]) -> tuple[Any, Any]:
    mapper: Mapper[Any] = inspect(model)
    place = place_of(mapper.local_table)
    columns = mapper.local_table.c
    names = (place.latitude, place.longitude) if place is not None else ()
    latitude, longitude = (getattr(model, mapper.get_property_by_column(columns[name]).key) for name in names)
    return latitude, longitude


def _checked_distance(kilometres: Any) -> float:
    is_number = isinstance(kilometres, int | float) and not isinstance(kilometres, bool)
    if not (is_number and isfinite(kilometres) and kilometres >= 0):
        raise CoordinateError(name="kilometres", found=kilometres, expected="a distance from 0 upwards")
    return float(kilometres)
