"""How the text of an argument becomes a value."""

import click
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from microcosm_sqlite.artifacts.schemas import Column, Table
from microcosm_sqlite.cmd.values import pattern_of, value_of


def _column(type_: str) -> Column:
    return Column(
        name="it", type=type_, not_null=False, default=None, key_position=0, collation="BINARY", kind="stored"
    )


def _table(column: Column, *, strict: bool = True) -> Table:
    return Table(
        name="things",
        is_strict=strict,
        is_without_rowid=False,
        columns=(column,),
        foreign_keys=(),
        indexes=(),
        sql=None,
    )


def _value(type_: str, text: str) -> object:
    column = _column(type_)
    return value_of(_table(column), column, text)


@pytest.mark.parametrize(
    ("type_", "text", "value"),
    [
        ("INTEGER", "-9223372036854775808", -(2**63)),
        ("INT", "+7", 7),
        ("REAL", "1e3", 1000.0),
        ("REAL", ".5", 0.5),
        ("REAL", "-inf", float("-inf")),
        ("TEXT", "007", "007"),
        ("TEXT", "", ""),
        ("ANY", "1", "1"),
        ("BLOB", "00fF", b"\x00\xff"),
        ("BLOB", "x'00ff'", b"\x00\xff"),
        ("BLOB", "", b""),
    ],
)
def test_text_is_read_as_the_declared_type(type_: str, text: str, value: object) -> None:
    """Values are compared as what the column holds."""
    found = _value(type_, text)

    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("type_", "text", "expected"),
    [
        ("INTEGER", "9223372036854775808", "a whole number of at most 64 bits"),
        ("INTEGER", "9" * 5000, "a whole number of at most 64 bits"),
        ("INTEGER", "1.0", "a whole number"),
        ("INTEGER", "1_000", "a whole number"),
        ("INTEGER", "٣", "a whole number"),
        ("INTEGER", "true", "booleans are kept as 0 and 1"),
        ("REAL", "nan", "a number"),
        ("REAL", "", "a number"),
        ("BLOB", "0", "hexadecimal digits"),
        ("BLOB", "00 ff", "hexadecimal digits"),
    ],
)
def test_what_the_column_cannot_hold_is_refused(type_: str, text: str, expected: str) -> None:
    """The error says which column, what it holds and what was found."""
    with pytest.raises(click.UsageError, match=f"column 'it' of table 'things' holds {type_} values: .*{expected}"):
        _value(type_, text)


def test_tables_that_are_not_strict_take_any_text() -> None:
    """SQLite itself converts what it compares with such a column."""
    column = _column("INTEGER")

    assert value_of(_table(column, strict=False), column, "abc") == "abc"


@pytest.mark.parametrize("read", [lambda text: _value("TEXT", text), pattern_of])
def test_text_that_is_no_unicode_is_refused(read: type[str]) -> None:
    """Bytes of an argument that are no UTF-8 cannot be compared with TEXT."""
    with pytest.raises(click.UsageError, match="text in UTF-8"):
        read("a\udcff")


@given(st.integers(-(2**63), 2**63 - 1))
def test_every_integer_is_read_back(number: int) -> None:
    """What is printed can be asked for."""
    assert _value("INTEGER", str(number)) == number


@given(st.floats(allow_nan=False))
@example(1.7976931348623157e308)
def test_every_number_is_read_back(number: float) -> None:
    """What is printed can be asked for, to the last bit."""
    assert _value("REAL", str(number)) == number
