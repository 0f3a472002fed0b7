import csv
import json
import sys
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from io import StringIO
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from microcosm_sqlite.builders.loading import Load, Loaded, load_source
from microcosm_sqlite.ddl import create_tables
from microcosm_sqlite.errors import HeaderError, RowsRejectedError, SourceError, WorkersFailedError
from microcosm_sqlite.sources.kinds import source_of
from microcosm_sqlite.sources.sql import SQLSource
from microcosm_sqlite.workbench import Workbench
from tests.deliveries import COLUMNS, Counted, Deliveries, Parcel, numbers, slug, text, write_csv, write_lines
from tests.executors import Disorderly, Inline, Lazy, Posting

ROWS = 2000


@pytest.fixture
def connection() -> Iterator[sa.Connection]:
    """A connection to empty tables."""
    engine = sa.create_engine("sqlite+apsw_strict://")
    with engine.connect() as connection:
        create_tables(Deliveries.metadata, connection)
        connection.commit()
        yield connection
    engine.dispose()


def load(connection: sa.Connection, path: Path, executor: Executor | None, **options: Any) -> Loaded:
    """Load parcels."""
    return load_source(
        connection,
        Load(
            model=Parcel,
            source=source_of(path),
            executor=executor,
            **{"columns": {"slug": slug}, "ignored": frozenset({"place"})} | options,
        ),
    )


def outcome(connection: sa.Connection, path: Path, executor: Executor | None, **options: Any) -> Any:
    """Return what a load leaves, and what it tells."""
    try:
        told: Any = load(connection, path, executor, **options)
    except (RowsRejectedError, SourceError) as error:
        told = (type(error), str(error), getattr(error, "problems", None), getattr(error, "count", None))
    rows = connection.exec_driver_sql("SELECT rowid, * FROM parcel ORDER BY rowid").all()
    connection.rollback()
    return told, [tuple(row) for row in rows]


@pytest.mark.parametrize("make", [Posting, Disorderly, lambda: ThreadPoolExecutor(3)])
@pytest.mark.parametrize("bad_every", [0, 150])
def test_workers_change_nothing(make: Any, bad_every: int, connection: sa.Connection, tmp_path: Path) -> None:
    """Rows, their number, problems and their order are those of a load without them, however they answer."""
    path = write_csv(tmp_path / "parcels.csv", ROWS, bad_every=bad_every)
    with make() as executor:
        for options in ({"max_errors": 3}, {"skips_bad": True}, {"skips_bad": True, "max_errors": 5}):
            alone = outcome(connection, path, None, **options)

            assert outcome(connection, path, executor, **options) == alone
            assert len(alone[1]) >= ROWS - 2 * ROWS // 150


def test_json_lines_are_the_same_too(connection: sa.Connection, tmp_path: Path) -> None:
    """With objects that hold different names."""
    path = write_lines(tmp_path / "parcels.jsonl", ROWS)
    executor = Disorderly()

    alone = outcome(connection, path, None)

    assert outcome(connection, path, executor) == alone
    assert executor.submitted > 1
    assert len(alone[1]) == ROWS


def test_queries_are_the_same_too(connection: sa.Connection, tmp_path: Path) -> None:
    """Rows that are read already travel as they are."""
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'source.db'}")
    columns = [sa.Column(name, sa.Text) for name in COLUMNS if name != "place"]
    table = sa.Table("parcels", sa.MetaData(), *columns)
    with engine.begin() as source:
        table.create(source)
        rows = list(csv.DictReader(StringIO(text(ROWS, bad_every=200))))
        source.execute(sa.insert(table), [{column.name: row[column.name] for column in columns} for row in rows])
    executor = Disorderly()

    def told(executor: Executor | None) -> Any:
        source = SQLSource(engine, "parcels")
        load = Load(model=Parcel, source=source, defaults={"slug": "x"}, skips_bad=True, executor=executor)
        loaded = load_source(connection, load)
        stored = connection.exec_driver_sql("SELECT * FROM parcel ORDER BY id").all()
        connection.rollback()
        return loaded, stored, source.digest()

    alone = told(None)

    assert told(executor) == alone
    assert executor.submitted > 1
    assert alone[0].skipped > 3
    engine.dispose()


def test_rows_take_the_place_of_others_in_their_order(tmp_path: Path) -> None:
    """The last one of a key counts, in whatever order workers answer; or all others go."""
    path = write_lines(tmp_path / "parcels.jsonl", ROWS)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    for number, row in enumerate(lines):
        row["id"] = number % 1000
    path.write_text("".join(json.dumps(row) + "\n" for row in lines))
    executor = Disorderly()
    with Workbench(Deliveries) as bench:
        bench.upsert(Parcel, path, columns={"slug": slug}, ignore=["place"], executor=executor)
        kept = bench.connection.exec_driver_sql("SELECT id, slug FROM parcel ORDER BY id").all()
        assert [tuple(row) for row in kept] == [(number, slug(lines[number + ROWS - 1000])) for number in range(1000)]
        short = write_csv(tmp_path / "parcels.csv", ROWS)
        assert bench.replace(Parcel, short, columns={"slug": slug}, ignore=["place"], executor=executor) == ROWS
        assert bench.connection.exec_driver_sql("SELECT count(*) FROM parcel").scalar() == ROWS

    assert executor.submitted > 5


def test_a_source_that_breaks_says_so_in_its_turn(connection: sa.Connection, tmp_path: Path) -> None:
    """The first thing that is wrong with it, however far ahead it was read."""
    path = write_csv(tmp_path / "parcels.csv", ROWS)
    data = path.read_bytes()
    path.write_bytes(data[:-200] + b"\xff" + data[-199:])
    late = outcome(connection, path, Posting())
    path.write_bytes(data[:100_000] + b"\0" + data[100_001:-200] + b"\xff" + data[-199:])

    early = outcome(connection, path, Posting())

    assert late[0][1] == outcome_of_bytes(connection, path, data[:-200] + b"\xff" + data[-199:])
    assert "the byte 0xff" in late[0][1]
    assert "a NUL character" in early[0][1]


def outcome_of_bytes(connection: sa.Connection, path: Path, data: bytes) -> str:
    """Return what is told of a file that is loaded without an executor."""
    path.write_bytes(data)
    return str(outcome(connection, path, None)[0][1])


def test_what_one_process_can_do_as_well_is_not_sent(connection: sa.Connection, tmp_path: Path) -> None:
    """A short file, values that are stored as they come, what SQLite computes, what a function of the model fills."""
    executor = Inline()
    short = write_csv(tmp_path / "short.csv", 10)
    long = write_csv(tmp_path / "long.csv", ROWS)
    load(connection, short, executor)
    connection.rollback()
    load(connection, long, executor, columns={"slug": sa.text("lower(place)")})
    unneeded = frozenset({"price", "contents", "seal", "day", "note", "place"})
    load_source(connection, Load(model=Counted, source=source_of(long), ignored=unneeded, executor=executor))

    assert executor.submitted == 0


def test_a_cell_that_only_the_database_can_fill_is_filled(connection: sa.Connection, tmp_path: Path) -> None:
    """By a function of the model that counts, or by the default of the server: as often as without workers."""
    first = next(numbers)
    lines = [f"{row},{row:032x},{'' if row % 700 == 5 else row},{'' if row == 1500 else 1}" for row in range(1, 3001)]
    path = tmp_path / "counted.csv"
    path.write_text("id,key,number,place\n" + "\n".join(lines) + "\n")
    executor = Posting()

    load_source(connection, Load(model=Counted, source=source_of(path), executor=executor))

    filled = connection.exec_driver_sql("SELECT id, number FROM counted WHERE number != id ORDER BY id").all()
    assert executor.submitted > 1
    assert [tuple(row) for row in filled] == [(5 + 700 * step, filled[0][1] + step) for step in range(5)]
    assert filled[0][1] > first
    assert connection.exec_driver_sql("SELECT id FROM counted WHERE place = 7").scalars().all() == [1500]


def test_the_executor_stays_the_callers(connection: sa.Connection, tmp_path: Path) -> None:
    """It is used again for the next load, and not shut down; nor are more pieces sent than memory is meant for."""
    executor = Disorderly()
    path = write_csv(tmp_path / "parcels.csv", ROWS)

    for _ in range(2):
        load(connection, path, executor)
        connection.rollback()

    assert not executor.is_shut_down


def test_what_is_under_way_is_given_up_when_a_load_ends_early(connection: sa.Connection, tmp_path: Path) -> None:
    """By an error of the source, or by Ctrl-C."""

    class Interrupted(Posting):
        """Is asked to stop while it waits for the third piece."""

        def called(self, fn: Any, *args: Any, **kwargs: Any) -> Any:
            if self.submitted == 3:
                raise KeyboardInterrupt
            return super().called(fn, *args, **kwargs)

    path = write_csv(tmp_path / "parcels.csv", ROWS)
    with Workbench(Deliveries) as bench:
        with pytest.raises(KeyboardInterrupt):
            bench.load(Parcel, path, columns={"slug": slug}, ignore=["place"], executor=Interrupted())

        assert bench.connection.exec_driver_sql("SELECT count(*) FROM parcel").scalar() == 0

    lazy = Lazy()
    data = path.read_bytes()
    wrong = data.index(b"Place", 70_000)
    path.write_bytes(data[:wrong] + b"\0" + data[wrong + 1 :])
    with pytest.raises(SourceError):
        load(connection, path, lazy)
    lazy.drain()

    assert lazy.cancelled > 0


def test_an_executor_that_fails_is_one_error(connection: sa.Connection, tmp_path: Path) -> None:
    """When it takes nothing any more, and when it answers with something of its own."""
    path = write_csv(tmp_path / "parcels.csv", ROWS)
    pool = ThreadPoolExecutor(1)
    pool.shutdown()
    with pytest.raises(WorkersFailedError, match="cannot schedule new futures after shutdown"):
        load(connection, path, pool)

    class Broken(Inline):
        """Answers nothing."""

        def called(self, fn: Any, *args: Any, **kwargs: Any) -> Any:
            raise MemoryError

    with pytest.raises(WorkersFailedError, match=r"expected an answer from every worker, found MemoryError"):
        load(connection, path, Broken())


def test_what_cannot_be_sent_is_named(connection: sa.Connection, tmp_path: Path) -> None:
    """A function without a name of its own; threads take it."""
    path = write_csv(tmp_path / "parcels.csv", ROWS)
    options: dict[str, Any] = {"columns": {"slug": lambda row: slug(row).upper()}}
    with pytest.raises(WorkersFailedError, match=r"found columns\['slug'\], for which pickle says: .*lambda"):
        load(connection, path, Posting(), **options)

    with ThreadPoolExecutor(2) as threads:
        assert load(connection, path, threads, **options).rows == ROWS


def test_workers_with_another_model_are_found_out(connection: sa.Connection, tmp_path: Path) -> None:
    """Their rows would go into the wrong columns."""

    class Outdated(Inline):
        """Has a model of which a column was renamed since."""

        def called(self, fn: Any, *args: Any, **kwargs: Any) -> Any:
            outcome = fn(*args, **kwargs)
            for part in outcome.parts:
                object.__setattr__(part, "sql", part.sql.replace("seal", "stamp"))
            return outcome

    path = write_csv(tmp_path / "parcels.csv", ROWS)
    with pytest.raises(WorkersFailedError, match="the same model Parcel as here, found rows of other columns"):
        load(connection, path, Outdated())


def test_a_header_that_does_not_fit_is_told_as_ever(connection: sa.Connection, tmp_path: Path) -> None:
    """Of a file, and of an object in the middle of one."""
    path = write_lines(tmp_path / "parcels.jsonl", ROWS)
    alone, here = (outcome(connection, path, executor, ignored=frozenset()) for executor in (None, Posting()))

    assert here == alone
    assert here[0][0] is HeaderError


@pytest.mark.slow
def test_a_worker_that_dies_is_one_error(tmp_path: Path) -> None:
    """The workbench is as it was; a new pool does it."""
    path = write_csv(tmp_path / "parcels.csv", ROWS)
    options: dict[str, Any] = {"ignore": ["place"]}
    context = get_context("fork" if sys.platform == "linux" and sys.version_info < (3, 12) else "spawn")
    with Workbench(Deliveries) as bench:
        with (
            ProcessPoolExecutor(2, mp_context=context) as pool,
            pytest.raises(WorkersFailedError, match=r"found BrokenProcessPool: .* A worker that ended"),
        ):
            bench.load(Parcel, path, columns={"slug": killing}, executor=pool, **options)
        with ProcessPoolExecutor(2, mp_context=context) as pool:
            assert bench.load(Parcel, path, columns={"slug": slug}, executor=pool, **options) == ROWS


def killing(row: Any) -> str:
    """End the process as the system does when memory is short."""
    import os  # noqa: PLC0415
    import signal  # noqa: PLC0415

    os.kill(os.getpid(), signal.SIGKILL)
    return slug(row)
