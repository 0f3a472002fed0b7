"""Give a build a folder of its own that does not outlive it.

A process that is killed clears nothing. So each holds a lock on its folder, which the operating system takes away from
the dead, and who comes next removes the folders that nobody holds. Where there is no `flock` (Windows) the dead cannot
be told from the living: there, what they left is removed by hand.
"""

import os
import re
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import rmtree
from tempfile import gettempdir, mkdtemp
from typing import Final

if sys.platform != "win32":
    import fcntl

_PREFIX: Final = "microcosm-sqlite-build-"

#: What `mkdtemp` makes of the prefix; nothing else of that name is ours to remove.
_NAME: Final = re.compile(re.escape(_PREFIX) + "[a-z0-9_]{8}")


@contextmanager
def scratch_folder(within: Path | None = None) -> Generator[Path]:
    """Yield a new folder within that for temporary files; at the end it is removed.

    First, folders of processes that died are removed. What cannot be removed is no error: the next one tries again.
    """
    place = Path(gettempdir()) if within is None else within
    if sys.platform == "win32":
        folder = Path(mkdtemp(prefix=_PREFIX, dir=place))
        try:
            yield folder
        finally:
            remove_folder(folder)
        return
    _remove_abandoned(place)
    folder, descriptor = _new(place)
    try:
        yield folder
    finally:
        remove_folder(folder)
        _close(descriptor)


def remove_folder(folder: Path) -> None:
    """Remove *folder* with all that is in it, as far as that can be done; it need not exist."""
    # Some errors come through in spite of the argument.
    with suppress(OSError):
        rmtree(folder, ignore_errors=True)


def _new(place: Path) -> tuple[Path, int]:
    """Return a new folder with the descriptor that locks it."""
    while True:
        folder = Path(mkdtemp(prefix=_PREFIX, dir=place))
        # Between these two steps it belongs to nobody, and another process may clear it away.
        with suppress(FileNotFoundError):
            descriptor = _open(folder)
            try:
                if _is_locked(descriptor) and folder.stat():
                    return folder, descriptor
            except BaseException:
                _close(descriptor)
                raise
            _close(descriptor)


def _remove_abandoned(place: Path) -> None:
    user = os.geteuid()
    folders: list[Path] = []
    with suppress(OSError):
        folders = [folder for folder in place.glob(f"{_PREFIX}*") if _NAME.fullmatch(folder.name)]
    for folder in folders:
        with suppress(OSError):
            if folder.lstat().st_uid != user:
                continue
            descriptor = _open(folder)
            try:
                if _is_locked(descriptor):
                    remove_folder(folder)
            finally:
                _close(descriptor)


def _open(folder: Path) -> int:
    return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)


def _is_locked(descriptor: int) -> bool:
    """Lock the folder unless someone else holds it, and tell whether that was done."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _close(descriptor: int) -> None:
    # Closed it is whatever is answered.
    with suppress(OSError):
        os.close(descriptor)
