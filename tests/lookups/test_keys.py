"""Primary keys become conditions, and rows become their keys again."""

from datetime import date
from typing import Any

import pytest

from microcosm_sqlite.lookups.keys import identity_of, key_attributes, key_conditions, key_names, key_of, may_exist
from tests.kennel import Owner, Visit

DAY = date(2026, 1, 5)


@pytest.mark.parametrize(
    ("model", "key", "identity"),
    [
        (Owner, 7, (7,)),
        (Owner, (7,), (7,)),
        (Owner, {"id": 7}, (7,)),
        (Visit, (1, DAY), (1, DAY)),
        (Visit, {"day": DAY, "dog_id": 1}, (1, DAY)),
    ],
)
def test_identity_of(model: type[Any], key: Any, identity: tuple[Any, ...]) -> None:
    """Every form of a key becomes the tuple of its column values."""
    assert identity_of(model, key) == identity


def test_too_many_values() -> None:
    """The message says how many were expected, which, and what was given."""
    with pytest.raises(TypeError, match=r"Owner: key: expected a key of 1 value\(s\) \(id\), found \(1, 2\)"):
        identity_of(Owner, (1, 2))


def test_wrong_names() -> None:
    """The message says which names were expected and which were given."""
    with pytest.raises(TypeError, match=r"Visit: key: expected a mapping of dog_id, day, found \{'dog': 1, 'day': "):
        identity_of(Visit, {"dog": 1, "day": DAY})


def test_key_names_and_attributes_follow_the_primary_key() -> None:
    """Both come in the order of the columns."""
    assert key_names(Visit) == ("dog_id", "day")
    assert key_attributes(Visit) == (Visit.dog_id, Visit.day)


def test_key_of_a_row() -> None:
    """An instance gives its key as a tuple."""
    assert key_of(Visit(dog_id=1, day=DAY)) == (1, DAY)


def test_key_conditions_come_in_batches() -> None:
    """However many keys there are, no statement gets more than it can take."""
    assert len(list(key_conditions(Owner, ((key,) for key in range(1001))))) == 3


def test_no_keys_no_conditions() -> None:
    """Without keys no statement is needed."""
    assert list(key_conditions(Owner, [])) == []


@pytest.mark.parametrize(
    ("identity", "possible"),
    [
        ((1, "x"), True),
        ((2**63 - 1,), True),
        ((-(2**63) + 1,), True),
        ((2**63,), False),
        ((-(2**70),), False),
        ((1, None), False),
    ],
)
def test_may_exist(identity: tuple[Any, ...], possible: object) -> None:
    """What no column can hold is no key of any row."""
    assert may_exist(identity) is possible
