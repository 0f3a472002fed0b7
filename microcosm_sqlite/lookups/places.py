"""Find rows by where on Earth they are."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from math import asin, cos, degrees, inf, isfinite, radians, sin
from typing import TYPE_CHECKING, Any, Final, Generic, cast

from sqlalchemy import ColumnElement, Double, Integer, Text, and_, bindparam, func, inspect, or_, select
from typing_extensions import TypeVar

from microcosm_sqlite.errors import ArgumentError, CoordinateError, NotIndexedError
from microcosm_sqlite.lookups.arguments import check_page, is_page, shown
from microcosm_sqlite.lookups.asking import Asking
from microcosm_sqlite.lookups.distances import EARTH_RADIUS_KM, HALF_WAY_ROUND_KM, kilometres_between
from microcosm_sqlite.lookups.keys import key_attributes
from microcosm_sqlite.lookups.plans import marker
from microcosm_sqlite.lookups.preparing import rows_of
from microcosm_sqlite.place import ANTIMERIDIAN, POLE, Box, PlaceIndex, checked_latitude, checked_longitude, place_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Mapper, Query
    from sqlalchemy.types import TypeEngine

    from microcosm_sqlite.lookups.answers import Answers

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
        _answers: Answers[ModelT]

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

        @property
        def _name(self) -> str: ...

        def _match(self, criteria: tuple[Any, ...], filters: dict[str, Any]) -> Query[ModelT]: ...

    def within(
        self, box: Box, *criteria: Any, offset: int | None = None, limit: int | None = None, **filters: Any
    ) -> list[ModelT]:
        """Return the rows inside *box*, its edges included, in the declared order; rows without a place are in none.

        Raises:
            NotIndexedError: the model declares no `Place`.
        """
        place = _place_of(self.model_class)
        if not isinstance(cast("Any", box), Box):
            raise _no_box(box, where=self._name)
        if not (is_page(limit) and is_page(offset)):
            check_page(self, offset=offset, limit=limit)
        page = (-1 if limit is None else limit, offset or 0)
        found = self._answers.beside(_ROWS[len(box.longitudes)], criteria, filters, [*place.values(box), *page])
        if found is not None:
            return [row for row, _ in found]
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
            ArgumentError: neither *kilometres* nor *limit* is given; a `TypeError` too.
        """
        centre = (checked_latitude("latitude", latitude), checked_longitude("longitude", longitude))
        if kilometres is None and limit is None:
            raise ArgumentError(
                where=self._name,
                argument="kilometres",
                expected="how far to look, or a limit",
                found="neither",
                remedy="Write kilometres=50, limit=10, or both: near needs one of them to come to an end.",
            )
        if not is_page(limit):
            check_page(self, offset=None, limit=limit)
        farthest = HALF_WAY_ROUND_KM if kilometres is None else _checked_distance(kilometres)
        radius = _FIRST_KM if kilometres is None else farthest
        found = self._around(centre, radius, criteria, filters)
        while radius < farthest and len(found) < (limit or 0):
            radius = min(radius * _GROWTH, farthest)
            found = self._around(centre, radius, criteria, filters)
        nearest = found[:limit]
        rows = self.retrieve_many([key for _, key in nearest])
        return [Nearby(row=row, kilometres=away) for row, (away, _) in zip(rows, nearest, strict=True)]

    def _around(
        self, centre: tuple[float, float], kilometres: float, criteria: tuple[Any, ...], filters: dict[str, Any]
    ) -> list[tuple[float, Any]]:
        """Return distance and key of all that is at most so far away, the nearest first."""
        found: list[tuple[float, Any]] = []
        for latitude, longitude, *key in self._candidates(
            box_around(*centre, kilometres=kilometres), criteria, filters
        ):
            away = kilometres_between(*centre, float(latitude), float(longitude))
            if away <= kilometres:
                found.append((away, key[0] if len(key) == 1 else tuple(key)))
        found.sort(key=lambda one: one[0])
        return found

    def _candidates(self, box: Box, criteria: tuple[Any, ...], filters: dict[str, Any]) -> Iterable[Any]:
        """Return coordinates and key of all that is inside *box*, by key."""
        place = _place_of(self.model_class)
        found = self._answers.values(_CANDIDATES[len(box.longitudes)], criteria, filters, place.values(box))
        if found is not None:
            return found
        keys = key_attributes(self.model_class)
        with Asking(self, criteria, filters):
            query = self._match(criteria, filters).filter(inside(self.model_class, box))
            ordered: list[Any] = query.with_entities(*place.coordinates, *keys).order_by(None).order_by(*keys).all()
        return ordered


def _no_box(box: Any, *, where: str) -> ArgumentError:
    return ArgumentError(
        where=where,
        argument="box",
        expected="a Box",
        found=shown(box),
        remedy="Write Box(south, west, north, east), of microcosm_sqlite.place.",
    )


class _PlaceOf:
    """The place of a model, as its mapped attributes or as the columns of its table."""

    def __init__(self, index: PlaceIndex, latitude: Any, longitude: Any) -> None:
        self._index = index
        self.coordinates: tuple[Any, Any] = (latitude, longitude)

    def values(self, box: Box) -> list[Any]:
        """Return what decides whether a row lies inside *box*: bands, south, north, and pairs of longitudes."""
        # The bands as one value, so that the statement is the same for every box.
        bands = json.dumps(list(self._index.bands(box)))
        return [bands, box.south, box.north, *chain.from_iterable(box.longitudes)]

    def condition(self, values: Sequence[Any]) -> ColumnElement[bool]:
        """Return the condition for *values*, or for what stands for them in a statement."""
        latitude, longitude = self.coordinates
        numbers, south, north, *edges = values
        bands = select(func.json_each(numbers).table_valued("value").c.value)
        lies_between = [longitude.between(west, east) for west, east in zip(edges[::2], edges[1::2], strict=True)]
        # With the band in each of them, so that each is a search of its own.
        return or_(
            *(and_(self._index.band(latitude).in_(bands), one, latitude.between(south, north)) for one in lies_between)
        )


def inside(model: type[Any], box: Box) -> ColumnElement[bool]:
    """Return the expression "a row of *model* lies inside *box*", for look-ups of any kind.

    Raises:
        NotIndexedError: the model declares no `Place`.
    """
    place = _place_of(model)
    numbers, *degrees_ = place.values(box)
    bands: ColumnElement[str] = bindparam(None, numbers)
    return place.condition([bands, *degrees_])


def _place_of(model: type[Any]) -> _PlaceOf:
    mapper: Mapper[Any] = inspect(model)
    index = place_of(mapper.local_table)
    if index is None:
        raise NotIndexedError(
            model=model.__name__,
            expected="a place",
            found="none declared",
            remedy='Add Place("latitude", "longitude") to its __table_args__ and build the data set anew.',
        )
    columns = (mapper.local_table.c[name] for name in (index.latitude, index.longitude))
    return _PlaceOf(index, *(getattr(model, mapper.get_property_by_column(column).key) for column in columns))


def _marked(table: Any, *, first: int, parts: int) -> tuple[_PlaceOf, ColumnElement[bool]] | None:
    """Return the place of a table that is read directly, and the condition with markers from *first* on."""
    layout = table.layout
    index = place_of(layout.table)
    if index is None:
        return None
    place = _PlaceOf(index, layout.table.c[index.latitude], layout.table.c[index.longitude])
    types: list[TypeEngine[Any]] = [Text(), *(Double() for _ in range(2 + 2 * parts))]
    return place, place.condition([marker(first + number, type_=type_) for number, type_ in enumerate(types)])


def _candidates_in(parts: int) -> Any:
    def candidates(store: Any, table: Any, asked: Any) -> Any:
        marked = _marked(table, first=len(asked.values), parts=parts)
        if marked is None or table.by_key.has_processors:
            return None
        place, lies_inside = marked
        keys, conditions = table.layout.key_columns, asked.conditions.expressions(store.auto_filters)
        return select(*place.coordinates, *keys).where(*conditions, lies_inside).order_by(*keys)

    return candidates


def _rows_in(parts: int) -> Any:
    def rows(store: Any, table: Any, asked: Any) -> Any:
        number = len(asked.values)
        marked, statement = _marked(table, first=number, parts=parts), rows_of(store, table, asked)
        if marked is None or statement is None:
            return None
        limit, offset = (marker(number + 3 + 2 * parts + more, type_=Integer()) for more in range(2))
        return statement.where(marked[1]).limit(limit).offset(offset)

    return rows


#: What makes the statements of `near` and `within` in a sealed artifact, by how many parts the box has.
_CANDIDATES: Final = {parts: _candidates_in(parts) for parts in (1, 2)}
_ROWS: Final = {parts: _rows_in(parts) for parts in (1, 2)}


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


def _checked_distance(kilometres: Any) -> float:
    is_number = isinstance(kilometres, int | float) and not isinstance(kilometres, bool)
    if not (is_number and isfinite(kilometres) and kilometres >= 0):
        raise CoordinateError(name="kilometres", found=kilometres, expected="a distance from 0 upwards")
    return float(kilometres)
