"""Name what may be wrong with an artifact or its manifest."""

from typing import Final

from microcosm_sqlite.constants import FORMAT_REVISION, MANIFEST_TABLE
from microcosm_sqlite.errors import (
    ArtifactCorruptError,
    ArtifactError,
    ManifestError,
    PinnedReleaseError,
    UnsupportedRevisionError,
    WrongArtifactError,
)
from microcosm_sqlite.faults.fault import Fault

_COPY: Final = "copy the artifact again from where it was published, or build it again."

#: What helps against any damage.
COPY_AGAIN: Final = _COPY.capitalize()

_COPY_BOTH: Final = "Copy both files again from where they were published."
_MANIFEST_NEEDED: Final = (
    "Copy both files from where they were published. "
    'Without it only the length can be checked: sqlite.verify = "size" does that.'
)
_NOT_BY_HAND: Final = (
    "Publish the artifact again, or restore the manifest that came with it; it is not written by hand."
)
_SOMEONE_WROTE: Final = "Someone opened the file for writing: remove what lies beside it, then copy the artifact again."

# An artifact that is not for this program.

NEWER_REVISION: Final = Fault(
    "MSQ-NEWER-REVISION",
    UnsupportedRevisionError,
    "revision {revision}, which is newer",
    "Upgrade microcosm-sqlite to the version that sealed it, or later.",
    f"format revision {FORMAT_REVISION}",
)
OLDER_REVISION: Final = Fault(
    "MSQ-OLDER-REVISION",
    UnsupportedRevisionError,
    "revision {revision}, which is older",
    "Build the artifact again, or use the version of microcosm-sqlite that sealed it.",
    f"format revision {FORMAT_REVISION}",
)
OTHER_DATA_SET: Final = Fault(
    "MSQ-OTHER-DATA-SET",
    WrongArtifactError,
    "one of {found!r}, version {version}",
    "Correct sqlite.paths.{name} or the entry point, or bind it under its own name.",
    "an artifact of data set {name!r}",
)
OTHER_RELEASE: Final = Fault(
    "MSQ-OTHER-RELEASE",
    PinnedReleaseError,
    "{found}",
    "Ship that release, or change the pin if another one is wanted.",
    "the release of data set {name!r} that sqlite.pins.{name} names, {pinned}",
)
FEATURE_MISSING: Final = Fault(
    "MSQ-FEATURE-MISSING",
    ArtifactError,
    "one that needs {feature}, and SQLite {version} as it is installed here has it not",
    "Install a build of APSW that has it, or build the data set without it.",
    "an artifact this SQLite can read",
)

# An artifact that was damaged.

TRUNCATED: Final = Fault(
    "MSQ-TRUNCATED",
    ArtifactCorruptError,
    "{size_bytes}: the file is cut off by {missing_bytes} bytes",
    COPY_AGAIN,
    "{expected_bytes} bytes",
)
TRAILING_BYTES: Final = Fault(
    "MSQ-TRAILING-BYTES",
    ArtifactCorruptError,
    "{size_bytes}: {extra_bytes} bytes too many at the end",
    COPY_AGAIN,
    "{expected_bytes} bytes",
)
LINE_ENDINGS: Final = Fault(
    "MSQ-LINE-ENDINGS",
    ArtifactCorruptError,
    "{size_bytes}: every line feed in it was turned into carriage return and line feed",
    "Mark *.sqlite as binary (`*.sqlite binary` in .gitattributes, binary mode in FTP), then copy it again.",
    "{expected_bytes} bytes",
)
WAL_HEADER: Final = Fault(
    "MSQ-WAL-HEADER",
    ArtifactCorruptError,
    "one that keeps part of its data in a write-ahead log",
    "Someone opened it for writing since it was sealed: " + _COPY,
    "a file complete in itself",
)
UTF_16: Final = Fault("MSQ-UTF-16", ArtifactCorruptError, "text in {encoding}", COPY_AGAIN, "text in UTF-8")
LEFTOVER_WAL: Final = Fault(
    "MSQ-LEFTOVER-WAL",
    ArtifactCorruptError,
    "{names}",
    _SOMEONE_WROTE,
    "no unfinished work beside the artifact",
)
LEFTOVER_JOURNAL: Final = Fault(
    "MSQ-LEFTOVER-JOURNAL",
    ArtifactCorruptError,
    "{names}",
    _SOMEONE_WROTE,
    "no unfinished work beside the artifact",
)
WRONG_SIZE: Final = Fault(
    "MSQ-WRONG-SIZE", ArtifactCorruptError, "{size_bytes}", COPY_AGAIN, "{claims} bytes by its manifest"
)
WRONG_DIGEST: Final = Fault(
    "MSQ-WRONG-DIGEST", ArtifactCorruptError, "{size_bytes} bytes with {digest}", COPY_AGAIN, "the file digest {claims}"
)
CORRUPT_PAGE: Final = Fault(
    "MSQ-CORRUPT-PAGE",
    ArtifactCorruptError,
    "one it cannot read: {complaint}",
    COPY_AGAIN,
    "a database SQLite can read",
)
OTHER_SCHEMA: Final = Fault("MSQ-OTHER-SCHEMA", ArtifactCorruptError, "{found}", COPY_AGAIN, "the schema {claimed}")
OTHER_ROWS: Final = Fault(
    "MSQ-OTHER-ROWS", ArtifactCorruptError, "{found} ({difference})", COPY_AGAIN, "the content digest {claimed}"
)
NOT_UTF_8: Final = Fault("MSQ-NOT-UTF-8", ArtifactCorruptError, "{found}", COPY_AGAIN, "text in UTF-8")

# Its manifest.

INNER_MANIFEST_MISSING: Final = Fault(
    "MSQ-INNER-MANIFEST-MISSING", ManifestError, "{count}", COPY_AGAIN, f"one manifest in table {MANIFEST_TABLE}"
)
INNER_MANIFEST_DAMAGED: Final = Fault(
    "MSQ-INNER-MANIFEST-DAMAGED", ManifestError, "{found}", COPY_AGAIN, f"a manifest in table {MANIFEST_TABLE}"
)
MANIFEST_MISSING: Final = Fault(
    "MSQ-MANIFEST-MISSING",
    ManifestError,
    "no such file",
    _MANIFEST_NEEDED,
    "the manifest that belongs beside the artifact",
)
MANIFEST_UNREADABLE: Final = Fault(
    "MSQ-MANIFEST-UNREADABLE",
    ManifestError,
    "the refusal {refusal!r}",
    "Give this user permission to read it.",
    "the manifest that belongs beside the artifact",
)
MANIFEST_DAMAGED: Final = Fault(
    "MSQ-MANIFEST-DAMAGED", ManifestError, "{found}", _NOT_BY_HAND, "the manifest of a sealed artifact"
)
MANIFEST_REVISION: Final = Fault(
    "MSQ-MANIFEST-REVISION",
    ManifestError,
    "revision {revision}",
    "Use the version of microcosm-sqlite that wrote it, or build the artifact again.",
    f"format revision {FORMAT_REVISION}",
)
MANIFEST_OF_ANOTHER: Final = Fault(
    "MSQ-MANIFEST-OF-ANOTHER",
    ManifestError,
    "that of another one ({found}; different: {difference})",
    _COPY_BOTH,
    "the manifest of this artifact ({inside})",
)
MANIFEST_EDITED: Final = Fault(
    "MSQ-MANIFEST-EDITED",
    ManifestError,
    "one that has the digest of its file but says otherwise in: {difference} ({found})",
    _COPY_BOTH,
    "the manifest of this artifact ({inside})",
)
MANIFEST_INCOMPLETE: Final = Fault(
    "MSQ-MANIFEST-INCOMPLETE",
    ManifestError,
    "neither or only one of them",
    "Copy the manifest again from where the artifact was published.",
    "the size and the digest of the file",
)

# What a hostile file may try.

RUNAWAY: Final = Fault(
    "MSQ-RUNAWAY",
    ArtifactError,
    "one on which a statement did not come to an end and was stopped",
    "Do not trust the file before someone has looked at its views and tables; " + _COPY,
    "an artifact that can be read through",
)
TOO_BIG: Final = Fault(
    "MSQ-TOO-BIG",
    ArtifactError,
    "something beyond the limits a sealed file is opened with: {complaint}",
    "Do not trust the file before someone has looked at it; if it is right, build it with smaller values.",
    "values and statements of a sane size",
)
UNSAFE_SCHEMA: Final = Fault(
    "MSQ-UNSAFE-SCHEMA",
    ArtifactError,
    "a view, a trigger or a generated column that was refused: {complaint}",
    "Do not trust the file before someone has looked at its schema; build it again without what is refused.",
    "a schema that only reads its own rows",
)
SQLITE_REFUSES: Final = Fault(
    "MSQ-SQLITE-REFUSES",
    ArtifactCorruptError,
    "one it cannot read: {complaint}",
    COPY_AGAIN,
    "a database SQLite can read",
)
