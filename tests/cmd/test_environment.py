"""Where data sets are found from the command line."""

from pathlib import Path

import pytest

from microcosm_sqlite.cmd.environment import data_set_paths, path_of
from microcosm_sqlite.errors import ConfigurationError, DataSetConflictError, DataSetNotFoundError
from tests.cmd.conftest import Announce


def test_installed_data_sets_are_found(announce: Announce) -> None:
    """A distribution announces where its data set is."""
    announce("atlas", "place = '/data/atlas.sqlite'", distribution="of-atlas")

    assert path_of("atlas", data_set_paths()) == Path("/data/atlas.sqlite")


def test_functions_are_called_with_a_graph(announce: Announce) -> None:
    """An announced function may ask the graph what it is called, as it might in a service."""
    announce("atlas", "def place(graph): return f'/data/{graph.metadata.name}.db'", distribution="of-atlas")

    assert path_of("atlas", data_set_paths()) == Path("/data/microcosm-sqlite.db")


def test_the_environment_comes_first(announce: Announce, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path that is configured wins over what is installed, as it does in a service."""
    announce("atlas", "place = '/data/atlas.sqlite'", distribution="of-atlas")
    monkeypatch.setenv("MICROCOSM_SQLITE__SQLITE__PATHS__ATLAS", "~/atlas.sqlite")

    assert path_of("atlas", data_set_paths()) == Path("~/atlas.sqlite").expanduser()


def test_unknown_names_are_answered_with_what_there_is(announce: Announce) -> None:
    """The error names what is installed, and what looks alike."""
    announce("atlas", "place = '/data/atlas.sqlite'", distribution="of-atlas")

    with pytest.raises(DataSetNotFoundError, match=r"installed: .*atlas.*Did you mean 'atlas'\?"):
        path_of("altas", data_set_paths())


def test_two_claims_are_a_conflict(announce: Announce) -> None:
    """Nothing is chosen by chance."""
    announce("atlas", "place = '/one'", distribution="one-atlas")
    announce("atlas", "place = '/two'", distribution="two-atlas")

    with pytest.raises(DataSetConflictError, match=r"one-atlas 1\.2"):
        path_of("atlas", data_set_paths())


@pytest.mark.parametrize("location", [":memory:", "", "file:/data/atlas.db?mode=ro"])
def test_what_is_no_file_cannot_be_read(location: str) -> None:
    """A database in memory is in another process; the error says which setting leads there."""
    paths = data_set_paths()
    paths["atlas"] = location

    with pytest.raises(ConfigurationError, match=r"sqlite\.paths\.atlas: expected the path of a file"):
        path_of("atlas", paths)
