"""A source gives the same rows and the same problems whichever way it is loaded."""

import gzip
import math
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from io import StringIO
from pathlib import Path
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from microcosm_sqlite import DataSet
from microcosm_sqlite.builders.engine import Pace
from microcosm_sqlite.builders.loading import Load, load_source
from microcosm_sqlite.ddl import create_tables
from microcosm_sqlite.errors import RowsRejectedError, SourceError
from microcosm_sqlite.sources import COMMAS, TABS, CSVSource, Dialect, blocks
from microcosm_sqlite.sources.blocks import BLOCK_CHARACTERS
from microcosm_sqlite.types import EnumType
from tests.pets import Colour

#: SQLite reads from the first block on, by itself or in two threads besides; or Python does.
ENGINE = Pace(engine_from=0, threads=0)
AHEAD = Pace(engine_from=0, ahead_after=0, threads=2)
PYTHON = Pace(engine_from=math.inf)
PACES = (ENGINE, AHEAD, PYTHON)


class Ways(DataSet, DeclarativeBase):
    pass


class Simple(Ways):
    """A column of each kind that SQLite may read itself."""

    __tablename__ = "simple"
    __table_args__ = (sa.CheckConstraint("whole < 1000000 OR whole > 2000000", name="odd"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str | None]
    must: Mapped[str]
    whole: Mapped[int | None] = mapped_column(sa.BigInteger)
    real: Mapped[float | None]
    exact: Mapped[Decimal | None] = mapped_column(sa.Numeric(15, 4))
    flag: Mapped[bool | None]
    day: Mapped[date | None]
    moment: Mapped[datetime | None]
    named: Mapped[Colour | None] = mapped_column(EnumType(Colour))
    word: Mapped[str | None] = mapped_column(sa.Enum("x", "it's"))
    code: Mapped[str | None] = mapped_column(unique=True)


class Numbered(Ways):
    """A table whose rows SQLite numbers."""

    __tablename__ = "numbered"

    id: Mapped[int] = mapped_column(primary_key=True)
    whole: Mapped[int]
    code: Mapped[str] = mapped_column(unique=True)


ODD = st.sampled_from(
    [
        "",
        " ",
        "NA",
        "-",
        "--1",
        "+1",
        "1_0",
        "0x10",
        "1e2",
        "1E400",
        "-1e-400",
        "inf",
        "-inf",
        "nan",
        "1.",
        ".5",
        "-.5",
        "1.2.3",
        "1-2",
        "007",
        " 7",
        "7 ",
        "7.0",
        "\t7",
        "٣",
        "9223372036854775807",
        "9223372036854775808",
        "-0",
        "-0.0",
        "-9223372036854775808",
        "12345678901234567.8",
        "123456789012345678",
        "0.1234567890123456789",
        "5e-324",
        "6788157271148311040.564",
        "true",
        "TRUE",
        "tRUE",
        "y",
        "2026-02-30",
        "2026-02-28",
        "0000-01-01",
        "0001-01-01",
        "20260105",
        "2026-W01-1",
        "now",
        "9999-12-31",
        "-2026-01-01",
        "2026-01-05 10:00:00",
        "2026-01-05T10:00:00",
        "2026-01-05x10:00:00",
        "2026-01-05 24:00:00",
        "2026-01-05T10+01:00",
        "2026-01-05 10:00:00.5",
        "2026-01-05 10:00",
        "2026-01-05 10:00:00.123456",
        "2026-01-05 23:59:60",
        "RED",
        "red",
        "x",
        "it's",
        'a"b',
        '"',
        "a,b",
        "two\nlines",
        "'",
        "\x0b7",
        "7\xa0",
        "\ufeff",
        "é",
        "a\rb",
        "1\r",
    ]
)

CELLS: dict[str, st.SearchStrategy[str]] = {
    "id": st.integers(1, 12).map(str) | ODD,
    "text": st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")) | ODD,
    "must": st.sampled_from(["a", "b", ""]) | ODD,
    "whole": st.integers(-(2**64), 2**64).map(str) | st.integers(0, 2_500_000).map(str) | ODD,
    "real": st.floats().map(repr) | st.decimals(allow_nan=False, allow_infinity=False).map(str) | ODD,
    "exact": st.decimals(-(10**9), 10**9, places=4).map(str) | ODD,
    "flag": st.sampled_from(["true", "FALSE", "1", "0", "No", ""]) | ODD,
    "day": st.dates().map(str) | ODD,
    "moment": st.datetimes().map(str) | st.datetimes().map(lambda moment: f"{moment:%Y-%m-%dT%H:%M:%S}") | ODD,
    "named": st.sampled_from(["RED", "BLUE", ""]) | ODD,
    "word": st.sampled_from(["x", "it's", ""]) | ODD,
    "code": st.sampled_from(["a", "b", "c", ""]) | ODD,
}


def quoted(cell: str) -> str:
    """Return *cell* as a writer that quotes where it must writes it."""
    needs = any(character in cell for character in ',"\n\r')
    return always_quoted(cell) if needs else cell


def as_it_is(cell: str) -> str:
    """Return *cell* as somebody writes it who does not know what must be quoted."""
    return cell


def always_quoted(cell: str) -> str:
    """Return *cell* as a writer that always quotes writes it."""
    return '"{}"'.format(cell.replace('"', '""'))


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Return a file: mostly clean records, some odd ones, some that are none."""
    names = ["id", *draw(st.lists(st.sampled_from([*CELLS][1:]), unique=True, min_size=1))]
    names += [] if "must" in names else ["must"]
    write: Callable[[str], str] = draw(st.sampled_from([quoted, quoted, as_it_is, always_quoted]))
    end = draw(st.sampled_from(["\n", "\n", "\r\n", "\r"]))
    lines = [",".join(map(write, names))]
    for number in range(draw(st.integers(0, 6))):
        cells = [draw(CELLS[name]) if draw(st.integers(0, 3)) == 0 else CLEAN[name].format(number) for name in names]
        lines.append(
            draw(
                st.sampled_from(
                    ["", "x", "1,2", ",".join([*map(write, cells), "more"])] + 12 * [",".join(map(write, cells))]
                )
            )
        )
    return end.join(lines) + draw(st.sampled_from(["", end]))


CLEAN = {
    "id": "10{}",
    "text": "some text {}",
    "must": "m{}",
    "whole": "{}",
    "real": "{}.25",
    "exact": "{}.5",
    "flag": "true",
    "day": "2026-01-0{}".replace("0{}", "1{}"),
    "moment": "2026-01-01 00:00:0{}",
    "named": "RED",
    "word": "x",
    "code": "code {}",
}


@pytest.fixture(scope="module")
def connection() -> Iterator[sa.Connection]:
    """A connection to empty tables."""
    engine = sa.create_engine("sqlite+apsw_strict://")
    with engine.connect() as connection:
        create_tables(Ways.metadata, connection)
        connection.commit()
        yield connection
    engine.dispose()


def outcome(
    connection: sa.Connection, model: type[Any], text: str, *, dialect: Dialect = COMMAS, **options: Any
) -> Any:
    """Return the rows that a load leaves in the table, the problems it tells, or what it says of the source."""
    source = CSVSource(StringIO(text, newline=""), name="rows.csv", dialect=dialect)
    try:
        loaded = load_source(connection, Load(model=model, source=source, **options))
        told: Any = (loaded.rows, [str(problem) for problem in loaded.problems])
    except RowsRejectedError as error:
        told = [str(problem) for problem in error.problems]
    except SourceError as error:
        return str(error)
    columns = ", ".join(f'"{column.name}", typeof("{column.name}")' for column in model.__table__.c)
    found = [
        tuple(map(repr, row))
        for row in connection.exec_driver_sql(f"SELECT {columns} FROM {model.__tablename__} ORDER BY id")
    ]
    return found, told


def both_ways(connection: sa.Connection, model: type[Any], text: str, **options: Any) -> tuple[Any, Any]:
    """Return what comes of a file when SQLite reads it, in one thread or several, and when Python does."""
    outcomes = []
    for pace in PACES:
        outcomes.append(outcome(connection, model, text, pace=pace, **options))
        connection.rollback()
    by_one_thread, by_several, by_python = outcomes
    assert by_several == by_one_thread
    return by_one_thread, by_python


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(text=texts(), skips=st.booleans())
@example(text="id,must,real\n1,a,12345678901234567890.5\n2,b,1e400\n", skips=True)
@example(text="id,must,whole\n1,a,9223372036854775808\n", skips=False)
@example(text='id,must,text\n1,a,""\n2,b,\n', skips=False)
@example(text='id,must\n1,"a\n2,b\n3,c\n', skips=False)
@example(text='id,must\n1,a\n2,"b\n', skips=False)
@example(text='id,must\n1,a\n2,"b', skips=True)
@example(text='id,must,text\n1,"a"b\n2,c,d\n', skips=True)
@example(text='id,must,text\n1,"a"b,c\n2,c,d\n', skips=True)
@example(text='id,must,text\n1,"a" ,c\n2, "c",d\n', skips=True)
@example(text='id,must,text\n"1","a",b"c\n"2",c"d"e,f""g\n', skips=True)
@example(text='"id","must","text"\r\n"1","","a ""b"""\r\n"2","c",""\r\n', skips=True)
@example(text="id,must\n1,a\n1,b\n2,c\nx,d\n", skips=True)
@example(text="id,must\n1,a\nx,b\n1,c\n", skips=True)
def test_a_file_is_the_same_whoever_reads_it(connection: sa.Connection, text: str, skips: bool) -> None:  # noqa: FBT001
    """SQLite, which reads most of it faster, and Python, which reads all of it: equal rows, equal problems."""
    by_engine, by_python = both_ways(connection, Simple, text, skips_bad=skips)

    assert by_engine == by_python


@pytest.mark.slow
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=texts(), swaps=st.booleans())
def test_other_delimiters_are_the_same_too(connection: sa.Connection, text: str, swaps: bool) -> None:  # noqa: FBT001
    """Whether cells hold commas then, or tabs."""
    swapped = text.translate({ord(","): "\t", ord("\t"): ","}) if swaps else text.replace(",", "\t")

    by_engine, by_python = both_ways(connection, Simple, swapped, dialect=TABS, skips_bad=True)

    assert by_engine == by_python


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=texts(), skips=st.booleans(), characters=st.integers(1, 100))
def test_a_file_is_the_same_however_it_is_cut(
    connection: sa.Connection,
    text: str,
    skips: bool,  # noqa: FBT001
    characters: int,
) -> None:
    """Into blocks of a line, or of a few, some of which hold the end of a record of the one before."""
    whole = outcome(connection, Simple, text, pace=PYTHON, skips_bad=skips)
    connection.rollback()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "BLOCK_CHARACTERS", characters)
        by_engine, by_python = both_ways(connection, Simple, text, skips_bad=skips)

    assert by_engine == by_python == whole


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(st.sampled_from(["1", "2", "x", "07", ""]), st.sampled_from("abcdefgh")), max_size=8))
def test_rows_that_sqlite_numbers_keep_their_order(connection: sa.Connection, rows: list[tuple[str, str]]) -> None:
    """Also where some of them are read by Python."""
    text = "whole,code\n" + "".join(f"{whole},{code}\n" for whole, code in rows)

    by_engine, by_python = both_ways(connection, Numbered, text, skips_bad=True)

    assert by_engine == by_python


@pytest.mark.slow
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
@example([5e-324, 1.7976931348623157e308, 0.1, 1 / 3, -123.45678901234567, 1e22, 2.0**63])
def test_doubles_are_exactly_those_of_python(connection: sa.Connection, numbers: list[float]) -> None:
    """Written as Python writes them, they are read as Python reads them, to the last bit."""
    text = "id,must,real\n" + "".join(f"{position},m,{number!r}\n" for position, number in enumerate(numbers))

    load_source(connection, Load(model=Simple, source=CSVSource(StringIO(text)), pace=ENGINE))
    found = connection.exec_driver_sql("SELECT real FROM simple ORDER BY id").scalars().all()
    connection.rollback()

    assert found == numbers


@pytest.mark.slow
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("packs", [True, False])
def test_a_file_of_many_blocks_is_the_same_whoever_reads_it(
    end: str,
    packs: bool,  # noqa: FBT001
    connection: sa.Connection,
    tmp_path: Path,
) -> None:
    """With quoted line breaks at its seams, odd numbers, bad rows and blank lines here and there."""
    random = Random(7)
    lines = ["id,must,real,day,code"]
    for number in range(1, 12_000):
        must = random.choice(["plain text", '"a, b"', f'"two{end}lines, and more"', '"say ""hi"""', "é"])
        key = random.choice([number] * 200 + [1, f"0{number}", "x"])
        day = random.choice(["2026-01-05"] * 200 + ["20260105", "2026-02-30"])
        lines.append(
            f"{key},{must},{random.uniform(-1, 1)!r},{day},c{number}" + random.choice([""] * 300 + [end, ",more"])
        )
    path = tmp_path / "rows.csv"
    text = (end.join(lines) + end).encode()
    path.write_bytes(gzip.compress(text) if packs else text)

    found = []
    for pace in PACES:
        load = Load(model=Simple, source=CSVSource(path), skips_bad=True, max_errors=10_000, pace=pace)
        loaded = load_source(connection, load)
        rows = connection.exec_driver_sql("SELECT * FROM simple ORDER BY id").all()
        found.append((loaded, [tuple(row) for row in rows]))
        connection.rollback()

    assert found[0] == found[1] == found[2]
    assert found[0][0].skipped > 100


def test_a_record_that_reaches_into_the_next_block_is_one(connection: sa.Connection, tmp_path: Path) -> None:
    """Where everything else is plain, so that SQLite reads the blocks around it."""
    text = "id,must\n"
    number = 0
    while len(text) < 3.5 * BLOCK_CHARACTERS:
        number += 1
        is_seam = len(text) % BLOCK_CHARACTERS > BLOCK_CHARACTERS - 50
        text += f'{number},"{"x" * 100}\n{"y" * 100}"\n' if is_seam else f"{number},plain\n"
    path = tmp_path / "rows.csv"
    path.write_text(text)

    found = []
    for pace in PACES:
        load_source(connection, Load(model=Simple, source=CSVSource(path), pace=pace))
        found.append(connection.exec_driver_sql("SELECT id, must FROM simple ORDER BY id").all())
        connection.rollback()

    assert found[0] == found[1] == found[2]
    assert len(found[0]) == number
    assert max(len(must) for _, must in found[0]) == 201
