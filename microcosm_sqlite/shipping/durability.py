"""Ask the operating system to keep what was written.

Everything POSIX alone can do is here. On Windows a folder can be neither flushed nor locked: there `locked` excludes
nobody and `flush_folder` does nothing, so publish from one process at a time; a rename reaches the disk when the file
system sees fit; and a file that someone holds open cannot be replaced, which `os.replace` reports as an error.
On macOS `os.fsync` reaches the drive, not necessarily what is behind the drive's own cache.
"""

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

if sys.platform != "win32":
    import fcntl


@contextmanager
def locked(folder: Path) -> Generator[None]:
    """Wait until no other thread or process holds *folder*, then hold it for the length of the block.

    The lock belongs to the folder itself and leaves no file behind; it ends with the process, however that ends.
    """
    if sys.platform == "win32":
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        # Closed it is whatever is answered (https://man7.org/linux/man-pages/man2/close.2.html); nothing was written.
        with suppress(OSError):
            os.close(descriptor)


def flush_file(file: BinaryIO) -> None:
    """Return when the content of *file* is on the disk."""
    file.flush()
    os.fsync(file.fileno())


def flush_folder(folder: Path) -> None:
    """Return when the names in *folder* are on the disk: without it a rename may be lost with the power."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        with suppress(OSError):  # As above.
            os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Make *folder* with its parents, as far as they are missing, such that no power cut takes them away again."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for each in missing:
        flush_folder(each.parent)
