"""The mixin for models."""

from typing import Any

import pytest

from microcosm_sqlite.models import IdentityMixin
from tests.kennel import Example, Person, PersonStore, Pet


def test_equal_when_type_and_loaded_values_are_equal() -> None:
    """Two instances with the same values are equal."""
    assert Person(id=1, first="Ada", last="L.") == Person(id=1, first="Ada", last="L.")


def test_not_equal_when_a_value_differs() -> None:
    """One different value makes two instances differ."""
    assert Person(id=1, first="Ada", last="L.") != Person(id=1, first="Ida", last="L.")


def test_not_equal_to_another_type() -> None:
    """Instances of two models differ, whatever they hold."""
    assert Person(id=1) != Pet(id=1)


def test_not_equal_to_something_else() -> None:
    """Comparing with anything else is false, not an error."""
    assert Person(id=1) != 1


def test_private_attributes_do_not_count() -> None:
    """What a class keeps for itself has no part in equality."""
    one, other = Person(id=1), Person(id=1)
    one._seen = True

    assert one == other


def test_hash_follows_the_identity() -> None:
    """Equal identities give equal hashes."""
    assert hash(Person(id=7)) == hash(Person(id=7)) == hash(7)


def test_hash_without_identity_is_that_of_the_object() -> None:
    """Instances that were never stored are different members of a set."""
    assert len({Person(), Person()}) == 2


def test_identity_must_be_given() -> None:
    """A model that forgot it hears about it when it is hashed."""
    with pytest.raises(NotImplementedError, match="identity"):
        hash(IdentityMixin())


def test_loaded_rows_equal_new_instances(example_graph: Any) -> None:
    """In an assertion, a row from the database may be compared with one written down."""
    with Person.new_context(example_graph) as context:
        PersonStore().create(Person(id=1, first="Ada", last="L."))
        context.commit()

    with Example.new_context(example_graph):
        assert PersonStore().search() == [Person(id=1, first="Ada", last="L.")]
