"""Rows are found by where they are, as looking at each of them would find them."""

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from microcosm_sqlite.errors import CoordinateError, NotIndexedError, UnknownFilterError
from microcosm_sqlite.lookups.distances import HALF_WAY_ROUND_KM, kilometres_between
from microcosm_sqlite.lookups.places import Nearby, box_around, inside
from microcosm_sqlite.place import Box
from microcosm_sqlite.workbench import Workbench
from tests.conftest import GraphFactory, close_graph, new_graph
from tests.plans import direct_plans_of, plans_of
from tests.towns import (
    Field,
    FieldStore,
    LakeStore,
    PersonStore,
    StreetStore,
    Town,
    Towns,
    TownStore,
    fill_towns,
    seal_towns,
)


@pytest.fixture(scope="module")
def sealed_towns(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the path of a sealed artifact with all towns."""
    return seal_towns(tmp_path_factory.mktemp("towns")).path


@pytest.fixture(params=["sealed", "memory"])
def graph(request: pytest.FixtureRequest, make_graph: GraphFactory) -> Any:
    """Return a graph with all towns, sealed or not."""
    if request.param == "sealed":
        return make_graph(paths={"towns": request.getfixturevalue("sealed_towns")})
    graph = make_graph()
    fill_towns(graph)
    return graph


def numbers(found: list[Nearby[Town]]) -> list[int]:
    """Return the keys of the towns that were found."""
    return [one.row.id for one in found]


class TestWithin:
    def test_rows_inside_in_the_declared_order(self, graph: Any) -> None:
        """Edges included; rows without a place are in no box."""
        towns = TownStore(graph)

        assert [town.id for town in towns.within(Box(30, -100, 52, 20))] == [5, 8, 3, 4, 9]
        assert [town.id for town in towns.within(Box(48.85341, 2.3488, 48.85341, 2.3488))] == [3]
        assert 10 not in [town.id for town in towns.within(Box(-90, -180, 90, 180))]

    def test_boxes_across_the_antimeridian(self, graph: Any) -> None:
        """West is greater than east there."""
        towns = TownStore(graph)

        assert sorted(town.id for town in towns.within(Box(-20, 170, -10, -170))) == [6, 7]
        assert [town.id for town in towns.within(Box(-20, 170, -10, 180))] == [6]

    @pytest.mark.parametrize(
        "box", [Box(-1, 170, 1, 180), Box(-1, -180, 1, -170), Box(-1, 180, 1, -180), Box(-1, -180, 1, 180)]
    )
    def test_the_antimeridian_has_two_names(self, graph: Any, box: Box) -> None:
        """Rows are found by either."""
        assert [field.code for field in FieldStore(graph).within(box)] == ["d", "e"]

    def test_takes_filters_expressions_and_pages(self, graph: Any) -> None:
        """As searches do."""
        towns, box = TownStore(graph), Box(30, -100, 52, 20)

        assert [town.id for town in towns.within(box, country="US", limit=1, offset=1)] == [4]
        assert [town.id for town in towns.within(box, Town.name == "Paris")] == [3, 4]
        with pytest.raises(UnknownFilterError):
            towns.within(box, county="US")

    def test_the_expression_works_with_every_look_up(self, graph: Any) -> None:
        """Counting, streaming, and whatever else takes expressions."""
        towns = TownStore(graph)

        assert towns.count(inside(Town, Box(30, -100, 52, 20))) == 5
        assert towns.count(~inside(Town, Box(-20, 170, -10, -170)), Town.latitude.is_not(None)) == 7
        assert towns.exists(inside(Town, Box(0, 0, 1, 1))) is False

    def test_a_model_without_place_is_refused(self, graph: Any) -> None:
        """With what to declare."""
        people = PersonStore(graph)

        for look_up in (lambda: people.within(Box(0, 0, 1, 1)), lambda: people.near(0, 0, limit=1)):
            with pytest.raises(NotIndexedError, match=r"Person: expected a place.*Add Place"):
                look_up()


class TestNear:
    def test_the_nearest_first(self, graph: Any) -> None:
        """With their distances."""
        found = TownStore(graph).near(48.85, 2.35, kilometres=1000)

        assert numbers(found) == [3, 5]
        assert [round(one.kilometres, 3) for one in found] == [0.389, 765.737]

    def test_what_is_equally_far_comes_by_key(self, graph: Any) -> None:
        """Also where rows are numbered in another order."""
        assert [one.row.code for one in FieldStore(graph).near(47, 8, kilometres=100)] == ["a", "b"]

    def test_across_the_antimeridian(self, graph: Any) -> None:
        """Fiji and Wallis are neighbours."""
        assert numbers(TownStore(graph).near(-18.1, 178.4, kilometres=900)) == [6, 7]

    def test_around_a_pole(self, graph: Any) -> None:
        """Where all meridians meet."""
        fields = FieldStore(graph)

        assert [one.row.code for one in fields.near(-89.9, 123, kilometres=20)] == ["p"]
        assert [one.row.code for one in fields.near(-90, 180, kilometres=0)] == ["p"]

    @pytest.mark.parametrize("limit", range(4))
    def test_only_so_many(self, graph: Any, limit: int) -> None:
        """The nearest of them, within a distance or however far away."""
        towns = TownStore(graph)

        assert numbers(towns.near(48.85, 2.35, kilometres=1000, limit=limit)) == [3, 5][:limit]
        assert numbers(towns.near(48.85, 2.35, limit=limit)) == [3, 5, 8][:limit]

    def test_all_there_are(self, graph: Any) -> None:
        """If more are wanted."""
        assert len(TownStore(graph).near(48.85, 2.35, limit=1000)) == 9

    def test_takes_filters_and_expressions(self, graph: Any) -> None:
        """As searches do."""
        towns = TownStore(graph)

        assert numbers(towns.near(48.85, 2.35, limit=2, country="US")) == [8, 9]
        assert numbers(towns.near(48.85, 2.35, Town.name == "Paris", limit=2)) == [3, 4]
        with pytest.raises(UnknownFilterError):
            towns.near(0, 0, limit=2, county="US")

    def test_keys_of_several_columns_and_tables_without_rowids(self, graph: Any) -> None:
        """Any table will do."""
        streets, lakes = StreetStore(graph).near(1, 1, kilometres=1), LakeStore(graph).near(47, 9, limit=1)

        assert [(one.row.town_id, one.row.kind.name) for one in streets] == [(1, "WATER"), (2, "GRASS")]
        assert [one.row.name for one in lakes] == ["Constance"]

    def test_what_was_found_cannot_change(self, graph: Any) -> None:
        """It is a value."""
        (nearest,) = TownStore(graph).near(48.85, 2.35, limit=1)

        with pytest.raises(dataclasses.FrozenInstanceError):
            nearest.kilometres = 0.0  # type: ignore[misc]

    @pytest.mark.parametrize(
        ("look_up", "message"),
        [
            (lambda towns: towns.near(91, 0, limit=1), "latitude: expected degrees from -90 to 90, found 91"),
            (lambda towns: towns.near(0, 181, limit=1), "longitude: expected degrees from -180 to 180, found 181"),
            (lambda towns: towns.near(float("nan"), 0, limit=1), "latitude: .* found nan"),
            (lambda towns: towns.near("0", 0, limit=1), "latitude: .* found '0'"),
            (lambda towns: towns.near(True, 0, limit=1), "latitude: .* found True"),  # noqa: FBT003
            (lambda towns: towns.near(0, 0, kilometres=-1), "kilometres: expected a distance from 0 upwards, found -1"),
            (lambda towns: towns.near(0, 0, kilometres=float("inf")), "kilometres: .* found inf"),
            (lambda towns: towns.near(0, 0, kilometres="1"), "kilometres: .* found '1'"),
        ],
    )
    def test_no_such_place_or_distance(self, graph: Any, look_up: Callable[[Any], Any], message: str) -> None:
        """Said by name; what a service answers with 400."""
        with pytest.raises(CoordinateError, match=message) as caught:
            look_up(TownStore(graph))

        assert caught.value.status_code == 400

    def test_neither_distance_nor_limit(self, graph: Any) -> None:
        """That would be everything."""
        with pytest.raises(TypeError, match="expected how far to look, or a limit, found neither"):
            TownStore(graph).near(0, 0)


#: Coordinates that are likely to be on an edge of something, and others.
LATITUDES = st.sampled_from([-90.0, -89.9999, -45.0, -1 / 16, -0.0, 0.0, 1 / 16, 45.0, 89.9999, 90.0]) | st.floats(
    -90, 90
)
LONGITUDES = st.sampled_from([-180.0, -179.9999, -90.0, -0.0, 0.0, 90.0, 179.9999, 180.0]) | st.floats(-180, 180)
PLACES = st.lists(st.tuples(LATITUDES, LONGITUDES), max_size=30)


def rows_at(places: list[tuple[float, float]]) -> list[dict[str, Any]]:
    """Return rows of fields at these places."""
    return [
        {"code": f"{number:03}", "name": "x", "latitude": latitude, "longitude": longitude}
        for number, (latitude, longitude) in enumerate(places)
    ]


@pytest.fixture(scope="module")
def bench() -> Any:
    """Return a workbench."""
    with Workbench(Towns) as bench:
        yield bench


def is_in(place: tuple[float, float], box: Box) -> bool:
    """Tell whether *place* is in *box*, by the definition."""
    latitude, longitude = place
    names = {longitude, -longitude} if abs(longitude) == 180 else {longitude}
    if box.west <= box.east:
        lies_between = any(box.west <= one <= box.east for one in names)
    else:
        lies_between = any(one >= box.west or one <= box.east for one in names)
    return box.south <= latitude <= box.north and lies_between


class TestProperties:
    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    @given(PLACES, st.tuples(LATITUDES, LATITUDES), LONGITUDES, LONGITUDES)
    @example([(0.0, 180.0), (0.0, -180.0)], (0.0, 0.0), 180.0, 180.0)
    def test_within_finds_what_a_look_at_each_row_finds(
        self, bench: Workbench, places: list[tuple[float, float]], edges: tuple[float, float], west: float, east: float
    ) -> None:
        """Neither more nor less, whatever the box."""
        bench.clear(Field)
        bench.load(Field, rows_at(places))
        box = Box(min(edges), west, max(edges), east)

        with Session(bench.connection) as session:
            found = [field.code for field in FieldStore(lambda _: session).within(box)]

        assert found == [f"{number:03}" for number, place in enumerate(places) if is_in(place, box)]

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    @given(PLACES, LATITUDES, LONGITUDES, st.floats(0, 21_000), st.none() | st.integers(0, 5))
    def test_near_finds_what_a_look_at_each_row_finds(
        self,
        bench: Workbench,
        places: list[tuple[float, float]],
        latitude: float,
        longitude: float,
        kilometres: float,
        limit: int | None,
    ) -> None:
        """In the same order, with the same distances."""
        bench.clear(Field)
        bench.load(Field, rows_at(places))
        away = [(kilometres_between(latitude, longitude, *place), f"{at:03}") for at, place in enumerate(places)]
        near = sorted(one for one in away if one[0] <= kilometres)

        with Session(bench.connection) as session:
            fields = FieldStore(lambda _: session)
            found = fields.near(latitude, longitude, kilometres=kilometres, limit=limit)
            nearest = fields.near(latitude, longitude, limit=3)

        assert [(one.kilometres, one.row.code) for one in found] == near[:limit]
        assert [(one.kilometres, one.row.code) for one in nearest] == sorted(away)[:3]

    @given(LATITUDES, LONGITUDES, st.floats(0, HALF_WAY_ROUND_KM), LATITUDES, LONGITUDES)
    @example(89.0, 0.0, 111.0, 89.99, 180.0)
    @example(45.0, 0.0, 5003.7, 60.0, 90.0)
    def test_a_box_around_holds_all_that_is_near(
        self, latitude: float, longitude: float, kilometres: float, to_latitude: float, to_longitude: float
    ) -> None:
        """However the circle lies on the globe."""
        away = kilometres_between(latitude, longitude, to_latitude, to_longitude)

        box = box_around(latitude, longitude, kilometres=kilometres)

        assert away > kilometres or is_in((to_latitude, to_longitude), box)


#: Places on edges and all over the Earth, always the same.
MANY: list[tuple[float, float]] = [
    (latitude, longitude)
    for random in [Random(4)]
    for latitude in (-90.0, -89.99, -0.0, 1 / 16, 45.0, 89.99, 90.0, *(random.uniform(-90, 90) for _ in range(20)))
    for longitude in (-180.0, -179.99, 0.0, 179.99, 180.0, *(random.uniform(-180, 180) for _ in range(10)))
]


@pytest.fixture(scope="module")
def sealed_fields(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FieldStore]:
    """Return a store of fields at many places in a sealed artifact."""
    path = seal_towns(tmp_path_factory.mktemp("fields"), {Field: rows_at(MANY)}).path
    graph = new_graph(paths={"towns": path})
    yield FieldStore(graph)
    close_graph(graph)


class TestSealedProperties:
    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    @given(st.tuples(LATITUDES, LATITUDES), LONGITUDES, LONGITUDES)
    def test_within_finds_what_a_look_at_each_row_finds(
        self, sealed_fields: FieldStore, edges: tuple[float, float], west: float, east: float
    ) -> None:
        """Neither more nor less, whatever the box."""
        box = Box(min(edges), west, max(edges), east)

        found = [field.code for field in sealed_fields.within(box)]

        assert found == [f"{number:03}" for number, place in enumerate(MANY) if is_in(place, box)]

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    @given(LATITUDES, LONGITUDES, st.floats(0, 21_000), st.none() | st.integers(0, 5))
    def test_near_finds_what_a_look_at_each_row_finds(
        self, sealed_fields: FieldStore, latitude: float, longitude: float, kilometres: float, limit: int | None
    ) -> None:
        """In the same order, with the same distances."""
        away = sorted((kilometres_between(latitude, longitude, *place), f"{at:03}") for at, place in enumerate(MANY))

        found = sealed_fields.near(latitude, longitude, kilometres=kilometres, limit=limit)
        nearest = sealed_fields.near(latitude, longitude, limit=3)

        assert [(one.kilometres, one.row.code) for one in found] == [one for one in away if one[0] <= kilometres][
            :limit
        ]
        assert [(one.kilometres, one.row.code) for one in nearest] == away[:3]


class TestPlans:
    @pytest.mark.parametrize("is_direct", [True, False], ids=["direct", "sqlalchemy"])
    @pytest.mark.parametrize(
        ("look_up", "is_covered"),
        [
            (lambda towns: towns.within(Box(40, 0, 50, 10)), False),
            (lambda towns: towns.within(Box(40, 170, 50, -170), limit=3), False),
            (lambda towns: towns.near(48.85, 2.35, kilometres=100), True),
            (lambda towns: towns.near(0, 180, kilometres=100), True),
        ],
    )
    def test_boxes_are_found_by_the_index(
        self,
        sealed_towns: Path,
        make_graph: GraphFactory,
        is_direct: bool,  # noqa: FBT001 - One of two ways.
        look_up: Callable[[TownStore], object],
        is_covered: bool,  # noqa: FBT001 - What to expect.
    ) -> None:
        """Band by band, whatever else is asked; nothing is scanned."""
        graph = make_graph(paths={"towns": sealed_towns})
        towns = TownStore(graph)
        engine, _ = graph.sqlite("towns")
        if is_direct:
            look_up(towns)

        plans = direct_plans_of(towns) if is_direct else plans_of(engine, lambda: look_up(towns))

        (plan,) = (plan for plan in plans if "_place" in plan)
        assert "INDEX ix_town_place (<expr>=? AND longitude>? AND longitude<?)" in plan
        assert "SCAN town" not in plan
        assert not is_covered or "SEARCH town USING INDEX ix_town_place" not in plan or "MULTI-INDEX OR" in plan

    def test_the_other_parts_of_a_key_are_in_the_table(self, sealed_towns: Path, make_graph: GraphFactory) -> None:
        """Where a key has a type of its own, SQLAlchemy reads it."""
        graph = make_graph(paths={"towns": sealed_towns})
        streets = StreetStore(graph)
        engine, _ = graph.sqlite("towns")

        plans = plans_of(engine, lambda: streets.near(1.0, 1.0, kilometres=100))

        assert "INDEX ix_street_place (<expr>=? AND longitude>? AND longitude<?)" in plans[0]
