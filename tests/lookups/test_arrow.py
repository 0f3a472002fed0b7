"""Which Arrow type a column has."""

from decimal import Decimal
from enum import Enum
from typing import Any

import pyarrow as pa
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.mutable import MutableDict

from microcosm_sqlite.engines.dialect import StrictAPSWDialect
from microcosm_sqlite.lookups.arrow import arrow_type, members_of, python_type
from microcosm_sqlite.types import EnumType, Truthy


class Size(Enum):
    """Two members and another name for one."""

    SMALL = "s"
    LARGE = "l"
    BIG = "l"  # noqa: PIE796 - Another name, on purpose.


class Words(sa.types.TypeDecorator[list[str]]):
    """A list over text, which says so."""

    impl = sa.Text
    cache_ok = True

    @staticmethod
    def arrow_type() -> Any:
        """Return the type of a list of texts."""
        return pa.list_(pa.string())


class Cents(sa.types.TypeDecorator[Decimal]):
    """A decimal over an integer, which says what its values are."""

    impl = sa.Integer
    cache_ok = True

    @property
    def python_type(self) -> type[Decimal]:
        """What an attribute holds."""
        return Decimal


class Silent(sa.types.TypeDecorator[Any]):
    """Something over an integer, which says nothing."""

    impl = sa.Integer
    cache_ok = True


ENUMERATION = pa.dictionary(pa.int32(), pa.string())


@pytest.mark.parametrize(
    ("type_", "expected"),
    [
        (sa.Integer(), pa.int64()),
        (sa.SmallInteger(), pa.int64()),
        (sa.BigInteger(), pa.int64()),
        (sa.Boolean(), pa.bool_()),
        (Truthy(), pa.bool_()),
        (sa.Float(), pa.float64()),
        (sa.Double(), pa.float64()),
        (sa.Float(asdecimal=True), pa.decimal128(38, 10)),
        (sa.Numeric(10, 2), pa.decimal128(10, 2)),
        (sa.Numeric(scale=3), pa.decimal128(38, 3)),
        (sa.Numeric(), pa.decimal128(38, 18)),
        (sa.Numeric(asdecimal=False), pa.float64()),
        (sa.String(20), pa.string()),
        (sa.UnicodeText(), pa.string()),
        (sa.Enum(Size), ENUMERATION),
        (sa.Enum("a", "b"), ENUMERATION),
        (EnumType(Size), ENUMERATION),
        (sa.Date(), pa.date32()),
        (sa.DateTime(timezone=True), pa.timestamp("us")),
        (sa.Time(), pa.time64("us")),
        (sa.Interval(), pa.duration("us")),
        (sa.Uuid(), pa.uuid()),
        (sa.Uuid(as_uuid=False), pa.string()),
        (sa.JSON(), pa.json_()),
        (MutableDict.as_mutable(sa.JSON()), pa.json_()),
        (sa.LargeBinary(), pa.binary()),
        (sa.PickleType(), pa.binary()),
        (sa.String().with_variant(sa.Integer(), "sqlite"), pa.int64()),
        (Words(), pa.list_(pa.string())),
        (Cents(), pa.decimal128(38, 18)),
        (Silent(), pa.int64()),
        (sa.types.NullType(), None),
    ],
    ids=repr,
)
def test_every_type_has_its_counterpart(type_: Any, expected: Any) -> None:
    """One that keeps all its values; None where nothing is known."""
    assert arrow_type(type_.dialect_impl(StrictAPSWDialect())) == expected


def test_types_that_do_not_say_what_they_hold() -> None:
    """May hold anything."""
    assert python_type(Silent()) is object
    assert python_type(Cents()) is Decimal


def test_members_are_known_by_what_is_stored() -> None:
    """Another name for a member stands for the member."""
    assert dict(members_of(EnumType(Size))) == {"SMALL": "SMALL", "LARGE": "LARGE", "BIG": "LARGE"}
    assert dict(members_of(sa.Enum("a", "b"))) == {"a": "a", "b": "b"}
    assert dict(members_of(sa.Enum(Size, values_callable=lambda kind: [one.value for one in kind]))) == {
        "s": "s",
        "l": "l",
    }
