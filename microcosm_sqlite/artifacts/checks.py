"""Check the shape of an artifact without reading all of it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from microcosm_sqlite.artifacts.headers import Header, read_header, sidecars_of
from microcosm_sqlite.artifacts.opening import opened
from microcosm_sqlite.artifacts.queries import rows
from microcosm_sqlite.artifacts.recognition import stranger
from microcosm_sqlite.artifacts.views import check_views
from microcosm_sqlite.constants import FORMAT_REVISION, MANIFEST_TABLE
from microcosm_sqlite.errors import ArtifactError
from microcosm_sqlite.faults import damages

#: More than the manifest of any artifact is long; a longer text is not even read.
MANIFEST_BYTES: Final = 4 * 2**20

#: How much of a file is looked at to find out what lengthened it.
_SAMPLE_BYTES: Final = 2**20

#: So many line feeds that none stands alone by chance.
_LINE_FEEDS: Final = 8


def check_shape(path: Path) -> None:
    """Check the marker, the format revision, the length, and that no unfinished work lies beside the file.

    Raises:
        ArtifactNotFoundError: There is no file.
        NotAnArtifactError: The file was never sealed; what it seems to be is said.
        UnsupportedRevisionError: It was sealed by a version with another format.
        ArtifactCorruptError: It is not complete, too long, or still being written by someone.
    """
    header = read_header(path)
    check_marker(path, header)
    for error in (*faults_of_file(path, header), *faults_beside(path)):
        raise error


def check_alone(path: Path) -> None:
    """Check that no unfinished work lies beside the artifact at *path*; raise `ArtifactCorruptError` if some does."""
    for error in faults_beside(path):
        raise error


def check_marker(path: Path, header: Header) -> None:
    """Check that a file with this *header* was sealed, in the format revision of this package.

    Raises:
        NotAnArtifactError: The file was never sealed; what it seems to be is said.
        ArtifactCorruptError: It is only the beginning of an artifact.
        UnsupportedRevisionError: It was sealed by a version with another format.
    """
    if not header.is_sealed:
        raise stranger(path, header=header)
    if header.user_version != FORMAT_REVISION:
        is_newer = header.user_version > FORMAT_REVISION
        fault = damages.NEWER_REVISION if is_newer else damages.OLDER_REVISION
        raise fault.at(path, revision=header.user_version)


def faults_of_file(path: Path, header: Header) -> Iterator[ArtifactError]:
    """Yield what the *header* of the artifact at *path* says against it."""
    missing_bytes = header.expected_bytes - header.size_bytes
    sizes: dict[str, Any] = {"expected_bytes": header.expected_bytes, "size_bytes": header.size_bytes}
    if missing_bytes > 0:
        yield damages.TRUNCATED.at(path, missing_bytes=missing_bytes, **sizes)
    elif missing_bytes < 0 and _has_converted_line_ends(path):
        yield damages.LINE_ENDINGS.at(path, **sizes)
    elif missing_bytes < 0:
        yield damages.TRAILING_BYTES.at(path, extra_bytes=-missing_bytes, **sizes)
    if header.is_write_ahead_logged:
        yield damages.WAL_HEADER.at(path)
    if header.encoding != "UTF-8":
        yield damages.UTF_16.at(path, encoding=header.encoding)


def faults_beside(path: Path) -> Iterator[ArtifactError]:
    """Yield what lies beside the artifact at *path* and should not: unfinished work."""
    names = [sidecar.name for sidecar in sidecars_of(path)]
    journals = [name for name in names if name.endswith("-journal")]
    logs = [name for name in names if name not in journals]
    if journals:
        yield damages.LEFTOVER_JOURNAL.at(path, names=", ".join(journals))
    if logs:
        yield damages.LEFTOVER_WAL.at(path, names=", ".join(logs))


def embedded_text(path: Path) -> str:
    """Return the text of the manifest inside the artifact at *path*.

    Raises:
        ManifestError: There is none, or one of an insane length.
        ArtifactCorruptError: SQLite cannot read the file.
    """
    with opened(path) as connection:
        check_views(connection, path=path)
        if not (columns := list(rows(connection, _COLUMNS))):
            raise damages.INNER_MANIFEST_MISSING.at(path, count="none")
        if columns != [("document", "TEXT", 0)]:
            raise damages.INNER_MANIFEST_DAMAGED.at(path, found="a table of another make")
        found = list(rows(connection, _EMBEDDED, MANIFEST_BYTES))
    match found:
        case [(str(text),)]:
            return text
        case [_]:
            raise damages.INNER_MANIFEST_DAMAGED.at(path, found=f"no text of at most {MANIFEST_BYTES} bytes")
        case _:
            raise damages.INNER_MANIFEST_MISSING.at(path, count=len(found) or "none")


#: No column of the table may be computed: computing it could take for ever.
_COLUMNS: Final = f"SELECT name, type, hidden FROM pragma_table_xinfo('{MANIFEST_TABLE}', 'main')"  # noqa: S608 - as above

#: The length of a text is known without reading it, so only one of a sane length is read.
_EMBEDDED: Final = f"""
    SELECT CASE WHEN octet_length("document") <= ?1 THEN "document" END FROM main."{MANIFEST_TABLE}" LIMIT 2
"""  # noqa: S608 - The name is a constant.


def _has_converted_line_ends(path: Path) -> bool:
    with path.open("rb") as file:
        sample = file.read(_SAMPLE_BYTES)
    return sample.count(b"\n") == sample.count(b"\r\n") >= _LINE_FEEDS
