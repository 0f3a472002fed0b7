"""The manifest beside an artifact belongs to it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from microcosm_sqlite.artifacts.beside import manifest_path, manifests_beside, pending_manifest_path, read_manifest
from microcosm_sqlite.artifacts.inspection import inspect
from microcosm_sqlite.errors import ManifestError

Seal = Callable[..., Path]


def test_the_name_follows_from_that_of_the_file() -> None:
    """The whole file name is kept."""
    assert manifest_path(Path("a/world.sqlite")) == Path("a/world.sqlite.datapackage.json")


def test_the_manifest_is_found(artifact: Path) -> None:
    """It knows what the embedded one cannot."""
    (manifest,) = manifests_beside(inspect(artifact))

    assert manifest.size_bytes == artifact.stat().st_size


def test_a_missing_manifest_is_an_error_of_the_manifest(artifact: Path) -> None:
    """The error names the file that is missing."""
    manifest_path(artifact).unlink()

    with pytest.raises(ManifestError, match=r"datapackage\.json: .*no such file"):
        list(manifests_beside(inspect(artifact)))


def test_a_manifest_that_cannot_be_read_is_an_error_of_the_manifest(tmp_path: Path) -> None:
    """A folder in its place is one example."""
    with pytest.raises(ManifestError, match="Is a directory"):
        read_manifest(tmp_path)


def test_the_manifest_of_another_release_is_refused(seal: Seal) -> None:
    """The error says which release it is of and what differs."""
    other = seal(version="2.0", file_name="other.sqlite")
    artifact = seal()
    manifest_path(artifact).write_bytes(manifest_path(other).read_bytes())

    with pytest.raises(ManifestError, match=r"world 1\.0.*world 2\.0.*version"):
        list(manifests_beside(inspect(artifact)))


def test_an_embedded_manifest_does_not_do_beside(artifact: Path) -> None:
    """Without the digest of the file it proves nothing."""
    text = manifest_path(artifact).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not any(key in line for key in ('"hash"', '"file_digest"'))]
    manifest_path(artifact).write_text("\n".join(lines), encoding="utf-8")

    with pytest.raises(ManifestError, match="digest"):
        list(manifests_beside(inspect(artifact)))


def test_a_pending_manifest_stands_in_for_one_that_does_not_fit(seal: Seal) -> None:
    """A publication cut short after it replaced the file is whole all the same."""
    other = seal(version="2.0", file_name="other.sqlite")
    artifact = seal()
    manifest_path(artifact).rename(pending_manifest_path(artifact))
    manifest_path(artifact).write_bytes(manifest_path(other).read_bytes())

    (manifest,) = manifests_beside(inspect(artifact))

    assert manifest.version == "1.0"


def test_a_pending_manifest_of_another_release_does_not_count(seal: Seal) -> None:
    """A publication that was cut short before it replaced the file leaves one; the fault is that of the usual one."""
    other = seal(version="2.0", file_name="other.sqlite")
    artifact = seal()
    usual = read_manifest(manifest_path(artifact))
    pending_manifest_path(artifact).write_bytes(manifest_path(other).read_bytes())

    assert list(manifests_beside(inspect(artifact))) == [usual]

    manifest_path(artifact).unlink()
    with pytest.raises(ManifestError, match=r"sqlite\.datapackage\.json: .*no such file"):
        list(manifests_beside(inspect(artifact)))
