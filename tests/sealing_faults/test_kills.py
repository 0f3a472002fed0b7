"""Whoever is killed while building, sealing or publishing leaves a whole release under the final name."""

from pathlib import Path

import pytest

from tests.sealing_faults.killing import RELEASES, kill


@pytest.mark.slow
def test_killed_at_any_moment_a_whole_release_remains(tmp_path: Path) -> None:
    """Forty kills, one after the other; then and when nobody dies, the next run clears what they left."""
    toll = kill(tmp_path / "kills", kills=40, seed=1)

    assert toll.wrong == []
    assert toll.kills == sum(toll.found.values()) == 40
    assert set(toll.found) <= set(RELEASES)
    assert toll.untidy, "the kills came too late to test anything"
