"""The positional arguments of a look-up."""

from typing import Any

import pytest
from sqlalchemy import text

from microcosm_sqlite.lookups.criteria import check_criteria, split_page
from tests.kennel import Dog


@pytest.mark.parametrize("criterion", [Dog.name == "Rex", Dog.is_good, ~Dog.is_good, text("1")], ids=str)
def test_expressions_pass(criterion: Any) -> None:
    """Expressions, attributes and SQL by hand are criteria."""
    check_criteria((criterion,), store="DogStore")


@pytest.mark.parametrize("criterion", ["Rex", 1, True, None, Dog])
def test_other_things_do_not(criterion: Any) -> None:
    """The message names the store and shows what was given."""
    with pytest.raises(TypeError) as raised:
        check_criteria((criterion,), store="DogStore")

    assert (
        str(raised.value) == f"DogStore: expected SQLAlchemy expressions as positional arguments, found {criterion!r}"
    )


@pytest.mark.parametrize(
    ("criteria", "expected"), [((10,), ((), 10, None)), ((10, 5), ((), 10, 5)), ((None, 5), ((), None, 5))]
)
def test_a_positional_page_is_taken_out(criteria: Any, expected: Any) -> None:
    """Offset and limit by position work and warn."""
    with pytest.warns(DeprecationWarning, match="by keyword"):
        assert split_page(criteria, None, None) == expected


@pytest.mark.parametrize("criteria", [(), (True,), ("x",), (Dog.id > 1,), (1, 2, 3)])
def test_everything_else_stays(criteria: Any) -> None:
    """What is no page is left to the check of criteria."""
    assert split_page(criteria, 1, 2) == (criteria, 1, 2)
