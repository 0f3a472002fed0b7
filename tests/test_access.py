"""What stores ask is told in values."""

import pytest

from microcosm_sqlite.access import SCAN_LIMIT, AccessPath


def test_a_path_is_a_value() -> None:
    """Equal paths are equal, and nobody changes one; who says nothing allows as many rows as take no time."""
    first, second = (
        AccessPath(store="Store", call="search()", sql="SELECT 1", most_scanned=None, most_sorted=SCAN_LIMIT)
        for _ in range(2)
    )

    assert first == second
    with pytest.raises(AttributeError):
        first.most_scanned = 7  # type: ignore[misc]
