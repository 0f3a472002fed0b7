"""Every fault is named by its own code, and none is mistaken for another."""

import json
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from microcosm_sqlite.artifacts.beside import manifest_path
from microcosm_sqlite.artifacts.diagnosis import diagnose, diagnosis_of
from microcosm_sqlite.artifacts.hashing import file_digest
from microcosm_sqlite.artifacts.verification import verify
from microcosm_sqlite.errors import ArtifactError
from microcosm_sqlite.faults.index import ALL
from tests.artifacts.faults import FAULTS

#: The user "nobody" of every Linux; what the superuser may read, another may not.
NOBODY = 65_534

_EVERY = pytest.mark.parametrize("fault", FAULTS)


def _seen(folder: Path) -> dict[Path, tuple[int, int, int]]:
    stats = {path: path.lstat() for path in (folder, *folder.rglob("*"))}
    return {path: (found.st_size, found.st_mtime_ns, found.st_ino) for path, found in stats.items()}


def test_a_sound_artifact_has_no_fault(artifact: Path) -> None:
    """Nothing is made up."""
    assert diagnose(artifact, expected_name="world", pinned="1.0") == []


@_EVERY
def test_every_fault_is_named_by_its_own_code(artifact: Path, fault: str) -> None:
    """What is said about a file is this fault and no other."""
    make, codes = FAULTS[fault]
    path = make(artifact)

    assert [diagnosis.code for diagnosis in diagnose(path)] == codes


@_EVERY
def test_every_open_error_says_the_same(artifact: Path, fault: str) -> None:
    """Whoever verifies the file hears the code, the cause and the remedy that the doctor tells."""
    make, codes = FAULTS[fault]
    path = make(artifact)

    with pytest.raises(ArtifactError) as caught:
        verify(path)

    assert diagnosis_of(caught.value) in diagnose(path)
    assert caught.value.code in codes
    assert str(caught.value).endswith(f"[{caught.value.code}]")


@_EVERY
def test_cause_and_remedy_are_one_line_each(artifact: Path, fault: str) -> None:
    """They fit into a log; the facts into JSON."""
    for diagnosis in diagnose(FAULTS[fault][0](artifact)):
        assert "\n" not in diagnosis.cause + diagnosis.remedy
        assert diagnosis.remedy.endswith((".", "!"))
        assert json.loads(json.dumps(asdict(diagnosis)))["code"] == diagnosis.code


@_EVERY
def test_nothing_is_written(artifact: Path, fault: str) -> None:
    """A doctor who changes what he looks at would destroy the evidence."""
    path = FAULTS[fault][0](artifact)
    before = _seen(artifact.parent)

    diagnose(path)

    assert _seen(artifact.parent) == before


def test_the_corpus_has_the_faults_that_a_file_can_have() -> None:
    """What has a code has a case, except what depends on the caller, the machine, or hostility."""
    told = Counter(code for _, codes in FAULTS.values() for code in codes)
    elsewhere = {
        "MSQ-UNREADABLE",
        "MSQ-MANIFEST-UNREADABLE",
        "MSQ-OTHER-DATA-SET",
        "MSQ-OTHER-RELEASE",
        "MSQ-RUNAWAY",
        "MSQ-TOO-BIG",
        "MSQ-UNSAFE-SCHEMA",
        "MSQ-SQLITE-REFUSES",
    }

    assert set(told) | elsewhere == set(ALL)
    assert not set(told) & elsewhere
    assert len(told) >= 25


@contextmanager
def _as_nobody() -> Iterator[None]:
    user = os.geteuid()
    if user == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(user)


def test_a_file_that_may_not_be_read_is_named(artifact: Path) -> None:
    """The refusal of the operating system is no damage."""
    artifact.chmod(0)

    with _as_nobody():
        found = diagnose(artifact)

    assert [diagnosis.code for diagnosis in found] == ["MSQ-UNREADABLE"]
    assert "Permission denied" in found[0].cause


def test_a_manifest_that_may_not_be_read_is_named(artifact: Path) -> None:
    """Nor is that of the manifest, which is told from that of the file."""
    # The folders of tests are closed to other users.
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        path = folder / artifact.name
        shutil.copy(artifact, path)
        shutil.copy(manifest_path(artifact), manifest_path(path))
        manifest_path(path).chmod(0)

        with _as_nobody():
            found = diagnose(path)

    assert [diagnosis.code for diagnosis in found] == ["MSQ-MANIFEST-UNREADABLE"]


def test_another_data_set_is_named(artifact: Path) -> None:
    """A sound artifact under the wrong name is told with both names."""
    (found,) = diagnose(artifact, expected_name="moon")

    assert found.code == "MSQ-OTHER-DATA-SET"
    assert found.facts == {"name": "moon", "found": "world", "version": "1.0"}


def test_another_version_than_pinned_is_named(artifact: Path) -> None:
    """So is a sound artifact of another version."""
    (found,) = diagnose(artifact, pinned="2.0")

    assert found.code == "MSQ-OTHER-RELEASE"
    assert diagnose(artifact, pinned=file_digest(artifact)) == []


def test_faults_that_do_not_follow_from_each_other_are_all_told(artifact: Path) -> None:
    """One visit is enough."""
    FAULTS["leftover -journal"][0](artifact)
    FAULTS["leftover -wal"][0](artifact)
    FAULTS["no manifest"][0](artifact)

    codes = [diagnosis.code for diagnosis in diagnose(artifact, expected_name="moon")]

    assert codes == ["MSQ-LEFTOVER-JOURNAL", "MSQ-LEFTOVER-WAL", "MSQ-OTHER-DATA-SET", "MSQ-MANIFEST-MISSING"]


def test_the_facts_say_how_much_is_missing(artifact: Path) -> None:
    """A program can read what the text tells a person."""
    size = artifact.stat().st_size
    (found,) = diagnose(FAULTS["truncated"][0](artifact))

    assert found.facts == {"expected_bytes": size, "size_bytes": size - 1000, "missing_bytes": 1000}
