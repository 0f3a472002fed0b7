"""Nothing is published whose stores lack an index."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from microcosm_sqlite import DataSet, Store
from microcosm_sqlite.access import AccessPath
from microcosm_sqlite.artifacts.beside import manifest_path, read_manifest
from microcosm_sqlite.artifacts.certificate import AccessEntry, AccessPlan
from microcosm_sqlite.artifacts.inspection import inspect
from microcosm_sqlite.artifacts.manifest import Waiver
from microcosm_sqlite.artifacts.verification import verify
from microcosm_sqlite.checks import AccessCheck, require
from microcosm_sqlite.errors import GateFailure, GatesFailedError
from microcosm_sqlite.sealing import Release, seal
from microcosm_sqlite.sealing.certificates import claims_of, entries_of
from microcosm_sqlite.sealing.gates import UnneededWaiverWarning
from microcosm_sqlite.shipping.folder import FolderChannel
from microcosm_sqlite.stores import Search, certified
from microcosm_sqlite.workbench import Workbench

SCAN = "scans 50 rows, where 10 are allowed"


class Shop:
    """A data set of its own for one test."""

    def __init__(self, folder: Path) -> None:
        class Base(DataSet, DeclarativeBase):
            __data_set__ = "shop"

        class Item(Base):
            __tablename__ = "item"
            id: Mapped[int] = mapped_column(primary_key=True)
            name: Mapped[str] = mapped_column(index=True)
            colour: Mapped[str]

        class ItemStore(Store[Item]):
            auto_filter_fields = (Item.name, Item.colour)
            scan_limit = 10

        self.data_set, self.item, self.store = Base, Item, ItemStore
        self.folder = folder
        self.path = folder / "shop.sqlite"

    def seal(self, prepare: Callable[[Any], object] = id, **options: Any) -> None:
        """Seal fifty items."""
        with Workbench(self.data_set) as bench:
            bench.load(self.item, [{"id": i, "name": f"{i}", "colour": "red"} for i in range(50)])
            prepare(bench.native)
            seal(bench, FolderChannel(self.folder), Release(version="1"), **options)

    def failures(self, **options: Any) -> dict[str, GateFailure]:
        """Return what keeps it from being published, by gate."""
        with pytest.raises(GatesFailedError) as caught:
            self.seal(**options)
        assert not self.path.exists()
        return {failure.gate: failure for failure in caught.value.failures}


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Return a new data set."""
    folder = tmp_path / "published"
    folder.mkdir()
    return Shop(folder)


def test_a_store_that_is_not_certified_is_not_looked_at(shop: Shop) -> None:
    """Its manifest then says nothing of any store."""
    shop.seal()

    assert read_manifest(manifest_path(shop.path)).access == ()


def test_a_missing_index_stops_the_release(shop: Shop) -> None:
    """The failure names the store, the call, what it does, and the statement that makes the index."""
    certified(shop.store)

    found = shop.failures()

    assert list(found) == ["access:ItemStore"]
    assert str(found["access:ItemStore"]) == (
        "access:ItemStore (how ItemStore finds rows): expected an index, or no more rows scanned and sorted than its "
        "limits allow, found 1 of 4 calls that do not\n"
        f"  ItemStore.search(colour=...): {SCAN}. Missing: CREATE INDEX ix_item_colour ON item (colour)"
    )


def test_the_index_that_is_told_helps(shop: Shop) -> None:
    """Whoever creates it has a release, whose manifest tells how each call finds rows."""
    certified(shop.store)

    shop.seal(lambda native: native.execute("CREATE INDEX ix_item_colour ON item (colour)"))

    assert verify(shop.path).manifest.access[-1] == AccessEntry(
        store="ItemStore",
        call="search(colour=...)",
        most_scanned=10,
        most_sorted=10,
        plan=AccessPlan(indexes=("ix_item_colour",)),
    )


def test_the_file_has_what_does_not_depend_on_sqlite(shop: Shop) -> None:
    """Inside it there are calls and limits; which index is taken is beside it only."""
    shop.store.access = (Search(shop.item.colour, scan_limit=100),)
    certified(shop.store)

    shop.seal()

    inside, beside = inspect(shop.path).manifest.access, read_manifest(manifest_path(shop.path)).access
    assert [entry.plan for entry in inside] == [None] * 4
    assert inside == tuple(entry.declared() for entry in beside) == entries_of(claims_of(shop.data_set))
    assert beside[-2].plan == AccessPlan(scanned=50)


def test_a_missing_index_can_be_waived(shop: Shop) -> None:
    """The manifest tells why, and shows what was found."""
    certified(shop.store)

    shop.seal(waivers=[Waiver(gate="access:ItemStore", reason="next week")])

    manifest = read_manifest(manifest_path(shop.path))
    assert [waiver.reason for waiver in manifest.waivers] == ["next week"]
    assert [entry.call for entry in manifest.access if not entry.holds] == ["search(colour=...)"]


def test_a_needless_waiver_is_told(shop: Shop) -> None:
    """A certificate is a gate like any other."""
    shop.store.scan_limit = 50
    certified(shop.store)

    with pytest.warns(UnneededWaiverWarning, match="gate 'access:ItemStore' is waived, but it holds"):
        shop.seal(waivers=[Waiver(gate="access:ItemStore", reason="no need")])


def test_a_store_that_cannot_tell_has_not_passed(shop: Shop) -> None:
    """What its own code raises is told; the other stores are looked at all the same."""

    def broken() -> list[AccessPath]:
        raise LookupError("no paths")

    require(shop.data_set, AccessCheck("Broken", broken))
    certified(shop.store)

    found = shop.failures()

    assert list(found) == ["access:Broken", "access:ItemStore"]
    assert found["access:Broken"].found == "LookupError: no paths"


def test_equal_rows_give_equal_bytes(shop: Shop) -> None:
    """The certificate is the same every time."""
    shop.store.scan_limit = 50
    certified(shop.store)
    shop.seal()
    before = {path.name: path.read_bytes() for path in shop.folder.iterdir()}

    shop.seal()

    assert {path.name: path.read_bytes() for path in shop.folder.iterdir()} == before
