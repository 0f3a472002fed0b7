"""Queries that scan too many rows are refused where somebody guards them."""

import gc
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from microcosm.api import create_object_graph, load_from_dict
from sqlalchemy import Engine, select
from sqlalchemy.pool import StaticPool

from microcosm_sqlite.engines.opening import EngineOptions, open_memory, open_sealed
from microcosm_sqlite.errors import ArgumentError, ArgumentValueError, FullScanError
from microcosm_sqlite.guarding import FullScanWarning, Reaction, guard, refuse_scans, scans_allowed, warn_of_scans
from tests.sealed import seal_file
from tests.shelves import Book, BookStore, Shelves, shelves

REMEDY = "CREATE INDEX ix_book_year_title ON book (year, title)"


@pytest.fixture(scope="module")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the path of an artifact of two thousand books."""
    folder = tmp_path_factory.mktemp("guarded")
    shelves(2000, folder / "plain.db").close()
    return seal_file(folder / "plain.db", folder / "shelves.sqlite", name="shelves")


def make_graph(path: Path | str, **settings: Any) -> Any:
    """Return a graph that finds the books at *path*."""
    loader = load_from_dict(sqlite={"paths": {"shelves": str(path)}, **settings})
    return create_object_graph("example", testing=True, loader=loader)


@pytest.fixture
def graph(artifact: Path) -> Iterator[Any]:
    """Return a graph of sealed books."""
    graph = make_graph(artifact)
    yield graph
    Shelves.dispose(graph)


@pytest.fixture(params=["sealed", "mutable", "memory"])
def any_graph(request: pytest.FixtureRequest, artifact: Path, tmp_path: Path) -> Iterator[Any]:
    """Return a graph of books in each kind of database."""
    path: Path | str = artifact
    if request.param == "mutable":
        path = tmp_path / "plain.db"
        shelves(2000, path).close()
    graph = make_graph(":memory:" if request.param == "memory" else path)
    if request.param == "memory":
        Shelves.create_all(graph)
        with engine_of(graph).begin() as connection:
            for table, marks in (("author", "?, ?"), ("book", "?, ?, ?, ?, ?, ?, ?, ?, ?")):
                for row in shelves(2000).execute(f"SELECT * FROM {table}"):
                    connection.exec_driver_sql(f"INSERT INTO {table} VALUES ({marks})", row)
    yield graph
    Shelves.dispose(graph)


def engine_of(graph: Any) -> Engine:
    """Return the engine of the books."""
    engine: Engine = graph.sqlite("shelves")[0]
    return engine


WAYS: dict[str, Callable[[Any], object]] = {
    "search": lambda graph: BookStore(graph).search(year=1999),
    "first": lambda graph: BookStore(graph).first(year=1),
    "stream": lambda graph: list(BookStore(graph).stream(year=1999)),
    "values": lambda graph: list(BookStore(graph).values(Book.title, year=1999)),
    "count": lambda graph: BookStore(graph).count(year=1999),
    "exists": lambda graph: BookStore(graph).exists(year=1),
    "session": lambda graph: BookStore(graph).session.scalars(select(Book).where(Book.year == 1999)).all(),
    "expression": lambda graph: BookStore(graph).search(Book.author.has(name="nobody"), Book.year == 1),
    "everything": lambda graph: BookStore(graph).search(),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_scans_are_refused(any_graph: Any, way: Callable[[Any], object]) -> None:
    """Whatever asks, and whatever is asked: sealed data below SQLAlchemy, other data through it."""
    way(any_graph)

    with refuse_scans(engine_of(any_graph)), pytest.raises(FullScanError):
        way(any_graph)

    way(any_graph)


FOUND: dict[str, Callable[[Any], object]] = {
    "key": lambda graph: BookStore(graph).retrieve(7),
    "keys": lambda graph: BookStore(graph).retrieve_many(range(1, 600)),
    "unique": lambda graph: BookStore(graph).retrieve("isbn 7", by="isbn"),
    "index": lambda graph: BookStore(graph).search(shelf="shelf 1"),
    "page": lambda graph: BookStore(graph).page(limit=10),
    "some": lambda graph: BookStore(graph).search(limit=10),
    "number": lambda graph: BookStore(graph).count(),
    "words": lambda graph: BookStore(graph).match("title"),
    "place": lambda graph: BookStore(graph).near(10, 10, kilometres=100),
}


@pytest.mark.parametrize("way", FOUND.values(), ids=FOUND)
def test_what_is_found_is_not(any_graph: Any, way: Callable[[Any], object]) -> None:
    """By a key, an index, in order and some at a time, by words and by place."""
    with refuse_scans(engine_of(any_graph)):
        assert way(any_graph)


def test_the_error_tells_what_is_missing(graph: Any) -> None:
    """It names the statement, without its values, how many rows were scanned, and the index."""
    with refuse_scans(engine_of(graph)), pytest.raises(FullScanError) as caught:
        BookStore(graph).search(year=1999)

    error = caught.value
    assert (error.steps, error.limit, error.remedy) == (1999, 1000, REMEDY)
    assert "WHERE book.year = ? ORDER BY" in str(error)
    assert "1999 rows, where 1000 are allowed" in str(error)
    assert f"The index that is missing: {REMEDY}. Or raise sqlite.scan_limit" in str(error)


def test_the_limit(graph: Any) -> None:
    """As many rows as allowed may be scanned."""
    with refuse_scans(engine_of(graph), limit=1999):
        BookStore(graph).search(year=1999)
    with refuse_scans(engine_of(graph), limit=1998), pytest.raises(FullScanError):
        BookStore(graph).search(year=1999)


def test_an_index_for_one_statement_counts(graph: Any) -> None:
    """SQLite reads all rows to make it."""
    sql = "SELECT count(*) FROM author AS a CROSS JOIN book AS b ON b.author_id = a.id WHERE a.id < 9"

    with refuse_scans(engine_of(graph)), pytest.raises(FullScanError), engine_of(graph).connect() as connection:
        connection.exec_driver_sql(sql).all()


def test_warnings(graph: Any) -> None:
    """They say the same, and the answer comes."""
    with warn_of_scans(engine_of(graph)), pytest.warns(FullScanWarning, match="scanned 1999 rows") as caught:
        assert BookStore(graph).search(year=1999)

    assert REMEDY in str(caught[0].message)


def test_scans_that_are_allowed(graph: Any) -> None:
    """In this thread only."""
    errors: list[BaseException] = []

    def ask() -> None:
        try:
            BookStore(graph).search(year=1998)
        except FullScanError as error:
            errors.append(error)

    with refuse_scans(engine_of(graph)), scans_allowed():
        BookStore(graph).search(year=1999)
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()

    assert len(errors) == 1


@pytest.mark.parametrize(("on_scan", "expected"), [("refuse", FullScanError), ("warn", FullScanWarning)])
def test_settings(artifact: Path, on_scan: str, expected: type[Exception]) -> None:
    """A configuration guards every data set that is bound with it; with warnings as errors, both stop."""
    graph = make_graph(artifact, scan_limit="1000", on_scan=on_scan)

    with pytest.raises(expected):
        BookStore(graph).search(year=1999)

    Shelves.dispose(graph)


def test_data_that_changes_may_be_changed(tmp_path: Path) -> None:
    """Loading, changing and deleting rows is not looked at."""
    path = tmp_path / "plain.db"
    shelves(2000, path).close()
    graph = make_graph(path)

    with refuse_scans(engine_of(graph)), engine_of(graph).begin() as connection:
        connection.exec_driver_sql("UPDATE book SET year = year + 1")
        connection.exec_driver_sql("DELETE FROM book WHERE year = 1950")

    Shelves.dispose(graph)


def test_inside_a_transaction(tmp_path: Path) -> None:
    """Looking for the index waits for no lock that the query's own transaction holds."""
    path = tmp_path / "plain.db"
    shelves(2000, path).close()
    graph = make_graph(path)

    with refuse_scans(engine_of(graph)), engine_of(graph).begin() as connection:
        connection.exec_driver_sql("UPDATE book SET year = year + 1")
        with pytest.raises(FullScanError) as caught:
            connection.exec_driver_sql("SELECT * FROM book WHERE book.year = 1").all()

    assert caught.value.remedy == "CREATE INDEX ix_book_year ON book (year)"
    Shelves.dispose(graph)


def test_one_connection_for_all() -> None:
    """Nobody else can be asked for the index then; the error comes without it."""
    engine = open_memory(name="x", options=EngineOptions(pool=StaticPool))
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (a INTEGER PRIMARY KEY, b)")
        connection.exec_driver_sql("INSERT INTO t VALUES (1, 1), (2, 2), (3, 3)")

        with refuse_scans(engine, limit=1), pytest.raises(FullScanError) as caught:
            connection.exec_driver_sql("SELECT * FROM t WHERE t.b = 7").all()

    assert caught.value.remedy is None
    assert "No index on what it compares would help." in str(caught.value)
    engine.dispose()


def test_a_guard_keeps_nothing_alive(artifact: Path) -> None:
    """An engine that nobody else knows is gone with its connections."""
    engine = open_sealed(artifact, name="shelves", options=EngineOptions())
    guard(engine, Reaction.REFUSE, limit=10)
    engine.connect().close()
    reference = weakref.ref(engine)

    del engine
    gc.collect()

    assert reference() is None


def test_a_query_that_is_left_halfway(graph: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Closing never fails: Python tells of it as it does of all exceptions that nobody can get."""
    told: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", told.append)
    statement = select(Book).where(Book.year == 1999).execution_options(yield_per=1)

    with refuse_scans(engine_of(graph), limit=10):
        result = BookStore(graph).session.execute(statement)
        assert next(result)
        result.close()

    assert [str(one.exc_value)[:23] for one in told] == ["a query scanned 98 rows"]


@pytest.mark.parametrize("guarding", [refuse_scans, warn_of_scans])
@pytest.mark.parametrize(
    "choose", [lambda g: g, lambda g: g.sqlite, lambda g: g.sqlite("shelves"), lambda _: None, lambda _: "shelves"]
)
def test_what_is_no_engine(graph: Any, guarding: Any, choose: Any) -> None:
    """The message says where engines come from."""
    message = r'^a guard of queries: engine: expected an engine of a data set, .* Write graph\.sqlite\("<name>"\)\[0\]'
    with pytest.raises(ArgumentError, match=message), guarding(choose(graph)):
        pass


@pytest.mark.parametrize("limit", ["x", -1, None, 1.5])
def test_what_is_no_limit(graph: Any, limit: Any) -> None:
    """Told before anything is guarded."""
    engine, _ = graph.sqlite("shelves")
    with (
        pytest.raises(ArgumentValueError, match="limit: expected a whole number of rows"),
        refuse_scans(engine, limit=limit),
    ):
        pass
