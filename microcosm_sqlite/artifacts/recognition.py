"""Tell by its first bytes what a file is that should have been an artifact."""

import re
from collections import Counter
from math import log2
from pathlib import Path
from typing import Any, Final, NamedTuple

from microcosm_sqlite.artifacts.headers import HEADER_BYTES, MAGIC, Header, parse_header
from microcosm_sqlite.errors import ArtifactError
from microcosm_sqlite.faults import strangers
from microcosm_sqlite.faults.fault import Fault

#: How much of a file is looked at to recognise it.
BEGINNING_BYTES: Final = 4096

#: The smallest page of a database; one that was encrypted is still a whole number of pages.
_PAGE_BYTES: Final = 512

#: Bits in a byte of data without a pattern: 8 of 8 in the long run, 7.6 on average in the smallest page; text has 5.
_ENCRYPTED_BITS: Final = 7.2

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"

#: How texts begin that are often found in the place of an artifact; compared in lower case, after white space.
_TEXTS: Final[tuple[tuple[bytes, Fault], ...]] = (
    (b"version https://git-lfs", strangers.LFS_POINTER),
    (b"/annex/objects/", strangers.ANNEX_POINTER),
    (b"<!doctype html", strangers.HTML),
    (b"<html", strangers.HTML),
    (b"<head", strangers.HTML),
    (b"<body", strangers.HTML),
    (b"<?xml", strangers.XML),
    (b"<error", strangers.XML),
    (b"{", strangers.JSON),
    (b"[", strangers.JSON),
)

#: How packed files begin, with the command that unpacks them.
_PACKED: Final[tuple[tuple[bytes, Fault, dict[str, str]], ...]] = (
    (b"\x1f\x8b", strangers.GZIP, {"command": "gzip -d"}),
    (b"\x28\xb5\x2f\xfd", strangers.ZSTANDARD, {"command": "zstd -d"}),
    (b"\xfd7zXZ\x00", strangers.XZ, {"command": "xz -d"}),
    (b"BZh", strangers.BZIP2, {"command": "bzip2 -d"}),
    (b"PK\x03\x04", strangers.ZIP, {"command": "unzip"}),
    (b"PK\x05\x06", strangers.ZIP, {"command": "unzip"}),
    (b"\x04\x22\x4d\x18", strangers.OTHER_ARCHIVE, {"kind": "LZ4", "command": "lz4 -d"}),
    (b"7z\xbc\xaf\x27\x1c", strangers.OTHER_ARCHIVE, {"kind": "7-Zip", "command": "7z x"}),
)

#: Where an archive of tar says that it is one.
_TAR: Final = slice(257, 262)

#: What the manifest of an artifact begins with, its keys being sorted.
_MANIFEST: Final = b"https://datapackage.org/profiles/"

#: What a page or an error message of a server says of itself.
_TITLE: Final = re.compile(rb"<(?:title|Code)>\s*([ -;=-~]{1,80}?)\s*</", re.IGNORECASE)

#: Control characters that no text holds.
_NO_TEXT: Final = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


class Recognised(NamedTuple):
    """What a file is: a fault with its facts."""

    fault: Fault
    facts: dict[str, Any]

    @property
    def words(self) -> str:
        """What the file is, in words."""
        return self.fault.found.format_map(self.facts)


def stranger(path: Path, *, header: Header, expected: str | None = None) -> ArtifactError:
    """Return the error that says what the file at *path* is, whose *header* is that of no database or a foreign one."""
    with path.open("rb") as file:
        beginning = file.read(BEGINNING_BYTES)
    fault, facts = recognise(beginning, size_bytes=header.size_bytes)
    return fault.at(path, expected=expected, **facts)


def recognise(beginning: bytes, *, size_bytes: int) -> Recognised:
    """Return what a file of *size_bytes* is that begins like this but is not an artifact."""
    if not beginning:
        return Recognised(strangers.EMPTY, {})
    if beginning.startswith(MAGIC) or MAGIC.startswith(beginning):
        return _foreign_database(beginning, size_bytes)
    packed = _packed(beginning)
    if packed is not None:
        return packed
    if _is_text(beginning):
        return _text(beginning.removeprefix(_BYTE_ORDER_MARK).lstrip())
    return _bytes(beginning, size_bytes)


def _foreign_database(beginning: bytes, size_bytes: int) -> Recognised:
    header = parse_header(beginning[:HEADER_BYTES], size_bytes=size_bytes)
    if not header.is_sqlite:
        return Recognised(strangers.STUMP, {"size_bytes": size_bytes})
    # SQLCipher can leave the header readable; the rest of the first page holds the schema, which has a pattern.
    if _is_without_pattern(beginning[HEADER_BYTES : header.page_bytes]):
        return Recognised(strangers.ENCRYPTED, {"size_bytes": size_bytes})
    return Recognised(strangers.NEVER_SEALED, {})


def _packed(beginning: bytes) -> Recognised | None:
    for prefix, fault, facts in _PACKED:
        if beginning.startswith(prefix):
            return Recognised(fault, facts)
    if beginning[_TAR] == b"ustar":
        return Recognised(strangers.OTHER_ARCHIVE, {"kind": "tar", "command": "tar -xf"})
    return None


def _bytes(beginning: bytes, size_bytes: int) -> Recognised:
    size = {"size_bytes": size_bytes}
    if not any(beginning):
        return Recognised(strangers.ZEROES, size)
    if size_bytes % _PAGE_BYTES == 0 and _is_without_pattern(beginning):
        return Recognised(strangers.ENCRYPTED, size)
    return Recognised(strangers.NO_DATABASE, {**size, "beginning": str(beginning[:16])})


def _text(start: bytes) -> Recognised:
    lower = start.lower()
    fault = next((fault for prefix, fault in _TEXTS if lower.startswith(prefix)), strangers.TEXT)
    if fault is strangers.XML and (b"<!doctype html" in lower or b"<html" in lower):
        fault = strangers.HTML
    if fault is strangers.JSON and _MANIFEST in lower:
        return Recognised(strangers.MANIFEST_ITSELF, {})
    if fault in {strangers.HTML, strangers.XML}:
        title = _TITLE.search(start)
        return Recognised(fault, {"title": f" ({title[1].decode('ascii')})" if title else ""})
    if fault is strangers.TEXT:
        return Recognised(fault, {"beginning": start[:40].decode(errors="replace")})
    return Recognised(fault, {})


def _is_text(beginning: bytes) -> bool:
    # The last character may have been cut in two.
    longest_character = 4
    for missing in range(longest_character):
        try:
            beginning[: len(beginning) - missing].decode()
        except UnicodeDecodeError:
            continue
        return not _NO_TEXT.search(beginning)
    return False


def _is_without_pattern(sample: bytes) -> bool:
    if len(sample) < _PAGE_BYTES - HEADER_BYTES:
        return False
    counts = Counter(sample).values()
    bits = -sum(count / len(sample) * log2(count / len(sample)) for count in counts)
    return bits > _ENCRYPTED_BITS
