import math
from collections.abc import Iterator
from io import StringIO
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from microcosm_sqlite import DataSet
from microcosm_sqlite.builders.converters import Conflict
from microcosm_sqlite.builders.engine import Pace
from microcosm_sqlite.builders.loading import Load, Loaded, load_source
from microcosm_sqlite.ddl import create_tables
from microcosm_sqlite.sources import CSVSource, blocks

#: By SQLite in two threads from the second block on; by Python.
AHEAD = Pace(engine_from=0, ahead_after=0, threads=2)
PYTHON = Pace(engine_from=math.inf)


class Swift(DataSet, DeclarativeBase):
    pass


class Bird(Swift):
    __tablename__ = "bird"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(unique=True)
    weight: Mapped[float | None]


@pytest.fixture
def connection() -> Iterator[sa.Connection]:
    """A connection to empty tables."""
    engine = sa.create_engine("sqlite+apsw_strict://")
    with engine.connect() as connection:
        create_tables(Swift.metadata, connection)
        connection.commit()
        yield connection
    engine.dispose()


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some lines are a block."""
    monkeypatch.setattr(blocks, "BLOCK_CHARACTERS", 200)


def load(connection: sa.Connection, text: str, **options: Any) -> tuple[Loaded, list[Any], list[str]]:
    """Load birds, and return what was done, what is there in its order, and what is wrong."""
    source = CSVSource(StringIO(text, newline=""), name="birds.csv")
    given: dict[str, Any] = {"pace": AHEAD, "skips_bad": True, "max_errors": 10_000} | options
    loaded = load_source(connection, Load(model=Bird, source=source, **given))
    found = connection.exec_driver_sql("SELECT id, name, weight FROM bird ORDER BY rowid").all()
    return loaded, [tuple(row) for row in found], list(map(str, loaded.problems))


def test_records_that_python_reads_come_in_their_turn(connection: sa.Connection) -> None:
    """Where one of two rows with the same key is refused, it is the later one."""
    lines = [f"{number},bird {number},1" for number in range(1, 61)]
    lines[39:44] = ["040,first,1", "40,second,1", "041,first too,1", "", "41,second too,1"]
    text = "\n".join(["id,name,weight", *lines, ""])

    loaded, rows, problems = load(connection, text)

    assert (loaded.rows, loaded.skipped) == (57, 2)
    assert [row[1] for row in rows[38:43]] == ["bird 39", "first", "first too", "bird 45", "bird 46"]
    assert problems == [
        "birds.csv, line 42, column id: '40' is taken by another row",
        "birds.csv, line 45, column id: '41' is taken by another row",
    ]


def test_rows_are_numbered_in_their_turn(connection: sa.Connection) -> None:
    """Whoever reads them."""
    lines = [f"bird {number},{'1' if number % 7 else '1e2'}" for number in range(1, 61)]

    loaded, rows, _ = load(connection, "\n".join(["name,weight", *lines, ""]))

    assert loaded.rows == len(lines)
    assert [(row[0], row[1]) for row in rows] == [(number, f"bird {number}") for number in range(1, 61)]


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("conflict", Conflict)
def test_it_is_the_same_as_by_python(connection: sa.Connection, conflict: Conflict, seed: int) -> None:
    """Rows, their order, what is wrong with which: with keys that are taken, numbers to be made, odd and bad cells."""
    random = Random(seed)
    odd = [random.choice([0, 0.02, 0.2]) for _ in range(3)]
    keys = range(1, random.choice([300, 3000]))

    def cell(common: Any, *others: Any, of: int) -> str:
        return str(random.choice(others) if random.random() < odd[of] else common)

    lines = ["id,name,weight"]
    for number in range(1, 300):
        key = cell(random.choice(keys) if odd[0] else number, "", f"0{number}", "x", "1", of=0)
        name = cell(f"bird {number}", "", "bird 1", '"a, b"', '"two\nlines"', of=1)
        weight = cell(number / 8, "", "1e2", "x", "1,2", "0.12345678901234567890", of=2)
        lines.append(f"{key},{name},{weight}" if random.random() < 0.99 else "")
    text = "\n".join(lines)

    by_python = load(connection, text, pace=PYTHON, conflict=conflict)
    connection.rollback()

    assert load(connection, text, conflict=conflict) == by_python
