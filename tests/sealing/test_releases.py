"""A release is what the curator says."""

import pytest

from microcosm_sqlite.sealing.releases import Release


def test_only_the_version_must_be_said() -> None:
    """Everything else may be left out."""
    assert Release(version="1") == Release(version="1", title=None, sources=(), licences=())


def test_a_release_cannot_change() -> None:
    """It is a value."""
    with pytest.raises(AttributeError):
        Release(version="1").version = "2"  # type: ignore[misc]
