"""Rows are found by words of their text, in databases that change as in those that never do."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import DeclarativeBase, Mapped, Query, Session, mapped_column

from microcosm_sqlite import DataSet, Store
from microcosm_sqlite.errors import NotIndexedError, ReadOnlyDataSetError, UnknownFilterError
from microcosm_sqlite.full_text import FullText
from microcosm_sqlite.lookups.matching import Match
from microcosm_sqlite.place import Box, Place
from microcosm_sqlite.sealing import Release, seal
from microcosm_sqlite.shipping.folder import FolderChannel
from microcosm_sqlite.workbench import Workbench
from tests.conftest import GraphFactory
from tests.plans import plans_of
from tests.towns import (
    FIELDS,
    LAKES,
    STREETS,
    TOWNS,
    Field,
    FieldStore,
    Lake,
    PersonStore,
    Street,
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


@pytest.fixture(params=["sealed", "file", "memory"])
def graph(request: pytest.FixtureRequest, make_graph: GraphFactory, tmp_path: Path) -> Any:
    """Return a graph with all towns, in each of the ways there are to have them."""
    if request.param == "sealed":
        return make_graph(paths={"towns": request.getfixturevalue("sealed_towns")})
    graph = make_graph(paths={"towns": tmp_path / "towns.sqlite"} if request.param == "file" else {})
    fill_towns(graph)
    return graph


@pytest.fixture
def mutable_graph(make_graph: GraphFactory, tmp_path: Path) -> Any:
    """Return a graph with all towns in a file that may change."""
    graph = make_graph(paths={"towns": tmp_path / "towns.sqlite"})
    fill_towns(graph)
    return graph


def numbers(matches: list[Match[Town]]) -> list[int]:
    """Return the keys of the towns that were found."""
    return [match.row.id for match in matches]


class TestMatch:
    @pytest.mark.parametrize(
        ("typed", "found"),
        [
            ("sao paulo", [1]),
            ("SÃO pau*", [1]),
            ("paulo", [1, 2]),
            ("paulo sao", [1]),
            ('"paulo sao"', []),
            ('"new york"', [8]),
            ("new york", [8, 9]),
            ("paris", [3, 4, 5]),
            ("ohare", []),
            ("o'hare", [10]),
            ("saint-denis", [10]),
            ("paris AND york", []),
            ("name:paris", []),
            ("paris !!!", [3, 4, 5]),
            ("!!!", []),
            ("", []),
            ("atlantis", []),
        ],
    )
    def test_finds_rows_with_all_words(self, graph: Any, typed: str, found: list[int]) -> None:
        """Without regard to case, diacritics, order and punctuation; the best first."""
        assert sorted(numbers(TownStore(graph).match(typed))) == found

    def test_the_best_come_first_then_by_key(self, graph: Any) -> None:
        """A word counts more in a column of more weight; what fits alike comes in the order of keys."""
        matches = TownStore(graph).match("paris")

        assert numbers(matches) == [3, 4, 5]
        assert matches[0].rank == matches[1].rank < matches[2].rank < 0

    def test_tells_where_the_words_are(self, graph: Any) -> None:
        """In the whole text of every column and in the part that fits best."""
        *_, leipzig = TownStore(graph).match("paris")
        (sao_paulo,) = TownStore(graph).match("sao pau*", marks=("<b>", "</b>"))

        assert leipzig.snippet == "little [Paris]"
        assert leipzig.highlights == {"name": "Leipzig", "nickname": "little [Paris]"}
        assert sao_paulo.highlights == {"name": "<b>São</b> <b>Paulo</b>", "nickname": None}

    def test_takes_filters_and_expressions(self, graph: Any) -> None:
        """As searches do."""
        towns = TownStore(graph)

        assert numbers(towns.match("paris", country="US")) == [4]
        assert numbers(towns.match("paris", country=["US", "DE"])) == [4, 5]
        assert numbers(towns.match("paris", Town.latitude > 40)) == [3, 5]
        with pytest.raises(UnknownFilterError):
            towns.match("", county="US")
        with pytest.raises(TypeError, match="expected SQLAlchemy expressions"):
            towns.match("paris", "US")

    def test_takes_columns(self, graph: Any) -> None:
        """By attribute or by name, to look into no others."""
        towns = TownStore(graph)

        assert numbers(towns.match("paris", columns=[Town.name])) == [3, 4]
        assert numbers(towns.match("paris", columns=["nickname"])) == [5]
        with pytest.raises(NotIndexedError, match="expected some of name, nickname, found country"):
            towns.match("paris", columns=[Town.country])

    def test_takes_pages(self, graph: Any) -> None:
        """None is repeated, none left out."""
        towns = TownStore(graph)

        assert [numbers(towns.match("paris", limit=1, offset=offset)) for offset in range(4)] == [[3], [4], [5], []]
        assert numbers(towns.match("paris", limit=None)) == [3, 4, 5]
        assert towns.match("paris", limit=0) == []

    def test_text_keys_and_keys_of_several_columns(self, graph: Any) -> None:
        """Rows that SQLite numbers by itself are found as well; what fits alike comes in the order of keys."""
        fields, streets = FieldStore(graph).match("zurich"), StreetStore(graph).match("high")

        assert [match.row.code for match in fields] == ["a"]
        assert [(match.row.town_id, match.row.kind.name) for match in streets] == [(1, "WATER"), (2, "GRASS")]
        assert [match.row.town_id for match in StreetStore(graph).match("high", limit=1)] == [1]

    def test_parts_of_words(self, graph: Any) -> None:
        """With trigrams, any three characters or more are enough, and fewer find nothing."""
        fields = FieldStore(graph)

        assert [match.row.code for match in fields.match("uth")] == ["p"]
        assert sorted(match.row.code for match in fields.match("line date")) == ["d", "e"]
        assert fields.match("ut") == []

    def test_rows_are_the_instances_that_other_look_ups_give(self, graph: Any) -> None:
        """They belong to the store's session."""
        towns = TownStore(graph)

        (match,) = towns.match("leipzig")

        assert match.row is towns.retrieve(5)

    def test_a_match_cannot_change(self, graph: Any) -> None:
        """It is a value."""
        (match,) = TownStore(graph).match("leipzig")

        with pytest.raises(dataclasses.FrozenInstanceError):
            match.rank = 0.0  # type: ignore[misc]

    def test_a_model_without_full_text_is_refused(self, graph: Any) -> None:
        """With what to declare."""
        with pytest.raises(NotIndexedError, match=r'Person: expected full text.*Add FullText\("<column>"\)'):
            PersonStore(graph).match("ada")

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
    @given(typed=st.text())
    def test_no_text_is_an_error(self, graph: Any, typed: str) -> None:
        """Whatever somebody types."""
        towns = TownStore(graph)

        assert isinstance(towns.match(typed) + towns.complete(typed), list)


class TestComplete:
    @pytest.mark.parametrize(
        ("typed", "found"),
        [
            ("par", [3, 4, 5]),
            ("york", [9, 8]),
            ("new y", [8, 9]),
            ("new yorks", []),
            ("paul", [2, 1]),
            ("", []),
            ("*", []),
            ('"par', [3, 4, 5]),
        ],
    )
    def test_rows_that_begin_so_come_first(self, graph: Any, typed: str, found: list[int]) -> None:
        """Then those that have the words elsewhere."""
        assert numbers(TownStore(graph).complete(typed)) == found

    def test_gives_no_row_twice_and_no_more_than_wanted(self, graph: Any) -> None:
        """Whether or not those that begin so are enough."""
        towns = TownStore(graph)

        assert [numbers(towns.complete("paul", limit=limit)) for limit in range(4)] == [[], [2], [2, 1], [2, 1]]

    def test_takes_filters_and_columns(self, graph: Any) -> None:
        """As `match` does."""
        towns = TownStore(graph)

        assert numbers(towns.complete("par", country="US")) == [4]
        assert numbers(towns.complete("par", columns=[Town.nickname])) == [5]


class TestChanges:
    """In a database that may change, words are found where they are now."""

    def test_rows_that_are_added_changed_and_deleted(self, mutable_graph: Any) -> None:
        """By whichever way."""
        towns, fields = TownStore(mutable_graph), FieldStore(mutable_graph)
        with Towns.new_context(mutable_graph) as context:
            assert context.session is not None
            context.session.add(Town(id=11, name="Parma", country="IT"))
            towns.retrieve(3).name = "Lutetia"
            context.session.delete(towns.retrieve(5))
            context.session.execute(text("UPDATE town SET id = 40 WHERE id = 4"))
            context.session.delete(fields.retrieve("a"))
            context.session.add(Field(code="a2", name="Zurich again", latitude=0, longitude=0))
            context.commit()

        assert numbers(towns.match("par*")) == [11, 40]
        assert numbers(towns.match("lutetia")) == [3]
        assert [match.row.code for match in fields.match("zurich")] == ["a2"]
        engine, _ = mutable_graph.sqlite("towns")
        with engine.begin() as connection:
            for name in ("town_text", "field_text", "street_text"):
                # The 1 compares the index with the text of its table, word by word.
                connection.exec_driver_sql(f"INSERT INTO {name} ({name}, rank) VALUES ('integrity-check', 1)")

    def test_what_is_rolled_back_is_not_found(self, mutable_graph: Any) -> None:
        """The index belongs to the transaction."""
        towns = TownStore(mutable_graph)
        with Towns.new_context(mutable_graph) as context:
            assert context.session is not None
            towns.create(Town(id=11, name="Parma", country="IT"))
            assert numbers(towns.match("parma")) == [11]
            context.session.rollback()

        assert towns.match("parma") == []

    def test_rows_keep_their_numbers_through_vacuum(self, mutable_graph: Any) -> None:
        """Also those that SQLite numbers by itself, after some are gone."""
        streets = StreetStore(mutable_graph)
        with Towns.new_context(mutable_graph) as context:
            assert context.session is not None
            streets.delete(Street.name == "High Street", Street.town_id == 2)
            context.commit()
        engine, _ = mutable_graph.sqlite("towns")

        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM")

        assert [(match.row.name, match.snippet) for match in streets.match("street")] == [
            ("Low Street", "Low [Street]"),
            ("High Street", "High [Street]"),
        ]

    def test_a_workbench_finds_what_was_loaded(self, tmp_path: Path) -> None:
        """Although nothing keeps its index up to date."""
        with Workbench(Towns) as bench:
            bench.load(Town, TOWNS)
            with Session(bench.connection) as session:
                assert numbers(TownStore(lambda _: session).match("paris")) == [3, 4, 5]
            bench.clear(Town)
            with Session(bench.connection) as session:
                assert TownStore(lambda _: session).match("paris") == []

    def test_rows_not_flushed_yet_are_found(self, tmp_path: Path) -> None:
        """As other queries find them."""
        with Workbench(Towns) as bench, Session(bench.connection) as session:
            session.add(Town(**TOWNS[0]))

            assert numbers(TownStore(lambda _: session).match("paulo")) == [1]

    def test_a_database_without_the_index_is_refused(self, mutable_graph: Any) -> None:
        """With what to do."""
        Towns.create_all(mutable_graph)
        engine, _ = mutable_graph.sqlite("towns")
        with engine.begin() as connection:
            connection.exec_driver_sql("DROP TRIGGER town_text_insert")
            connection.exec_driver_sql("DROP TABLE town_text")

        with pytest.raises(
            NotIndexedError, match=r"Town: expected full-text index town_text in the database.*create_all"
        ):
            TownStore(mutable_graph).match("paris")

    def test_a_workbench_that_was_a_database_before(self, make_graph: GraphFactory, tmp_path: Path) -> None:
        """Loses what keeps its index up to date while it is one, and gets it back with its tables."""
        path = tmp_path / "towns.sqlite"
        graph = make_graph(paths={"towns": path})
        fill_towns(graph)
        graph.sqlite.dispose("towns")
        with Workbench(Towns, path) as bench:
            bench.load(Town, [{"id": 11, "name": "Parma", "country": "IT"}])
            artifact = seal(bench, FolderChannel(tmp_path), Release(version="1.0")).path
        Towns.create_all(graph)

        assert numbers(TownStore(graph).match("parma")) == [11]
        assert graph.sqlite("towns")[0].connect().exec_driver_sql(
            "SELECT count(*) FROM sqlite_schema WHERE type = 'trigger'"
        ).scalar() == 9  # fmt: skip
        assert artifact.exists()


class TestSealed:
    def test_equal_rows_give_equal_bytes(self, tmp_path: Path) -> None:
        """Whatever the order of loading, and whether somebody looked in between."""
        (tmp_path / "one").mkdir()
        (tmp_path / "other").mkdir()
        one = seal_towns(tmp_path / "one")
        with Workbench(Towns) as bench:
            for model, rows in {Street: STREETS[::-1], Field: FIELDS[::-1], Town: TOWNS[::-1]}.items():
                bench.load(model, rows)
            bench.load(Lake, LAKES)
            with Session(bench.connection) as session:
                assert TownStore(lambda _: session).match("paris")
                session.commit()
            other = seal(bench, FolderChannel(tmp_path / "other"), Release(version="1.0"))

        assert one.path.read_bytes() == other.path.read_bytes()

    def test_the_index_is_sound_and_nothing_else_is_left(self, sealed_towns: Path, make_graph: GraphFactory) -> None:
        """It needs no triggers, and holds exactly the words of its table."""
        engine, _ = make_graph(paths={"towns": sealed_towns}).sqlite("towns")

        with engine.connect() as connection:
            kinds = connection.exec_driver_sql("SELECT DISTINCT type FROM sqlite_schema ORDER BY 1").scalars().all()
            sound = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()

        assert (kinds, sound) == (["index", "table"], ["ok"])

    def test_creating_the_tables_again_changes_nothing(self, sealed_towns: Path, make_graph: GraphFactory) -> None:
        """A service that always calls create_all goes on working when its data is sealed."""
        graph = make_graph(paths={"towns": sealed_towns})

        Towns.create_all(graph)

        with pytest.raises(ReadOnlyDataSetError):
            Towns.drop_all(graph)


class PickyStore(TownStore):
    """Towns outside of Germany; hooks in the inherited style."""

    def _query(self) -> Query[Town]:
        return super()._query().filter(Town.country != "DE")

    def _filter(self, query: Query[Town], *, is_southern: bool | None = None, **filters: Any) -> Query[Town]:
        query = super()._filter(query, **filters)
        return query.filter(Town.latitude < 0) if is_southern else query


class CrowdedStore(TownStore):
    """Towns, put together with their streets."""

    def _query(self) -> Query[Town]:
        return super()._query().outerjoin(Street, Street.town_id == Town.id).distinct()


class TestHooks:
    """What a store overrides decides here as in every look-up."""

    def test_rows_that_a_store_leaves_out_are_not_found(self, graph: Any) -> None:
        """By words, by beginnings, by place."""
        towns = PickyStore(graph)

        assert numbers(towns.match("paris")) == [3, 4]
        assert numbers(towns.complete("par")) == [3, 4]
        assert sorted(numbers(towns.match("paul*", is_southern=True))) == [1, 2]
        assert [one.row.id for one in towns.near(48, 2, kilometres=1000)] == [3]
        assert [town.id for town in towns.within(Box(-90, -60, 90, 60), is_southern=True)] == [2, 1]

    def test_other_tables_may_be_joined(self, graph: Any) -> None:
        """A row is found once all the same."""
        towns = CrowdedStore(graph)

        assert sorted(numbers(towns.match("paulo"))) == [1, 2]
        assert [one.row.id for one in towns.near(48, 2, kilometres=1000)] == [3, 5]

    def test_columns_that_are_called_otherwise_than_attributes(self, make_graph: GraphFactory) -> None:
        """A declaration names columns, a look-up takes attributes."""

        class Post(DataSet, DeclarativeBase):
            __data_set__ = "post"

        class Office(Post):
            __tablename__ = "office"
            __table_args__ = (FullText("zip", "name"), Place("y", "x"))
            number: Mapped[int] = mapped_column("key", primary_key=True)
            postcode: Mapped[str] = mapped_column("zip")
            name: Mapped[str]
            latitude: Mapped[float] = mapped_column("y")
            longitude: Mapped[float] = mapped_column("x")

        graph = make_graph()
        Post.create_all(graph)
        with Post.new_session(graph) as session:
            session.add(Office(number=1, postcode="AB1 x", name="Aberdeen", latitude=1, longitude=1))
            session.commit()
        offices = type("OfficeStore", (Store,), {"model_class": Office})(graph)

        (match,) = offices.match("ab1", columns=[Office.postcode])

        assert match.highlights == {"zip": "[AB1] x", "name": "Aberdeen"}
        assert offices.near(1, 1, limit=1)[0].row is match.row
        assert offices.within(Box(0, 0, 2, 2)) == [match.row]


class TestPlans:
    def test_the_index_is_asked_once_and_rows_are_found_by_number(
        self, sealed_towns: Path, make_graph: GraphFactory
    ) -> None:
        """No table is scanned, whatever is filtered, and text is read of the best rows only."""
        graph = make_graph(paths={"towns": sealed_towns})
        towns = TownStore(graph)
        engine, _ = graph.sqlite("towns")

        plans = [
            plan
            for look_up in (lambda: towns.match("paris"), lambda: towns.match("paris", country="US"))
            for plan in plans_of(engine, look_up)
            if "VIRTUAL" in plan
        ]

        assert len(plans) == 2
        for plan in plans:
            first, *_ = (line for line in plan.splitlines() if line.startswith(("SCAN", "SEARCH")))
            assert first.startswith("SCAN town_text VIRTUAL TABLE INDEX 0:M")
            assert "SEARCH town USING INTEGER PRIMARY KEY (rowid=?)" in plan
            assert "SCAN best\nSCAN shown VIRTUAL TABLE INDEX 0:=M" in plan
