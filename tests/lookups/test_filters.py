"""Keywords become conditions."""

from typing import Any

import pytest

from microcosm_sqlite.lookups.filters import condition, conditions, filters_by_name, named_parameters
from tests.kennel import Dog, DogStore, Owner


def sql(expression: Any) -> str:
    """Return *expression* as SQL with its values in place."""
    return str(expression.compile(compile_kwargs={"literal_binds": True}))


def test_filters_have_the_name_of_attribute_and_column() -> None:
    """Where the two names differ, both are known."""
    assert filters_by_name([Owner.name, Owner.postcode]) == {
        "name": Owner.name,
        "postcode": Owner.postcode,
        "zip": Owner.postcode,
    }


def test_an_attribute_wins_over_a_column_of_its_name() -> None:
    """A column name never hides another field's attribute."""
    found = filters_by_name([Owner.postcode.label("name"), Owner.name])

    assert found["name"] is Owner.name


@pytest.mark.parametrize("value", ["Rex", "", b"", 0, False])
def test_single_values_mean_equality(value: Any) -> None:
    """Text and bytes are values, not collections; falsy values are values."""
    assert " = " in str(condition(Dog.name, value)) or " IS " in str(condition(Dog.name, value))


@pytest.mark.parametrize("values", [["a", "b"], ("a", "b"), {"a", "b"}, frozenset("ab"), {"a": 1}.keys()])
def test_collections_mean_one_of_these(values: Any) -> None:
    """A list, tuple or set, the keys of a dict too, becomes IN."""
    assert "dog.name IN (" in sql(condition(Dog.name, values))


def test_a_range_means_one_of_these() -> None:
    """A range of numbers becomes IN."""
    assert sql(condition(Dog.owner_id, range(1, 3))) == "dog.owner_id IN (1, 2)"


def test_none_among_several_means_rows_without_a_value() -> None:
    """SQL's IN would pass over them in silence."""
    assert sql(condition(Owner.town, ["Paris", None])) == "owner.town IN ('Paris') OR owner.town IS NULL"


def test_conditions_skip_what_is_none_or_unknown() -> None:
    """Only known filters with a value become conditions."""
    known = {"name": Dog.name, "weight": Dog.weight}

    found = conditions(known, {"name": None, "weight": 0, "other": 1})

    assert [sql(expression) for expression in found] == ["dog.weight = 0"]


def test_named_parameters_are_the_keywords_that_a_hook_names() -> None:
    """The receiver, the query and catch-alls are no filters."""

    def hook(self: Any, query: Any, name: Any = None, *rest: Any, heavier_than: Any = None, **filters: Any) -> None: ...

    assert list(named_parameters(hook)) == ["name", "heavier_than"]


def test_long_ranges_are_not_listed() -> None:
    """Where numbers are compared as such, the first and the last say it all."""
    assert sql(condition(Dog.owner_id, range(5, 10**9))) == "dog.owner_id BETWEEN 5 AND 999999999"
    assert " IN (" in sql(condition(Dog.owner_id, range(0, 300, 2)))
    assert " IN (" in sql(condition(Dog.name, range(300)))


@pytest.mark.parametrize("make_graph_of", ["graph", "sealed_graph"])
def test_more_values_than_a_statement_takes(make_graph_of: str, request: pytest.FixtureRequest) -> None:
    """However many numbers or texts there are."""
    dogs = DogStore(request.getfixturevalue(make_graph_of))

    assert dogs.count(owner_id=range(10**9)) == dogs.count()
    assert dogs.count(owner_id=[*range(2, 100_000)]) == dogs.count(Dog.owner_id > 1) > 0
    assert [dog.id for dog in dogs.search(name=["Rex", "'\"\\", *map(str, range(100_000)), None])] == [1, 3]
