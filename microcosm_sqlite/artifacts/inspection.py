"""Look at a file just long enough to say whether it is an artifact."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from microcosm_sqlite.artifacts.headers import Header, read_header, sidecars_of
from microcosm_sqlite.artifacts.manifest import Manifest
from microcosm_sqlite.artifacts.opening import opened
from microcosm_sqlite.artifacts.parsing import from_text
from microcosm_sqlite.artifacts.queries import rows
from microcosm_sqlite.artifacts.recognition import recognise
from microcosm_sqlite.constants import FORMAT_REVISION, MANIFEST_TABLE
from microcosm_sqlite.errors import (
    ArtifactCorruptError,
    ManifestError,
    NotAnArtifactError,
    UnsupportedRevisionError,
)

#: What helps against any damage.
COPY_AGAIN: Final = "Copy the artifact again from where it was published, or build it again."


@dataclass(frozen=True, kw_only=True, slots=True)
class Artifact:
    """A sealed file with what it claims about itself.

    `manifest` is the embedded form when the artifact was only inspected, the complete one when it was verified.
    """

    path: Path
    manifest: Manifest


def inspect(path: Path) -> Artifact:
    """Return the artifact at *path* after the checks that need not read all of it.

    These are: the marker, the format revision, no unfinished work beside the file, its length, its embedded manifest.
    Damage within the file goes unseen; `verify_file` sees it.

    Raises:
        ArtifactNotFoundError: There is no file.
        NotAnArtifactError: The file was never sealed; what it seems to be is said.
        UnsupportedRevisionError: It was sealed by a version with another format.
        ArtifactCorruptError: It is not complete, too long, or still being written by someone.
        ManifestError: Its embedded manifest is missing or cannot be read.
    """
    header = read_header(path)
    _check_marker(path, header)
    _check_shape(path, header)
    return Artifact(path=path, manifest=read_embedded(path))


def read_embedded(path: Path) -> Manifest:
    """Return the manifest inside the artifact at *path*.

    Raises:
        ManifestError: There is none, or it cannot be read.
        ArtifactCorruptError: SQLite cannot read the file.
    """
    with opened(path) as connection:
        found: list[tuple[object, ...]] = []
        if connection.table_exists("main", MANIFEST_TABLE):
            query = f'SELECT "document" FROM main."{MANIFEST_TABLE}" LIMIT 2'  # noqa: S608 - The name is a constant.
            found = list(rows(connection, query))
    match found:
        case [(str(text),)]:
            return from_text(text, path=path)
        case _:
            raise ManifestError(
                path=path,
                expected=f"one manifest in table {MANIFEST_TABLE}",
                found=f"{len(found) or 'none'}",
                remedy=COPY_AGAIN,
            )


def _check_marker(path: Path, header: Header) -> None:
    if not header.is_sqlite:
        recognised = recognise(header.beginning, size_bytes=header.size_bytes)
        raise NotAnArtifactError(
            path=path, expected="a sealed artifact", found=recognised.found, remedy=recognised.remedy
        )
    if not header.is_sealed:
        raise NotAnArtifactError(
            path=path,
            expected="a sealed artifact",
            found="an SQLite database that was never sealed",
            remedy="Seal it, or bind it as a database that may change by configuring its path.",
        )
    if header.user_version != FORMAT_REVISION:
        raise UnsupportedRevisionError(
            path=path,
            expected=f"format revision {FORMAT_REVISION}",
            found=f"revision {header.user_version}",
            remedy="Use the version of microcosm-sqlite that sealed it, or build the artifact again.",
        )


def _check_shape(path: Path, header: Header) -> None:
    missing_bytes = header.expected_bytes - header.size_bytes
    if missing_bytes > 0:
        raise corrupt(
            path,
            expected=f"{header.expected_bytes} bytes",
            found=f"{header.size_bytes}: the file is cut off by {missing_bytes} bytes",
        )
    if missing_bytes < 0:
        raise corrupt(
            path,
            expected=f"{header.expected_bytes} bytes",
            found=f"{header.size_bytes}: {-missing_bytes} bytes too many at the end",
        )
    if header.is_write_ahead_logged:
        raise corrupt(
            path, expected="a file complete in itself", found="one that keeps part of its data in a write-ahead log"
        )
    if header.encoding != "UTF-8":
        raise corrupt(path, expected="text in UTF-8", found=f"text in {header.encoding}")
    sidecars = sidecars_of(path)
    if sidecars:
        names = ", ".join(sidecar.name for sidecar in sidecars)
        raise ArtifactCorruptError(
            path=path,
            expected="no unfinished work beside the artifact",
            found=names,
            remedy="Someone opened the file for writing: remove these files, then copy the artifact again.",
        )


def corrupt(path: Path, *, expected: str, found: str) -> ArtifactCorruptError:
    """Return the error that says that the file at *path* was damaged."""
    return ArtifactCorruptError(path=path, expected=expected, found=found, remedy=COPY_AGAIN)
