"""Give a build processes that convert rows for it."""

import os
import signal
from collections.abc import Callable, Generator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from multiprocessing import get_all_start_methods, get_context, parent_process
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Thread
from typing import Any, Final, TypeVar

import click

from microcosm_sqlite.builders.ahead import available_cores
from microcosm_sqlite.builders.options import LoadOptions
from microcosm_sqlite.errors import WorkersFailedError
from microcosm_sqlite.workbench import Workbench

CallableT = TypeVar("CallableT", bound=Callable[..., Any])

#: From so many bytes on a file gets processes that nobody asked for: about a second of converting, twice as long as
#: they take to start.
_LARGE_BYTES: Final = 16 * 2**20

#: How many processes there are at most if nobody says how many: one writer keeps that many busy only where converting
#: takes very long, and each takes 55 MB.
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


class Workers:
    """Processes that begin when they are first needed: *count*, or as many as seem right, for large files only."""

    def __init__(self, count: int | None, ending: ExitStack) -> None:
        self._is_asked = count is not None
        self._count = _cores() if count is None else count
        self._ending = ending
        self._pool: Executor | None = None

    def executor_for(self, path: Path) -> Executor | None:
        """Return what converts the rows of a file; None when nobody but this process does.

        Raises:
            WorkersFailedError: processes were asked for, and the system has none.
        """
        if not self._count or not (self._is_asked or (self._count > 1 and path.stat().st_size >= _LARGE_BYTES)):
            return None
        if self._pool is None:
            try:
                self._pool = self._ending.enter_context(_pool(self._count))
            except (OSError, ImportError, NotImplementedError) as error:
                # Where memory cannot be shared, as on some platforms that run one function.
                if self._is_asked:
                    raise _no_processes(self._count, error) from error
                self._count = 0
        return self._pool

    def load(self, bench: Workbench, model: type[Any], path: Path, options: LoadOptions) -> None:
        """Load a file; where processes fail that nobody asked for, without them."""
        with_workers, alone = options.copy(), options.copy()
        with_workers["executor"], alone["executor"] = self.executor_for(path), None
        try:
            bench.load(model, path, **with_workers)
        except WorkersFailedError as error:
            if self._is_asked:
                raise
            click.echo(f"Warning: {error} Going on without workers.", err=True)
            self._count = 0
            bench.load(model, path, **alone)


@contextmanager
def workers_for(count: int | None) -> Generator[Workers]:
    """Yield workers, which end with the block."""
    with ExitStack() as ending:
        yield Workers(count, ending)


def _pool(count: int) -> ProcessPoolExecutor:
    # Not copies of this process, which may have threads by now.
    method = "forkserver" if "forkserver" in get_all_start_methods() else "spawn"
    return ProcessPoolExecutor(count, mp_context=get_context(method), initializer=_attend)


def _no_processes(count: int, error: Exception) -> WorkersFailedError:
    return WorkersFailedError(
        source=f"--workers {count}",
        expected="a system that lets processes work together",
        found=f"{type(error).__name__}: {error}",
        remedy="Build with --workers 0.",
    )


def _cores() -> int:
    """Return how many processes are worth their memory."""
    return min(available_cores(), _MOST)


def _attend() -> None:
    """Get ready to work for the process that builds, as long as there is one.

    A pool cannot tell its processes of a builder that is killed, and they would wait for work forever.
    """
    _leave_signals()
    Thread(target=_end_with, args=(parent_process(),), daemon=True).start()


def _leave_signals() -> None:
    """Leave Ctrl-C, which a terminal sends to all processes, to the one that waits for the others."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _end_with(builder: BaseProcess | None) -> None:
    if builder is not None:
        builder.join()
        os._exit(1)
