"""Installed distributions announce data sets."""

import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata, resources
from pathlib import Path
from typing import Any

import pytest

from microcosm_sqlite.errors import DataSetConflictError, DataSetNotFoundError
from microcosm_sqlite.shipping.channels import Locator
from microcosm_sqlite.shipping.installed import InstalledChannel


@dataclass(frozen=True, kw_only=True)
class _Distribution:
    name: str = "atlas"
    version: str = "1.2"


class _EntryPoint:
    """An entry point whose value is given instead of imported."""

    def __init__(self, found: Any, *, name: str = "world", value: str = "atlas:found", dist: Any = None) -> None:
        self.name, self.value = name, value
        self.dist: _Distribution | None = dist or _Distribution()
        self._found = found
        self.loads = 0

    def load(self) -> Any:
        self.loads += 1
        if isinstance(self._found, Exception):
            raise self._found
        return self._found


_GRAPH = object()


def _locate(found: Any, **fields: Any) -> Path | str:
    return InstalledChannel([_EntryPoint(found, **fields)], _GRAPH).locate("world")


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Yield the folder of an importable package called `atlas_package`."""
    folder = tmp_path / "atlas_package"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "models.py").write_text(
        "class World:\n    __data_set__ = 'world'\n\n"
        "Made = type('Made', (), {'__data_set__': 'made', '__module__': 'abc'})\n",
        encoding="utf-8",
    )
    (tmp_path / "atlas_module.py").write_text("class World:\n    __data_set__ = 'world'\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    for name in ("atlas_package", "atlas_package.models", "atlas_module"):
        sys.modules.pop(name, None)


def _entry_point(value: str) -> metadata.EntryPoint:
    return metadata.EntryPoint(name="world", value=value, group="microcosm.sqlite")


# ------------------------------------------------------------------------------------------ kinds of value


@pytest.mark.parametrize(
    ("found", "place"),
    [
        ("/data/world.sqlite", Path("/data/world.sqlite")),
        (Path("/data/world.sqlite"), Path("/data/world.sqlite")),
        (":memory:", ":memory:"),
        ("", ""),
        ("file:/data/world.sqlite?mode=ro", "file:/data/world.sqlite?mode=ro"),
    ],
)
def test_places_are_returned_whichever_way_they_are_told(found: Any, place: Path | str) -> None:
    """A path may be told as such, by a function of nothing, or by a function of the graph."""
    assert _locate(found) == place
    assert _locate(lambda: found) == place
    assert _locate(lambda _: found) == place


def test_functions_are_given_the_graph() -> None:
    """Whichever way they take it."""
    seen: list[object] = []

    def optional(graph: object = None) -> str:
        seen.append(graph)
        return "a"

    def any_number(*graphs: object) -> str:
        seen.extend(graphs)
        return "a"

    class Callable:
        def __call__(self, graph: object) -> str:
            seen.append(graph)
            return "a"

    for function in (optional, any_number, Callable()):
        _locate(function)

    assert seen == [_GRAPH] * 3


def test_functions_of_keywords_only_are_given_nothing() -> None:
    """Options of their own are theirs."""

    def found(*, flavour: str = "sweet") -> str:
        return flavour

    assert _locate(found) == Path("sweet")


def test_resources_of_a_package_are_paths(package: Path) -> None:
    """What `importlib.resources` finds in an installed package is a file."""
    assert package.name == "atlas_package"

    assert _locate(lambda: resources.files("atlas_package") / "world.sqlite") == package / "world.sqlite"


def test_a_data_set_lies_beside_its_module(package: Path) -> None:
    """Without a word about it, the artifact is called after the data set and lies in its package."""
    channel = InstalledChannel([_entry_point("atlas_package.models:World")], _GRAPH)

    assert channel.locate("world") == package / "world.sqlite"


def test_a_data_set_of_a_single_module_lies_beside_it(package: Path) -> None:
    """A module outside any package has a folder too."""
    channel = InstalledChannel([_entry_point("atlas_module:World")], _GRAPH)

    assert channel.locate("world") == package.parent / "world.sqlite"


def test_a_data_set_made_by_a_function_lies_beside_who_announces_it(package: Path) -> None:
    """A made class names the module of its maker; the announced module counts."""
    channel = InstalledChannel([_entry_point("atlas_package.models:Made")], _GRAPH)

    assert channel.locate("world") == package / "made.sqlite"


@pytest.mark.parametrize("artifact", ["/data/w.sqlite", Path("/data/w.sqlite")])
def test_a_data_set_may_say_where_it_lies(artifact: str | Path) -> None:
    """The attribute `__artifact__` is believed."""
    data_set = type("World", (), {"__data_set__": "world", "__artifact__": artifact})

    assert _locate(data_set) == _locate(lambda: data_set) == Path("/data/w.sqlite")


# ------------------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize("found", [None, 42, object(), b"bytes"])
def test_anything_else_is_refused(found: Any) -> None:
    """The error says who announces it, what came, and what to do."""
    with pytest.raises(
        DataSetNotFoundError, match=r"atlas 1\.2 \(atlas:found\).*expected a path.*sqlite\.paths\.world"
    ):
        _locate(lambda: found)


@pytest.mark.parametrize("error", [ImportError("no module"), AttributeError("no attribute"), RuntimeError("boom")])
def test_what_fails_is_reported_with_its_cause(error: Exception) -> None:
    """The distribution at fault is named, and the cause is kept."""

    def failing() -> str:
        raise error

    for found in (error, failing):
        with pytest.raises(DataSetNotFoundError, match=rf"atlas 1\.2.*{error}") as caught:
            _locate(found)
        assert caught.value.__cause__ is error


def test_a_zipped_distribution_is_refused(tmp_path: Path) -> None:
    """SQLite cannot open a file inside an archive."""
    with zipfile.ZipFile(tmp_path / "atlas.zip", "w") as archive:
        archive.writestr("atlas/world.sqlite", b"")

    with pytest.raises(DataSetNotFoundError, match=r"zipped.*Install the distribution unpacked"):
        _locate(zipfile.Path(tmp_path / "atlas.zip") / "atlas" / "world.sqlite")


def test_an_unknown_name_is_answered_with_the_known() -> None:
    """Whoever misspells a name sees which there are."""
    channel = InstalledChannel([_EntryPoint("a", name="moon"), _EntryPoint("a", name="mars")], _GRAPH)

    with pytest.raises(DataSetNotFoundError, match=r"announce: mars, moon\. Install the distribution"):
        channel.locate("world")


def test_two_distributions_may_not_claim_one_name() -> None:
    """Neither is loaded, both are named."""
    entry_points = [_EntryPoint("a"), _EntryPoint("b", dist=_Distribution(name="globe", version="3"))]
    channel = InstalledChannel(entry_points, _GRAPH)

    with pytest.raises(DataSetConflictError, match=r"atlas 1\.2 \(atlas:found\); globe 3 \(atlas:found\)"):
        channel.locate("world")

    assert [entry_point.loads for entry_point in entry_points] == [0, 0]


def test_one_distribution_seen_twice_is_one_claim() -> None:
    """A path that is searched twice is no conflict."""
    channel = InstalledChannel([_EntryPoint("a"), _EntryPoint("a")], _GRAPH)

    assert channel.locate("world") == Path("a")


# ----------------------------------------------------------------------------------------------------- cost


def test_only_what_is_asked_for_is_loaded() -> None:
    """A broken neighbour does no harm."""
    asked, neighbour = _EntryPoint("a"), _EntryPoint(ImportError("broken"), name="moon")
    channel = InstalledChannel(iter([asked, neighbour]), _GRAPH)

    assert channel.names() == ["moon", "world"]
    assert channel.claims("moon") == ["atlas 1.2 (atlas:found)"]
    assert asked.loads == neighbour.loads == 0
    channel.locate("world")
    assert (asked.loads, neighbour.loads) == (1, 0)


def test_an_entry_point_without_distribution_is_named_all_the_same() -> None:
    """Nothing obliges an entry point to know where it came from."""
    entry_point = _EntryPoint("a")
    entry_point.dist = None

    assert InstalledChannel([entry_point], _GRAPH).claims("world") == ["unknown distribution (atlas:found)"]


def test_it_is_a_locator() -> None:
    """Readers ask it as they ask any other."""
    locator: Locator = InstalledChannel([_EntryPoint("a")], _GRAPH)

    assert locator.locate("world") == Path("a")


def test_importing_it_is_cheap() -> None:
    """Whoever merely has us installed pays neither for SQLAlchemy nor for SQLite."""
    script = "import sys, microcosm_sqlite.shipping.installed as m; print(*sys.modules)"

    done = subprocess.run([sys.executable, "-S", "-c", script], capture_output=True, text=True, check=True, cwd=_root())

    heavy = {"sqlalchemy", "apsw", "msgspec", "importlib.metadata", "importlib.resources", "microcosm.api"}
    assert not heavy & set(done.stdout.split())


def _root() -> Path:
    import microcosm_sqlite  # noqa: PLC0415 - Only to know where the package is.

    assert microcosm_sqlite.__file__
    return Path(microcosm_sqlite.__file__).parent.parent
