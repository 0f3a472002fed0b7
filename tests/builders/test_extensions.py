from pathlib import Path

import apsw
import pytest

from microcosm_sqlite.builders.extensions import can_read_csv, can_view_tables, view_csv, view_table, write_text


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder whose name has to be quoted."""
    path = tmp_path / 'it\'s "here"'
    path.mkdir()
    return path


def test_apsw_carries_what_is_needed() -> None:
    """In the releases that are tested; without it Python reads everything."""
    assert can_read_csv()
    assert can_view_tables()


def test_a_file_of_csv_is_seen_as_it_is_now(folder: Path) -> None:
    """Whatever its path, and whenever it is asked."""
    path = folder / "rows.csv"
    path.write_text("1,a\n")
    native = apsw.Connection(":memory:")
    view_csv(native, "temp.here", path, columns=3)

    assert native.execute("SELECT c0, c1, c2 FROM here").fetchall() == [("1", "a", None)]
    path.write_text("2,b\n3,c\n")
    assert native.execute("SELECT rowid, c0 FROM here").fetchall() == [(1, "2"), (2, "3")]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_text_takes_the_place_of_the_text_before(tmp_path: Path) -> None:
    """Also where it is shorter; that a disk has no room for it is told."""
    path = tmp_path / "rows.csv"
    with path.open("wb", buffering=0) as file:
        assert write_text(file, b"1,a\n2,b\n")
        assert write_text(file, b"3,c\n")
    assert path.read_bytes() == b"3,c\n"
    with Path("/dev/full").open("wb", buffering=0) as full:
        assert not write_text(full, b"1,a\n")


def test_a_table_elsewhere_is_seen_and_not_locked(folder: Path) -> None:
    """Its own connection changes it while the transaction that has read it goes on, which then sees the change."""
    path = folder / "other.db"
    other = apsw.Connection(str(path))
    other.execute("CREATE TABLE some (number INTEGER); INSERT INTO some VALUES (1), (2)")
    native = apsw.Connection(":memory:")
    view_table(native, "temp.there", path, of="some")

    with native:
        assert native.execute("SELECT rowid, number FROM there").fetchall() == [(1, 1), (2, 2)]
        other.execute("DELETE FROM some; INSERT INTO some VALUES (3)")
        assert native.execute("SELECT number FROM there WHERE rowid > 0 AND rowid < 2").fetchall() == [(3,)]
    native.execute("DROP TABLE there")
    native.close()
    other.close()
