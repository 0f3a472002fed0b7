"""Find the data sets that a service started here would find."""

from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from microcosm_sqlite.constants import DATA_SET_GROUP, MEMORY_PATH
from microcosm_sqlite.errors import ConfigurationError, DataSetNotFoundError
from microcosm_sqlite.paths import DataSetPaths

#: Name of the graph, which decides what its environment variables are called: MICROCOSM_SQLITE__SQLITE__PATHS__WORLD.
_GRAPH: Final = "microcosm-sqlite"


def data_set_paths() -> DataSetPaths:
    """Return where each data set is: what the environment configures, then what is installed.

    It belongs to a graph of its own, because what distributions announce may be a function of one.
    """
    from microcosm.api import create_object_graph  # noqa: PLC0415 - 20 ms that a command given a path does not pay

    graph: Any = create_object_graph(_GRAPH)
    graph.use("sqlite")
    graph.lock()
    paths: DataSetPaths = graph.sqlite.paths
    return paths


def path_of(name: str, paths: DataSetPaths) -> Path:
    """Return the path of the database of data set *name*; whether it exists is not looked at.

    Raises:
        DataSetNotFoundError: It is neither configured nor installed, or whoever announces it cannot tell.
        DataSetConflictError: Two distributions announce it.
        ConfigurationError: Its database is not a file.
    """
    try:
        location = paths[name]
    except KeyError:
        raise _unknown(name, paths) from None
    text = str(location)
    if text in {"", MEMORY_PATH} or text.startswith("file:"):
        raise ConfigurationError(key=f"sqlite.paths.{name}", found=text, expected="the path of a file")
    return Path(text).expanduser()


def _unknown(name: str, paths: DataSetPaths) -> DataSetNotFoundError:
    names = list(paths)
    alike = get_close_matches(name, names, n=3)
    hint = f"Did you mean {' or '.join(map(repr, alike))}? " if alike else ""
    return DataSetNotFoundError(
        name=name,
        looked=(
            f"configuration sqlite.paths.{name} (not set)",
            f"entry points of group {DATA_SET_GROUP} (installed: {', '.join(paths.installed.names()) or 'none'})",
        ),
        remedy=f"{hint}Install the distribution that carries it; a file is given by a path such as ./{name}.sqlite.",
    )
