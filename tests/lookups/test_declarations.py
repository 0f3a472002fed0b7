"""What a class of stores declares."""

from types import new_class
from typing import Any

import pytest
from sqlalchemy import func

from microcosm_sqlite import Store
from microcosm_sqlite.errors import ArgumentError
from tests.wares import Maker, Ware, WareStore


def store_with(**declared: Any) -> Any:
    """Return a class of stores that declares that."""
    return new_class("Odd", (Store[Ware],), {}, lambda namespace: namespace.update(declared))


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        (
            {"prefetch": Ware.maker},
            r"prefetch: expected a list, found Ware\.maker alone\. Write prefetch = \[Ware\.maker\]\.",
        ),
        ({"prefetch": "maker"}, "prefetch: expected a list, found 'maker' alone"),
        (
            {"order_by": Ware.name},
            r"order_by: expected a list, found Ware\.name alone\. Write order_by = \[Ware\.name\]\.",
        ),
        ({"order_by": Ware.name.desc()}, r"found ware\.name DESC alone\. Write order_by = \[\.\.\.\]\."),
        ({"order_by": "name"}, "order_by: expected a list"),
        ({"order_by": None}, "order_by: expected a list, found None alone"),
        ({"order_by": [Ware.maker]}, r"order_by: expected mapped attributes or expressions, found Ware\.maker"),
        ({"order_by": [5]}, "order_by: expected mapped attributes or expressions, found 5"),
        ({"auto_filter_fields": Ware.name}, r"Write auto_filter_fields = \[Ware\.name\]\."),
        ({"auto_filter_fields": "name"}, "auto_filter_fields: expected a list, found 'name' alone"),
        (
            {"auto_filter_fields": ["name"]},
            r"expected mapped attributes, found 'name'\. Write auto_filter_fields = \[Model\.name\]",
        ),
        ({"auto_filter_fields": [Maker]}, "expected mapped attributes, found the class Maker"),
    ],
)
def test_what_cannot_be_declared_is_told_when_a_store_is_made(
    wares_graph: Any, declared: dict[str, Any], message: str
) -> None:
    """Not with the first look-up, and not by whatever it leads to there."""
    with pytest.raises(ArgumentError, match=rf"^Odd: .*{message}") as raised:
        store_with(**declared)(wares_graph)

    assert isinstance(raised.value, TypeError)


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        (["maker"], r"found 'maker'\. Write prefetch = \[Ware\.maker\]\."),
        (["makr"], r"found 'makr'\. Write prefetch = \[Ware\.maker\]\. Did you mean 'maker'\?"),
        ([Ware.name], r"found Ware\.name\. Write prefetch = \[Ware\.maker\]\."),
        ([Maker], "found the class Maker"),
    ],
)
def test_what_is_no_relationship(wares_graph: Any, declared: list[Any], message: str) -> None:
    """Models may still be declared when a store is made, so that is told with its first look-up."""
    with pytest.raises(ArgumentError, match=rf"^Odd: prefetch: expected relationships of Ware, {message}"):
        store_with(prefetch=declared)(wares_graph).search()


def test_a_model_without_relationships(wares_graph: Any) -> None:
    """There is nothing to write instead."""

    class Odd(Store[Maker]):
        prefetch = ("wares",)

    with pytest.raises(ArgumentError, match=r"Maker has no relationships\.$"):
        Odd(wares_graph).search()


class PropertyStore(WareStore):
    """What 2.0.0 also took."""

    @property
    def auto_filter_fields(self) -> Any:  # type: ignore[override]
        """Filters, as a property."""
        return [Ware.name, func.lower(Ware.name).label("lower")]


def test_other_forms_that_work(wares_graph: Any) -> None:
    """None, properties, expressions with a name, names that SQLAlchemy resolves."""
    assert store_with(auto_filter_fields=None, prefetch=None)(wares_graph).count() == 3
    assert PropertyStore(wares_graph).one(lower="cup").name == "Cup"
    assert [ware.name for ware in store_with(order_by=["name"])(wares_graph).search()] == ["Cup", "Jug", "Pot"]
