from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from microcosm_sqlite.builders.parsers import parser, plain_parser, text_store
from microcosm_sqlite.engines.dialect import StrictAPSWDialect
from microcosm_sqlite.sources.tabular import QUOTED_EMPTY, Content

DIALECT = StrictAPSWDialect()


def plain(type_: Any, value: Any, *, content: Content = Content.PLAIN, nullable: bool = True) -> Any:
    """Return what *value* is read as in a column of *type_*."""
    column = sa.Column("x", type_, nullable=nullable)
    return plain_parser(column, parser(column, DIALECT), content=content)(value)


@pytest.mark.parametrize(
    ("type_", "value", "read"),
    [
        (sa.Integer(), 7, 7),
        (sa.Integer(), 7.0, 7),
        (sa.Integer(), "7", 7),
        (sa.Float(), 7, 7.0),
        (sa.Float(), Decimal("0.5"), 0.5),
        (sa.Numeric(), "0.1", Decimal("0.1")),
        (sa.Date(), "2026-01-05", date(2026, 1, 5)),
        (sa.Date(), datetime(2026, 1, 5), date(2026, 1, 5)),  # noqa: DTZ001
        (sa.Date(), date(2026, 1, 5), date(2026, 1, 5)),
        (sa.Boolean(), True, True),
        (sa.Boolean(), "no", False),
        (sa.String(), "007", "007"),
        (sa.String(), "", ""),
        (sa.String(), None, None),
        (sa.LargeBinary(), b"x", b"x"),
    ],
)
def test_values_are_read_as_what_the_column_holds(type_: Any, value: Any, read: Any) -> None:
    """Numbers and dates as such or as text."""
    found = plain(type_, value)

    assert (found, type(found)) == (read, type(read))


@pytest.mark.parametrize(
    ("type_", "value", "reason"),
    [
        (sa.Integer(), 7.5, "is not a whole number"),
        (
            sa.Date(),
            45000.0,
            "is a number, not a date: write ISO 8601, or give cells of a spreadsheet the format of one",
        ),
        (sa.DateTime(), 45000, "is a number, not a date and time: write ISO 8601"),
        (sa.Boolean(), 2.0, "is neither true nor false"),
        (sa.Boolean(), ["x"], "is neither true nor false"),
        (sa.Integer(), True, "is not a whole number"),
        (sa.Float(), True, "is not a number"),
        (sa.String(), 7, "is a number, not text"),
        (sa.String(), [7], "is not text but list"),
        (sa.Date(), datetime(2026, 1, 5, 1), "has a time"),  # noqa: DTZ001
        (sa.DateTime(), datetime(2026, 1, 5, tzinfo=UTC), "has a UTC offset"),
    ],
)
def test_values_that_would_change_are_refused(type_: Any, value: Any, reason: str) -> None:
    """Rather than stored as something else."""
    with pytest.raises(ValueError, match=reason):
        plain(type_, value)


def test_a_text_in_a_column_of_documents_is_one_in_json() -> None:
    """Anywhere else it is the text of one; null is nothing."""
    assert plain(sa.JSON(), "[1]", content=Content.JSON) == "[1]"
    assert plain(sa.JSON(), "[1]") == [1]
    assert plain(sa.JSON(), [1], content=Content.JSON) == [1]
    assert isinstance(plain(sa.JSON(), None, content=Content.JSON), sa.Null)


def test_nothing_is_no_empty_text() -> None:
    """A column of text that must not be empty refuses it."""
    with pytest.raises(ValueError, match="is empty"):
        plain(sa.String(), None, nullable=False)


@pytest.mark.parametrize(
    ("nulls", "cell", "stored"),
    [
        (("", "NA"), "NA", None),
        (("", "NA"), "", None),
        (("", "NA"), "N/A", "N/A"),
        (("NA",), "", ""),
        (("", "NA"), QUOTED_EMPTY, ""),
    ],
)
def test_other_words_may_mean_nothing(nulls: tuple[str, ...], cell: str, stored: Any) -> None:
    """Also none: then an empty cell is empty text."""
    column = sa.Column("x", sa.String)

    assert text_store(column, DIALECT, lambda _: None, nulls)(cell) == stored
