"""Binding needs to know little, and learns it quickly."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from microcosm_sqlite.artifacts.claims import Claims, read_claims
from microcosm_sqlite.artifacts.inspection import inspect
from microcosm_sqlite.constants import MANIFEST_TABLE
from microcosm_sqlite.errors import ArtifactCorruptError, ManifestError

Seal = Callable[..., Path]


def test_the_claims_are_those_of_the_manifest(artifact: Path) -> None:
    """The quick way and the whole manifest tell the same."""
    manifest = inspect(artifact).manifest

    assert read_claims(artifact) == Claims(name=manifest.name, version=manifest.version)


@pytest.mark.parametrize("document", ["not JSON", "{}", "[]", '{"microcosm-sqlite": {}}'])
def test_a_manifest_without_a_name_is_refused(artifact: Path, document: str) -> None:
    """An artifact that does not say whose it is cannot be bound."""
    connection = apsw.Connection(str(artifact))
    connection.execute(f"UPDATE {MANIFEST_TABLE} SET document = ?", (document,))
    connection.close()

    with pytest.raises(ManifestError, match=r"names no data set.*MSQ-INNER-MANIFEST-DAMAGED"):
        read_claims(artifact)


def test_a_file_that_is_cut_off_makes_no_claims(artifact: Path) -> None:
    """The shape is checked first."""
    artifact.write_bytes(artifact.read_bytes()[:-1])

    with pytest.raises(ArtifactCorruptError, match="cut off by 1 bytes"):
        read_claims(artifact)


def test_reading_claims_loads_neither_msgspec_nor_the_manifest() -> None:
    """A service pays for what it imports, and it reads claims at every start."""
    code = "import sys, microcosm_sqlite.artifacts.claims; print('msgspec' in sys.modules, *sorted(sys.modules))"

    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ran.stdout.startswith("False")
    assert "microcosm_sqlite.artifacts.manifest" not in ran.stdout
