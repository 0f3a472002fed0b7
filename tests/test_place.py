"""Places are declared with the model, and what cannot be met is refused there."""

from collections.abc import Callable
from typing import Any

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, Float, Integer, MetaData, Numeric, String, Table

from microcosm_sqlite.errors import CoordinateError
from microcosm_sqlite.place import Box, Place, checked_latitude, checked_longitude, place_of
from tests.towns import Field, Person, Town


def declared(*arguments: Any, kind: Any = Float) -> Table:
    """Return a table with these arguments besides its columns."""
    columns = (Column("id", Integer, primary_key=True), Column("name", String), Column("y", kind), Column("x", kind))
    return Table("town", MetaData(), *columns, *arguments)


def test_a_model_declares_it() -> None:
    """Named after its table; in bands of a sixteenth of a degree, unless it says otherwise."""
    town, field = place_of(Town.__table__), place_of(Field.__table__)

    assert town is not None
    assert (town.name, town.latitude, town.longitude, town.bands_per_degree) == (
        "ix_town_place",
        "latitude",
        "longitude",
        16,
    )
    assert field is not None
    assert field.bands_per_degree == 1
    assert place_of(Person.__table__) is None


@pytest.mark.parametrize("kind", [Float, Integer, Numeric(9, 6)])
def test_its_index_is_an_ordinary_one(kind: Any) -> None:
    """Which SQLAlchemy makes with the table."""
    table = declared(Place("y", "x"), kind=kind)

    (index,) = table.indexes

    assert index.name == "ix_town_place"


@pytest.mark.parametrize(
    ("declare", "message"),
    [
        (lambda: declared(Place("z", "x")), "no column 'z'; there are id, name, y, x"),
        (lambda: declared(Place("y", "name")), "column 'name' holds no numbers"),
        (lambda: declared(Place("y", "x"), Place("x", "y")), "table 'town' has a Place already"),
        (lambda: Place("y", "x", bands_per_degree=10), "must be a power of two, not 10"),
        (lambda: Place("y", "x", bands_per_degree=0), "must be a power of two, not 0"),
    ],
)
def test_what_cannot_be_met_is_refused(declare: Callable[[], object], message: str) -> None:
    """When it is declared."""
    with pytest.raises(ValueError, match=message):
        declare()


@given(st.floats(-90, 90), st.sampled_from([1, 16, 1024]))
def test_sqlite_and_python_agree_on_bands(latitude: float, bands_per_degree: int) -> None:
    """A row lies in one of the bands that a box around it reaches into."""
    place = place_of(declared(Place("y", "x", bands_per_degree=bands_per_degree)))
    assert place is not None
    sql = f"SELECT CAST(? * {bands_per_degree} AS INTEGER)"

    (band,) = apsw.Connection(":memory:").execute(sql, (latitude,)).fetchall()[0]

    assert list(place.bands(Box(latitude, 0, latitude, 0))) == [band]
    assert band in place.bands(Box(max(latitude - 1, -90), 0, min(latitude + 1, 90), 0))


def test_the_whole_earth_has_a_bounded_number_of_bands() -> None:
    """2881 by default."""
    place = place_of(Town.__table__)
    assert place is not None

    assert len(place.bands(Box(-90, -180, 90, 180))) == 2881


@pytest.mark.parametrize(
    ("box", "longitudes"),
    [
        (Box(0, 1, 2, 3), [(1, 3)]),
        (Box(0, 170, 2, -170), [(170, 180), (-180, -170)]),
        (Box(0, 170, 2, 180), [(170, 180), (-180, -180)]),
        (Box(0, -180, 2, -170), [(-180, -170), (180, 180)]),
        (Box(0, -180, 2, 180), [(-180, 180)]),
        (Box(0, 180, 2, -180), [(180, 180), (-180, -180)]),
    ],
)
def test_boxes_at_the_antimeridian_are_in_two_parts(box: Box, longitudes: list[tuple[float, float]]) -> None:
    """Whether they cross or touch it."""
    assert list(box.longitudes) == longitudes


@pytest.mark.parametrize(
    ("edges", "message"),
    [
        ((91, 0, 91, 0), "south: expected degrees from -90 to 90, found 91"),
        ((0, 0, float("inf"), 0), "north: expected degrees from -90 to 90, found inf"),
        ((0, -181, 0, 0), "west: expected degrees from -180 to 180, found -181"),
        ((0, 0, 0, None), "east: expected degrees from -180 to 180, found None"),
        ((2, 0, 1, 0), r"north: expected a latitude from south \(2.0\) upwards, found 1.0"),
    ],
)
def test_boxes_that_are_none(edges: tuple[Any, ...], message: str) -> None:
    """Said by name of the edge."""
    with pytest.raises(CoordinateError, match=message):
        Box(*edges)


def test_coordinates_are_degrees() -> None:
    """Whole ones, too, and as floats from then on."""
    assert (checked_latitude("y", -90), checked_longitude("x", 180)) == (-90.0, 180.0)
    assert repr(Box(0, 1, 2, 3)) == "Box(south=0.0, west=1.0, north=2.0, east=3.0)"
