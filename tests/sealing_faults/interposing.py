"""Let chosen system calls of this process fail, stop halfway or be the last."""

import ctypes
import os
import shutil
import subprocess
from enum import IntEnum
from functools import cache
from pathlib import Path

SOURCE = Path(__file__).with_name("interposer.c")


class Kind(IntEnum):
    """What happens to the chosen call; the same numbers are in interposer.c."""

    NOTHING = 0
    FAIL = 1
    FAIL_FROM = 2
    FULL_FROM = 3
    FAIL_AND_FULL = 4
    HALVE = 5
    KILL = 6
    KILL_HALFWAY = 7


def compiled(folder: Path) -> Path | None:
    """Return the library, compiled into *folder*; None where there is no compiler, or not this kind of system."""
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    library = folder / "interposer.so"
    command = [compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(SOURCE), "-ldl"]
    return library if subprocess.run(command, capture_output=True, check=False).returncode == 0 else None


def environment(library: Path) -> dict[str, str]:
    """Return the environment of a process that shall have *library* between itself and the C library."""
    return {**os.environ, "LD_PRELOAD": str(library)}


def arm(folder: Path, kind: Kind, number: int, error: int = 0) -> None:
    """Do *kind* to the call with the *number* of those about files below *folder*, from 1, with the *error* code."""
    _functions().faults_arm(os.fsencode(folder), int(kind), ctypes.c_long(number), error)


def disarm() -> int:
    """Let all calls pass; return how many there were."""
    return int(_functions().faults_disarm())


def victim() -> str:
    """Return to which call something was done first; empty if to none."""
    return os.fsdecode(_functions().faults_victim())


@cache
def _functions() -> ctypes.CDLL:
    functions = ctypes.CDLL(None)
    functions.faults_disarm.restype = ctypes.c_long
    functions.faults_victim.restype = ctypes.c_char_p
    return functions
