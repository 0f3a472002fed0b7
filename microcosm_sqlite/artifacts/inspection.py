"""Look at a file just long enough to say whether it is an artifact."""

from dataclasses import dataclass
from pathlib import Path

from microcosm_sqlite.artifacts.checks import check_shape, embedded_text
from microcosm_sqlite.artifacts.manifest import Manifest
from microcosm_sqlite.artifacts.parsing import from_text
from microcosm_sqlite.faults import damages


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
        ArtifactError: Reading it does not come to an end, or goes beyond what is sane; or the system refuses.
    """
    check_shape(path)
    return Artifact(path=path, manifest=read_embedded(path))


def read_embedded(path: Path) -> Manifest:
    """Return the manifest inside the artifact at *path*.

    Raises:
        ManifestError: There is none, or it cannot be read.
        ArtifactCorruptError: SQLite cannot read the file.
        ArtifactError: Reading it does not come to an end, or goes beyond what is sane.
    """
    return from_text(embedded_text(path), path=path, fault=damages.INNER_MANIFEST_DAMAGED)
