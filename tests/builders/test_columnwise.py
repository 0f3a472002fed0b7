from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from microcosm_sqlite.builders.columnwise import text_columnwise, value_columnwise
from microcosm_sqlite.builders.kinds import Kind, Simple, simple_of
from microcosm_sqlite.builders.parsers import text_store
from microcosm_sqlite.engines.dialect import StrictAPSWDialect

DIALECT = StrictAPSWDialect()

TYPES: dict[str, tuple[Any, st.SearchStrategy[str]]] = {
    "text": (sa.String(), st.text()),
    "integer": (sa.BigInteger(), st.integers(-(2**65), 2**65).map(str) | st.sampled_from(["1_0", " 7", "٣"])),
    "real": (sa.Float(), st.floats().map(repr) | st.sampled_from(["1_0", "1e999", "-inf", ".5"])),
    "exact": (sa.Numeric(20, 4), st.decimals(places=3).map(str) | st.integers().map(str)),
    "flag": (sa.Boolean(), st.sampled_from(["yes", "NO", "tRuE", "2"])),
    "day": (sa.Date(), st.dates().map(str) | st.sampled_from(["2026-W01-1", "20260101", "2026-02-30"])),
    "moment": (sa.DateTime(), st.datetimes().map(str) | st.sampled_from(["2026-01-05T10:00", "2026-01-05T10+01:00"])),
}


@pytest.mark.parametrize("name", TYPES)
@given(data=st.data())
def test_columns_are_converted_as_their_cells_would_be(name: str, data: st.DataObject) -> None:
    """Or left to be looked at one by one."""
    type_, texts = TYPES[name]
    column = sa.Column("x", type_, nullable=data.draw(st.booleans()))
    sa.Table("t", sa.MetaData(), column)
    simple = simple_of(column, DIALECT)
    assert simple is not None
    cells = data.draw(st.lists(texts | st.just(""), max_size=4))
    store = text_store(column, DIALECT, lambda _: None)

    try:
        stored = text_columnwise(simple)(cells)
    except (ValueError, KeyError):
        return

    if stored is not None:
        assert list(map(repr, stored)) == [repr(store(cell)) for cell in cells]


@pytest.mark.parametrize(
    ("kind", "values", "passes"),
    [
        (Kind.INTEGER, [1, 2], True),
        (Kind.INTEGER, [1, None], True),
        (Kind.INTEGER, [1, True], False),
        (Kind.INTEGER, [1.0], False),
        (Kind.REAL, [1.0, 2, None], True),
        (Kind.REAL, [1.0, float("nan")], False),
        (Kind.REAL, [float("inf"), float("-inf")], False),
        (Kind.TEXT, ["a", None], True),
        (Kind.TEXT, ["a", 1], False),
    ],
)
def test_values_of_the_right_types_pass(kind: Kind, values: list[Any], passes: bool) -> None:  # noqa: FBT001
    """Any other is looked at by itself."""
    convert = value_columnwise(Simple(kind=kind, is_nullable=True))

    assert convert is not None
    assert (convert(values) is values) is passes


def test_values_of_other_kinds_have_to_be_bound() -> None:
    """A date is stored as text."""
    assert value_columnwise(Simple(kind=Kind.DATE, is_nullable=True)) is None
    assert value_columnwise(None) is None
