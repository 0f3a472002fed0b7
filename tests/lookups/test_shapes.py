"""Look-ups, taken apart."""

from typing import Any

import pytest
from sqlalchemy import Integer, func, or_, select, text, tuple_
from sqlalchemy.orm import aliased

from microcosm_sqlite.lookups.filters import filters_by_name
from microcosm_sqlite.lookups.shapes import Parts, Shape, is_about, take_apart
from tests.kennel import Dog, Owner

KNOWN = filters_by_name([Dog.name, Dog.owner_id])
TABLE: Any = Dog.__table__


def apart(*criteria: Any, has_page: bool = False, **filters: Any) -> Parts | None:
    """Return a look-up of dogs, taken apart."""
    return take_apart(criteria, filters, known=KNOWN, table=TABLE, has_page=has_page)


def sql_of(parts: Parts | None) -> list[str]:
    """Return the conditions as SQL."""
    assert parts is not None
    return [str(matches).replace("\n", "") for matches in parts.conditions.expressions(KNOWN)]


def test_equal_shapes_differ_in_values_only() -> None:
    """Filters and expressions alike."""
    one, other = apart(Dog.id > 1, name="Rex"), apart(Dog.id > 7, name="Flush")
    assert one is not None
    assert other is not None

    assert one.shape == other.shape
    assert (one.values, other.values) == (["Rex", 1], ["Flush", 7])
    assert sql_of(one) == sql_of(other) == ["dog.name = :value_0", "dog.id > :value_1"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (apart(name="Rex"), apart(owner_id=1)),
        (apart(name="Rex"), apart(name=["Rex"])),
        (apart(name=["Rex"]), apart(name=["Rex", None])),
        (apart(name=["Rex"]), apart(name=["Rex", "Flush"])),
        (apart(Dog.id > 1), apart(Dog.id >= 1)),
        (apart(Dog.id > 1), apart(Dog.weight > 1)),
        (apart(Dog.weight.is_(None)), apart(Dog.weight.is_not(None))),
        (apart(), apart(has_page=True)),
    ],
)
def test_other_shapes_are_other_statements(one: Parts | None, other: Parts | None) -> None:
    """Whatever changes the text changes the shape."""
    assert one is not None
    assert other is not None
    assert one.shape != other.shape


def test_members_of_a_collection() -> None:
    """One place for each; None among them means "or no value"."""
    parts = apart(owner_id=[1, None, 2])

    assert sql_of(parts) == ["dog.owner_id IN (:value_0, :value_1) OR dog.owner_id IS NULL"]
    assert parts is not None
    assert parts.values == [1, 2]


def test_lists_in_expressions() -> None:
    """One place for each member, in an order that is not that of a set; lists of other lengths are others."""
    parts = apart(or_(~Dog.name.in_({"Rex", "Ada"}), func.abs(Dog.id).in_((7, 5))), Dog.id > 1)
    assert parts is not None

    assert sql_of(parts) == [
        "(dog.name NOT IN (:value_0, :value_1)) OR abs(dog.id) IN (:value_2, :value_3)",
        "dog.id > :value_4",
    ]
    assert parts.values == ["Ada", "Rex", 5, 7, 1]
    one, other, longer = apart(Dog.id.in_([1])), apart(Dog.id.in_([2])), apart(Dog.id.in_([1, 2]))
    assert one is not None
    assert other is not None
    assert longer is not None
    assert one.shape == other.shape != longer.shape


def test_no_filter() -> None:
    """A bare None is none."""
    parts = apart(name=None)

    assert parts is not None
    assert parts.shape == Shape((), (), has_page=False)


@pytest.mark.parametrize(
    "asked",
    [
        {"unknown": 1},
        {"unknown": None},
        {"name": []},
        {"name": [None]},
        {"name": ["x"] * 101},
        {"name": func.lower("REX")},
        {"name": Owner.name},
        {"name": object()},
        {"name": [["Rex"]]},
    ],
)
def test_filters_that_only_sqlalchemy_understands(asked: dict[str, Any]) -> None:
    """Unknown ones among them, of which it will complain."""
    assert apart(**asked) is None


@pytest.mark.parametrize(
    "criterion",
    [
        text("dog.id = 1"),
        Dog.owner.has(Owner.name == "Ada"),
        Owner.id == 1,
        aliased(Dog).id == 1,
        Dog.id.in_([]),
        Dog.id.in_([1, None]),
        Dog.id.in_([1, "2"]),
        Dog.id.in_(range(101)),
        tuple_(Dog.id, Dog.name).in_([(1, "Rex")]),
        Dog.id.in_(select(Owner.id)),
        "dog.id = 1",
        None,
    ],
)
def test_expressions_that_only_sqlalchemy_understands(criterion: Any) -> None:
    """Those that reach beyond the table, or whose text depends on their values."""
    assert apart(criterion) is None


@pytest.mark.parametrize(
    ("expression", "expected"),
    [(Dog.name, True), (Dog.name.desc(), True), (func.length(Dog.name), True), (Owner.name, False), ("name", False)],
)
def test_what_is_about_a_table(expression: Any, expected: bool) -> None:  # noqa: FBT001
    """Orders too must be its own."""
    assert is_about(expression, TABLE) is expected


def test_markers_know_the_type_of_the_column() -> None:
    """It says how values are bound."""
    parts = apart(owner_id=1)
    assert parts is not None
    (matches,) = parts.conditions.expressions(KNOWN)

    assert isinstance(matches.right.type, Integer)
