"""An artifact that lacks what the models use is refused when it is bound, in words that say what is different."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from microcosm_sqlite import DataSet, Store
from microcosm_sqlite.contract import agree, agree_known, differences
from microcosm_sqlite.engines.opening import EngineOptions, open_mutable, open_sealed
from microcosm_sqlite.errors import ArtifactError, SchemaMismatchError
from microcosm_sqlite.full_text import FullText
from microcosm_sqlite.place import Place
from tests.conftest import GraphFactory
from tests.kennel import Kennel
from tests.sealed import seal_file


class Atlas(DataSet, DeclarativeBase):
    __data_set__ = "contract-atlas"


class City(Atlas):
    __tablename__ = "city"
    __table_args__ = (
        sa.UniqueConstraint("name", "country"),
        sa.Index("large", "population", sqlite_where=sa.text("population > 1000000")),
        sa.Index("folded", sa.func.lower(sa.text("name"))),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(index=True)
    country: Mapped[str] = mapped_column(sa.String(2), unique=True)
    population: Mapped[int | None]
    area: Mapped[float | None]
    founded: Mapped[Any | None] = mapped_column(sa.Date)


class Road(Atlas):
    __tablename__ = "road"

    start: Mapped[int] = mapped_column(primary_key=True)
    end: Mapped[int] = mapped_column(primary_key=True)


class CityStore(Store[City]):
    """Cities."""


class Towns(DataSet, DeclarativeBase):
    __data_set__ = "contract-towns"


class Town(Towns):
    __tablename__ = "town"
    __table_args__ = (FullText("name", "nickname"), Place("latitude", "longitude"))

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    nickname: Mapped[str]
    latitude: Mapped[float]
    longitude: Mapped[float]


TOWN = """
    CREATE TABLE town (
        id INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, nickname TEXT NOT NULL, latitude REAL NOT NULL,
        longitude REAL NOT NULL
    ) STRICT;
"""
PLACE = "CREATE INDEX ix_town_place ON town (CAST(latitude * 16 AS INTEGER), longitude, latitude);"
CITY = """
    CREATE TABLE city (
        id INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, country TEXT NOT NULL UNIQUE,
        population INTEGER, area REAL, founded TEXT, UNIQUE (name, country)
    ) STRICT;
    CREATE INDEX "ix_city_name" ON city (name);
    CREATE INDEX large ON city (population) WHERE population > 1000000;
    CREATE INDEX folded ON city (lower(name));
"""
ROAD = 'CREATE TABLE road (start INTEGER NOT NULL, "end" INTEGER NOT NULL, PRIMARY KEY (start, "end")) STRICT;'

Sealed = Callable[..., sa.Engine]


@pytest.fixture
def seal_sql(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that seals the database some SQL makes, after *changes*: pairs of texts to replace."""

    def make(*changes: tuple[str, str], more: str = "", name: str = "contract-atlas") -> Path:
        sql = CITY + ROAD + more
        for old, new in changes:
            assert old in sql
            sql = sql.replace(old, new)
        with apsw.Connection(str(tmp_path / "source.sqlite")) as connection:
            connection.execute(sql)
        connection.close()
        return seal_file(tmp_path / "source.sqlite", tmp_path / "atlas.sqlite", name=name)

    return make


@pytest.fixture
def sealed(seal_sql: Callable[..., Path]) -> Iterator[Sealed]:
    """Return a function that opens an artifact made so."""
    engines: list[sa.Engine] = []

    def make(*changes: tuple[str, str], more: str = "") -> sa.Engine:
        engines.append(open_sealed(seal_sql(*changes, more=more), name="contract-atlas", options=EngineOptions()))
        return engines[-1]

    yield make
    for engine in engines:
        engine.dispose()


def test_what_the_models_made_fits_them(tmp_path: Path) -> None:
    """No table made from the models differs from them."""
    path = tmp_path / "own.sqlite"
    path.touch()
    engine = open_mutable(path, name="contract-atlas", options=EngineOptions())
    Atlas.metadata.create_all(engine)

    assert differences(Atlas.metadata, engine) == []
    engine.dispose()


def test_the_same_in_other_words_fits(sealed: Sealed) -> None:
    """Case of names, order of columns, names of indexes and types of equal meaning make no difference."""
    engine = sealed(
        ("CREATE TABLE city", "CREATE TABLE CITY"),
        ("population INTEGER, area REAL", "Area REAL, population INT"),
        ('"ix_city_name"', "by_name"),
        ("UNIQUE (name, country)", "UNIQUE (country, name)"),
    )

    assert differences(Atlas.metadata, engine) == []


def test_what_is_not_strict_fits(sealed: Sealed) -> None:
    """A type that stores the same is the same, also in a table made by other means."""
    engine = sealed((") STRICT;", ");"), ("name TEXT", "name VARCHAR(80)"), ("founded TEXT", "founded DATE"))

    assert differences(Atlas.metadata, engine) == []


def test_more_than_the_models_use_fits(sealed: Sealed) -> None:
    """A newer release may have tables, columns, indexes and views that older code does not know."""
    engine = sealed(
        ("area REAL", "area REAL, elevation REAL, doubled INTEGER AS (population * 2)"),
        more="CREATE TABLE river (id INTEGER PRIMARY KEY) STRICT; CREATE VIEW v AS SELECT 1; "
        "CREATE INDEX more ON city (area); CREATE UNIQUE INDEX most ON city (population, name);",
    )

    assert differences(Atlas.metadata, engine) == []


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        (("population INTEGER, ", ""), "column population is missing"),
        (("area REAL", "area TEXT"), "column area: expected REAL, found TEXT"),
        (("area REAL", "area ANY"), "column area: expected REAL, found ANY"),
        (("founded TEXT", "founded INTEGER"), "column founded: expected TEXT, found INTEGER"),
        (('CREATE INDEX "ix_city_name" ON city (name);', ""), "index ix_city_name is missing"),
        (("ON city (name)", "ON city (area)"), "index ix_city_name: expected (name), found (area)"),
        (("ON city (name)", "ON city (name, area)"), "index ix_city_name: expected (name), found (name, area)"),
        (("ON city (name)", "ON city (name) WHERE id > 1"), "index ix_city_name: expected (name), found (name)"),
        ((", UNIQUE (name, country)", ""), "unique (name, country) is missing"),
        (("NOT NULL UNIQUE,", "NOT NULL,"), "unique (country) is missing"),
        (("CREATE INDEX folded ON city (lower(name));", ""), "index folded is missing"),
        (("id INTEGER NOT NULL PRIMARY KEY", "id INTEGER NOT NULL"), "primary key: expected (id), found ()"),
        (
            ("id INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL", "id INTEGER, name TEXT NOT NULL PRIMARY KEY"),
            "primary key: expected (id), found (name)",
        ),
    ],
)
def test_differences(sealed: Sealed, change: tuple[str, str], difference: str) -> None:
    """Each is said in a few words, and nothing else is."""
    drop_partial = ("CREATE INDEX large ON city (population) WHERE population > 1000000;", "")
    changes = [change, drop_partial] if "population INTEGER" in change[0] else [change]
    expected = [difference, "index large is missing"] if len(changes) == 2 else [difference]

    assert differences(Atlas.metadata, sealed(*changes)) == [f"table city: {'; '.join(expected)}"]


def test_the_order_of_a_key_matters(sealed: Sealed) -> None:
    """A key of several columns finds rows by the first ones."""
    engine = sealed(('PRIMARY KEY (start, "end")', 'PRIMARY KEY ("end", start)'))

    assert differences(Atlas.metadata, engine) == ["table road: primary key: expected (start, end), found (end, start)"]


def test_the_error_has_all_of_them(sealed: Sealed) -> None:
    """One message for the whole data set, a part for every table; the parts are readable by programs too."""
    engine = sealed((ROAD, ""), ("area REAL", "area TEXT"), ('CREATE INDEX "ix_city_name" ON city (name);', ""))

    with pytest.raises(SchemaMismatchError) as raised:
        agree(Atlas, engine)

    error = raised.value
    assert isinstance(error, ArtifactError)
    assert (error.name, error.path) == ("contract-atlas", Path(str(engine.url.database)))
    assert error.differences == (
        "table city: column area: expected REAL, found TEXT; index ix_city_name is missing",
        "table road: it is missing",
    )
    found = "; ".join(error.differences)
    assert str(error) == (
        f"{error.path}: expected what the models of data set 'contract-atlas' use, found {found}. "
        "Ship the release that these models were sealed with, or the code that fits this release. "
        "[MSQ-SCHEMA-MISMATCH]"
    )


def test_a_view_is_read_like_a_table(sealed: Sealed) -> None:
    """A model over a view needs its columns; a view has no key, no index and sometimes no types."""
    metadata = sa.MetaData()
    sa.Table(
        "big",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("twice", sa.Integer),
        sa.Column("name", sa.Integer, index=True),
        sa.Column("gone", sa.Integer),
    )
    engine = sealed(more="CREATE VIEW big AS SELECT id, population * 2 AS twice, name FROM city;")

    assert differences(metadata, engine) == [
        "table big: column name: expected INTEGER, found TEXT; column gone is missing"
    ]


def test_a_virtual_table_is_read_like_a_table(sealed: Sealed) -> None:
    """The columns of a text index have no types."""
    metadata = sa.MetaData()
    sa.Table("words", metadata, sa.Column("word", sa.String, primary_key=True), sa.Column("gone", sa.String))
    engine = sealed(more="CREATE VIRTUAL TABLE words USING fts5(word);")

    assert differences(metadata, engine) == ["table words: column gone is missing"]


def test_what_no_one_can_compare_is_left_alone(sealed: Sealed) -> None:
    """A table of an attached database, and a column without a type, expect nothing of the file."""
    metadata = sa.MetaData()
    sa.Table("elsewhere", metadata, sa.Column("id", sa.Integer, primary_key=True), schema="other")
    sa.Table("road", metadata, sa.Column("start", sa.types.NullType), sa.Column("end"))

    assert differences(metadata, sealed()) == []


def test_a_database_that_may_change_is_not_held_to_it(make_graph: GraphFactory, tmp_path: Path) -> None:
    """Its tables may still be made."""
    path = tmp_path / "atlas.sqlite"
    path.touch()
    graph = make_graph(paths={"contract-atlas": path})

    with Atlas.new_session(graph):
        assert "city" not in sa.inspect(graph.sqlite("contract-atlas")[0]).get_table_names()


class TestGraph:
    USES: tuple[Callable[[Any], object], ...] = (
        Atlas.new_session,
        lambda graph: Atlas.new_context(graph).open(),
        lambda graph: CityStore(graph).session,
        lambda graph: graph.sqlite("contract-atlas"),
        lambda graph: graph.sqlite.for_models(Atlas),
    )

    @pytest.mark.parametrize("use", USES, ids=["session", "context", "store", "engine", "models"])
    def test_a_mismatch_is_found_before_the_first_query(
        self, make_graph: GraphFactory, seal_sql: Callable[..., Path], use: Callable[[Any], object]
    ) -> None:
        """Whichever way the data set is used first, and every time again."""
        graph = make_graph(paths={"contract-atlas": seal_sql(("area REAL", "area TEXT"))})

        for _ in range(2):
            with pytest.raises(SchemaMismatchError, match="column area: expected REAL, found TEXT"):
                use(graph)

    def test_it_is_looked_at_once(self, make_graph: GraphFactory, seal_sql: Callable[..., Path]) -> None:
        """What was compared once is not compared again."""
        graph = make_graph(paths={"contract-atlas": seal_sql()})
        store = CityStore(graph)
        store.count()
        seen: list[str] = []
        sa.event.listen(graph.sqlite("contract-atlas")[0].pool, "checkout", lambda *_: seen.append("checkout"))

        for _ in range(3):
            assert store.session
            Atlas.new_session(graph).close()

        assert seen == []

    def test_another_file_is_looked_at_again(
        self, make_graph: GraphFactory, seal_sql: Callable[..., Path], tmp_path: Path
    ) -> None:
        """A name that is bound to another path is another engine."""
        graph = make_graph(paths={"contract-atlas": seal_sql().rename(tmp_path / "first.sqlite")}, verify="size")
        CityStore(graph).count()
        (tmp_path / "source.sqlite").unlink()
        graph.sqlite["contract-atlas"] = seal_sql(("area REAL", "area TEXT"))

        with pytest.raises(SchemaMismatchError):
            CityStore(graph).count()

    def test_two_data_sets_of_one_name_are_each_held_to_their_own(
        self, make_graph: GraphFactory, seal_sql: Callable[..., Path]
    ) -> None:
        """The engine is had if the file fits one of them; the other one is refused when it is used."""

        class Roads(DataSet, DeclarativeBase):
            __data_set__ = "contract-shared"

        class Lakes(DataSet, DeclarativeBase):
            __data_set__ = "contract-shared"

        sa.Table("road", Roads.metadata, sa.Column("start", sa.Integer))
        sa.Table("lake", Lakes.metadata, sa.Column("id", sa.Integer))
        graph = make_graph(paths={"contract-shared": seal_sql(name="contract-shared")})
        graph.sqlite("contract-shared")

        Roads.new_session(graph).close()
        with pytest.raises(SchemaMismatchError, match="table lake: it is missing"):
            Lakes.new_session(graph)

    def test_a_model_declared_later_is_compared_too(
        self, make_graph: GraphFactory, seal_sql: Callable[..., Path]
    ) -> None:
        """A data set that has grown since is looked at again."""

        class Growing(DataSet, DeclarativeBase):
            __data_set__ = "contract-growing"

        graph = make_graph(paths={"contract-growing": seal_sql(name="contract-growing")})
        Growing.new_session(graph).close()
        sa.Table("lake", Growing.metadata, sa.Column("id", sa.Integer))

        with pytest.raises(SchemaMismatchError, match="table lake: it is missing"):
            Growing.new_session(graph)


def test_known_data_sets_of_another_name_do_not_matter(sealed: Sealed) -> None:
    """Only those of the name are compared."""
    assert agree_known("nobody", sealed((ROAD, ""))) == {}


class TestTextAndPlace:
    """Words and places need their indexes."""

    @pytest.mark.parametrize(
        ("more", "missing"),
        [
            ("", ["index ix_town_place is missing", "full-text index town_text is missing"]),
            (
                f"CREATE VIRTUAL TABLE town_text USING fts5(name, content='town'); {PLACE}",
                ["full-text index town_text lacks nickname"],
            ),
            (
                f"CREATE VIRTUAL TABLE town_text USING fts5(nickname, name, content='town'); {PLACE}",
                [],
            ),
        ],
        ids=["none", "less", "all"],
    )
    def test_missing_indexes_are_told(self, sealed: Sealed, more: str, missing: list[str]) -> None:
        """With the table they belong to."""
        engine = sealed(more=TOWN + more)

        assert differences(Towns.metadata, engine) == [f"table town: {'; '.join(missing)}"] * bool(missing)


def test_a_view_that_cannot_be_compiled_is_a_fault_of_the_file(
    make_graph: GraphFactory, kennel_path: Path, tmp_path: Path
) -> None:
    """It has a code and a remedy, as whatever else SQLite refuses to read."""
    connection = apsw.Connection(str(kennel_path))
    connection.execute("CREATE VIEW trap AS SELECT no_such_function(1) AS z")
    connection.close()
    path = seal_file(kennel_path, tmp_path / "trapped.sqlite", name="kennel")

    with pytest.raises(ArtifactError, match="needs function: no_such_function") as caught:
        Kennel.new_session(make_graph(paths={"kennel": path}))
    assert caught.value.code == "MSQ-FEATURE-MISSING"
