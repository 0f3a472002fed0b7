"""Conditions of a look-up: expressions by position, filters by keyword."""

from typing import Any, ClassVar

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.orm import Query, aliased

from microcosm_sqlite.errors import ArgumentError, ArgumentValueError
from microcosm_sqlite.lookups.criteria import (
    check_criteria,
    check_filters,
    check_tables,
    guarded_filters,
    is_condition,
    split_page,
)
from tests.kennel import Dog, Owner
from tests.wares import Maker, Ware, WareStore


class Asker:
    """Who asks."""

    _name = "DogStore of Dog"


@pytest.mark.parametrize("criterion", [Dog.name == "Rex", Dog.is_good, ~Dog.is_good, text("1"), Ware.is_new], ids=str)
def test_expressions_pass(criterion: Any) -> None:
    """Expressions, attributes that are true or false, and SQL by hand are criteria."""
    check_criteria((criterion,), store=Asker())


@pytest.mark.parametrize(
    ("criterion", "found", "remedy"),
    [
        ("Rex", "'Rex'", "Write Model.column == value, or a filter by keyword; for a key, retrieve(...)."),
        (1, "1", "Write Model.column == value, or a filter by keyword; for a key, retrieve(...)."),
        (None, "None", "Write Model.column == value, or a filter by keyword; for a key, retrieve(...)."),
        (Dog, "the class Dog", "Write Model.column == value, or a filter by keyword; for a key, retrieve(...)."),
        (
            True,
            "True",
            "Python's own `and`, `or`, `not` and `in` compare at once: write &, |, ~ with parentheses, or .in_(...).",
        ),
        ([Dog.name == "Rex"], "[dog.name = :name_1]", "Write a star before it, to give its members one by one."),
        ({"name": "Rex"}, "{'name': 'Rex'}", "Write two stars before it, to give filters by keyword."),
    ],
)
def test_other_things_do_not(criterion: Any, found: str, remedy: str) -> None:
    """The message names the store, shows what was given, and says what to write instead."""
    with pytest.raises(ArgumentError) as raised:
        check_criteria((criterion,), store=Asker())

    assert str(raised.value) == (
        f"DogStore of Dog: conditions: expected SQLAlchemy expressions, found {found}. {remedy}"
    )
    assert isinstance(raised.value, TypeError)


@pytest.mark.parametrize(
    ("criterion", "message"),
    [
        (Ware.name, r"found the column Ware\.name alone\. Write Ware\.name == value\."),
        (Ware.maker, r"found the relationship Ware\.maker alone\. Write Ware\.maker\.has\(\.\.\.\)\."),
        (Owner.dogs, r"found the relationship Owner\.dogs alone\. Write Owner\.dogs\.any\(\.\.\.\)\."),
    ],
)
def test_attributes_that_are_neither_true_nor_false(criterion: Any, message: str) -> None:
    """SQLite would take a text for false, SQLAlchemy a relationship for every pair of rows."""
    assert not is_condition(criterion)
    with pytest.raises(ArgumentError, match=rf"expected expressions that are true or false, {message}"):
        check_criteria((criterion,), store=Asker())


@pytest.mark.parametrize("verb", ["search", "count", "exists", "first", "page", "to_dicts"])
def test_every_verb_refuses_them(wares: WareStore, verb: str) -> None:
    """Also where rows are read directly."""
    with pytest.raises(ArgumentError, match=r"found the (column|relationship) Ware\.(name|maker)"):
        getattr(wares, verb)(Ware.name)
    with pytest.raises(ArgumentError, match=r"found the (column|relationship) Ware\.(name|maker)"):
        getattr(wares, verb)(Ware.maker)


def test_a_table_that_nothing_joins(wares_graph: Any) -> None:
    """It would give every ware as often as a maker matches, or none."""
    wares = WareStore(wares_graph)
    for ask in (wares.search, wares.count, wares.exists, wares.page, wares.first):
        with pytest.raises(
            ArgumentError,
            match=r"expected expressions on Ware, found one on maker, which nothing joins: maker\.name = :",
        ):
            ask(Maker.name == "Ada")


def test_tables_that_are_joined(wares_graph: Any) -> None:
    """By a relationship, by another condition, by a subquery, or by a store that does so itself."""
    wares = WareStore(wares_graph)
    other = aliased(Ware)

    assert [ware.id for ware in wares.search(Ware.maker.has(Maker.name == "Blaise"))] == [3]
    assert [ware.id for ware in wares.search(Maker.code == Ware.maker_code, Maker.name == "Blaise")] == [3]
    assert [ware.id for ware in wares.search(Maker.name == "Blaise", Maker.code == Ware.maker_code)] == [3]
    check_tables([other.stock == 5, other.id == Ware.id], mapper=inspect(Ware), store=wares)
    assert [ware.id for ware in JoinedStore(wares_graph).search(Maker.name == "Blaise")] == [3]
    assert [ware.id for ware in JoinedStore(wares_graph).search(maker="Blaise")] == [3]


class JoinedStore(WareStore):
    """Wares with their makers."""

    auto_filter_fields: ClassVar[Any] = (Maker.name.label("maker"),)

    def _query(self) -> Query[Ware]:
        return super()._query().join(Ware.maker)


class ForeignStore(WareStore):
    """A store with a filter that nothing joins."""

    auto_filter_fields: ClassVar[Any] = (Ware.name, Maker.code)


def test_a_filter_of_another_table(wares_graph: Any) -> None:
    """The same; as long as it is not used, nothing is wrong."""
    with pytest.raises(ArgumentError, match="found one on maker, which nothing joins"):
        ForeignStore(wares_graph).search(code="a")
    assert ForeignStore(wares_graph).one(name="Cup", code=None).id == 1


def test_a_condition_is_no_value(wares: WareStore) -> None:
    """An expression may be one, but not one that is true or false."""
    with pytest.raises(ArgumentError, match=r"filter 'stock': expected a value, .*found the condition ware\.stock > :"):
        wares.search(stock=Ware.stock > 5)
    with pytest.raises(ArgumentError, match=r"filter 'stock': .*found the condition Ware\.is_new\. Give conditions by"):
        wares.search(stock=Ware.is_new)
    assert [ware.id for ware in wares.search(stock=Ware.id * 10)] == [1, 2, 3]


def test_ranges_that_would_not_fit_into_memory(wares: WareStore) -> None:
    """Those that are not a first and a last number are looked through one by one."""
    assert [ware.id for ware in wares.search(stock=range(5, 2**62))] == [1, 2, 3]
    assert [ware.id for ware in wares.search(stock=range(0, 1000, 20))] == [2]
    refused: list[dict[str, Any]] = [{"stock": range(0, 2**62, 2)}, {"weight": range(2**62)}]
    for filters in refused:
        with pytest.raises(
            ArgumentValueError, match="expected a range of at most 1000000 numbers, or of whole numbers"
        ):
            wares.search(**filters)


def test_which_filters_need_a_look() -> None:
    """Enumerations with their names, and what is about other tables."""
    fields = {"name": Ware.name, "size": Ware.size, "code": Maker.code}
    guarded = dict(guarded_filters(fields, mapper=inspect(Ware)))

    assert guarded == {"size": frozenset({"SMALL", "LARGE"}), "code": None}
    check_filters(fields, {"size": "SMALL", "name": "HUGE"}, guarded=guarded, store=Asker())
    with pytest.raises(ArgumentValueError, match="found 'HUGE'"):
        check_filters(fields, {"size": "HUGE"}, guarded=guarded, store=Asker())


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
