from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from microcosm_sqlite.builders.conversions import conversion_for, has_empty_value, keeps_empty_text
from microcosm_sqlite.engines.dialect import StrictAPSWDialect
from microcosm_sqlite.types import EnumType, Truthy
from tests.pets import Cents, Colour, Doubled, Tags

DIALECT = StrictAPSWDialect()

UUID_TEXT = "12345678-1234-5678-1234-567812345678"


def convert(type_: sa.types.TypeEngine[Any], text: str) -> Any:
    """Return what *text* is in a column of *type_*."""
    return conversion_for(type_, DIALECT)(text)


@pytest.mark.parametrize(
    ("type_", "text", "value"),
    [
        (sa.Integer(), " 7", 7),
        (sa.BigInteger(), "-9223372036854775808", -(2**63)),
        (sa.Float(), "1e3", 1000.0),
        (sa.Float(), "-inf", float("-inf")),
        (sa.Double(), "0.1", 0.1),
        (sa.Numeric(10, 2), "12.50", Decimal("12.50")),
        (sa.String(), " 007 ", " 007 "),
        (sa.Text(), "x" * 300, "x" * 300),
        (sa.Unicode(2), "longer", "longer"),
        (sa.Boolean(), "True", True),
        (sa.Boolean(), "0", False),
        (sa.Boolean(), " Yes", True),
        (Truthy(), "OFF", False),
        (sa.Date(), "2024-02-29", date(2024, 2, 29)),
        (sa.DateTime(), "2024-02-29 12:30:00", datetime(2024, 2, 29, 12, 30)),  # noqa: DTZ001 - the column has none
        (sa.DateTime(), "2024-02-29T12:30", datetime(2024, 2, 29, 12, 30)),  # noqa: DTZ001
        (sa.Time(), "12:30:01.5", time(12, 30, 1, 500_000)),
        (sa.Interval(), "90.5", timedelta(seconds=90.5)),
        (
            sa.Interval(),
            str(timedelta(days=-3, seconds=7, microseconds=11)),
            timedelta(days=-3, seconds=7, microseconds=11),
        ),
        (sa.Interval(), "1:00:00", timedelta(hours=1)),
        (sa.LargeBinary(), "00fF", b"\x00\xff"),
        (sa.JSON(), '{"a": [1, null]}', {"a": [1, None]}),
        (sa.JSON(), '"text"', "text"),
        (sa.Uuid(), UUID_TEXT, UUID(UUID_TEXT)),
        (sa.Uuid(as_uuid=False), UUID_TEXT.upper(), UUID_TEXT),
        (sa.Enum(Colour), "RED", "RED"),
        (sa.Enum("x", "y"), "y", "y"),
        (sa.Enum(Colour, values_callable=lambda enum: [member.value for member in enum]), "azure", "azure"),
        (EnumType(Colour), "BLUE", Colour.BLUE),
        (sa.types.NullType(), "as is", "as is"),
    ],
)
def test_text_becomes_what_the_type_binds(type_: sa.types.TypeEngine[Any], text: str, value: Any) -> None:
    """Every kind of column reads its cells, and text keeps its blanks, zeros and length."""
    converted = convert(type_, text)

    assert converted == value
    assert type(converted) is type(value)


@pytest.mark.parametrize(
    ("type_", "text", "reason"),
    [
        (sa.Integer(), "7.0", "is not a whole number"),
        (sa.Integer(), "1_000", "is not a whole number"),
        (sa.Integer(), str(2**63), "is out of range"),
        (sa.Float(), "nan", "is not a number"),
        (sa.Float(), "1_0", "is not a number"),
        (sa.Float(), "x", "is not a number"),
        (sa.Float(), "1e999", "is out of range"),
        (sa.Numeric(), "NaN", "is not a decimal"),
        (sa.Numeric(), "1,5", "is not a decimal"),
        (sa.Boolean(), "maybe", "is neither true nor false"),
        (Truthy(), "maybe", "is neither true nor false"),
        (sa.Date(), "29.2.2024", "is not a date"),
        (sa.DateTime(), "soon", "is not a date and time"),
        (sa.DateTime(), "2024-02-29T12:30:00Z", "has a UTC offset"),
        (sa.Time(), "25:00", "is not a time"),
        (sa.Time(), "12:00+01:00", "has a UTC offset"),
        (sa.Interval(), "a while", "is neither seconds"),
        (sa.LargeBinary(), "zz", "is neither bytes"),
        (sa.JSON(), "{", "is not JSON"),
        (sa.JSON(), "[NaN]", "is not JSON"),
        (sa.JSON(), "1e999", "is not JSON"),
        (sa.Uuid(), "7", "is not a UUID"),
        (sa.Enum(Colour), "crimson", "is none of RED, BLUE"),
        (sa.Enum("x", "y"), "z", "is none of x, y"),
        (EnumType(Colour), "GREEN", "is none of RED, BLUE"),
    ],
)
def test_what_is_no_value_of_the_type_says_why(type_: sa.types.TypeEngine[Any], text: str, reason: str) -> None:
    """Nothing is rounded, guessed or dropped: the reason completes the sentence "this value ..."."""
    with pytest.raises(ValueError, match=reason):
        convert(type_, text)


def test_a_decorator_that_reads_another_kind_takes_what_is_stored() -> None:
    """A list has no text but the one it is stored as: `",".join` of a text would ruin it."""
    assert convert(Tags(), "a,b") == ["a", "b"]


def test_a_decorator_that_reads_the_same_kind_takes_the_value() -> None:
    """A number over an integer is written as the number itself."""
    assert convert(Doubled(), "7") == 7
    with pytest.raises(ValueError, match="whole number"):
        convert(Doubled(), "x")


def test_a_decorator_may_declare_what_it_reads_as() -> None:
    """`python_type` is how SQLAlchemy lets a type say it."""
    assert convert(Cents(), "1.50") == Decimal("1.50")
    assert convert(Cents(), "150") == Decimal(150)


def test_a_decorator_may_declare_an_enum() -> None:
    """Members go by name, as everywhere."""

    class Declared(sa.types.TypeDecorator[Colour]):
        impl = sa.Integer
        cache_ok = True
        python_type = Colour

    assert convert(Declared(), "RED") is Colour.RED


def test_a_decorator_that_only_binds_takes_the_value() -> None:
    """It checks or changes what comes in, which is of the kind of its impl."""

    class Lower(sa.types.TypeDecorator[str]):
        impl = sa.String
        cache_ok = True

        def process_bind_param(self, value: Any, dialect: sa.Dialect) -> Any:
            """Return it in lower case."""
            return value and value.lower()

    assert convert(Lower(), "A@B") == "A@B"


def test_a_decorator_is_given_text_it_cannot_have_stored() -> None:
    """2.0.0 gave it every cell: what cannot be read as stored is still its own affair."""

    class Json(sa.types.TypeDecorator[Any]):
        impl = sa.String
        cache_ok = True

        def process_result_value(self, value: Any, dialect: sa.Dialect) -> Any:
            """Return what only JSON can hold."""
            return convert(sa.JSON(), value)

    assert convert(Json(), "[1]") == [1]
    assert convert(Json(), "a;b") == "a;b"


def test_a_decorator_may_know_what_to_do_with_an_offset() -> None:
    """Only a bare column would lose it."""

    class Zoned(sa.types.TypeDecorator[datetime]):
        impl = sa.DateTime
        cache_ok = True

    assert convert(Zoned(), "2024-02-29T12:30:00Z") == datetime(2024, 2, 29, 12, 30, tzinfo=UTC)


def test_pickles_are_refused() -> None:
    """Reading them from text would run whatever the text says."""
    with pytest.raises(TypeError, match="unpickling"):
        conversion_for(sa.PickleType(), DIALECT)


@pytest.mark.parametrize(
    ("type_", "keeps"),
    [
        (sa.String(), True),
        (sa.Text(), True),
        (Tags(), True),
        (Truthy(), True),
        (sa.Enum("x"), False),
        (EnumType(Colour), False),
        (sa.Integer(), False),
        (Doubled(), False),
        (sa.Interval(), False),
        (sa.JSON(), False),
    ],
)
def test_which_types_keep_empty_text(type_: sa.types.TypeEngine[Any], keeps: bool) -> None:  # noqa: FBT001
    """Empty text is a value of text, and false for `Truthy`; for anything else it is no value."""
    assert keeps_empty_text(type_) is keeps
    assert has_empty_value(type_) is keeps


def test_no_bytes_are_a_value_only_where_written() -> None:
    """An empty cell of a column of bytes is nothing; a quoted one holds no bytes."""
    assert has_empty_value(sa.LargeBinary())
    assert not keeps_empty_text(sa.LargeBinary())
    assert not has_empty_value(sa.PickleType())


@pytest.mark.parametrize(("text", "data"), [("00ff", b"\x00\xff"), ("base64:AP8=", b"\x00\xff"), ("abcd", b"\xab\xcd")])
def test_bytes_are_hexadecimal_unless_they_say_otherwise(text: str, data: bytes) -> None:
    """Four letters could be either."""
    assert conversion_for(sa.LargeBinary(), DIALECT)(text) == data


@pytest.mark.parametrize("text", ["base64:AP8", "base64:é", "xx", "hex:00"])
def test_what_is_neither_is_refused(text: str) -> None:
    """The reason says what there is."""
    with pytest.raises(
        ValueError, match="is neither bytes in hexadecimal nor in base64, which is written behind 'base64:'"
    ):
        conversion_for(sa.LargeBinary(), DIALECT)(text)
