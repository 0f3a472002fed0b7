"""Turn what goes wrong into a message on stderr with an exit code."""

import os
import sys
import traceback
from collections.abc import Generator
from contextlib import contextmanager, suppress
from enum import IntEnum
from io import UnsupportedOperation
from typing import Final

import click

from microcosm_sqlite.cmd.options import is_debugging
from microcosm_sqlite.errors import SQLiteError


class ExitCode(IntEnum):
    """What the exit code of a command means."""

    OK = 0
    FAILED = 1
    USAGE = 2
    NOT_FOUND = 3
    #: 128 and the number of the signal, as a shell reports it.
    INTERRUPTED = 130
    BROKEN_PIPE = 141


_NOT_FOUND: Final = 404


def exit_code_of(error: SQLiteError) -> ExitCode:
    """Return the exit code that says the same as *error*."""
    return ExitCode.NOT_FOUND if error.status_code == _NOT_FOUND else ExitCode.FAILED


def report(context: click.Context, error: Exception) -> None:
    """Say on stderr what *error* says; with `--debug`, also where it comes from."""
    if is_debugging(context):
        traceback.print_exception(error)
    else:
        click.echo(f"Error: {error}", err=True)


@contextmanager
def reported(context: click.Context) -> Generator[None]:
    """End *context* with one message and the right exit code when the block raises an error that users can act on.

    Those are ours and the refusals of the operating system. Anything else is a mistake in the code, which keeps its
    traceback.
    """
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader (`| head`) has what it wanted.
        _abandon_stdout()
        context.exit(ExitCode.BROKEN_PIPE)
    except SQLiteError as error:
        report(context, error)
        context.exit(exit_code_of(error))
    except OSError as error:
        report(context, error)
        _abandon_stdout()
        context.exit(ExitCode.FAILED)
    except KeyboardInterrupt:
        click.echo("Interrupted.", err=True)
        context.exit(ExitCode.INTERRUPTED)


def _abandon_stdout() -> None:
    """Keep Python from writing what is left in the buffer when it ends: that would fail again."""
    with suppress(UnsupportedOperation), open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - A name, not a path.
        os.dup2(nowhere.fileno(), sys.stdout.fileno())
