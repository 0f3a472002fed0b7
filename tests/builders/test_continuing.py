"""Beginning with the rows of an artifact."""

from pathlib import Path

import apsw
import pytest

from microcosm_sqlite.builders.continuing import attached, copy_rows, first_filled
from microcosm_sqlite.builders.watermarks import Extraction, Watermark, Watermarks
from microcosm_sqlite.errors import WrongArtifactError
from microcosm_sqlite.sealing import Release, seal
from microcosm_sqlite.shipping.folder import FolderChannel
from microcosm_sqlite.workbench import Workbench
from tests.shop import Order, Shop, expected, order, stored


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """Return the path of an artifact with two orders and a mark."""
    with Workbench(Shop) as bench:
        bench.load(Order, [order(1), order(2)])
        extraction = Extraction(source="the shop", table="shop_order", columns=("id",))
        Watermarks(bench.connection).set(Watermark(extraction=extraction, values=(2,)))
        bench.commit()
        seal(bench, FolderChannel(tmp_path), Release(version="1"))
    return tmp_path / "shop.sqlite"


def test_rows_and_marks_are_copied(release: Path) -> None:
    """Tables that the artifact does not have stay empty."""
    with Workbench(Shop) as bench:
        bench.native.execute("CREATE TABLE newer (id INTEGER PRIMARY KEY)")
        with attached(bench.native, release, name="shop"):
            assert first_filled(bench.connection, ["newer", "shop_order"]) is None
            assert copy_rows(bench.connection, ["newer", "shop_order"]) == {"shop_order": 2}
            bench.commit()

        assert first_filled(bench.connection, ["newer", "shop_order"]) == "shop_order"
        assert stored(bench.connection) == expected([order(1), order(2)])
        assert [mark.values for mark in Watermarks(bench.connection)] == [(2,)]


def test_the_artifact_is_let_go(release: Path) -> None:
    """Also after an error; and it was only read."""
    before = release.read_bytes()
    with Workbench(Shop) as bench:
        with pytest.raises(ZeroDivisionError), attached(bench.native, release, name="shop"):
            _ = 1 / 0

        assert "continued" not in {name for _, name, _ in bench.native.execute("PRAGMA database_list")}
    assert release.read_bytes() == before
    assert {path.name for path in release.parent.iterdir()} == {"shop.sqlite", "shop.sqlite.datapackage.json"}


def test_of_another_data_set(release: Path) -> None:
    """Nothing is attached."""
    connection = apsw.Connection(":memory:")

    with pytest.raises(WrongArtifactError, match="other"), attached(connection, release, name="other"):
        pass
    assert [name for _, name, _ in connection.execute("PRAGMA database_list")] == ["main"]
