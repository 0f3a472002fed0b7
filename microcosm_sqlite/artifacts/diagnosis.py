"""Say all that is wrong with a file that should be an artifact."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from microcosm_sqlite.artifacts.checks import check_marker, faults_beside, faults_of_file
from microcosm_sqlite.artifacts.hashing import file_digest
from microcosm_sqlite.artifacts.headers import read_header
from microcosm_sqlite.artifacts.inspection import Artifact, read_embedded
from microcosm_sqlite.artifacts.verification import check_bytes, check_contents
from microcosm_sqlite.errors import ArtifactCorruptError, ArtifactError
from microcosm_sqlite.faults import damages


@dataclass(frozen=True, kw_only=True, slots=True)
class Diagnosis:
    """One fault: its code, one line of cause, one of remedy, and the figures and names of this case."""

    code: str
    cause: str
    remedy: str
    facts: dict[str, Any] = field(default_factory=dict[str, Any])


def diagnose(path: Path, *, expected_name: str | None = None, pinned: str | None = None) -> list[Diagnosis]:
    """Return what is wrong with the file at *path*, the most telling fault first; nothing if it is sound.

    Looks as `verification.verify` does, but does not stop at the first fault: only at one that makes it senseless to
    look further, because what follows would be its consequence. Never writes, never repairs.

    Args:
        path: Where the artifact should be.
        expected_name: The data set it should be of, if that is known.
        pinned: The version, or the file digest (`sha256:...`), of the only release that is wanted.
    """
    return [diagnosis_of(error) for error in _errors(path, name=expected_name, pinned=pinned)]


def diagnosis_of(error: ArtifactError) -> Diagnosis:
    """Return the fault that *error* tells, as a value."""
    return Diagnosis(
        code=error.code,
        cause=f"Expected {error.expected}, found {error.found}.",
        remedy=error.remedy,
        facts=dict(error.facts),
    )


def _errors(path: Path, *, name: str | None, pinned: str | None) -> Iterator[ArtifactError]:
    try:
        header = read_header(path)
        check_marker(path, header)
    except ArtifactError as error:
        yield error
        return
    yield from faults_beside(path)
    of_file = list(faults_of_file(path, header))
    yield from of_file
    if of_file:
        return
    try:
        artifact = Artifact(path=path, manifest=read_embedded(path))
    except ArtifactError as error:
        yield error
        return
    yield from _faults_of_release(artifact, name=name, pinned=pinned)
    yield from _faults_of_bytes(artifact)


def _faults_of_release(artifact: Artifact, *, name: str | None, pinned: str | None) -> Iterator[ArtifactError]:
    found = artifact.manifest
    if name not in {None, found.name}:
        yield damages.OTHER_DATA_SET.at(artifact.path, name=name, found=found.name, version=found.version)
    elif pinned not in {None, found.version, file_digest(artifact.path)}:
        yield damages.OTHER_RELEASE.at(artifact.path, name=found.name, found=f"version {found.version}", pinned=pinned)


def _faults_of_bytes(artifact: Artifact) -> Iterator[ArtifactError]:
    try:
        check_bytes(artifact)
    except ArtifactCorruptError as error:
        # The bytes are others; where SQLite stumbles over them, that says more.
        yield from (fault for fault in _faults_of_contents(artifact) if fault.code == damages.CORRUPT_PAGE.code)
        yield error
    except ArtifactError as error:
        yield error
    else:
        yield from _faults_of_contents(artifact)


def _faults_of_contents(artifact: Artifact) -> Iterator[ArtifactError]:
    try:
        check_contents(artifact)
    except ArtifactError as error:
        yield error
