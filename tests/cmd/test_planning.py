"""`plan` shows how stores find rows."""

import json
from pathlib import Path

import apsw
import pytest

from microcosm_sqlite.access import AccessPath
from microcosm_sqlite.artifacts.beside import manifest_path
from microcosm_sqlite.artifacts.manifest import Waiver
from microcosm_sqlite.checks import AccessCheck, access_checks
from microcosm_sqlite.cmd.declarations import imported_data_set
from microcosm_sqlite.sealing import Release, seal
from microcosm_sqlite.shipping.folder import FolderChannel
from microcosm_sqlite.workbench import Workbench
from tests.cmd.conftest import Announce, Invoke

SOURCE = """
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from microcosm_sqlite import DataSet, Store
from microcosm_sqlite.stores import certified

class {base}(DataSet, DeclarativeBase):
    __data_set__ = "{name}"
    __artifact__ = r"{folder}/{name}.sqlite"

class Item({base}):
    __tablename__ = "item"
    id: Mapped[int] = mapped_column(primary_key=True)
    colour: Mapped[str]

@certified
class ItemStore(Store[Item]):
    auto_filter_fields = (Item.colour,)
    scan_limit = 10
"""


@pytest.fixture
def shop_path(announce: Announce, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """Return the path of an artifact of an installed data set, one of whose indexes is missing and waived."""
    # A name of its own: what is certified once stays so as long as the process lives.
    name = f"shop{abs(hash(request.node.name))}"
    source = SOURCE.format(base="Shop", name=name, folder=tmp_path)
    announce(name, source, distribution=f"{name}-distribution", attribute="Shop")
    data_set = imported_data_set(f"{name}_distribution:Shop")
    with Workbench(data_set) as bench:
        bench.native.execute("INSERT INTO item VALUES (1, 'red')")
        bench.native.execute("INSERT INTO item SELECT id + 1, colour FROM item UNION SELECT id + 2, 'blue' FROM item")
        for _ in range(4):
            bench.native.execute("INSERT INTO item SELECT id + (SELECT max(id) FROM item), colour FROM item")
        waiver = Waiver(gate="access:ItemStore", reason="for the test")
        return seal(bench, FolderChannel(tmp_path), Release(version="1"), waivers=[waiver]).path


def test_a_data_set_is_planned_by_its_name(invoke: Invoke, shop_path: Path) -> None:
    """Every call of its certified stores is shown with its verdict, and the exit code says if one fails."""
    result = invoke("plan", shop_path.stem)

    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "store\tcall\tverdict\tscanned\tsorted\tindexes\tmissing",
        "ItemStore\tretrieve(...)\tholds\t0\t0\tPRIMARY KEY\t\\N",
        "ItemStore\tsearch()\tholds\t0\t0\t\t\\N",
        "ItemStore\tsearch(colour=...)\tscans\t48\t0\t\tCREATE INDEX ix_item_colour ON item (colour)",
    ]


def test_json(invoke: Invoke, shop_path: Path) -> None:
    """The same for programs, with the indexes as a list."""
    found = json.loads(invoke("plan", shop_path, "--json").stdout)

    assert found[0] == {
        "store": "ItemStore",
        "call": "retrieve(...)",
        "verdict": "holds",
        "scanned": 0,
        "sorted": 0,
        "indexes": ["PRIMARY KEY"],
        "missing": None,
    }
    assert found[2]["missing"] == "CREATE INDEX ix_item_colour ON item (colour)"


def test_a_database_under_construction(invoke: Invoke, shop_path: Path, tmp_path: Path) -> None:
    """A file that was never sealed is planned for a data set that is named."""
    path = tmp_path / "plain.db"
    connection = apsw.Connection(str(path))
    connection.execute("CREATE TABLE item (id INTEGER PRIMARY KEY, colour TEXT); CREATE INDEX ix ON item (colour)")
    connection.close()

    alone, named = invoke("plan", path), invoke("plan", path, f"{shop_path.stem}_distribution:Shop")

    assert (alone.exit_code, alone.stdout) == (0, "")
    assert "No store of it is certified." in alone.stderr
    assert (named.exit_code, named.stdout.count("holds")) == (0, 3)


def test_what_was_found_when_it_was_sealed(invoke: Invoke, shop_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its stores, the manifest tells; without the manifest beside the file, only what was asked."""
    monkeypatch.setattr("microcosm_sqlite.checks._declared", {})
    monkeypatch.setattr("importlib.metadata.entry_points", lambda **_: ())

    beside = invoke("plan", shop_path)
    manifest_path(shop_path).unlink()
    inside = invoke("plan", shop_path)

    assert beside.exit_code == 1
    assert "Its stores are not installed here. As it was sealed with SQLite" in beside.stderr
    assert "ItemStore\tsearch(colour=...)\tscans\t48\t0\t\t\\N" in beside.stdout
    assert "ItemStore\tsearch(colour=...)\tunknown\t\\N\t\\N\t\t\\N" in inside.stdout
    assert inside.exit_code == 0


def test_a_store_that_cannot_tell(invoke: Invoke, shop_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are shown all the same."""

    def broken() -> list[AccessPath]:
        raise LookupError("no paths")

    checks = (AccessCheck("Broken", broken), *access_checks(shop_path.stem))
    monkeypatch.setattr("microcosm_sqlite.cmd.planning.access_checks", lambda _: checks)

    result = invoke("plan", shop_path)

    assert result.exit_code == 1
    assert "Broken cannot say what it asks: LookupError: no paths" in result.stderr
    assert "Broken\t\tfails\t" in result.stdout
    assert result.stdout.count("ItemStore") == 3


def test_a_table_that_is_missing(invoke: Invoke, shop_path: Path, tmp_path: Path) -> None:
    """What SQLite says of it is told."""
    path = tmp_path / "empty.db"
    apsw.Connection(str(path)).execute("CREATE TABLE other (id)").connection.close()

    result = invoke("plan", path, f"{shop_path.stem}_distribution:Shop")

    assert result.exit_code == 1
    assert "ItemStore.retrieve(...): SQLite cannot plan it: no such table: item." in result.stderr
    assert result.stdout.count("\tfails\t") == 3
