from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from microcosm_sqlite.dumpers.formats import format_any, format_for, tells_empty
from microcosm_sqlite.engines.dialect import StrictAPSWDialect
from microcosm_sqlite.types import EnumType, Truthy
from tests.pets import Cents, Colour, Doubled, Tags

DIALECT = StrictAPSWDialect()


class Flag(sa.types.TypeDecorator[bool]):
    """A boolean over an integer: a bool is an int, but not written as one."""

    impl = sa.Integer
    cache_ok = True

    def process_bind_param(self, value: bool | None, dialect: sa.Dialect) -> int | None:  # noqa: FBT001
        """Return 0 or 1."""
        return None if value is None else int(value)


class Reads(sa.types.TypeDecorator[str]):
    """A decorator with nothing to say about what is bound."""

    impl = sa.String
    cache_ok = True


@pytest.mark.parametrize(
    ("type_", "value", "text"),
    [
        (sa.Integer(), 7, "7"),
        (sa.Float(), 0.1, "0.1"),
        (sa.Numeric(), Decimal("1.50"), "1.50"),
        (sa.String(), " x ", " x "),
        (sa.Boolean(), True, "true"),
        (Truthy(), False, "false"),
        (sa.Date(), date(2024, 2, 29), "2024-02-29"),
        (sa.DateTime(), datetime(2024, 2, 29, 1, 2, 3, 4), "2024-02-29T01:02:03.000004"),  # noqa: DTZ001
        (sa.Time(), time(1, 2), "01:02:00"),
        (sa.Interval(), timedelta(days=1, seconds=1), "1 day, 0:00:01"),
        (sa.LargeBinary(), b"\x00\xff", "00ff"),
        (sa.JSON(), {"ü": [None]}, '{"ü": [null]}'),
        (sa.JSON(), "text", '"text"'),
        (sa.Uuid(), UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (EnumType(Colour), Colour.RED, "RED"),
        (sa.Enum(Colour), Colour.RED, "RED"),
        (sa.Enum("x", "y"), "y", "y"),
        (sa.Enum(Colour, values_callable=lambda enum: [member.value for member in enum]), Colour.RED, "crimson"),
        (Tags(), ["a", "b"], "a,b"),
        (Doubled(), 7, "7"),
        (Cents(), Decimal("1.50"), "1.50"),
        (Flag(), True, "1"),
        (Reads(), "x", "x"),
        (sa.types.NullType(), object, "<class 'object'>"),
    ],
)
def test_a_value_becomes_what_a_builder_reads(type_: sa.types.TypeEngine[Any], value: Any, text: str) -> None:
    """Names of enums, words for booleans, ISO dates, hexadecimal bytes, JSON; decorators as values or as stored."""
    assert format_for(type_, DIALECT)(value) == text


def test_pickles_are_refused() -> None:
    """No builder would read them."""
    with pytest.raises(TypeError, match="leave the column out"):
        format_for(sa.PickleType(), DIALECT)


def test_values_of_no_column_are_written_by_what_they_are() -> None:
    """Such as the defaults of a dumper."""

    class Size(Enum):
        BIG = 1

    assert [format_any(value) for value in (True, b"\x01", Size.BIG, date(2024, 1, 2), 1.5, "x")] == [
        "true",
        "01",
        "BIG",
        "2024-01-02",
        "1.5",
        "x",
    ]


@pytest.mark.parametrize(
    ("column", "must"),
    [
        (sa.Column("x", sa.String), True),
        (sa.Column("x", Tags), True),
        (sa.Column("x", sa.String, nullable=False), False),
        (sa.Column("x", sa.Enum("x")), False),
        (sa.Column("x", EnumType(Colour)), False),
        (sa.Column("x", sa.Integer), False),
        (sa.Column("x", sa.LargeBinary, nullable=False), True),
    ],
)
def test_where_empty_text_must_be_told_from_null(column: sa.Column[Any], must: bool) -> None:  # noqa: FBT001
    """In columns of text that may be NULL, and in columns of bytes."""
    assert tells_empty(column) is must
