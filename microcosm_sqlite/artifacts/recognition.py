"""Tell by its first bytes what a file is that should have been an artifact."""

from codecs import BOM_UTF8
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, kw_only=True, slots=True)
class Recognised:
    """What a file is, with the step that leads to the artifact."""

    found: str
    remedy: str


_UNPACK: Final = "Unpack it and use the file inside."
_DOWNLOAD_AGAIN: Final = (
    "A server answered with a message instead of the file: read it, correct the address or the rights, download again."
)

#: How files begin that are often found in the place of an artifact; compared in lower case.
_BEGINNINGS: Final[tuple[tuple[bytes, str, str], ...]] = (
    (
        b"version https://git-lfs",
        "a Git LFS pointer (the text that stands for the file)",
        "Run `git lfs pull` in the repository, or install the package from where the real file is.",
    ),
    (b"sqlite format 3\0", "only the first bytes of a database", "Copy the file again: it was cut off."),
    (b"<!doctype html", "a page of HTML", _DOWNLOAD_AGAIN),
    (b"<html", "a page of HTML", _DOWNLOAD_AGAIN),
    (b"<?xml", "an XML document", _DOWNLOAD_AGAIN),
    (b"<error", "an XML error message", _DOWNLOAD_AGAIN),
    (b"{", "a JSON document", _DOWNLOAD_AGAIN),
    (b"\x1f\x8b", "a gzip archive", _UNPACK),
    (b"pk\x03\x04", "a zip archive", _UNPACK),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive", _UNPACK),
    (b"\xfd7zxz\x00", "an xz archive", _UNPACK),
    (b"bzh", "a bzip2 archive", _UNPACK),
)


def recognise(beginning: bytes, *, size_bytes: int) -> Recognised:
    """Return what a file of *size_bytes* is that begins like this but is not an SQLite database."""
    if size_bytes == 0:
        return Recognised(found="an empty file", remedy="Build the data set again, or copy the file again.")
    start = beginning.removeprefix(BOM_UTF8).lstrip().lower()
    for prefix, found, remedy in _BEGINNINGS:
        if start.startswith(prefix):
            return Recognised(found=found, remedy=remedy)
    return Recognised(
        found=f"{size_bytes} bytes that are no SQLite database (they begin {beginning[:16]!r})",
        remedy="Correct the path, or copy the artifact again from where it was published.",
    )
