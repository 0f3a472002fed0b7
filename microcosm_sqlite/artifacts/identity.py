"""Tell one state of a file from another without reading it."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

from microcosm_sqlite.artifacts.places import manifest_path
from microcosm_sqlite.errors import ArtifactError

_Result = TypeVar("_Result")

#: How often a check is begun anew because the artifact was published afresh meanwhile: more often than one in a
#: million readers needs who begins with it while a small one is published without a pause.
_ATTEMPTS: Final = 50


class Identity(NamedTuple):
    """Which file it is, and which state of it.

    `changed_ns` is what makes it worth something: a program can set the time of modification back, that of the change
    of the inode only the kernel sets. (On Windows it is the time of creation.)
    """

    device: int
    inode: int
    size_bytes: int
    modified_ns: int
    changed_ns: int


def identity_of(path: Path) -> Identity:
    """Return the identity of the file that *path* leads to; raise `OSError` where there is none."""
    found = os.stat(path)  # noqa: PTH116 - Path.stat costs twice as much, and every bind pays it.
    return Identity(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def identity_if_any(path: Path) -> Identity | None:
    """Return the identity of the file that *path* leads to, or None where there is none to be seen."""
    try:
        return identity_of(path)
    except OSError:
        return None


def while_unchanged(path: Path, check: Callable[[Path], _Result]) -> _Result:
    """Return what *check* returns for the artifact at *path*; begin anew if that was replaced while it failed."""
    for _ in range(_ATTEMPTS - 1):
        before = _identities(path)
        try:
            return check(path)
        except ArtifactError:
            if _identities(path) == before:
                raise
    return check(path)


def _identities(path: Path) -> list[Identity | None]:
    return [identity_if_any(file) for file in (path, manifest_path(path))]
