"""Whichever way a look-up is answered, directly or through SQLAlchemy, the answer is the same."""

import enum
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint, event, func, or_, select, text, tuple_
from sqlalchemy.orm import DeclarativeBase, Mapped, aliased, mapped_column, relationship

from microcosm_sqlite import DataSet, Store
from microcosm_sqlite.lookups.readers import reader_of
from tests.conftest import close_graph, new_graph
from tests.sealed import seal_file


class Shelf(DataSet, DeclarativeBase):
    """Things of every type."""

    __data_set__ = "shelf"


class Colour(enum.Enum):
    """Stored by name."""

    RED = "r"
    BLUE = "b"


class Maker(Shelf):
    """Known by a text in whatever case."""

    __tablename__ = "maker"

    code: Mapped[str] = mapped_column(String(collation="NOCASE"), primary_key=True)
    town: Mapped[str | None]


class Thing(Shelf):
    """A thing with a value of each type."""

    __tablename__ = "thing"
    __table_args__ = (UniqueConstraint("shelf", "place"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column("label")
    shelf: Mapped[int]
    place: Mapped[int]
    weight: Mapped[float | None]
    price: Mapped[Decimal | None]
    colour: Mapped[Colour | None]
    made: Mapped[date | None]
    seen: Mapped[datetime | None]
    token: Mapped[UUID | None] = mapped_column(unique=True)
    is_new: Mapped[bool] = mapped_column(default=True)
    note: Mapped[str | None] = mapped_column(deferred=True)
    extra: Mapped[Any | None] = mapped_column(JSON)
    maker_code: Mapped[str | None] = mapped_column(ForeignKey(Maker.code))
    maker: Mapped[Maker | None] = relationship()


class Day(Shelf):
    """Known by two values, one of them a date."""

    __tablename__ = "day"

    thing_id: Mapped[int] = mapped_column(primary_key=True)
    on: Mapped[date] = mapped_column(primary_key=True)
    count: Mapped[int]


class ThingStore(Store[Thing]):
    """Things in an order with ties and missing values."""

    auto_filter_fields = (Thing.name, Thing.shelf, Thing.colour, Thing.made, Thing.seen, Thing.is_new, Thing.price)
    order_by = (Thing.weight.desc(), Thing.name)


class MakerStore(Store[Maker]):
    """Makers."""


class DayStore(Store[Day]):
    """Days."""

    auto_filter_fields = (Day.thing_id, Day.on)


def things() -> Iterator[Thing]:
    """Yield things of which many are alike."""
    for number in range(60):
        yield Thing(
            id=(number - 3) * 7 if number else -(2**63),
            name=["Hammer", "hammer", "Säge", "🔨", ""][number % 5],
            shelf=number // 10,
            place=number % 10,
            weight=[None, 1.5, -0.25, 1e300][number % 4],
            price=[None, Decimal("1.50"), Decimal("19.99")][number % 3],
            colour=[None, Colour.RED, Colour.BLUE][number % 3],
            made=[None, date(2026, 1, 5), date(1999, 12, 31)][number % 3],
            seen=[None, datetime(2026, 1, 5), datetime(2026, 1, 5, 12, 30)][number % 3],  # noqa: DTZ001
            token=UUID(int=number) if number % 2 else None,
            is_new=bool(number % 2),
            note=f"note {number}",
            extra=[None, {"a": [number]}, [1, "x"]][number % 3],
            maker_code=[None, "abc", "XYZ"][number % 3],
        )


@pytest.fixture(scope="module")
def graphs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, Any]]:
    """Return two graphs on one artifact: on the second, somebody listens to the engine, so SQLAlchemy answers."""
    folder = tmp_path_factory.mktemp("shelf")
    mutable = new_graph(paths={"shelf": folder / "mutable.sqlite"})
    Shelf.create_all(mutable)
    with Shelf.new_session(mutable) as session:
        session.add_all([Maker(code="abc", town="Ulm"), Maker(code="XYZ"), *things()])
        session.add_all([Day(thing_id=7 * i, on=date(2026, 1, 1 + i % 5), count=i) for i in range(20)])
        session.commit()
    close_graph(mutable)
    path = seal_file(folder / "mutable.sqlite", Path(folder / "shelf.sqlite"), name="shelf")
    direct, through_sqlalchemy = new_graph(paths={"shelf": path}), new_graph(paths={"shelf": path})
    for graph in (direct, through_sqlalchemy):
        graph.use("sqlite")
    event.listen(through_sqlalchemy.sqlite("shelf")[0], "before_cursor_execute", lambda *_: None)
    assert reader_of(ThingStore(direct).session) is not None
    assert reader_of(ThingStore(through_sqlalchemy).session) is None
    yield direct, through_sqlalchemy
    for graph in (direct, through_sqlalchemy):
        close_graph(graph)


def outcome(ask: Callable[[Any], Any], store: Any) -> Any:
    """Return what *ask* gives, as far as it can be compared, or the class and the words of its error."""
    try:
        found = ask(store)
    except Exception as error:  # noqa: BLE001 - Whatever it is, it must be the same.
        return type(error), str(error).split("\n")[0]
    if isinstance(found, Shelf):
        return facts(found)
    if isinstance(found, int | bool) or found is None:
        return found
    return [None if row is None else facts(row) for row in found]


@dataclass(frozen=True)
class Cursor:
    """A cursor that is compared among rows."""

    text: str | None


def facts(row: Any) -> Any:
    """Return all that a row holds."""
    if isinstance(row, Cursor):
        return row
    return type(row), {name: getattr(row, name) for name in row.__mapper__.columns.keys()}  # noqa: SIM118


KEYS = st.one_of(
    st.sampled_from([-(2**63), -14, -7, 0, 7, 14, 21, 350, 8, 2**63 - 1, 2**64, None, True, False]),
    st.sampled_from(
        ["7", " 7", "x", 7.0, 7.5, float("nan"), Decimal(7), b"7", date(2026, 1, 5), Colour.RED, [7], (7,)]
    ),
    st.sampled_from([{"id": 7}, {"nope": 7}, (7, 8), UUID(int=7)]),
)
OTHER_KEYS = st.sampled_from(
    [
        (Thing.token, UUID(int=7)),
        (Thing.token, UUID(int=8)),
        (Thing.token, None),
        ("token", UUID(int=9)),
        (Thing.token, "7"),
        ((Thing.shelf, Thing.place), (2, 3)),
        ((Thing.place, Thing.shelf), (3, 2)),
        ((Thing.place, Thing.shelf), {"place": 3, "shelf": 2}),
        ((Thing.shelf, Thing.place), (2, None)),
        ((Thing.shelf, Thing.place), 2),
        (Thing.name, "Hammer"),
        (Thing.id, 7),
        ("nope", 7),
    ]
)
FILTERS = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(
            ["Hammer", "🔨", "", None, ["Hammer", None], [], 5, {"Säge"}, ("hammer", "Hammer"), b"x"]
        ),
        "label": st.sampled_from(["Hammer", None]),
        "shelf": st.sampled_from([0, 3, 99, "3", 3.0, True, None, range(2, 4), [1, None], 2**70, [], list(range(200))]),
        "colour": st.sampled_from([Colour.RED, "RED", "r", None, [Colour.RED, None], "nope"]),
        "made": st.sampled_from([date(2026, 1, 5), datetime(2026, 1, 5), "2026-01-05", None, [None]]),  # noqa: DTZ001
        "seen": st.sampled_from([datetime(2026, 1, 5), date(2026, 1, 5), "2026-01-05 00:00:00.000000"]),  # noqa: DTZ001
        "is_new": st.sampled_from([True, False, 1, 0, "yes", [True, False]]),
        "price": st.sampled_from([Decimal("1.5"), 1.5, "1.5", 19.99]),
        "nope": st.just(1),
    },
)
CRITERIA = st.lists(
    st.sampled_from(
        [
            Thing.id > 100,
            Thing.id.between(7, 70),
            Thing.name.like("%amm%"),
            Thing.weight.is_(None),
            Thing.weight.is_not(None) & (Thing.weight < 2),
            or_(Thing.shelf == 1, Thing.place == 5),
            ~(Thing.colour == Colour.RED),
            Thing.colour.in_([Colour.RED, Colour.BLUE]),
            Thing.id.in_([7, 14, 8]),
            Thing.id.in_([7, 14]),
            Thing.id.in_(["7", "14"]),
            Thing.id.in_([7, "14"]),
            Thing.id.in_([7, None]),
            Thing.id.in_([]),
            Thing.id.in_({2**70}),
            Thing.id.in_(range(300)),
            Thing.id.not_in((7, 14)),
            ~Thing.name.in_(["Hammer"]) & Thing.shelf.in_([1, 2]),
            Thing.made.in_([date(2026, 1, 5)]),
            Thing.made.in_([datetime(2026, 1, 5)]),  # noqa: DTZ001
            Thing.price.in_([Decimal("1.5"), Decimal("19.99")]),
            func.lower(Thing.name).in_(["hammer"]),
            tuple_(Thing.shelf, Thing.place).in_([(1, 2), (3, 4)]),
            Thing.maker_code.in_(select(Maker.code)),
            Thing.is_new,
            func.lower(Thing.name) == "hammer",
            Thing.made >= date(2000, 1, 1),
            Thing.seen == datetime(2026, 1, 5, 12, 30),  # noqa: DTZ001
            Thing.price > Decimal("1.5"),
            Thing.token == UUID(int=7),
            Thing.maker.has(Maker.town == "Ulm"),
            Thing.maker_code == "ABC",
            text("thing.place = 3"),
            Thing.note == "note 4",
            aliased(Thing).id == 7,
            Thing.place % 2 == 1,
            Thing.name + "x" == "x",
            "not an expression",
        ]
    ),
    max_size=2,
)
PAGES = st.fixed_dictionaries(
    {},
    optional={
        "offset": st.sampled_from([0, 1, 5, 1000, None, -1]),
        "limit": st.sampled_from([0, 1, 3, 1000, None, -1]),
    },
)

ORDERS = st.lists(
    st.sampled_from(
        [
            Thing.weight.desc(),
            Thing.weight.asc().nulls_last(),
            Thing.name,
            Thing.name.collate("NOCASE").desc(),
            Thing.price,
            Thing.price.desc().nulls_first(),
            Thing.colour,
            Thing.made.desc(),
            Thing.seen,
            Thing.token.desc(),
            Thing.is_new,
            Thing.shelf.desc(),
            Thing.id.desc(),
            Thing.note,
            Thing.maker_code,
            func.length(Thing.name),
            func.coalesce(Thing.weight, 7).desc(),
        ]
    ),
    max_size=4,
)

COMPARED = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@pytest.mark.filterwarnings("ignore:SELECT statement has a cartesian product")
class TestSameAnswers:
    @COMPARED
    @given(key=KEYS)
    def test_by_key(self, graphs: tuple[Any, Any], key: Any) -> None:
        """Also keys that are equal in SQL only, that no row can have, and that are none."""
        for kind in (ThingStore, MakerStore, DayStore):
            direct, other = kind(graphs[0]), kind(graphs[1])

            assert outcome(lambda store: store.retrieve(key), direct) == outcome(
                lambda store: store.retrieve(key), other
            )

    @COMPARED
    @given(key=st.sampled_from(["abc", "ABC", "xyz", "none", 5, None]))
    def test_by_a_key_in_any_case(self, graphs: tuple[Any, Any], key: Any) -> None:
        """The collation of the column decides, and one row is one object."""
        direct, other = MakerStore(graphs[0]), MakerStore(graphs[1])

        assert outcome(lambda store: store.retrieve(key), direct) == outcome(lambda store: store.retrieve(key), other)
        assert direct.retrieve("abc") is direct.retrieve("ABC")

    @COMPARED
    @given(keys=st.lists(KEYS, max_size=30))
    def test_by_many_keys(self, graphs: tuple[Any, Any], keys: list[Any]) -> None:
        """In the order of the keys, missing ones reported together."""
        direct, other = ThingStore(graphs[0]), ThingStore(graphs[1])

        assert outcome(lambda store: store.retrieve_many(keys), direct) == outcome(
            lambda store: store.retrieve_many(keys), other
        )

    @COMPARED
    @given(asked=OTHER_KEYS)
    def test_by_another_key(self, graphs: tuple[Any, Any], asked: tuple[Any, Any]) -> None:
        """Any unique key will do, and nothing else."""
        by, key = asked
        direct, other = ThingStore(graphs[0]), ThingStore(graphs[1])

        assert outcome(lambda store: store.retrieve(key, by=by), direct) == outcome(
            lambda store: store.retrieve(key, by=by), other
        )
        assert outcome(lambda store: store.retrieve_many([key, key], by=by), direct) == outcome(
            lambda store: store.retrieve_many([key, key], by=by), other
        )

    @COMPARED
    @given(criteria=CRITERIA, filters=FILTERS, page=PAGES)
    def test_by_conditions(
        self, graphs: tuple[Any, Any], criteria: list[Any], filters: dict[str, Any], page: dict[str, Any]
    ) -> None:
        """Rows, their order, counts, and errors with their words."""
        direct, other = ThingStore(graphs[0]), ThingStore(graphs[1])
        for verb in ("search", "first", "one"):

            def ask(store: Any, verb: str = verb) -> Any:
                return getattr(store, verb)(*criteria, **filters, **page)

            assert outcome(ask, direct) == outcome(ask, other), verb
        for ask_all in (
            lambda store: list(store.stream(*criteria, **filters, **page)),
            lambda store: store.count(*criteria, **filters),
            lambda store: store.exists(*criteria, **filters),
        ):
            assert outcome(ask_all, direct) == outcome(ask_all, other)

    @pytest.mark.slow
    @COMPARED
    @given(order=ORDERS, criteria=CRITERIA, filters=FILTERS, limit=st.integers(1, 70))
    def test_page_by_page(
        self, graphs: tuple[Any, Any], order: list[Any], criteria: list[Any], filters: dict[str, Any], limit: int
    ) -> None:
        """All pages together are the search, in any order, with the same cursors either way."""

        class Ordered(ThingStore):
            order_by = tuple(order)

        def ask(store: Any) -> list[Any]:
            page = store.page(*criteria, **filters, limit=limit)
            rows, cursors = list(page.rows), [page.next]
            while page.next is not None:
                assert len(page) == limit
                page = store.page(*criteria, **filters, limit=limit, after=page.next)
                rows, cursors = [*rows, *page], [*cursors, page.next]
            assert rows == store.search(*criteria, **filters)
            return [*rows, *map(Cursor, cursors)]

        assert outcome(ask, Ordered(graphs[0])) == outcome(ask, Ordered(graphs[1]))

    @COMPARED
    @given(filters=st.fixed_dictionaries({}, optional={"thing_id": KEYS, "on": KEYS}))
    def test_by_filters_of_any_type(self, graphs: tuple[Any, Any], filters: dict[str, Any]) -> None:
        """What fits no column finds nothing, or is the same error."""
        direct, other = DayStore(graphs[0]), DayStore(graphs[1])

        assert outcome(lambda store: store.search(**filters), direct) == outcome(
            lambda store: store.search(**filters), other
        )
