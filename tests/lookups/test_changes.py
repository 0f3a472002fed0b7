"""Rows are added and deleted through stores."""

from typing import Any

import pytest

from microcosm_sqlite.errors import DuplicateModelError, ModelNotFoundError, ReadOnlyDataSetError, UnknownFilterError
from tests.kennel import Kennel, Owner, OwnerStore


def test_create_and_delete(graph: Any) -> None:
    """The caller commits; other look-ups of the transaction see it."""
    owners = OwnerStore(graph)
    with Kennel.new_context(graph):
        owners.create(Owner(id=9, name="Emmy"))
        assert owners.one(name="Emmy").id == 9
        assert owners.delete(name="Emmy")
        with pytest.raises(ModelNotFoundError, match="nothing to delete"):
            owners.delete(name="Emmy")


def test_a_duplicate_leaves_what_was_done_before(graph: Any) -> None:
    """Only the row that was refused is gone."""
    owners = OwnerStore(graph)
    with Kennel.new_context(graph) as context:
        owners.create(Owner(id=9, name="Emmy"))
        with pytest.raises(DuplicateModelError):
            owners.create(Owner(id=10, name="Ada"))
        context.commit()

    assert owners.exists(name="Emmy")


def test_deleting_by_nothing_in_particular_is_refused(graph: Any) -> None:
    """A filter that is None would delete every row."""
    with pytest.raises(UnknownFilterError, match="delete refuses None"):
        OwnerStore(graph).delete(name=None)


def test_sealed_rows_stay(sealed_graph: Any) -> None:
    """Neither added nor deleted."""
    owners = OwnerStore(sealed_graph)
    with pytest.raises(ReadOnlyDataSetError):
        owners.create(Owner(id=9, name="Emmy"))
    with pytest.raises(ReadOnlyDataSetError):
        owners.delete(name="Ada")

    assert owners.count() == 3
