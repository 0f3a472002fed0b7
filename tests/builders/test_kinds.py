from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from microcosm_sqlite.builders.kinds import Kind, simple_of
from microcosm_sqlite.engines.dialect import StrictAPSWDialect
from microcosm_sqlite.types import EnumType, Truthy
from tests.pets import Colour, Tags

DIALECT = StrictAPSWDialect()


@pytest.mark.parametrize(
    ("type_", "kind"),
    [
        (sa.String(), Kind.TEXT),
        (sa.Unicode(20), Kind.TEXT),
        (sa.BigInteger(), Kind.INTEGER),
        (sa.Float(), Kind.REAL),
        (sa.Double(), Kind.REAL),
        (sa.Numeric(10, 2), Kind.EXACT),
        (sa.Boolean(), Kind.WORDS),
        (sa.Enum(Colour), Kind.WORDS),
        (EnumType(Colour), Kind.WORDS),
        (sa.Date(), Kind.DATE),
        (sa.DateTime(), Kind.MOMENT),
    ],
)
def test_simple_columns_are_recognised(type_: Any, kind: Kind) -> None:
    """Their cells can be stored without asking their type each time."""
    simple = simple_of(sa.Column("x", type_, nullable=True), DIALECT)

    assert simple is not None
    assert (simple.kind, simple.is_nullable) == (kind, True)


@pytest.mark.parametrize(
    "type_",
    [
        Tags(),
        Truthy(),
        sa.JSON(),
        sa.Uuid(),
        sa.LargeBinary(),
        sa.Interval(),
        sa.Time(),
        sa.Enum("a", ""),
        sqlite.DATE(  # type: ignore[no-untyped-call]
            storage_format="%(year)04d/%(month)02d/%(day)02d", regexp="(.*)/(.*)/(.*)"
        ),
        sqlite.DATETIME(truncate_microseconds=True),  # type: ignore[no-untyped-call]
    ],
)
def test_other_columns_know_best_themselves(type_: Any) -> None:
    """Those of users, of documents and bytes, and those that store their values in a way of their own."""
    assert simple_of(sa.Column("x", type_), DIALECT) is None


def test_words_are_stored_as_their_type_stores_them() -> None:
    """A truth word as a number, a member by its name."""
    flag = simple_of(sa.Column("x", sa.Boolean), DIALECT)
    named = simple_of(sa.Column("x", EnumType(Colour)), DIALECT)

    assert flag is not None
    assert named is not None
    assert (flag.words["Yes"], flag.words["0"], dict(named.words)) == (1, 0, {"RED": "RED", "BLUE": "BLUE"})
