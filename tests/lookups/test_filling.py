"""How values come into Arrow."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import pyarrow as pa
import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import DATE

from microcosm_sqlite.errors import ColumnTypeError
from microcosm_sqlite.lookups.filling import arrow_column
from microcosm_sqlite.types import EnumType


class Size(Enum):
    """Two sizes."""

    SMALL = 1
    LARGE = 2


class Words(sa.types.TypeDecorator[list[str]]):
    """A list over text, which does not say so."""

    impl = sa.Text
    cache_ok = True

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> list[str] | None:
        """Return the words."""
        return None if value is None else value.split()


class DeclaredWords(Words):
    """A list over text, which says so."""

    cache_ok = True
    arrow_type = pa.list_(pa.string())


class Doubled(sa.types.TypeDecorator[int]):
    """A number that is stored twice as large."""

    impl = sa.Integer
    cache_ok = True

    def process_result_value(self, value: int | None, dialect: sa.Dialect) -> int | None:
        """Return half of it."""
        return None if value is None else value // 2


class Encoded(sa.types.TypeDecorator[bytes]):
    """Bytes over text."""

    impl = sa.Text
    cache_ok = True

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> bytes | None:
        """Return the text as bytes."""
        return None if value is None else value.encode()


class Numbered(sa.types.TypeDecorator[Size]):
    """Members by their values."""

    impl = sa.Integer
    cache_ok = True

    @property
    def python_type(self) -> type[Size]:
        """What an attribute holds."""
        return Size

    def process_result_value(self, value: int | None, dialect: sa.Dialect) -> Any:
        """Return the member."""
        return None if value is None else Size(value) if value < 3 else "other"


class Repeated(sa.types.TypeDecorator[str]):
    """Few texts, again and again."""

    impl = sa.Text
    cache_ok = True
    arrow_type = pa.dictionary(pa.int8(), pa.string())


#: Dates in a form of their own.
COMPACT: Any = DATE
COMPACT = COMPACT(storage_format="%(year)04d%(month)02d%(day)02d", regexp=r"(\d{4})(\d\d)(\d\d)")


def filled(type_: Any, *values: Any) -> Any:
    """Return the array of a column of *type_* that holds *values*."""
    column = arrow_column("size", sa.Column("size", type_), model="Dog")
    return column.whole([column.fill(values[:1]), column.fill(values[1:])])


@pytest.mark.parametrize(
    ("type_", "stored", "expected"),
    [
        (sa.Boolean(), [1, 0, None], [True, False, None]),
        (sa.Date(), ["2026-01-05", None, "0001-01-01"], [date(2026, 1, 5), None, date.min]),
        (sa.Time(), ["23:59:59.000001", None], [time(23, 59, 59, 1), None]),
        (sa.Interval(), ["1969-12-31 00:00:00.000000", None], [timedelta(days=-1), None]),
        (sa.Uuid(), ["00000000000000000000000000000005", None], [UUID(int=5), None]),
        (sa.Uuid(), [None, "00000000-0000-0000-0000-000000000005"], [None, UUID(int=5)]),
        (sa.Numeric(10, 2), [0.1, None, -12345.67, 99999999.99], ["0.10", None, "-12345.67", "99999999.99"]),
        (sa.Numeric(38, 0), [1e20, None], ["100000000000000000000", None]),
        (sa.Numeric(), [0.1, 1e-15], ["0.1", "1e-15"]),
        (sa.Float(asdecimal=True), [0.5, None], ["0.5", None]),
        (Doubled(), [4, None], [2, None]),
        (DeclaredWords(), ["a b", None, ""], [["a", "b"], None, []]),
        (EnumType(Size), ["LARGE", None], ["LARGE", None]),
        (COMPACT, ["20260105"], [date(2026, 1, 5)]),
    ],
)
def test_values_are_what_attributes_hold(type_: Any, stored: list[Any], expected: list[Any]) -> None:
    """Read by Arrow where it can, by the type where it cannot."""
    wanted = [Decimal(one) if isinstance(type_, sa.Numeric | sa.Float) and one else one for one in expected]

    assert filled(type_, *stored).to_pylist() == wanted


def test_moments_without_their_fraction_are_read_too() -> None:
    """As others may have written them."""
    assert filled(sa.DateTime(), "2026-01-05 10:00:00").to_pylist() == [datetime(2026, 1, 5, 10)]  # noqa: DTZ001


def test_enumerations_know_all_their_members() -> None:
    """Also those that no row has."""
    array = filled(EnumType(Size), "LARGE", None)

    assert array.dictionary.to_pylist() == ["SMALL", "LARGE"]
    assert array.indices.to_pylist() == [1, None]


def test_a_decimal_that_does_not_fit_is_an_error() -> None:
    """It is never rounded; the message names the column, the value, and what helps."""
    with pytest.raises(ColumnTypeError) as raised:
        filled(sa.Numeric(10, 2), 0.25, 0.125)

    assert str(raised.value) == (
        "Dog.size: expected values of decimal128(10, 2), found Decimal('0.125'). "
        "Declare a Numeric that has room for it, or name the columns that you want: columns=[...]."
    )


@pytest.mark.parametrize(
    ("type_", "stored", "found"),
    [(Words(), "a b", r"\['a', 'b'\]"), (Encoded(), "a", "b'a'"), (sa.Integer(), "x", "'x'")],
)
def test_values_of_another_kind_are_an_error(type_: Any, stored: Any, found: str) -> None:
    """What a type makes of its values, it has to say, if that is not what they are stored as."""
    with pytest.raises(ColumnTypeError, match=f"found {found}. Give {type(type_).__name__} an attribute `arrow_type`"):
        filled(type_, None, stored)


def test_a_type_without_a_counterpart_is_an_error() -> None:
    """Before any row is read."""
    with pytest.raises(ColumnTypeError, match="expected a type that Arrow has a counterpart for"):
        arrow_column("size", sa.Column("size"), model="Dog")


def test_a_member_that_is_none_is_what_it_always_is() -> None:
    """The error of the type itself, as everywhere else."""
    with pytest.raises(KeyError, match="HUGE"):
        filled(EnumType(Size), "HUGE")
    with pytest.raises(LookupError, match="not among the defined enum values"):
        filled(sa.Enum(Size), "HUGE")
    with pytest.raises(ColumnTypeError, match="expected one of 'SMALL', 'LARGE', found 'other'"):
        filled(Numbered(), 1, 7)


def test_members_that_are_stored_in_another_way() -> None:
    """Their type knows how."""
    assert filled(Numbered(), 2, None, 1).to_pylist() == ["LARGE", None, "SMALL"]


def test_dictionaries_of_the_users_own() -> None:
    """A type may say that its few texts are to be numbered."""
    array = filled(Repeated(), "a", "b", None, "a")

    assert array.type == Repeated.arrow_type
    assert array.to_pylist() == ["a", "b", None, "a"]
