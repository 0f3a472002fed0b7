import threading
from collections.abc import Iterator
from contextlib import ExitStack
from io import StringIO
from pathlib import Path
from typing import Any

import apsw
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from microcosm_sqlite import DataSet
from microcosm_sqlite.builders.ahead import Readers, default_threads, reading_ahead
from microcosm_sqlite.builders.cells import Surroundings, cells_from_text
from microcosm_sqlite.builders.columns import map_columns
from microcosm_sqlite.builders.statements import StatementTarget, evaluator, native_of, server_default
from microcosm_sqlite.builders.transfers import transfer_of
from microcosm_sqlite.ddl import create_tables
from microcosm_sqlite.sources import CSVSource
from microcosm_sqlite.sources.lines import Block


class Swift(DataSet, DeclarativeBase):
    pass


class Bird(Swift):
    __tablename__ = "bird"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(unique=True)
    weight: Mapped[float]


@pytest.fixture
def connection() -> Iterator[sa.Connection]:
    """A connection to an empty table, in a transaction."""
    engine = sa.create_engine("sqlite+apsw_strict://")
    with engine.connect() as connection:
        create_tables(Swift.metadata, connection)
        connection.commit()
        yield connection
    engine.dispose()


@pytest.fixture
def readers(connection: sa.Connection, tmp_path: Path) -> Iterator[Readers]:
    """Readers of birds."""
    with ExitStack() as ending:
        yield started(connection, tmp_path, ending, threads=2)


def started(connection: sa.Connection, folder: Path, ending: ExitStack, *, threads: int) -> Any:
    """Return readers of birds, until *ending*."""
    plan = map_columns(Bird, ("id", "name", "weight"), source="x")
    around = Surroundings(
        dialect=connection.dialect, server_default=server_default(connection), evaluate=evaluator(connection)
    )
    transfer = transfer_of(StatementTarget(connection, plan, cells_from_text(plan, around)))
    reading = ending.enter_context(CSVSource(StringIO("id,name,weight\n")).open())
    assert transfer is not None
    assert reading.blocks is not None
    ahead = reading_ahead(native_of(connection), folder, reading.blocks, transfer, threads=threads)
    return ending.enter_context(ahead)


def seen(connection: sa.Connection, view: str) -> list[tuple[Any, ...]]:
    """Return the rows in a view, with their numbers."""
    return list(native_of(connection).execute(f"SELECT rowid, * FROM {view}"))


def test_blocks_become_typed_rows(connection: sa.Connection, readers: Readers) -> None:
    """Numbered as their records are; those that Python has to read are left out and noted."""
    block = Block(2, "1,a,0.5\n007,b,1\n3,,2\nx,d,1\n")
    readers.begin(block)

    assert readers.has(block)
    reader = readers.take(block)

    assert reader is not None
    assert not readers.has(block)
    assert seen(connection, reader.view) == [(1, 1, "a", 0.5), (3, 3, None, 2.0)]
    assert reader.left == [2, 4]
    readers.release(reader)


@pytest.mark.parametrize("text", ['1,"a\nb",1\n', "1,a\0,1\n", '1,"a,1\n2,b,1\n'])
def test_blocks_that_are_not_plain_are_left_to_python(readers: Readers, text: str) -> None:
    """Nobody has read them, and who tried is free again."""
    for _ in range(10):
        block = Block(2, text)
        readers.begin(block)
        assert readers.has(block)
        assert readers.take(block) is None


def test_a_reader_starts_anew_with_each_block(connection: sa.Connection, readers: Readers) -> None:
    """Whatever went before, in a transaction that has read other blocks."""
    for number in range(1, 20):
        text = f"{number},a,0.5\n" if number % 3 else "1,a\n1,a,5,5\n"
        block = Block(number, text)
        readers.begin(block)
        reader = readers.take(block)
        assert reader is not None
        assert seen(connection, reader.view) == ([(1, number, "a", 0.5)] if number % 3 else [])
        assert reader.left == ([] if number % 3 else [1, 2])
        readers.release(reader)


def test_no_more_is_begun_than_there_are_readers(readers: Readers) -> None:
    """Blocks beyond that are not read ahead."""
    blocks = [Block(number, f"{number},a,1\n") for number in range(1, 10)]
    for block in blocks:
        readers.begin(block)

    assert [readers.has(block) for block in blocks] == [number <= readers.depth for number in range(9)]


def test_readers_of_blocks_that_were_passed_over_are_free_again(readers: Readers) -> None:
    """A record may reach into them."""
    blocks = [Block(number, f"{number},a,1\n") for number in range(1, readers.depth + 2)]
    for block in blocks:
        readers.begin(block)

    last = readers.take(blocks[-1])
    assert last is not None
    assert not any(map(readers.has, blocks))
    readers.release(last)
    others = [Block(number, f"{number},a,1\n") for number in range(10, 10 + len(blocks))]
    for block in others:
        readers.begin(block)
    assert all(map(readers.has, others))


def test_nothing_stays(connection: sa.Connection, tmp_path: Path) -> None:
    """Neither threads nor views, when it ends amid the work; nor a lock."""
    before = threading.active_count()
    with ExitStack() as ending:
        readers = started(connection, tmp_path, ending, threads=3)
        for number in range(1, 5):
            readers.begin(Block(number, "1,a,1\n" * 1000))

    assert threading.active_count() == before
    assert connection.exec_driver_sql("SELECT count(*) FROM temp.sqlite_schema").scalar() == 0
    for path in tmp_path.glob("ahead-?"):
        with apsw.Connection(str(path)) as other:
            other.execute("DROP TABLE microcosm_read")


def test_without_room_there_are_no_readers(connection: sa.Connection, tmp_path: Path) -> None:
    """Nor an error: the thread that stores reads as well."""
    with ExitStack() as ending:
        assert started(connection, tmp_path / "nowhere", ending, threads=2) is None
    assert connection.exec_driver_sql("SELECT count(*) FROM temp.sqlite_schema").scalar() == 0


def test_one_core_is_not_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads help only where there is a core for them."""
    for cores, threads in ((1, 0), (2, 2), (64, 2)):
        monkeypatch.setattr("os.sched_getaffinity", lambda _, cores=cores: set(range(cores)), raising=False)
        assert default_threads() == threads
