"""Decide which file an argument means: that of a data set, or the one at a path."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from microcosm_sqlite.artifacts.verification import Artifact, inspect
from microcosm_sqlite.cmd.environment import data_set_paths, path_of
from microcosm_sqlite.faults import damages

#: How the files of databases are usually called; an argument that ends so is a path even if there is no such file.
SUFFIXES: Final = (".sqlite", ".sqlite3", ".db", ".db3")


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """A file; `name` is that of the data set by which it was asked for, None if it was asked for by its path."""

    path: Path
    name: str | None = None


def target_of(argument: str) -> Target:
    """Return what *argument* means: an existing file or what looks like a path, else the name of a data set.

    Raises:
        DataSetNotFoundError: No data set of this name can be bound here.
        DataSetError: Several can, or where it is cannot be told.
    """
    if is_path(argument):
        return Target(path=Path(argument).expanduser())
    return Target(path=path_of(argument, data_set_paths()), name=argument)


def is_path(argument: str) -> bool:
    """Return whether *argument* is taken for a path: the file exists, or it has a separator or a usual suffix."""
    has_separator = os.sep in argument or bool(os.altsep and os.altsep in argument)
    return has_separator or argument.endswith(SUFFIXES) or Path(argument).is_file()


def artifact_at(target: Target, check: Callable[[Path], Artifact] = inspect) -> Artifact:
    """Return the artifact at *target*, having let *check* look at it.

    Raises:
        WrongArtifactError: It was asked for by the name of one data set, and is an artifact of another.
        ArtifactError: Whatever *check* raises.
    """
    artifact = check(target.path)
    found = artifact.manifest
    if target.name not in {None, found.name}:
        raise damages.OTHER_DATA_SET.at(target.path, name=target.name, found=found.name, version=found.version)
    return artifact
