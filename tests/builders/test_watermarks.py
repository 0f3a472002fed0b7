"""Marks of how far rows were read."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microcosm_sqlite.builders.watermarks import Extraction, Watermark, Watermarks, type_names, values_of
from microcosm_sqlite.workbench import Workbench
from tests.shop import Shop

EXTRACTION = Extraction(source="the shop", table="shop_order", columns=("updated_at", "id"))


@pytest.fixture
def marks() -> Iterator[Watermarks]:
    """Return the marks of a new workbench."""
    with Workbench(Shop) as bench:
        yield Watermarks(bench.connection)


def test_none_at_first(marks: Watermarks) -> None:
    """Nothing is known, and nothing can be forgotten."""
    assert marks.get(EXTRACTION) is None
    assert list(marks) == []
    assert not marks.reset(EXTRACTION)


def test_each_extraction_has_its_own(marks: Watermarks) -> None:
    """By source, table and columns."""
    others = [
        Extraction(source="another", table="shop_order", columns=("updated_at", "id")),
        Extraction(source="the shop", table="customer", columns=("updated_at", "id")),
        Extraction(source="the shop", table="shop_order", columns=("id",)),
    ]
    for number, extraction in enumerate([EXTRACTION, *others]):
        marks.set(Watermark(extraction=extraction, values=(number,) * len(extraction.columns)))
    marks.set(Watermark(extraction=EXTRACTION, values=(10, 11)))

    assert len(list(marks)) == 4
    found = marks.get(EXTRACTION)
    assert found is not None
    assert found.values == (10, 11)
    assert marks.reset(EXTRACTION)
    assert marks.get(EXTRACTION) is None
    assert len(list(marks)) == 3


VALUES = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"])),
    st.binary(),
    st.datetimes(),
    st.datetimes(timezones=st.just(UTC)),
    st.dates(),
    st.times(),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.uuids(),
)


@given(values=st.tuples(VALUES, VALUES))
def test_values_come_back(values: tuple[Any, ...]) -> None:
    """Of every type that can be kept, exactly."""
    with Workbench(Shop) as bench:
        marks = Watermarks(bench.connection)
        marks.set(Watermark(extraction=EXTRACTION, values=values))
        found = marks.get(EXTRACTION)

    assert found is not None
    assert found.values == values
    assert [type(value) for value in found.values] == [type(value) for value in values]


def test_types_by_name() -> None:
    """Each value says what it is."""
    values = (
        1, 1.5, "x", b"x", datetime(2026, 1, 5), date(2026, 1, 5), time(12), Decimal(1), UUID(int=1),  # noqa: DTZ001
    )  # fmt: skip
    names = Watermark(extraction=EXTRACTION, values=values).types

    assert names == ("integer", "real", "text", "blob", "datetime", "date", "time", "decimal", "uuid")
    assert set(names) == set(type_names())


@pytest.mark.parametrize("value", [True, None, [1], object])
def test_what_cannot_be_kept(value: Any) -> None:
    """A mark is something that only grows."""
    with pytest.raises(TypeError, match="a mark is a number, text, date or time, UUID or bytes, not"):
        _ = Watermark(extraction=EXTRACTION, values=(value,)).types


def test_values_that_a_person_wrote() -> None:
    """Read as their types; others are refused by name."""
    assert values_of(["2026-01-05", "7"], ["date", "integer"]) == (date(2026, 1, 5), 7)
    with pytest.raises(ValueError, match="expected a value of type decimal, found 'x'"):
        values_of(["x"], ["decimal"])
