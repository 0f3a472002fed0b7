"""Remember which files were verified, so that the next process need not read them whole.

What is remembered is what a file of just this identity was found to hold; whoever recalls it still compares that with
what the manifest says now. So an entry can be wrong only where a file changed and its identity did not, or where
someone else wrote the entry. Against the first, a file that changed so lately that its times may not tell the next
change is not remembered; against the second, nothing is believed that another user could have written.
"""

import json
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from microcosm_sqlite.artifacts.claims import Claims
from microcosm_sqlite.artifacts.identity import Identity
from microcosm_sqlite.constants import FORMAT_REVISION

#: Clocks of file systems tick up to every two seconds (FAT; ext4 every few milliseconds): within one tick of the last
#: change, another one leaves all times as they are.
TICK_NS: Final = 2_000_000_000

#: More entries than a computer has artifacts; when there are more, the oldest are removed.
_MOST_ENTRIES: Final = 512

#: More bytes than an entry needs.
_MOST_BYTES: Final = 4096

#: The folder within that of the cache; a later way of writing entries gets another number before the dot.
_FOLDER: Final = f"verified-1.{FORMAT_REVISION}"

#: There the field holds the time of creation.
_HAS_NO_TIME_OF_CHANGE: Final = os.name == "nt"

_OTHERS_MAY_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH

#: Windows has neither; there, folders of a user are closed to others anyway.
_NO_FOLLOW: Final[int] = getattr(os, "O_NOFOLLOW", 0)
_user: Final[Callable[[], int] | None] = getattr(os, "geteuid", None)

#: What this process has verified or recalled, whichever graph it was for.
_in_process: Final[dict[Identity, Claims]] = {}


class Memory:
    """What verified files were found to be: in this process, and in a folder for the next one.

    No failure of the folder is an error: what cannot be recalled is verified again. Threads and processes may share it.

    Args:
        folder: The cache folder of this user, made when it is missing; None to remember in this process only.
        now_ns: Says what time it is.
        known: What is remembered in this process; by default, what all memories of the process share.
    """

    def __init__(
        self, folder: Path | None, *, now_ns: Callable[[], int], known: dict[Identity, Claims] | None = None
    ) -> None:
        self._folder = None if folder is None else folder / _FOLDER
        self._now_ns = now_ns
        self._known = _in_process if known is None else known

    def recall(self, identity: Identity) -> Claims | None:
        """Return what a file of this *identity* was found to be when it was verified, or None."""
        claims = self._known.get(identity)
        if claims is None and self._folder is not None and _is_private(self._folder):
            claims = _read(_entry(self._folder, identity), identity)
            if claims is not None:
                self._keep(identity, claims)
        return claims

    def is_settled(self, identity: Identity) -> bool:
        """Tell whether a change after now would show in the identity; ask before the file is read."""
        changed_ns = identity.modified_ns if _HAS_NO_TIME_OF_CHANGE else identity.changed_ns
        return self._now_ns() - changed_ns > TICK_NS

    def remember(self, identity: Identity, claims: Claims) -> None:
        """Remember that a file of this *identity*, settled before it was read, proved to be what *claims* says."""
        self._keep(identity, claims)
        if self._folder is None:
            return
        with suppress(OSError):
            self._folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._folder.mkdir(mode=0o700, exist_ok=True)
            if _is_private(self._folder):
                _write(_entry(self._folder, identity), identity, claims)
                _forget_oldest(self._folder)

    def _keep(self, identity: Identity, claims: Claims) -> None:
        if len(self._known) >= _MOST_ENTRIES:
            self._known.clear()
        self._known[identity] = claims


def _entry(folder: Path, identity: Identity) -> Path:
    # By file, not by state: what is remembered of an earlier state is replaced.
    return folder / f"{identity.device:x}-{identity.inode:x}.json"


def _is_private(folder: Path) -> bool:
    try:
        return _is_ours(os.stat(folder))  # noqa: PTH116 - Path.stat costs twice as much, and every bind pays it.
    except OSError:
        return False


def _is_ours(found: os.stat_result) -> bool:
    return _user is None or (found.st_uid == _user() and not found.st_mode & _OTHERS_MAY_WRITE)


def _read(entry: Path, identity: Identity) -> Claims | None:
    """Return what *entry* says of a file of this *identity*; None if it is missing, damaged, or about another state."""
    try:
        descriptor = os.open(entry, os.O_RDONLY | _NO_FOLLOW)
        try:
            if not _is_ours(os.fstat(descriptor)):
                return None
            content = os.read(descriptor, _MOST_BYTES)
        finally:
            os.close(descriptor)
        found: Any = json.loads(content)
        if found["identity"] != list(identity):
            return None
        return Claims(str(found["name"]), str(found["version"]), str(found["file_digest"]))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _write(entry: Path, identity: Identity, claims: Claims) -> None:
    content = json.dumps({"identity": identity, **claims._asdict()}).encode()
    if len(content) > _MOST_BYTES:
        return
    stage = entry.with_name(f".{entry.name}.{os.getpid()}.stage")
    try:
        descriptor = os.open(stage, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_FOLLOW, 0o600)
        with open(descriptor, "wb") as file:  # noqa: PTH123 - It is a descriptor.
            file.write(content)
        stage.replace(entry)
    finally:
        # A file in the way is one that another thread is about to rename, or that a killed process left.
        with suppress(OSError):
            stage.unlink(missing_ok=True)


def _forget_oldest(folder: Path) -> None:
    entries = list(os.scandir(folder))
    if len(entries) > _MOST_ENTRIES:
        by_age = sorted(entries, key=lambda entry: entry.stat(follow_symlinks=False).st_mtime_ns)
        for entry in by_age[: len(entries) // 2]:
            with suppress(OSError):
                os.unlink(entry.path)  # noqa: PTH108 - It is the path of an entry of scandir.
