"""Verification proves every byte and every row."""

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import apsw
import pytest

from microcosm_sqlite.artifacts.beside import manifest_path, pending_manifest_path, read_manifest
from microcosm_sqlite.artifacts.datapackage import to_text
from microcosm_sqlite.artifacts.digests import file_digest
from microcosm_sqlite.artifacts.verification import verify, verify_file
from microcosm_sqlite.errors import ArtifactCorruptError, ArtifactError, ManifestError

Seal = Callable[..., Path]
Check = Callable[[Path], object]

_BOTH = pytest.mark.parametrize("check", [verify_file, verify])


def _claim_file_as_it_is(artifact: Path) -> None:
    """Let the manifest beside a changed file claim its present bytes, as a forger would."""
    manifest = read_manifest(manifest_path(artifact))
    forged = manifest.for_file(file_digest=file_digest(artifact), size_bytes=artifact.stat().st_size)
    manifest_path(artifact).write_text(to_text(forged), encoding="utf-8")


@pytest.mark.parametrize("check", [verify_file, verify])
def test_a_sound_artifact_is_returned_with_its_complete_manifest(artifact: Path, check: Check) -> None:
    """What was verified knows the digest of its file."""
    found = verify(artifact) if check is verify else verify_file(artifact)

    assert found.path == artifact
    assert found.manifest.file_digest == file_digest(artifact)


@_BOTH
def test_every_flipped_bit_is_refused(artifact: Path, check: Check) -> None:
    """One bit anywhere in the file is enough, even where nothing is stored."""
    content = artifact.read_bytes()
    chance = random.Random(1)

    for position in chance.sample(range(len(content) * 8), 300):
        damaged = bytearray(content)
        damaged[position // 8] ^= 1 << position % 8
        artifact.write_bytes(damaged)
        with pytest.raises(ArtifactError):
            check(artifact)

    artifact.write_bytes(content)
    check(artifact)


@_BOTH
def test_a_changed_row_is_refused(artifact: Path, check: Check) -> None:
    """A change made by SQLite itself, in perfect order, is one as well."""
    connection = apsw.Connection(str(artifact))
    connection.execute("UPDATE city SET name = 'Lyons' WHERE id = 2")
    connection.close()

    with pytest.raises(ArtifactCorruptError, match="file digest"):
        check(artifact)


@pytest.mark.parametrize(
    ("sql", "named"),
    [
        ("UPDATE city SET name = 'Lyons' WHERE id = 2", "different: city"),
        ("DELETE FROM country WHERE code = 'JP'", "different: country"),
        ("DROP INDEX city_name", "the schema"),
        ("CREATE VIEW v AS SELECT 1", "the schema"),
    ],
)
def test_a_forged_file_digest_does_not_help(artifact: Path, sql: str, named: str) -> None:
    """Rows and schema have digests of their own, and these are inside the file too."""
    connection = apsw.Connection(str(artifact))
    connection.execute(sql)
    connection.close()
    _claim_file_as_it_is(artifact)
    verify_file(artifact)

    with pytest.raises(ArtifactCorruptError, match=named):
        verify(artifact)


def test_text_that_is_not_utf8_is_damage(artifact: Path) -> None:
    """A value no digest is defined for cannot have been sealed."""
    connection = apsw.Connection(str(artifact))
    connection.execute("UPDATE city SET name = CAST(x'ff' AS TEXT) WHERE id = 2")
    connection.close()
    _claim_file_as_it_is(artifact)

    with pytest.raises(ArtifactCorruptError, match="UTF-8"):
        verify(artifact)


@_BOTH
def test_the_manifest_is_needed(artifact: Path, check: Check) -> None:
    """Without it there is nothing to check the bytes against."""
    manifest_path(artifact).unlink()

    with pytest.raises(ManifestError):
        check(artifact)


@_BOTH
def test_the_manifest_of_another_file_is_refused(seal: Seal, check: Check) -> None:
    """Two releases may not be mixed."""
    one, other = seal(), seal(version="2.0", file_name="other.sqlite")
    manifest_path(one).write_bytes(manifest_path(other).read_bytes())

    with pytest.raises(ManifestError):
        check(one)


def test_a_manifest_beside_that_says_more_than_the_one_inside_is_refused(artifact: Path) -> None:
    """Licences cannot be added to a file after it was sealed."""
    manifest = replace(read_manifest(manifest_path(artifact)), attribution="me")
    manifest_path(artifact).write_text(to_text(manifest), encoding="utf-8")

    with pytest.raises(ManifestError, match="attribution"):
        verify_file(artifact)


@_BOTH
def test_a_publication_cut_short_verifies(seal: Seal, check: Check) -> None:
    """Of two manifests that fit what is inside, that with the right file digest counts."""
    artifact = seal()
    right = manifest_path(artifact).read_text(encoding="utf-8")
    pending_manifest_path(artifact).write_text(right, encoding="utf-8")
    stale = read_manifest(manifest_path(artifact)).for_file(file_digest="sha256:00", size_bytes=1)
    manifest_path(artifact).write_text(to_text(stale), encoding="utf-8")

    check(artifact)


def test_verification_writes_nothing(artifact: Path) -> None:
    """Neither the file nor its folder is touched."""
    before = {path: path.stat() for path in [artifact, artifact.parent, *artifact.parent.iterdir()]}

    verify(artifact)

    after = {path: path.stat() for path in before}
    assert [(s.st_mtime_ns, s.st_size) for s in before.values()] == [(s.st_mtime_ns, s.st_size) for s in after.values()]
    assert len(list(artifact.parent.iterdir())) == 2


def test_damage_is_told_as_such_beside_a_pending_manifest(seal: Callable[..., Path]) -> None:
    """What a publication left that was cut short does not turn the fault of the file into one of the manifest."""
    other = seal(version="2.0", file_name="other.sqlite")
    artifact = seal()
    pending_manifest_path(artifact).write_bytes(manifest_path(other).read_bytes())
    content = bytearray(artifact.read_bytes())
    content[-1] ^= 1
    artifact.write_bytes(content)

    with pytest.raises(ArtifactCorruptError, match="MSQ-WRONG-DIGEST"):
        verify_file(artifact)
