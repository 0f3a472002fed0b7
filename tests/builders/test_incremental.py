"""Builds that take only what is new."""

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import apsw
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.pool import NullPool

from microcosm_sqlite.artifacts.inspection import inspect
from microcosm_sqlite.errors import (
    ArtifactCorruptError,
    ArtifactNotFoundError,
    HeaderError,
    RowsRejectedError,
    SourceError,
    WatermarkError,
    WrongArtifactError,
)
from microcosm_sqlite.sealing import Release, seal
from microcosm_sqlite.shipping.folder import FolderChannel
from microcosm_sqlite.sources.sql import SQLSource
from microcosm_sqlite.workbench import Workbench
from tests.pets import Person
from tests.postgresql import running_server
from tests.shop import ORDERS, Order, Shop, expected, order, put, stored

PAIR = ("updated_at", "id")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """Return the URL of a PostgreSQL server."""
    with running_server() as url:
        yield url


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=[pytest.mark.slow, pytest.mark.xdist_group("postgresql")])]
)
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    """Return a shop without orders, in SQLite and in PostgreSQL in turn."""
    url = (
        f"sqlite:///{tmp_path / 'shop.sqlite'}" if request.param == "sqlite" else request.getfixturevalue("postgresql")
    )
    engine = sa.create_engine(url, poolclass=NullPool)
    ORDERS.metadata.drop_all(engine)
    ORDERS.metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def sqlite_shop(tmp_path: Path) -> sa.Engine:
    """Return a shop without orders in SQLite."""
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'shop.sqlite'}", poolclass=NullPool)
    ORDERS.metadata.create_all(engine)
    return engine


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    """Return a workbench that is kept."""
    with Workbench(Shop, tmp_path / "shop.bench") as bench:
        yield bench


def test_only_new_rows_are_taken(shop: sa.Engine, bench: Workbench) -> None:
    """All the first time; then what lies beyond the mark; then nothing."""
    source = SQLSource(shop, ORDERS)
    put(shop, [order(number) for number in range(1, 2501)])

    first = bench.extract(Order, source, watermark=ORDERS.c.id)
    put(shop, [order(2501), order(2502)])
    second = bench.extract(Order, source, watermark="id")
    third = bench.extract(Order, source, watermark="id")

    assert (first.rows, second.rows, third.rows) == (2500, 2, 0)
    assert third.mark is not None
    assert third.mark.values == (2502,)
    assert stored(bench.connection) == expected(order(number) for number in range(1, 2503))


def test_changed_rows_take_the_place_of_old_ones(shop: sa.Engine, bench: Workbench) -> None:
    """Also where one has what another gave up, and where several changed in the same moment."""
    source = SQLSource(shop, "orders")
    put(shop, [order(1), order(2), order(3)])
    bench.extract(Order, source, watermark=PAIR)
    changed = [order(1, minute=5, code="code 2"), order(2, minute=5, code="code 1"), order(4, minute=5)]
    put(shop, changed)

    assert bench.extract(Order, source, watermark=PAIR).rows == 3
    assert stored(bench.connection) == expected([*changed, order(3)])


def test_late_rows_are_taken_with_a_lag(shop: sa.Engine, bench: Workbench) -> None:
    """A row that became visible behind the mark is found; without a lag it would be lost."""
    source = SQLSource(shop, "orders")
    put(shop, [order(1, minute=1), order(9, minute=30)])
    bench.extract(Order, source, watermark="updated_at", lag=timedelta(minutes=10))
    put(shop, [order(2, minute=25), order(3, minute=5)])

    again = bench.extract(Order, source, watermark="updated_at", lag=timedelta(minutes=10))

    assert again.rows == 2
    assert again.mark is not None
    (mark,) = again.mark.values
    assert datetime.fromisoformat(str(mark)) == order(9, minute=30)["updated_at"]
    assert stored(bench.connection) == expected([order(1, minute=1), order(2, minute=25), order(9, minute=30)])


@pytest.mark.parametrize("times", ["2026-01-05 12:{}:00", "2026-01-05T12:{}:00", "2026-01-05 12:{}:00.5"])
def test_times_as_somebody_stored_them(tmp_path: Path, times: str) -> None:
    """SQLite compares times as texts: those of one moment and those within the lag are found, whatever they are."""
    shop = sa.create_engine(f"sqlite:///{tmp_path / 'shop.sqlite'}", poolclass=NullPool)
    ORDERS.metadata.create_all(shop)

    def add(number: int, minute: int) -> None:
        with shop.begin() as connection:
            insert = "INSERT INTO orders VALUES (?, ?, 1, ?, NULL)"
            connection.exec_driver_sql(insert, (number, f"code {number}", times.format(minute)))

    source = SQLSource(shop, "orders")
    with Workbench(Shop) as bench:
        add(1, 10)
        add(2, 29)
        assert bench.extract(Order, source, watermark=PAIR).rows == 2
        add(3, 29)
        add(4, 40)
        assert bench.extract(Order, source, watermark=PAIR).rows == 2
        assert bench.extract(Order, source, watermark=PAIR).rows == 0
        add(5, 30)
        assert bench.extract(Order, source, watermark=PAIR, lag=timedelta(minutes=10)).rows >= 2
        assert [row[0] for row in stored(bench.connection)] == [1, 2, 3, 4, 5]


def test_the_first_time_may_begin_somewhere(shop: sa.Engine, bench: Workbench) -> None:
    """Only what lies beyond an initial value, of one column or several."""
    put(shop, [order(number, minute=number) for number in range(1, 10)])

    bench.extract(Order, SQLSource(shop, "orders"), watermark="id", initial=7)
    assert [row[0] for row in stored(bench.connection)] == [8, 9]
    bench.refresh(Order, SQLSource(shop, "orders"), watermark=PAIR, initial=(order(5, minute=5)["updated_at"], 5))
    assert [row[0] for row in stored(bench.connection)] == [6, 7, 8, 9]
    with pytest.raises(
        ValueError, match=r"as many initial values as there are columns \(updated_at, id\), found \(5,\)"
    ):
        bench.refresh(Order, SQLSource(shop, "orders"), watermark=PAIR, initial=5)


def test_a_query_with_names_of_its_own(shop: sa.Engine, bench: Workbench) -> None:
    """Conditions, joins, labels; attributes of the model or names of columns."""
    other = ORDERS.alias()
    query = sa.select(
        ORDERS.c.id, ORDERS.c.code, (ORDERS.c.amount * 2).label("total"), other.c.updated_at, other.c.note
    ).join(other, other.c.id == ORDERS.c.id)
    put(shop, [order(number) for number in range(1, 10)])

    taken = bench.extract(Order, SQLSource(shop, query.where(ORDERS.c.id > 3), name="big orders"), watermark="id")

    assert taken.rows == 6
    assert [(row[0], row[2]) for row in stored(bench.connection)] == [(n, order(n)["amount"] * 2) for n in range(4, 10)]


def test_a_source_that_shrank(shop: sa.Engine, bench: Workbench) -> None:
    """It may be the wrong one: nothing is taken, and what to do is said; `refresh` takes all anew."""
    source = SQLSource(shop, "orders", name="the shop")
    put(shop, [order(number) for number in range(1, 10)])
    bench.extract(Order, source, watermark="id")
    with shop.begin() as connection:
        connection.execute(sa.delete(ORDERS).where(ORDERS.c.id > 5))

    with pytest.raises(WatermarkError) as raised:
        bench.extract(Order, source, watermark="id")
    assert str(raised.value) == (
        "table 'shop_order' from the shop by id: expected a source that reaches up to the mark, [9], "
        "found its last row at [5]. See whether it is the right one, or was restored or emptied. "
        "bench.refresh() in the place of bench.extract() takes all rows anew: a build script's --full-refresh."
    )
    assert len(stored(bench.connection)) == 9
    assert bench.refresh(Order, source, watermark="id").rows == 5
    assert stored(bench.connection) == expected(order(number) for number in range(1, 6))
    with shop.begin() as connection:
        connection.execute(sa.delete(ORDERS))
    with pytest.raises(WatermarkError, match="found no row at all"):
        bench.extract(Order, source, watermark="id")


def test_rows_without_a_mark(shop: sa.Engine, bench: Workbench) -> None:
    """They came from elsewhere: to go on would lose or double some."""
    put(shop, [order(1)])
    bench.extract(Order, SQLSource(shop, "orders", name="the shop"), watermark="id")

    for source, watermark in ((SQLSource(shop, "orders"), "id"), (SQLSource(shop, "orders", name="the shop"), PAIR)):
        with pytest.raises(
            WatermarkError, match=r"an empty table, or a mark .*, found rows without one\..*bench\.refresh\(\)"
        ):
            bench.extract(Order, source, watermark=watermark)


def test_what_does_not_fit_moves_nothing(sqlite_shop: sa.Engine, bench: Workbench) -> None:
    """Neither rows nor mark, and each bad row is named."""
    source = SQLSource(sqlite_shop, "orders")
    put(sqlite_shop, [order(1)])
    bench.extract(Order, source, watermark="id")
    put(sqlite_shop, [order(2), order(3, code="code 1")])

    with pytest.raises(RowsRejectedError, match="code 1"):
        bench.extract(Order, source, watermark="id")
    assert stored(bench.connection) == expected([order(1)])
    put(sqlite_shop, [order(3)])
    assert bench.extract(Order, source, watermark="id").rows == 2


def test_rows_that_do_not_say_when_they_come(sqlite_shop: sa.Engine, bench: Workbench) -> None:
    """NULL lies neither before nor behind a mark."""
    put(sqlite_shop, [order(1), {**order(2), "updated_at": None}])

    with pytest.raises(
        SourceError, match=r"expected a value in updated_at and id of every row, found none in .*'id': 2"
    ):
        bench.extract(Order, SQLSource(sqlite_shop, "orders"), watermark=PAIR)


def test_rows_that_stop_saying_when_they_come(shop: sa.Engine, bench: Workbench) -> None:
    """Behind a mark they would never be found again; nothing is taken, in a table as in a query, and the mark stays."""
    put(shop, [order(1)])
    source = SQLSource(shop, "orders", name="shop")
    bench.extract(Order, source, watermark=PAIR)
    put(shop, [{**order(2), "updated_at": None}, order(3)])

    for rows in ("orders", sa.select(ORDERS)):
        with pytest.raises(SourceError, match=r"a value in updated_at and id of every row, found none in .*'id': 2"):
            bench.extract(Order, SQLSource(shop, rows, name="shop"), watermark=PAIR, lag=timedelta(days=1))
    assert stored(bench.connection) == expected([order(1)])
    dated = sa.select(ORDERS).where(ORDERS.c.updated_at.is_not(None))
    assert bench.extract(Order, SQLSource(shop, dated, name="shop"), watermark=PAIR).rows == 1


def test_columns_that_are_not_there(sqlite_shop: sa.Engine, bench: Workbench) -> None:
    """Those of the mark and of the key must be."""
    query = sa.select(ORDERS.c.code, ORDERS.c.amount)

    with pytest.raises(HeaderError, match=r"expected columns seq, id, for the mark and the key, found code, amount\."):
        bench.extract(Order, SQLSource(sqlite_shop, query), watermark="seq")


def test_a_lag_of_another_kind(sqlite_shop: sa.Engine, bench: Workbench) -> None:
    """A caller's mistake, told as one."""
    put(sqlite_shop, [order(1)])
    bench.extract(Order, SQLSource(sqlite_shop, "orders"), watermark="id")

    with pytest.raises(TypeError, match=r"a lag of .* cannot be taken from a mark of 1"):
        bench.extract(Order, SQLSource(sqlite_shop, "orders"), watermark="id", lag=timedelta(days=1))


def build(shop: sa.Engine, folder: Path, *, start: Path | None = None, lag: Any = None) -> Path:
    """Build and seal a release, beginning with an earlier one or with nothing, and return its path."""
    folder.mkdir()
    with Workbench(Shop) as bench:
        if start is not None:
            bench.continue_from(start)
        bench.extract(Order, SQLSource(shop, "orders", name="the shop"), watermark=PAIR, lag=lag)
        seal(bench, FolderChannel(folder), Release(version="1"))
    return folder / "shop.sqlite"


def test_the_next_build_begins_with_the_last_artifact(shop: sa.Engine, tmp_path: Path) -> None:
    """Its rows and marks travel in it; the result has the bytes of a build from nothing."""
    put(shop, [order(number, minute=number) for number in range(1, 50)])
    first = build(shop, tmp_path / "first")
    put(shop, [order(7, minute=50, note="changed"), order(51, minute=51)])

    second = build(shop, tmp_path / "second", start=first)

    assert second.read_bytes() == build(shop, tmp_path / "whole").read_bytes()
    shell = apsw.Connection(str(second), flags=apsw.SQLITE_OPEN_READONLY)
    assert list(shell.execute("SELECT * FROM _microcosm_watermark")) == [
        # SQLite stores times as text, and compares them as such.
        ("the shop", "shop_order", "updated_at, id", "text, integer", '["2026-01-05 12:51:00.000051", 51]')
        if shop.name == "sqlite"
        else ("the shop", "shop_order", "updated_at, id", "datetime, integer", '["2026-01-05T12:51:00.000051", 51]')
    ]


histories = st.lists(
    st.lists(
        st.tuples(st.integers(1, 12), st.booleans(), st.sampled_from([None, "a", "b"])),
        max_size=6,
        unique_by=lambda change: change[0],
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(history=histories)
def test_incremental_builds_give_the_same_as_one(
    history: list[list[tuple[int, bool, str | None]]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever came, changed and came late: the content digest is that of a build from nothing."""
    folder = tmp_path_factory.mktemp("history")
    shop = sa.create_engine(f"sqlite:///{folder / 'shop.sqlite'}")
    sa.event.listen(shop, "connect", lambda connection, _: connection.execute("PRAGMA synchronous = OFF"))
    ORDERS.metadata.create_all(shop)
    put(shop, [order(0)])
    last = build(shop, folder / "0")
    for minute, changes in enumerate(history, start=1):
        put(shop, [order(n, minute=minute - is_late, note=note) for n, is_late, note in changes])
        last = build(shop, folder / str(minute), start=last, lag=timedelta(minutes=2))

    assert inspect(last).manifest.content_digest == inspect(build(shop, folder / "whole")).manifest.content_digest
    shop.dispose()


@pytest.mark.slow
def test_a_build_that_is_killed_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """At whatever moment: the next run on the same workbench goes on where the rows ended."""
    shop = sa.create_engine(f"sqlite:///{tmp_path / 'shop.sqlite'}", poolclass=NullPool)
    ORDERS.metadata.create_all(shop)
    program = textwrap.dedent(
        """
        import sys
        from microcosm_sqlite.sources.sql import SQLSource
        from microcosm_sqlite.workbench import Workbench
        from tests.shop import Order, Shop
        print("begun", flush=True)
        with Workbench(Shop, sys.argv[2]) as bench:
            bench.extract(Order, SQLSource(sys.argv[1], "orders", name="the shop"), watermark="id")
        """
    )
    command = [sys.executable, "-c", program, f"sqlite:///{tmp_path / 'shop.sqlite'}", str(tmp_path / "shop.bench")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    killed = 0
    for number in range(25):
        put(shop, [order(number * 1000 + row) for row in range(1, 1001)])
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
            assert process.stdout is not None
            process.stdout.readline()
            try:
                process.wait(timeout=number * 0.004)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                killed += 1
    subprocess.run(command, check=True, env=environment)

    assert killed > 2
    with Workbench(Shop, tmp_path / "shop.bench") as bench:
        assert stored(bench.connection) == expected(order(number) for number in range(1, 25_001))


def test_an_artifact_to_begin_with_must_be_one(tmp_path: Path, artifact_path: Path) -> None:
    """Of this data set, whole, and there."""
    with Workbench(Shop) as bench:
        with pytest.raises(ArtifactNotFoundError):
            bench.continue_from(tmp_path / "none.sqlite")
        with pytest.raises(WrongArtifactError, match="kennel"):
            bench.continue_from(artifact_path)


def test_a_damaged_artifact_is_no_beginning(sqlite_shop: sa.Engine, tmp_path: Path) -> None:
    """It is verified before a row is taken."""
    put(sqlite_shop, [order(1)])
    path = build(sqlite_shop, tmp_path / "first")
    path.write_bytes(path.read_bytes().replace(b"code 1", b"code 9"))

    with Workbench(Shop) as bench, pytest.raises(ArtifactCorruptError):
        bench.continue_from(path)


def test_a_workbench_with_rows_cannot_begin_again(sqlite_shop: sa.Engine, tmp_path: Path, bench: Workbench) -> None:
    """They would be there twice."""
    put(sqlite_shop, [order(1)])
    bench.extract(Order, SQLSource(sqlite_shop, "orders"), watermark="id")

    with pytest.raises(ValueError, match=r"has rows in 'shop_order': continue_from comes first"):
        bench.continue_from(build(sqlite_shop, tmp_path / "first"))


def test_models_that_changed_since(sqlite_shop: sa.Engine, tmp_path: Path) -> None:
    """Columns and tables that only one of both has are left out; what is shared is there."""
    put(sqlite_shop, [order(1), order(2)])
    first = build(sqlite_shop, tmp_path / "first")
    with Workbench(Shop) as bench:
        bench.native.execute("ALTER TABLE shop_order RENAME COLUMN note TO remark")
        bench.native.execute("ALTER TABLE shop_order ADD COLUMN more TEXT DEFAULT 'new'")

        assert bench.continue_from(first) == {"shop_order": 2}
        assert list(bench.native.execute("SELECT id, code, remark, more FROM shop_order")) == [
            (1, "code 1", None, "new"),
            (2, "code 2", None, "new"),
        ]


def test_only_models_of_the_data_set(bench: Workbench, sqlite_shop: sa.Engine) -> None:
    """As with every other load."""
    with pytest.raises(TypeError, match=r"expected a database .*, SQLSource\(url, table\), found 'sqlite:///shop.db'"):
        bench.extract(Order, "sqlite:///shop.db", watermark="id")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="no model of data set 'shop'"):
        bench.extract(Person, SQLSource(sqlite_shop, "orders"), watermark="id")
