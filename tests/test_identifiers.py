"""Identifiers for new rows."""

from microcosm_sqlite.identifiers import new_object_id


def test_new_object_id_is_a_random_uuid() -> None:
    """The identifier is a version 4 UUID, as ever."""
    assert new_object_id().version == 4


def test_new_object_ids_differ() -> None:
    """No two identifiers are the same."""
    assert len({new_object_id() for _ in range(100)}) == 100
