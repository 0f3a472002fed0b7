"""Find the data sets that installed distributions announce."""

import inspect
import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any, Final, Protocol

from microcosm_sqlite.constants import DATA_SET_GROUP, MEMORY_PATH
from microcosm_sqlite.errors import DataSetConflictError, DataSetNotFoundError

#: The attribute by which a class is known to be a data set, without importing SQLAlchemy to ask.
_MARKER: Final = "__data_set__"

#: The class attribute with which a data set says where its artifact is.
_ARTIFACT: Final = "__artifact__"


class Distribution(Protocol):
    """What is asked of an `importlib.metadata.Distribution`."""

    @property
    def name(self) -> str:
        """The name under which it is installed."""
        ...

    @property
    def version(self) -> str:
        """Its version."""
        ...


class EntryPoint(Protocol):
    """What is asked of an `importlib.metadata.EntryPoint`."""

    @property
    def name(self) -> str:
        """The name of the data set."""
        ...

    @property
    def value(self) -> str:
        """The object it refers to, as `module:attribute`."""
        ...

    @property
    def dist(self) -> Distribution | None:
        """The distribution that announces it."""
        ...

    def load(self) -> Any:
        """Import and return the object it refers to."""
        ...


class InstalledChannel:
    """The data sets announced as entry points of the group `microcosm.sqlite`.

    The value of an entry point may be a path (`str`, `Path` or a `Traversable` of `importlib.resources`), a data set
    class, or a function of the object graph or of nothing that returns one of these. A data set class says where its
    artifact is by a class attribute `__artifact__`, a path of any of these kinds; without it, the artifact is
    `<name>.sqlite` in the package that defines the class.

    Args:
        entry_points: Those of the group; none is loaded before it is asked for.
        graph: What functions are called with.
    """

    def __init__(self, entry_points: Iterable[EntryPoint], graph: object) -> None:
        self._entry_points = tuple(entry_points)
        self._graph = graph

    def names(self) -> list[str]:
        """Return the names of all announced data sets, sorted."""
        return sorted({entry_point.name for entry_point in self._entry_points})

    def claims(self, name: str) -> list[str]:
        """Return who announces the data set *name*, each as "distribution version (module:attribute)", sorted."""
        return sorted({_claim(entry_point) for entry_point in self._entry_points if entry_point.name == name})

    def locate(self, name: str) -> Path | str:
        """Return where the database of *name* is: a path, or a text with a meaning of its own.

        Such texts are `:memory:`, the empty text, which means the same, and `file:` URIs.

        Only the entry point asked for is loaded. Whether there is a file at the path is not looked at.

        Raises:
            DataSetNotFoundError: Nobody announces the name, or who does cannot tell where its database is.
            DataSetConflictError: More than one distribution announces it.
        """
        claims = self.claims(name)
        if not claims:
            available = ", ".join(self.names()) or "none"
            raise DataSetNotFoundError(
                name=name,
                looked=[f"entry points of group {DATA_SET_GROUP!r}, which announce: {available}"],
                remedy=f"Install the distribution that carries {name!r}, or configure sqlite.paths.{name}.",
            )
        if len(claims) > 1:
            raise DataSetConflictError(name=name, claims=claims)
        entry_point = next(entry_point for entry_point in self._entry_points if entry_point.name == name)
        return self._locate(entry_point)

    def _locate(self, entry_point: EntryPoint) -> Path | str:
        try:
            value = entry_point.load()
            if callable(value) and not _is_data_set(value):
                value = _called(value, self._graph)
            if _is_data_set(value):
                value = _artifact_of(value, entry_point)
            return _place(value)
        except Exception as error:  # Whatever foreign code raises: the cause stays attached.
            raise DataSetNotFoundError(
                name=entry_point.name,
                looked=[f"the entry point of {_claim(entry_point)}, which failed with {type(error).__name__}: {error}"],
                remedy=_remedy(entry_point, error),
            ) from error


class _ZippedError(ValueError):
    """The artifact lies in an archive, where SQLite cannot open it."""


def _remedy(entry_point: EntryPoint, error: Exception) -> str:
    if isinstance(error, _ZippedError):
        return "Install the distribution unpacked, with pip."
    return f"Repair or reinstall the distribution, or configure sqlite.paths.{entry_point.name}."


def _claim(entry_point: EntryPoint) -> str:
    owner = entry_point.dist
    return f"{f'{owner.name} {owner.version}' if owner else 'unknown distribution'} ({entry_point.value})"


def _is_data_set(value: object) -> bool:
    return isinstance(value, type) and hasattr(value, _MARKER)


def _called(function: Any, graph: object) -> Any:
    return function(graph) if _takes_an_argument(function) else function()


def _takes_an_argument(function: Any) -> bool:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # Some callables written in C have none; the inherited contract is one argument.
        return True
    positional = {
        inspect.Parameter.POSITIONAL_ONLY,
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
        inspect.Parameter.VAR_POSITIONAL,
    }
    return any(parameter.kind in positional for parameter in parameters)


def _place(value: Any) -> Path | str:
    if isinstance(value, str):
        return value if value in {"", MEMORY_PATH} or value.startswith("file:") else Path(value)
    if isinstance(value, Path):
        return value
    if hasattr(value, "is_file") and hasattr(value, "joinpath"):
        message = f"expected a file on disk, found {value} inside an archive (the distribution is installed zipped)"
        raise _ZippedError(message)
    message = f"expected a path, a Traversable or a data set class, found {value!r}"
    raise TypeError(message)


def _artifact_of(data_set: Any, entry_point: EntryPoint) -> Any:
    declared = getattr(data_set, _ARTIFACT, None)
    if declared is not None:
        return declared
    module = sys.modules[data_set.__module__]
    if getattr(module, data_set.__name__, None) is not data_set:
        # A class made by a function, such as DataSet.create, names the function's module: the announced one it is then.
        module = sys.modules[entry_point.value.partition(":")[0].strip()]
    return _folder_of(module).joinpath(f"{getattr(data_set, _MARKER)}.sqlite")


def _folder_of(module: ModuleType) -> Any:
    from importlib import resources  # noqa: PLC0415 - Costs milliseconds that only this kind of entry point pays.

    if module.__package__:
        return resources.files(module.__package__)
    if module.__file__ is None:
        message = f"module {module.__name__!r} has no file to look beside"
        raise TypeError(message)
    return Path(module.__file__).parent
