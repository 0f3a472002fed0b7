"""Define the options that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import click

CallableT = TypeVar("CallableT", bound=Callable[..., Any])

#: Where a context and its children keep whether `--debug` was given.
_DEBUG: Final = "microcosm_sqlite.debug"


def debug_option(command: CallableT) -> CallableT:
    """Add `--debug`, which is accepted before and after the name of a command."""
    return click.option(
        "--debug",
        is_flag=True,
        expose_value=False,
        envvar="MICROCOSM_SQLITE_DEBUG",
        callback=_remember,
        help="Show where in the code an error comes from; so does the environment variable MICROCOSM_SQLITE_DEBUG.",
    )(command)


def json_option(command: CallableT) -> CallableT:
    """Add `--json`, passed to the command as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


def checked_output(_: click.Context, __: click.Parameter, path: Path | None) -> Path | None:
    """Return *path* if a file may be written there, as far as that can be told before anything is done."""
    if path is not None and str(path) != "-":
        if path.is_dir():
            raise click.BadParameter(f"{str(path)!r} is a folder: name a file in it.")
        if not path.parent.is_dir():
            raise click.BadParameter(f"there is no folder {str(path.parent)!r}: create it, or name another.")
    return path


def is_debugging(context: click.Context) -> bool:
    """Return whether `--debug` was given anywhere."""
    return bool(context.meta.get(_DEBUG))


def _remember(context: click.Context, _: click.Parameter, value: Any) -> None:
    if value:
        context.meta[_DEBUG] = True
