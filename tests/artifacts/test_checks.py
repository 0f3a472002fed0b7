"""The shape of a file is checked without reading all of it; `test_inspection` goes through every fault."""

from pathlib import Path

import pytest

from microcosm_sqlite.artifacts.checks import check_shape, embedded_text
from microcosm_sqlite.artifacts.parsing import from_text
from microcosm_sqlite.errors import ArtifactCorruptError


def test_a_sound_artifact_passes(artifact: Path) -> None:
    """Nothing is wrong with a file that was just sealed."""
    check_shape(artifact)


def test_unfinished_work_beside_the_file_is_refused(artifact: Path) -> None:
    """A leftover journal means that somebody wrote."""
    artifact.with_name(artifact.name + "-journal").touch()

    with pytest.raises(ArtifactCorruptError, match=r"world\.sqlite-journal"):
        check_shape(artifact)


def test_the_embedded_text_is_a_manifest(artifact: Path) -> None:
    """What lies inside the file is the document that `parsing` reads."""
    assert from_text(embedded_text(artifact), path=artifact).name == "world"
