"""A store declares how it is asked."""

from typing import Any

import pytest
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from microcosm_sqlite import DataSet, Store
from microcosm_sqlite.checks import AccessCheck, access_checks, checks_of
from microcosm_sqlite.errors import ArgumentError
from microcosm_sqlite.stores import Search, certified
from tests.shelves import Book


class Cards(DataSet, DeclarativeBase):
    """A data set of this module."""

    __data_set__ = "cards"


class Card(Cards):
    """A card."""

    __tablename__ = "card"
    id: Mapped[int] = mapped_column(primary_key=True)


@certified
class CardStore(Store[Card]):
    """Its store."""


def test_a_certified_store_is_a_check_of_its_data_set() -> None:
    """It is found by the data set and by its name, and tells its paths when it is asked."""
    (check,) = checks_of(Cards)

    assert isinstance(check, AccessCheck)
    assert access_checks("cards") == (check,)
    assert (check.name, check.store) == ("access:CardStore", "CardStore")
    assert list(check.paths()) == CardStore.access_paths()


def test_a_store_is_certified_once() -> None:
    """A second one of the same name is a mistake."""
    with pytest.raises(ValueError, match="data set 'cards' has a check called 'access:CardStore' already"):
        certified(CardStore)


@pytest.mark.parametrize("store", [Card, CardStore(), 5])
def test_only_classes_of_stores_are_certified(store: Any) -> None:
    """The message says where the decorator goes."""
    with pytest.raises(ArgumentError, match=r"^certified: store: expected a class of stores, .*Write @certified above"):
        certified(store)


def test_a_data_set_without_certified_stores() -> None:
    """Nothing is checked that nobody asked for."""
    assert access_checks("shelves") == access_checks("nowhere") == ()


def test_attributes_and_expressions_are_told_apart() -> None:
    """An attribute is a filter, anything else a condition."""
    condition = Book.year > 1900

    search = Search(Book.shelf, condition, Book.year)

    assert search.attributes == (Book.shelf, Book.year)
    assert search.criteria == (condition,)
