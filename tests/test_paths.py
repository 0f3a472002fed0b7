"""Where data sets are."""

from typing import Any

import pytest

from microcosm_sqlite.paths import DataSetPaths
from tests.conftest import GraphFactory
from tests.installed import SitePackages


def test_configured_paths_come_first(make_graph: GraphFactory) -> None:
    """A name in any case finds what was configured."""
    paths = DataSetPaths({"World": "/data/world.sqlite"}, make_graph())

    assert paths["World"] == "/data/world.sqlite"
    assert paths.configured("nowhere") is None


def test_what_is_configured_can_change(make_graph: GraphFactory) -> None:
    """It is a mapping like any other; what is installed cannot be deleted."""
    paths = DataSetPaths({}, make_graph())
    paths["world"] = "/data/world.sqlite"
    assert "world" in paths

    del paths["world"]

    with pytest.raises(KeyError):
        paths["nowhere"]


def test_installed_data_sets_are_among_them(site_packages: SitePackages, graph: Any) -> None:
    """Whatever an entry point announces can be asked for, and is listed."""
    paths = DataSetPaths({"own": "/data/own.sqlite"}, graph)

    assert next(iter(paths)) == "own"
    assert set(paths.installed.names()) <= set(paths)
    assert len(paths) == len(list(paths))
