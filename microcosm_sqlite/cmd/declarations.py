"""Import the data set that an argument names as `MODULE:ATTRIBUTE`."""

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from microcosm_sqlite.dataset import DataSet, resolve_data_set
from microcosm_sqlite.errors import NotADataSetError


def imported_data_set(argument: str) -> type[DataSet]:
    """Return the data set that *argument* names: itself, or that of the model it names.

    Modules in the current folder are found too. What the import of the module itself raises is passed on.

    Raises:
        click.UsageError: There is no such module or attribute, or it is no data set.
    """
    found = _attribute(argument)
    try:
        return resolve_data_set(found)
    except NotADataSetError as error:
        raise click.UsageError(str(error)) from error


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
            raise
        raise click.UsageError(f"there is no module {error.name!r}, neither installed nor in {here}.") from error
    for name in attribute.split("."):
        if not hasattr(found, name):
            raise click.UsageError(f"{module_name!r} has no attribute {attribute!r}.")
        found = getattr(found, name)
    return found
