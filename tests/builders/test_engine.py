import resource
import tempfile
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any, TypeAlias

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from microcosm_sqlite import DataSet
from microcosm_sqlite.builders.converters import Conflict
from microcosm_sqlite.builders.engine import Pace
from microcosm_sqlite.builders.loading import Load, Loaded, load_source
from microcosm_sqlite.ddl import create_tables
from microcosm_sqlite.errors import RowsRejectedError
from microcosm_sqlite.sources import CSVSource, blocks

#: Loads a text, with the options of `Load`.
Loader: TypeAlias = Callable[..., Loaded]


class Fast(DataSet, DeclarativeBase):
    pass


class Part(Fast):
    __tablename__ = "part"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str | None] = mapped_column("the code", unique=True)
    weight: Mapped[float | None]


@pytest.fixture
def connection() -> Iterator[sa.Connection]:
    """A connection to empty tables."""
    engine = sa.create_engine("sqlite+apsw_strict://")
    with engine.connect() as connection:
        create_tables(Fast.metadata, connection)
        connection.commit()
        yield connection
    engine.dispose()


@pytest.fixture(params=[0, 2], ids=["alone", "ahead"])
def load(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Loader:
    """Return what loads parts by SQLite's own reader, which one thread asks, or two more blocks of few lines."""
    threads: int = request.param
    if threads:
        monkeypatch.setattr(blocks, "BLOCK_CHARACTERS", 30)

    def load_text(connection: sa.Connection, text: str, **options: Any) -> Loaded:
        source = CSVSource(StringIO(text, newline=""), name="rows.csv")
        pace = Pace(engine_from=0, ahead_after=0, threads=threads)
        return load_source(connection, Load(model=Part, source=source, pace=pace, **options))

    return load_text


def parts(connection: sa.Connection) -> list[tuple[Any, ...]]:
    """Return what is there."""
    return [tuple(row) for row in connection.execute(sa.select(Part.__table__).order_by("id"))]


def test_records_that_sqlite_might_read_otherwise_are_read_by_python(connection: sa.Connection, load: Loader) -> None:
    """A key with a leading zero, a quoted line break, a long number, blank lines."""
    loaded = load(connection, 'id,code,weight\n1,a,0.5\n007,b,1\n\n8,"c\nd",0.12345678901234567890123\n')

    assert loaded.rows == 3
    assert parts(connection) == [(1, "a", 0.5), (7, "b", 1.0), (8, "c\nd", 0.12345678901234567890123)]


def test_refused_rows_are_named_and_the_others_stored(connection: sa.Connection, load: Loader) -> None:
    """However many there are in a block."""
    text = "id,code,weight\n" + "".join(f"{number % 50},c{number},1\n" for number in range(100))

    loaded = load(connection, text, skips_bad=True)

    assert (loaded.rows, loaded.skipped) == (50, 50)
    assert [problem.line for problem in loaded.problems] == list(range(52, 102))
    with pytest.raises(RowsRejectedError, match=r"rows\.csv, line 2, column id: '0' is taken by another row"):
        load(connection, text)


def test_rows_may_take_the_place_of_others(connection: sa.Connection, load: Loader) -> None:
    """The last one of a key counts; what is not given stays."""
    load(connection, "id,code,weight\n1,a,0.5\n2,b,1\n")

    load(connection, "id,weight\n1,2\n3,4\n01,7\n1,8\n", conflict=Conflict.UPDATE)

    assert parts(connection) == [(1, "a", 8.0), (2, "b", 1.0), (3, None, 4.0)]


def test_columns_may_be_computed_by_sql_either_way(connection: sa.Connection, load: Loader) -> None:
    """Over the source columns by their names."""
    text = "id,first name,last\n1,Ada,L\n02,Eve,M\n"
    columns = {"code": sa.text("upper(\"first name\") || ' ' || last"), "weight": sa.text("length(last) * 1.5")}

    load(connection, text, columns=columns)

    assert parts(connection) == [(1, "ADA L", 1.5), (2, "EVE M", 1.5)]


def test_source_columns_may_be_called_as_cells_are(connection: sa.Connection, load: Loader) -> None:
    """An expression means those of the source."""
    text = "c1,c0,rowid,record\n1,a,7,8\n02,b,9,0\n"
    columns = {"id": "c1", "code": sa.text("c0 || c1 || rowid || record")}

    load(connection, text, columns=columns)

    assert parts(connection) == [(1, "a178", None), (2, "b0290", None)]


def test_a_very_wide_source_is_read_by_python(connection: sa.Connection, load: Loader) -> None:
    """SQLite's tables have at most 2000 columns."""
    names = ",".join(f"x{number}" for number in range(2500))

    assert load(connection, f"id,code,{names}\n1,a{',' * 2500}\n", ignored=frozenset("*")).rows == 1


def test_nothing_of_the_reader_stays(connection: sa.Connection, load: Loader) -> None:
    """Neither a table nor a function of ours."""
    load(connection, "id,code\n1,a\n")

    assert connection.exec_driver_sql("SELECT count(*) FROM temp.sqlite_schema").scalar() == 0
    with pytest.raises(sa.exc.OperationalError, match="no such function"):
        connection.exec_driver_sql("SELECT microcosm_leave(1)")


def test_a_full_disk_for_blocks_is_no_obstacle(connection: sa.Connection, load: Loader) -> None:
    """What cannot be written there is read by Python."""
    text = "id,code\n" + "".join(f"{number},code number {number}\n" for number in range(5000))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        loaded = load(connection, text)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert loaded.rows == len(parts(connection)) == 5000


def test_a_missing_folder_for_blocks_is_no_obstacle(
    connection: sa.Connection, load: Loader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor one that nobody may write to."""
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")

    assert load(connection, "id,code\n1,a\n2,b\n").rows == 2
