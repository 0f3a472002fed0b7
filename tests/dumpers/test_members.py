from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from microcosm_sqlite.dumpers.fields import Field
from microcosm_sqlite.dumpers.members import MISSING, members_of, refuse_extras
from tests.pets import Person


class Extended(SimpleNamespace):
    """An object that says what its members are."""

    def _members(self) -> dict[str, Any]:
        return {**vars(self), "extra": 1}


def result_row() -> Any:
    """Return a row of a query."""
    engine = sa.create_engine("sqlite+apsw://")
    with engine.connect() as connection:
        row = connection.execute(sa.text("SELECT 1 AS id")).one()
    engine.dispose()
    return row


@pytest.mark.parametrize(
    "item",
    [{"id": 1}, SimpleNamespace(id=1, _hidden=2), result_row(), Person(id=1)],
    ids=["mapping", "object", "row", "instance"],
)
def test_members_are_found_in_items_of_any_kind(item: Any) -> None:
    """And what is not there is told from None."""
    member = members_of(item)

    assert member("id") == 1
    assert member("_hidden") is MISSING
    assert member("other") is MISSING
    refuse_extras(item, [Field(name="id")])


def test_mapped_attributes_are_never_extra() -> None:
    """Loaded relationships are not either; what was hung on an instance besides is."""
    person = Person(id=1, first="Ada", dogs=[])
    refuse_extras(person, [])

    person.shoe_size = 39  # type: ignore[attr-defined]

    assert members_of(person)("shoe_size") == 39
    with pytest.raises(ValueError, match="in no field: shoe_size"):
        refuse_extras(person, [])


@pytest.mark.parametrize("item", [{"id": 1, "x": 2}, SimpleNamespace(id=1, x=2)])
def test_other_members_must_have_a_field(item: Any) -> None:
    """Unless the dump is told to ignore them."""
    with pytest.raises(ValueError, match="in no field: x; fields: id"):
        refuse_extras(item, [Field(name="id")])


def test_an_object_may_say_what_its_members_are() -> None:
    """The hook that 2.0.0 used."""
    assert members_of(Extended(id=1))("extra") == 1
