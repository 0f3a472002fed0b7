"""The wares, in each way in which they are read."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import GraphFactory, close_graph, new_graph
from tests.wares import HookedWareStore, WareStore, fill_wares, seal_wares


@pytest.fixture(scope="session")
def wares_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the path of the sealed wares."""
    return seal_wares(tmp_path_factory.mktemp("wares")).path


@pytest.fixture
def sealed_wares(make_graph: GraphFactory, wares_path: Path) -> Any:
    """Return a graph with the sealed wares."""
    return make_graph(paths={"wares": wares_path})


@pytest.fixture(scope="session")
def _wares_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("templates") / "wares.db"
    graph = new_graph(paths={"wares": path})
    fill_wares(graph)
    close_graph(graph)
    return path


@pytest.fixture
def mutable_wares(make_graph: GraphFactory, tmp_path: Path, _wares_template: Path) -> Any:
    """Return a graph with wares that can change."""
    return make_graph(paths={"wares": shutil.copy(_wares_template, tmp_path / "wares.db")})


@pytest.fixture(params=["mutable", "sealed"])
def wares_graph(request: pytest.FixtureRequest) -> Any:
    """Return a graph with the wares, mutable and sealed in turn: the errors are the same."""
    return request.getfixturevalue(f"{request.param}_wares")


@pytest.fixture(params=[WareStore, HookedWareStore])
def wares(request: pytest.FixtureRequest, wares_graph: Any) -> WareStore:
    """Return a store of the wares, one that reads directly where it can, and one that SQLAlchemy answers."""
    store: WareStore = request.param(wares_graph)
    return store
