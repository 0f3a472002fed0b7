"""A release is what the curator says."""

from typing import Any

import pytest

from microcosm_sqlite.sealing.releases import Release


def test_only_the_version_must_be_said() -> None:
    """Everything else may be left out."""
    assert Release(version="1") == Release(version="1", title=None, sources=(), licences=())


@pytest.mark.parametrize(
    ("said", "error", "message"),
    [
        ({"version": 5}, TypeError, r"version: expected text, found 5\. Write version='5'\."),
        ({"version": None}, TypeError, "version: expected text, found None"),
        ({"version": ""}, ValueError, "expected a version such as '2026.1', found ''"),
        ({"version": "1", "title": 5}, TypeError, "title: expected text, found 5"),
        ({"version": "1", "licences": "MIT"}, TypeError, r"found 'MIT'\. Write licences=\(Licence\(name='MIT'\),\)"),
        ({"version": "1", "sources": ["a.csv"]}, TypeError, r"sources: expected a tuple of Sources, found \['a.csv'\]"),
        ({"version": "1", "created": "yesterday"}, ValueError, "created must be a date and time"),
    ],
)
def test_what_cannot_be_meant_is_refused_where_it_is_said(said: Any, error: type[Exception], message: str) -> None:
    """Rather than when everything else is done, or never."""
    with pytest.raises(error, match=message):
        Release(**said)


def test_a_release_cannot_change() -> None:
    """It is a value."""
    with pytest.raises(AttributeError):
        Release(version="1").version = "2"  # type: ignore[misc]
