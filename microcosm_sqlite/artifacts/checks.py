"""Check the shape of an artifact without reading all of it."""

from pathlib import Path
from typing import Final

from microcosm_sqlite.artifacts.headers import Header, read_header, sidecars_of
from microcosm_sqlite.artifacts.opening import opened
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


def check_shape(path: Path) -> None:
    """Check the marker, the format revision, the length, and that no unfinished work lies beside the file.

    Raises:
        ArtifactNotFoundError: There is no file.
        NotAnArtifactError: The file was never sealed; what it seems to be is said.
        UnsupportedRevisionError: It was sealed by a version with another format.
        ArtifactCorruptError: It is not complete, too long, or still being written by someone.
    """
    header = read_header(path)
    _check_marker(path, header)
    _check_length(path, header)
    _check_finished(path, header)
    check_alone(path)


def check_alone(path: Path) -> None:
    """Check that no unfinished work lies beside the artifact at *path*; raise `ArtifactCorruptError` if some does."""
    sidecars = sidecars_of(path)
    if sidecars:
        names = ", ".join(sidecar.name for sidecar in sidecars)
        raise ArtifactCorruptError(
            path=path,
            expected="no unfinished work beside the artifact",
            found=names,
            remedy="Someone opened the file for writing: remove these files, then copy the artifact again.",
        )


def embedded_text(path: Path) -> str:
    """Return the text of the manifest inside the artifact at *path*.

    Raises:
        ManifestError: There is none.
        ArtifactCorruptError: SQLite cannot read the file.
    """
    with opened(path) as connection:
        found: list[tuple[object, ...]] = []
        if connection.table_exists("main", MANIFEST_TABLE):
            query = f'SELECT "document" FROM main."{MANIFEST_TABLE}" LIMIT 2'  # noqa: S608 - The name is a constant.
            found = list(rows(connection, query))
    match found:
        case [(str(text),)]:
            return text
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


def _check_length(path: Path, header: Header) -> None:
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


def _check_finished(path: Path, header: Header) -> None:
    if header.is_write_ahead_logged:
        raise corrupt(
            path, expected="a file complete in itself", found="one that keeps part of its data in a write-ahead log"
        )
    if header.encoding != "UTF-8":
        raise corrupt(path, expected="text in UTF-8", found=f"text in {header.encoding}")


def corrupt(path: Path, *, expected: str, found: str) -> ArtifactCorruptError:
    """Return the error that says that the file at *path* was damaged."""
    return ArtifactCorruptError(path=path, expected=expected, found=found, remedy=COPY_AGAIN)
