"""Give a build processes that convert rows for it."""

import os
import signal
from collections.abc import Callable, Generator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_all_start_methods, get_context
from pathlib import Path
from typing import Any, Final, TypeVar

import click

CallableT = TypeVar("CallableT", bound=Callable[..., Any])

#: From so many bytes on a file gets processes that nobody asked for: about a second of converting, twice as long as
#: they take to start.
_LARGE_BYTES: Final = 16 * 2**20

#: How many processes there are at most if nobody says how many: one writer keeps that many busy only where converting
#: takes very long, and each takes 60 MB.
_MOST: Final = 4


def workers_option(command: CallableT) -> CallableT:
    """Add `--workers`, passed to the command as `workers`: a number, or None."""
    return click.option(
        "--workers",
        type=click.IntRange(min=0),
        metavar="N",
        help="Convert in so many processes what Python reads; 0: in none. [large files: in as many as there are "
        f"cores, at most {_MOST}]",
    )(command)


@contextmanager
def workers_for(count: int | None) -> Generator[Callable[[Path], Executor | None]]:
    """Yield what returns the processes for the rows of a file: *count*, or as many as seem right.

    They begin when they are first needed, and end with the block.
    """
    number = _cores() if count is None else count
    if number == 0 or (count is None and number == 1):
        yield _nobody
        return
    # Not a copy of this process, which may have threads by now.
    method = "forkserver" if "forkserver" in get_all_start_methods() else "spawn"
    with ProcessPoolExecutor(number, mp_context=get_context(method), initializer=_leave_signals) as pool:
        yield lambda path: pool if count is not None or path.stat().st_size >= _LARGE_BYTES else None


def _cores() -> int:
    """Return how many cores this process may use, as far as that is known, but not too many."""
    known = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(known, _MOST)


def _nobody(_: Path) -> None:
    """Return None: everything is done here."""


def _leave_signals() -> None:
    """Leave Ctrl-C, which a terminal sends to all processes, to the one that waits for the others."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
