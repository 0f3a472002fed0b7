"""Every column type of SQLAlchemy gives back from a STRICT table what went in, in a real file."""

import math
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, create_engine, insert, select
from sqlalchemy.types import TypeDecorator

from microcosm_sqlite.ddl import create_tables
from microcosm_sqlite.engines.opening import EngineOptions, open_mutable
from microcosm_sqlite.types import EnumType, Truthy


class Colour(Enum):
    """Members whose names and values need care."""

    RED = "red"
    GREEN = "vert, grün"
    none = None


class Tags(TypeDecorator[tuple[str, ...]]):
    """A user's own type: words as text, one per line."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> str | None:
        """Return the words as text."""
        return None if value is None else "\n".join(value)

    def process_result_value(self, value: Any, dialect: Any) -> tuple[str, ...] | None:
        """Return the text as words."""
        return None if value is None else tuple(value.split("\n"))


class Point(TypeDecorator[complex]):
    """A user's own type over another kind of storage: a point of the plane as bytes."""

    impl = sa.LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> bytes | None:
        """Return the point as bytes."""
        return None if value is None else repr(value).encode()

    def process_result_value(self, value: Any, dialect: Any) -> complex | None:
        """Return the bytes as a point."""
        return None if value is None else complex(value.decode())


#: SQLite's integers have 64 bits.
INTEGERS = st.integers(min_value=-(2**63), max_value=2**63 - 1)

#: All of Unicode but lone surrogates, which no encoding can write; NUL among it.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))

FLOATS = st.floats(allow_nan=False)

JSON = st.recursive(
    st.none() | st.booleans() | INTEGERS | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@st.composite
def decimals(draw: st.DrawFn, scale: int) -> Decimal:
    """Return a number of at most 15 significant digits, *scale* of them behind the point."""
    digits = draw(st.integers(min_value=-(10**15 - 1), max_value=10**15 - 1))
    return Decimal(digits).scaleb(-scale)


#: What a column is made of, what may go in, and what that looks like when it comes out if it is not the same.
COLUMNS: dict[str, tuple[Any, st.SearchStrategy[Any]]] = {
    "Integer": (sa.Integer(), INTEGERS),
    "SmallInteger": (sa.SmallInteger(), INTEGERS),
    "BigInteger": (sa.BigInteger(), INTEGERS),
    "Float": (sa.Float(), FLOATS),
    "Double": (sa.Double(), FLOATS),
    "Numeric": (sa.Numeric(), decimals(0)),
    "Numeric_of_scale": (sa.Numeric(15, 4), decimals(4)),
    "Numeric_as_float": (sa.Numeric(asdecimal=False), st.integers(-(10**15) + 1, 10**15 - 1).map(lambda n: n / 1)),
    "String": (sa.String(), TEXTS),
    "String_of_length": (sa.String(20), TEXTS),
    "Text": (sa.Text(), TEXTS),
    "Unicode": (sa.Unicode(20), TEXTS),
    "UnicodeText": (sa.UnicodeText(), TEXTS),
    "Boolean": (sa.Boolean(), st.booleans()),
    "Date": (sa.Date(), st.dates()),
    "DateTime": (sa.DateTime(), st.datetimes()),
    "DateTime_with_timezone": (sa.DateTime(timezone=True), st.datetimes()),
    "Time": (sa.Time(), st.times()),
    "Interval": (
        sa.Interval(),
        # SQLAlchemy stores an interval as a moment after 1970.
        st.timedeltas(min_value=timedelta(days=-700_000), max_value=timedelta(days=2_900_000)),
    ),
    "LargeBinary": (sa.LargeBinary(), st.binary()),
    "PickleType": (sa.PickleType(), JSON),
    "JSON": (sa.JSON(none_as_null=True), JSON.filter(lambda value: value is not None)),
    "Uuid": (sa.Uuid(), st.uuids()),
    "Uuid_as_text": (sa.Uuid(as_uuid=False), st.uuids().map(str)),
    "Uuid_uppercase": (sa.UUID(), st.uuids()),
    "Enum": (sa.Enum(Colour), st.sampled_from(Colour)),
    "Enum_of_words": (sa.Enum("a", "ä", ""), st.sampled_from(["a", "ä", ""])),
    "Enum_checked": (sa.Enum(Colour, create_constraint=True, name="colour"), st.sampled_from(Colour)),
    "EnumType": (EnumType(Colour), st.sampled_from(Colour)),
    "Truthy": (Truthy(), st.booleans()),
    "Decorated_text": (Tags(), st.lists(TEXTS.filter(lambda text: "\n" not in text), min_size=1).map(tuple)),
    "Decorated_bytes": (Point(), st.complex_numbers(allow_nan=False, allow_infinity=False)),
    "Variant": (sa.String().with_variant(sa.Integer(), "sqlite"), INTEGERS),
}

METADATA = sa.MetaData()
TABLE = sa.Table(
    "everything",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    *(sa.Column(name, type_) for name, (type_, _) in COLUMNS.items()),
)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Return an engine on a file that has one column of each type."""
    path = tmp_path_factory.mktemp("columns") / "columns.sqlite"
    path.touch()
    engine = open_mutable(path, name="columns", options=EngineOptions())
    with engine.begin() as connection:
        create_tables(METADATA, connection)
    yield engine
    engine.dispose()


def round_trip(engine: Engine, name: str, value: Any) -> Any:
    """Return what the column *name* gives back for *value*, read by another statement; leave no row."""
    with engine.connect() as connection:
        connection.execute(insert(TABLE).values({name: value}))
        return connection.execute(select(TABLE.c[name])).scalar_one()


def same(found: Any, given: Any) -> bool:
    """Tell whether both are equal and of one type, all the way down; -0.0 comes back as 0.0, which is equal."""
    if type(found) is not type(given):
        return False
    if isinstance(given, list):
        return len(found) == len(given) and all(map(same, found, given))
    if isinstance(given, dict):
        return found.keys() == given.keys() and all(same(found[key], given[key]) for key in given)
    return bool(found == given)


def test_the_table_is_strict(engine: Engine) -> None:
    """The round trips below go through the five types that STRICT knows."""
    with engine.connect() as connection:
        (is_strict,) = connection.exec_driver_sql(
            "SELECT strict FROM pragma_table_list WHERE name = 'everything'"
        ).one()
        types = connection.exec_driver_sql("SELECT DISTINCT type FROM pragma_table_info('everything')").scalars().all()

    assert is_strict == 1
    assert set(types) == {"INTEGER", "REAL", "TEXT", "BLOB"}


@pytest.mark.parametrize("name", COLUMNS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_what_goes_in_comes_out(engine: Engine, name: str, data: st.DataObject) -> None:
    """The value that is read is the value that was written, of the same type."""
    value = data.draw(COLUMNS[name][1])

    assert same(round_trip(engine, name, value), value)


@pytest.mark.parametrize("name", COLUMNS)
def test_null_comes_out_as_none(engine: Engine, name: str) -> None:
    """No type makes anything else of NULL."""
    assert round_trip(engine, name, sa.null()) is None
    assert round_trip(engine, name, None) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Integer", 2**63 - 1),
        ("Integer", -(2**63)),
        ("BigInteger", 2**53 + 1),
        ("Float", 0.1),
        ("Float", -0.0),
        ("Float", 5e-324),
        ("Float", 1.7976931348623157e308),
        ("Float", math.inf),
        ("Float", -math.inf),
        ("Numeric_of_scale", Decimal("99999999999.9999")),
        ("Numeric_of_scale", Decimal("0.0001")),
        ("Text", ""),
        ("Text", "\0"),
        ("Text", "🐕‍🦺 ﷽ é é"),
        ("Text", "123"),
        ("Text", "x" * 100_000),
        ("LargeBinary", b""),
        ("LargeBinary", bytes(range(256))),
        ("Date", date.min),
        ("Date", date.max),
        ("DateTime", datetime(2026, 1, 5, 23, 59, 59, 1)),  # noqa: DTZ001 - what SQLite can hold
        ("DateTime", datetime.max),  # noqa: DTZ901
        ("Time", time(23, 59, 59, 999_999)),
        ("Interval", timedelta(days=-1, microseconds=1)),
        ("JSON", {"a": [1, {"b": None}], "ключ": "🐕"}),
        ("JSON", []),
        ("JSON", ""),
        ("JSON", 2**62),
        ("Uuid", uuid.UUID(int=0)),
        ("Enum", Colour.none),
        ("EnumType", Colour.GREEN),
    ],
    ids=lambda value: value if isinstance(value, str) and value.isidentifier() else "value",
)
def test_values_at_the_edge(engine: Engine, name: str, value: Any) -> None:
    """Extremes, empty ones, and what looks like something else."""
    assert same(round_trip(engine, name, value), value)


@pytest.mark.parametrize("value", [None, [None], {"a": None}])
def test_json_null_is_kept_apart_from_null_inside(engine: Engine, value: Any) -> None:
    """With `none_as_null` None is NULL; inside a document it stays."""
    assert round_trip(engine, "JSON", value) == value


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1])
def test_integers_of_more_than_64_bits_are_refused(engine: Engine, value: int) -> None:
    """They are an error, not a float."""
    with pytest.raises((sa.exc.DBAPIError, OverflowError)):
        round_trip(engine, "Integer", value)


def test_text_that_no_encoding_can_write_is_refused(engine: Engine) -> None:
    """A lone surrogate is an error, not a question mark."""
    with pytest.raises((sa.exc.SQLAlchemyError, UnicodeEncodeError)):
        round_trip(engine, "Text", "\ud800")


@pytest.mark.parametrize(
    ("name", "value"),
    [("Integer", "seven"), ("Float", "much"), ("Text", b"bytes"), ("LargeBinary", "text"), ("Integer", 1.5)],
)
def test_values_of_another_type_are_refused(engine: Engine, name: str, value: Any) -> None:
    """STRICT stores nothing that is not of the column's type."""
    with pytest.raises((sa.exc.SQLAlchemyError, TypeError)):
        round_trip(engine, name, value)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.decimals(min_value=-(10**9), max_value=10**9, places=2), min_size=1, max_size=8))
@example([Decimal("9.00"), Decimal("10.00")])
@example([Decimal("-0.10"), Decimal("0.00")])
def test_numeric_columns_sort_as_numbers(numbers: list[Decimal]) -> None:
    """ORDER BY in the database agrees with `sorted` in Python."""
    table = sa.Table("price", sa.MetaData(), sa.Column("amount", sa.Numeric(12, 2)))
    with MEMORY.connect() as connection:
        create_tables(table.metadata, connection)
        connection.execute(insert(table), [{"amount": number} for number in numbers])
        found = list(connection.scalars(select(table.c.amount).order_by(table.c.amount)))
        connection.rollback()

    assert found == sorted(numbers)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.datetimes(), min_size=1, max_size=8))
def test_datetime_columns_sort_as_moments(moments: list[datetime]) -> None:
    """ORDER BY in the database agrees with `sorted` in Python."""
    table = sa.Table("moment", sa.MetaData(), sa.Column("at", sa.DateTime))
    with MEMORY.connect() as connection:
        create_tables(table.metadata, connection)
        connection.execute(insert(table), [{"at": moment} for moment in moments])
        found = list(connection.scalars(select(table.c.at).order_by(table.c.at)))
        connection.rollback()

    assert found == sorted(moments)


def test_a_plain_reader_finds_the_promised_storage_classes(tmp_path: Path) -> None:
    """The standard library, reading the same file, sees each value in the class that STRICT promised."""
    path = tmp_path / "plain.sqlite"
    path.touch()
    engine = open_mutable(path, name="columns", options=EngineOptions())
    with engine.begin() as connection:
        create_tables(METADATA, connection)
        connection.execute(insert(TABLE).values(Integer=1, Float=1.0, Text="1", LargeBinary=b"1", Boolean=True))
    engine.dispose()

    with closing(sqlite3.connect(path)) as plain:
        found = plain.execute(
            "SELECT typeof(Integer), typeof(Float), typeof(Text), typeof(LargeBinary), typeof(Boolean) FROM everything"
        ).fetchone()

    assert found == ("integer", "real", "text", "blob", "integer")


#: Shared by the properties that need no file; hypothesis repeats a test, fixtures do not.
MEMORY = create_engine("sqlite+apsw_strict://")
