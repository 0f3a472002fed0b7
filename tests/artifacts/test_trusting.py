"""An artifact is trusted after the checks that the policy asks for, and no sooner."""

import errno
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import time_ns

import pytest

from microcosm_sqlite.artifacts import hashing
from microcosm_sqlite.artifacts.beside import manifest_path, pending_manifest_path
from microcosm_sqlite.artifacts.claims import Claims
from microcosm_sqlite.artifacts.identity import Identity, identity_of
from microcosm_sqlite.artifacts.remembering import TICK_NS, Memory
from microcosm_sqlite.artifacts.trusting import Policy, Trust, verified
from microcosm_sqlite.errors import ArtifactCorruptError, ArtifactError, ManifestError, NotAnArtifactError

Seal = Callable[..., Path]


def later() -> int:
    """Return a time at which every file made so far is settled."""
    return time_ns() + 2 * TICK_NS


@pytest.fixture
def known() -> dict[Identity, Claims]:
    """Return what the process remembers: nothing yet."""
    return {}


@pytest.fixture
def trust(known: dict[Identity, Claims]) -> Callable[..., Trust]:
    """Return a function that makes a trust whose memory lasts as long as the test."""

    def make(policy: Policy, *, pin: str | None = None, now_ns: Callable[[], int] = later) -> Trust:
        return Trust(policy=policy, memory=Memory(None, now_ns=now_ns, known=known), pin=pin)

    return make


def flip_last_byte(path: Path) -> None:
    """Change one byte of the file at *path*, and nothing of its length and its time of modification."""
    found = path.stat()
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))


@pytest.mark.parametrize("policy", [Policy.ALWAYS, Policy.ONCE])
def test_a_sound_artifact_is_trusted(artifact: Path, trust: Callable[..., Trust], policy: Policy) -> None:
    """What it claims comes back with the digest that its bytes have."""
    assert verified(artifact, trust(policy)) == Claims("world", "1.0", hashing.file_digest(artifact))


def test_by_its_size_nothing_is_known_of_its_bytes(artifact: Path, trust: Callable[..., Trust]) -> None:
    """A digest that was not computed is not claimed."""
    assert verified(artifact, trust(Policy.SIZE)) == Claims("world", "1.0", None)


@pytest.mark.parametrize("policy", [Policy.ALWAYS, Policy.ONCE])
def test_a_changed_byte_is_refused(artifact: Path, trust: Callable[..., Trust], policy: Policy) -> None:
    """Also after the file was found sound before, and although its time of modification was set back."""
    verified(artifact, trust(policy))
    flip_last_byte(artifact)

    with pytest.raises(ArtifactCorruptError, match="the file digest"):
        verified(artifact, trust(policy))


def test_once_reads_a_file_once(artifact: Path, trust: Callable[..., Trust], monkeypatch: pytest.MonkeyPatch) -> None:
    """The second time the bytes are not read."""
    first = verified(artifact, trust(Policy.ONCE))
    monkeypatch.delattr(hashing, "file_digest")

    assert verified(artifact, trust(Policy.ONCE)) == first


def test_always_reads_a_file_always(artifact: Path, trust: Callable[..., Trust], known: dict[Identity, Claims]) -> None:
    """What is remembered does not help a damaged file."""
    flip_last_byte(artifact)
    known[identity_of(artifact)] = Claims(
        "world", "1.0", json.loads(manifest_path(artifact).read_text())["resources"][0]["hash"]
    )
    verified(artifact, trust(Policy.ONCE))

    with pytest.raises(ArtifactCorruptError):
        verified(artifact, trust(Policy.ALWAYS))


def test_a_file_just_written_is_not_remembered(
    artifact: Path, trust: Callable[..., Trust], known: dict[Identity, Claims]
) -> None:
    """Within one tick of its clock a file can change again and look the same."""
    verified(artifact, trust(Policy.ONCE, now_ns=time_ns))

    assert known == {}


def test_a_manifest_that_changed_is_compared_again(artifact: Path, trust: Callable[..., Trust]) -> None:
    """What is remembered is what the file holds, not that its manifest said so."""
    verified(artifact, trust(Policy.ONCE))
    digest = hashing.file_digest(artifact)
    place = manifest_path(artifact)
    place.write_text(place.read_text(encoding="utf-8").replace(digest, "sha256:" + "0" * 64), encoding="utf-8")

    with pytest.raises(ArtifactCorruptError):
        verified(artifact, trust(Policy.ONCE))


def test_what_was_remembered_of_a_damaged_file_does_not_help(
    artifact: Path, trust: Callable[..., Trust], known: dict[Identity, Claims]
) -> None:
    """A poisoned memory can at most say what the manifest does not."""
    known[identity_of(artifact)] = Claims("world", "1.0", "sha256:" + "0" * 64)

    assert verified(artifact, trust(Policy.ONCE)).file_digest == hashing.file_digest(artifact)


@pytest.mark.parametrize("suffix", ["-wal", "-journal"])
def test_unfinished_work_beside_a_remembered_file_is_seen(
    artifact: Path, trust: Callable[..., Trust], suffix: str
) -> None:
    """What lies beside a file is no part of its identity."""
    verified(artifact, trust(Policy.ONCE))
    artifact.with_name(artifact.name + suffix).write_bytes(b"x")

    with pytest.raises(ArtifactCorruptError, match="no unfinished work"):
        verified(artifact, trust(Policy.ONCE))


@pytest.mark.parametrize("policy", [Policy.ALWAYS, Policy.ONCE])
def test_without_its_manifest_it_is_refused(artifact: Path, trust: Callable[..., Trust], policy: Policy) -> None:
    """Also when it was verified before; the message says both ways out."""
    verified(artifact, trust(policy))
    manifest_path(artifact).unlink()

    with pytest.raises(ManifestError) as raised:
        verified(artifact, trust(policy))

    assert str(raised.value) == (
        f"{manifest_path(artifact)}: expected the manifest that belongs beside the artifact, found no such file. "
        "Copy both files from where they were published. "
        'Without it only the length can be checked: sqlite.verify = "size" does that. [MSQ-MANIFEST-MISSING]'
    )


def test_by_its_size_it_needs_no_manifest(artifact: Path, trust: Callable[..., Trust]) -> None:
    """The length is in the header of the file as well."""
    manifest_path(artifact).unlink()

    assert verified(artifact, trust(Policy.SIZE)).name == "world"


def test_by_its_size_it_fits_the_manifest_that_is_there(artifact: Path, trust: Callable[..., Trust]) -> None:
    """The manifest of a file of another length is that of another file."""
    size_bytes, place = artifact.stat().st_size, manifest_path(artifact)
    text = place.read_text(encoding="utf-8")
    place.write_text(text.replace(f'"size_bytes": {size_bytes}', '"size_bytes": 512'), encoding="utf-8")

    with pytest.raises(ArtifactCorruptError, match=f"expected 512 bytes by its manifest, found {size_bytes}"):
        verified(artifact, trust(Policy.SIZE))


@pytest.mark.parametrize("policy", Policy)
def test_a_file_cut_off_is_refused_by_every_policy(artifact: Path, trust: Callable[..., Trust], policy: Policy) -> None:
    """The length is the least that is looked at."""
    os.truncate(artifact, artifact.stat().st_size - 1)

    with pytest.raises(ArtifactCorruptError, match="cut off by 1 bytes"):
        verified(artifact, trust(policy))


def test_a_file_that_is_something_else_is_named_by_every_policy(tmp_path: Path, trust: Callable[..., Trust]) -> None:
    """The beginning comes first."""
    path = tmp_path / "world.sqlite"
    path.write_bytes(b"version https://git-lfs.github.com/spec/v1\n")

    for policy in Policy:
        with pytest.raises(NotAnArtifactError, match="Git LFS"):
            verified(path, trust(policy))


@pytest.mark.parametrize("damage", ["", "{", "[]", "{}"])
def test_a_damaged_manifest_is_refused(artifact: Path, trust: Callable[..., Trust], damage: str) -> None:
    """What cannot be read proves nothing."""
    manifest_path(artifact).write_text(damage, encoding="utf-8")

    with pytest.raises(ManifestError):
        verified(artifact, trust(Policy.ONCE))


def test_the_manifest_of_another_release_is_refused(seal: Seal, trust: Callable[..., Trust]) -> None:
    """The message names both."""
    artifact, other = seal(), seal(file_name="other.sqlite", version="2.0")
    manifest_path(other).replace(manifest_path(artifact))

    with pytest.raises(ManifestError, match=r"world 1\.0.*world 2\.0"):
        verified(artifact, trust(Policy.ONCE))


def test_a_publication_cut_short_is_trusted(artifact: Path, trust: Callable[..., Trust]) -> None:
    """The manifest may still be under the name it has while the file is replaced."""
    manifest_path(artifact).rename(pending_manifest_path(artifact))

    assert verified(artifact, trust(Policy.ONCE)) == verified(artifact, trust(Policy.ONCE))


def test_a_pinned_digest_is_checked_by_every_policy(artifact: Path, trust: Callable[..., Trust]) -> None:
    """Who names the bytes wants to know of them, whatever the policy saves."""
    digest = hashing.file_digest(artifact)

    assert verified(artifact, trust(Policy.SIZE, pin=digest)).file_digest == digest


def test_a_sound_file_costs_no_heavy_import(artifact: Path) -> None:
    """Only what is wrong with a file needs the whole manifest."""
    code = f"""
import sys, time
from pathlib import Path
from microcosm_sqlite.artifacts.remembering import Memory
from microcosm_sqlite.artifacts.trusting import Policy, Trust, verified
verified(Path({str(artifact)!r}), Trust(policy=Policy.ONCE, memory=Memory(None, now_ns=time.time_ns)))
print(sorted({{"msgspec", "microcosm_sqlite.artifacts.manifest", "sqlalchemy"}} & set(sys.modules)))
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ran.stdout == "[]\n"


def test_a_disk_that_fails_is_an_error_of_ours(
    artifact: Path, trust: Callable[..., Trust], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The header may be readable where the rest is not."""

    def fail(path: Path) -> str:
        raise OSError(errno.EIO, os.strerror(errno.EIO), path)

    monkeypatch.setattr(hashing, "file_digest", fail)

    with pytest.raises(ArtifactError, match="found the refusal 'Input/output error'"):
        verified(artifact, trust(Policy.ONCE))


def test_no_flipped_bit_is_trusted(artifact: Path, trust: Callable[..., Trust]) -> None:
    """Wherever it is: 300 of them, drawn anew each time."""
    sound = artifact.read_bytes()
    for position in random.sample(range(len(sound) * 8), 300):
        flipped = bytearray(sound)
        flipped[position // 8] ^= 1 << position % 8
        artifact.write_bytes(flipped)

        with pytest.raises(ArtifactError):
            verified(artifact, trust(Policy.ONCE))
