"""How an artifact is told from every other."""

from pathlib import Path

import pytest

from microcosm_sqlite.artifacts.verification import verify
from microcosm_sqlite.cmd.identities import identity_of, write_identity


def test_the_identity_is_plain_values(atlas_path: Path) -> None:
    """It can be written as JSON."""
    artifact = verify(atlas_path)

    assert identity_of(artifact) == {
        "path": str(atlas_path),
        "name": "atlas",
        "version": "2026.1",
        "rows": 11,
        "file_digest": artifact.manifest.file_digest,
        "content_digest": artifact.manifest.content_digest,
    }


def test_a_person_gets_three_lines(atlas_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What it is, its rows, its file."""
    write_identity(verify(atlas_path))

    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["OK", "content", "file"]
