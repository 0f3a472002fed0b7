"""Locks a process only believes to hold."""

from pathlib import Path

import apsw
import pytest

from microcosm_sqlite.engines import dbapi, locks


def test_files_of_every_kind_can_be_forgotten(tmp_path: Path) -> None:
    """Forgetting the locks of a database that holds none changes nothing, whatever kind it is."""
    path = tmp_path / "x.db"
    for native in (
        apsw.Connection(str(path)),
        apsw.Connection(""),
        apsw.Connection(":memory:"),
        apsw.Connection(
            "file:/x?vfs=memdb", apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE | apsw.SQLITE_OPEN_URI
        ),
    ):
        native.execute("CREATE TABLE t (a)")
        file = locks.file_of(native)
        assert file is not None

        locks.forget(file)

        native.execute("INSERT INTO t VALUES (1)")
        assert native.execute("SELECT * FROM t").get == 1


def test_locks_of_other_kinds_are_left_alone(tmp_path: Path) -> None:
    """A VFS whose locks a child could take from its parent is not told to unlock."""
    assert locks.file_of(apsw.Connection(str(tmp_path / "x.db"), vfs="unix-dotfile")) is None


def test_a_forgotten_lock_is_free(tmp_path: Path) -> None:
    """Once forgotten, a lock no longer keeps other connections of the same process out."""
    holder = dbapi.connect(tmp_path / "x.db", isolation_level=None)
    holder.execute("CREATE TABLE t (a)")
    holder.execute("BEGIN IMMEDIATE")
    other = dbapi.connect(tmp_path / "x.db", isolation_level=None, timeout=0)
    with pytest.raises(dbapi.OperationalError, match="locked"):
        other.execute("INSERT INTO t VALUES (1)")

    file = locks.file_of(holder.native)
    assert file is not None
    locks.forget(file)

    other.execute("INSERT INTO t VALUES (1)")
