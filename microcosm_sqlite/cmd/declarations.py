"""Import the data set that an argument names as `MODULE:ATTRIBUTE`."""

import sys
import sysconfig
from importlib import import_module
from pathlib import Path
from traceback import extract_tb, format_exception_only
from typing import Any, Final

import click

from microcosm_sqlite.dataset import DataSet, resolve_data_set
from microcosm_sqlite.errors import DeclarationError, NotADataSetError

#: Where code lies that a user did not write.
_INSTALLED: Final = (
    *(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")),
    str(Path(__file__).parents[1]),
)


def imported_data_set(argument: str) -> type[DataSet]:
    """Return the data set that *argument* names: itself, or that of the model it names.

    Modules in the current folder are found too.

    Raises:
        DeclarationError: The module is there, but importing it fails.
        click.UsageError: There is no such module or attribute, or it is no data set.
    """
    found = _attribute(argument)
    try:
        return resolve_data_set(found)
    except NotADataSetError as error:
        raise click.UsageError(str(error)) from error


def _failed(module: str, error: BaseException) -> DeclarationError:
    # The last line that is the user's own: below it lies what that line called.
    frames = [frame for frame in extract_tb(error.__traceback__) if not frame.filename.startswith("<")]
    own = [frame for frame in frames if not _is_installed(frame.filename)] or frames[-1:]
    where = f"{own[-1].filename}, line {own[-1].lineno}"
    if isinstance(error, SyntaxError) and error.filename:
        where = f"{error.filename}, line {error.lineno}"
    reason = " ".join(format_exception_only(error)[-1].split())
    return DeclarationError(module=module, where=where, reason=reason)


def _is_installed(file: str) -> bool:
    return any(file.startswith(folder) for folder in _INSTALLED)


def top_level_module(argument: str) -> str:
    """Return the name of the outermost package that *argument* names."""
    return argument.partition(":")[0].partition(".")[0]


def _attribute(argument: str) -> Any:
    module_name, colon, attribute = argument.partition(":")
    if not (module_name and colon and attribute):
        raise click.UsageError(f"expected MODULE:ATTRIBUTE such as 'my_package.models:World', found {argument!r}.")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        found: Any = import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):
            raise _failed(module_name, error) from error
        raise click.UsageError(f"there is no module {error.name!r}, neither installed nor in {here}.") from error
    except (Exception, SystemExit) as error:
        raise _failed(module_name, error) from error
    for name in attribute.split("."):
        if not hasattr(found, name):
            raise click.UsageError(f"{module_name!r} has no attribute {attribute!r}.")
        found = getattr(found, name)
    return found
