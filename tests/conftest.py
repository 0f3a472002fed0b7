"""Object graphs and databases for every test."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from microcosm.api import create_object_graph, load_from_dict

from microcosm_sqlite.dataset import dispose_sqlite_connections
from microcosm_sqlite.errors import ConfigurationError
from tests.installed import SitePackages
from tests.kennel import Example, Kennel, kennel_rows
from tests.sealed import copy_artifact, seal_file

#: Graphs are Any here: what hangs on them is known by name only.
GraphFactory: TypeAlias = Callable[..., Any]


def new_graph(**sqlite: Any) -> Any:
    """Return a graph whose section `sqlite` is configured so."""
    return create_object_graph("test", testing=True, loader=load_from_dict(sqlite=sqlite))


def close_graph(graph: Any) -> None:
    """Close all that this thread holds open on *graph*, if its settings allowed it to be used at all."""
    try:
        graph.use("sqlite")
    except ConfigurationError:
        return
    dispose_sqlite_connections(graph)
    for engine, _ in graph.sqlite.datasets.values():
        engine.dispose()


@pytest.fixture
def make_graph() -> Iterator[GraphFactory]:
    """Return a function that makes a graph from the settings of its section `sqlite`; all are closed afterwards."""
    graphs: list[Any] = []

    def make(**sqlite: Any) -> Any:
        graphs.append(new_graph(**sqlite))
        return graphs[-1]

    yield make
    for graph in graphs:
        close_graph(graph)


@pytest.fixture(scope="session")
def _kennel_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("templates") / "kennel.sqlite"
    graph = new_graph(paths={"kennel": path})
    Kennel.create_all(graph)
    with Kennel.new_session(graph) as session:
        session.add_all(kennel_rows())
        session.commit()
    close_graph(graph)
    return path


@pytest.fixture(scope="session")
def _artifact_template(tmp_path_factory: pytest.TempPathFactory, _kennel_template: Path) -> Path:
    folder = tmp_path_factory.mktemp("artifacts")
    source = Path(shutil.copy(_kennel_template, folder / "source.sqlite"))
    return seal_file(source, folder / "kennel.sqlite", name="kennel")


@pytest.fixture
def kennel_path(tmp_path: Path, _kennel_template: Path) -> Path:
    """Return the path of a mutable database with all rows of the kennel."""
    return Path(shutil.copy(_kennel_template, tmp_path / "kennel.sqlite"))


@pytest.fixture
def artifact_path(tmp_path: Path, _artifact_template: Path) -> Path:
    """Return the path of a sealed artifact with all rows of the kennel, its manifest beside it."""
    folder = tmp_path / "sealed"
    folder.mkdir()
    return copy_artifact(_artifact_template, folder / "kennel.sqlite")


@pytest.fixture
def graph(make_graph: GraphFactory, kennel_path: Path) -> Any:
    """Return a graph with the mutable kennel."""
    return make_graph(paths={"kennel": kennel_path})


@pytest.fixture
def sealed_graph(make_graph: GraphFactory, artifact_path: Path) -> Any:
    """Return a graph with the sealed kennel."""
    return make_graph(paths={"kennel": artifact_path})


@pytest.fixture
def example_path(tmp_path: Path) -> Path:
    """Return a path where nothing is yet."""
    return tmp_path / "example.sqlite"


@pytest.fixture
def example_graph(make_graph: GraphFactory, example_path: Path) -> Any:
    """Return a graph with the tables of the example in a file, without rows."""
    graph = make_graph(paths={"example": example_path})
    Example.create_all(graph)
    return graph


@pytest.fixture
def site_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SitePackages:
    """Return a folder into which distributions can be installed for this test."""
    return SitePackages(tmp_path / "site-packages", monkeypatch)
