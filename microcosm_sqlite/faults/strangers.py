"""Name what is found where an artifact should be but none is."""

from typing import Final

from microcosm_sqlite.errors import ArtifactError, ArtifactNotFoundError, NotAnArtifactError
from microcosm_sqlite.faults.fault import Fault

_UNPACK: Final = "Unpack it ({command}) and use the file inside."
_ANSWER: Final = (
    "A server answered with a message instead of the file: read it, correct the address or the rights, download again."
)

# There is nothing to read.

MISSING: Final = Fault(
    "MSQ-MISSING", ArtifactNotFoundError, "nothing{hint}", "Correct the path, or build and publish the artifact there."
)
DANGLING_LINK: Final = Fault(
    "MSQ-DANGLING-LINK",
    ArtifactNotFoundError,
    "a symbolic link to {target}, which does not exist",
    "Correct the link, or put the artifact where it leads.",
)
INSIDE_ARCHIVE: Final = Fault(
    "MSQ-INSIDE-ARCHIVE",
    ArtifactNotFoundError,
    "a path that leads into the archive {archive}, where SQLite cannot open it",
    "Install the distribution unpacked, with pip.",
    "a file on disk",
)
LINK_LOOP: Final = Fault(
    "MSQ-LINK-LOOP", ArtifactError, "symbolic links that lead in a circle", "Let the link lead to the file itself."
)
DIRECTORY: Final = Fault("MSQ-DIRECTORY", NotAnArtifactError, "a directory", "Name the file itself.")
NOT_A_FILE: Final = Fault(
    "MSQ-NOT-A-FILE", NotAnArtifactError, "something that is not a regular file", "Name the file itself."
)
UNREADABLE: Final = Fault(
    "MSQ-UNREADABLE",
    ArtifactError,
    "the refusal {refusal!r}",
    "Give this user permission to read the file and to enter its folders.",
    "a file this process may read",
)
SYSTEM_REFUSES: Final = Fault(
    "MSQ-SYSTEM-REFUSES",
    ArtifactError,
    "the refusal {refusal!r}",
    "Correct the path, or see to the disk or the network it is on.",
    "a file this system can read",
)

# Another kind of file.

EMPTY: Final = Fault(
    "MSQ-EMPTY", NotAnArtifactError, "an empty file", "Build the data set again, or copy the file again."
)
ZEROES: Final = Fault(
    "MSQ-ZEROES",
    NotAnArtifactError,
    "{size_bytes} bytes that begin with nothing but zeroes",
    "The file was given its length but never written, as after a power cut: copy it again.",
)
LFS_POINTER: Final = Fault(
    "MSQ-LFS-POINTER",
    NotAnArtifactError,
    "a Git LFS pointer (the text that stands for the file)",
    "Run `git lfs pull` in the repository, or install the package from where the real file is.",
)
ANNEX_POINTER: Final = Fault(
    "MSQ-ANNEX-POINTER",
    NotAnArtifactError,
    "a git-annex pointer (the text that stands for the file)",
    "Run `git annex get` in the repository.",
)
HTML: Final = Fault("MSQ-HTML", NotAnArtifactError, "a page of HTML{title}", _ANSWER)
XML: Final = Fault("MSQ-XML", NotAnArtifactError, "an XML document{title}", _ANSWER)
JSON: Final = Fault("MSQ-JSON", NotAnArtifactError, "a JSON document", _ANSWER)
MANIFEST_ITSELF: Final = Fault(
    "MSQ-MANIFEST-ITSELF",
    NotAnArtifactError,
    "the manifest of an artifact",
    "Name the file of the artifact, without the ending of its manifest.",
)
TEXT: Final = Fault(
    "MSQ-TEXT",
    NotAnArtifactError,
    "a text that is no SQLite database (it begins {beginning!r})",
    "Correct the path; if this is what a server answered, correct the address or the rights and download again.",
)
GZIP: Final = Fault("MSQ-GZIP", NotAnArtifactError, "a gzip archive", _UNPACK)
ZSTANDARD: Final = Fault("MSQ-ZSTANDARD", NotAnArtifactError, "a Zstandard archive", _UNPACK)
XZ: Final = Fault("MSQ-XZ", NotAnArtifactError, "an xz archive", _UNPACK)
BZIP2: Final = Fault("MSQ-BZIP2", NotAnArtifactError, "a bzip2 archive", _UNPACK)
ZIP: Final = Fault("MSQ-ZIP", NotAnArtifactError, "a zip archive", _UNPACK)
OTHER_ARCHIVE: Final = Fault("MSQ-OTHER-ARCHIVE", NotAnArtifactError, "a {kind} archive", _UNPACK)
ENCRYPTED: Final = Fault(
    "MSQ-ENCRYPTED",
    NotAnArtifactError,
    "{size_bytes} bytes without a pattern, as an encrypted database has them (SQLCipher and the like)",
    "Decrypt it with the program that encrypted it, then build and seal the data set from that.",
)
NO_DATABASE: Final = Fault(
    "MSQ-NO-DATABASE",
    NotAnArtifactError,
    "{size_bytes} bytes that are no SQLite database (they begin {beginning})",
    "Correct the path, or copy the artifact again from where it was published.",
)
STUMP: Final = Fault(
    "MSQ-STUMP",
    NotAnArtifactError,
    "only the first {size_bytes} bytes of a database",
    "Copy the file again: it was cut off.",
)
NEVER_SEALED: Final = Fault(
    "MSQ-NEVER-SEALED",
    NotAnArtifactError,
    "an SQLite database that was never sealed",
    "Seal it, or bind it as a database that may change by configuring its path.",
)
