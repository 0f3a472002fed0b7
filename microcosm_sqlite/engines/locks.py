"""Make a forked child forget the locks that only its parent holds.

SQLite keeps, per process, a list of which file it holds which lock on. A child inherits the list but not the locks:
POSIX says locks stay with the process that took them. Left alone, every new connection of the child to a file which its
parent was reading or writing at the fork would believe it shares a lock that it does not have, and could never write.

So the child tells the VFS, through the public `sqlite3_io_methods`, that the inherited file is unlocked. No byte is
read or written, and the system calls this makes cannot touch the locks of another process.
"""

import ctypes
import sys
from typing import Any, Final

import apsw

#: VFSes whose locks are POSIX locks or live in the memory of the process. Not unix-dotfile or unix-flock: their locks
#: would be taken from the parent. Not elsewhere than Linux: the `unix` VFS of macOS chooses by file system.
_FORGETFUL: Final = frozenset({"unix", "unix-excl", "memdb"}) if sys.platform == "linux" else frozenset[str]()

#: Positions in sqlite3_io_methods, in pointers (https://sqlite.org/c3ref/io_methods.html).
_UNLOCK: Final = 8
_SHM_UNMAP: Final = 16

_NO_LOCK: Final = 0
_KEEP_FILE: Final = 0

_METHOD: Final = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int)


def file_of(native: apsw.Connection) -> int | None:
    """Return the address of the main database's `sqlite3_file`, or None when its locks need no forgetting.

    Asked for when the connection is opened: in a child it might wait for ever for a mutex of a thread it does not have.
    """
    if native.open_vfs not in _FORGETFUL:
        return None
    found = ctypes.c_void_p()
    native.file_control("main", apsw.SQLITE_FCNTL_FILE_POINTER, ctypes.addressof(found))
    return found.value


def forget(file: int) -> None:
    """Drop the locks on *file*, also those on the shared memory of a write-ahead log, from this process's list."""
    methods: Any = ctypes.cast(file, ctypes.POINTER(ctypes.POINTER(ctypes.c_void_p)))[0]
    if not methods:
        return  # A database in memory has no methods.
    for position, argument in ((_SHM_UNMAP, _KEEP_FILE), (_UNLOCK, _NO_LOCK)):
        if methods[position]:
            _METHOD(methods[position])(file, argument)
