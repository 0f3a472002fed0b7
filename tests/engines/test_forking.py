"""Forked children and what they inherit; each test runs a program that really forks."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this platform")

DRIVER = """
import os, sys
from pathlib import Path
from microcosm_sqlite.engines import dbapi

path = Path(sys.argv[1])
journal = Path(f"{path}-journal")
setup = dbapi.connect(path)
setup.executescript("CREATE TABLE t (a); INSERT INTO t VALUES (1)")
setup.close()

def in_child(action):
    pid = os.fork()
    if pid == 0:
        action()
        sys.exit(0)  # Through the finalisation of the interpreter, unlike os._exit.
    assert os.waitpid(pid, 0)[1] == 0, "the child failed"

def raises(error, action):
    try:
        action()
    except error as caught:
        return caught
    raise AssertionError(f"{error} was not raised")
"""

ENGINE = """
import sqlalchemy.exc
from sqlalchemy import create_engine, text

engine = create_engine(f"sqlite+apsw:///{path}", connect_args={"timeout": 0})
"""


def run(script: str, tmp_path: Path, prelude: str = DRIVER) -> None:
    """Run *script* after *prelude*; its assertions are the test's."""
    program = prelude + textwrap.dedent(script)
    command = [sys.executable, "-W", "error", "-c", program, str(tmp_path / "x.db")]
    finished = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (finished.returncode, finished.stderr) == (0, "")


def test_parent_commits_after_its_child_used_and_left_the_engine(tmp_path: Path) -> None:
    """A write transaction open at the fork survives a child that uses, disposes and exits (B5)."""
    run(
        """
        writer = engine.connect()
        writer.execute(text("INSERT INTO t VALUES (2)"))
        assert journal.exists()

        def child():
            with engine.connect() as connection:
                assert connection.execute(text("SELECT count(*) FROM t")).scalar() == 1
            engine.dispose()
            writer.close()

        in_child(child)
        assert journal.exists()
        writer.commit()
        assert not journal.exists()
        assert writer.execute(text("SELECT count(*) FROM t")).scalar() == 2
        """,
        tmp_path,
        DRIVER + ENGINE,
    )


def test_closing_and_ending_do_nothing_in_a_child(tmp_path: Path) -> None:
    """close, commit and rollback of an inherited connection are silent, and its cursors can be dropped."""
    run(
        """
        connection = dbapi.connect(path)
        connection.execute("INSERT INTO t VALUES (2)")
        cursor = connection.execute("SELECT * FROM t")
        cursor.fetchone()

        def child():
            global cursor
            connection.commit()
            connection.rollback()
            cursor.close()
            cursor = None
            connection.close()
            connection.close()
            assert connection.is_inherited

        in_child(child)
        assert journal.exists()
        assert cursor.fetchall() == [(2,)]
        connection.commit()
        """,
        tmp_path,
    )


def test_interpreter_exit_closes_nothing_of_the_parent(tmp_path: Path) -> None:
    """APSW closes every connection it finds when it is unloaded at exit; those of the parent are not among them."""
    # No function is defined here: it would keep the modules in cycles, and APSW would not be unloaded in order.
    run(
        """
        import os, sys
        from microcosm_sqlite.engines import dbapi
        connection = dbapi.connect(sys.argv[1])
        connection.execute("CREATE TABLE t (a)")
        connection.execute("INSERT INTO t VALUES (2)")
        pid = os.fork()
        if pid == 0:
            sys.exit(0)
        assert os.waitpid(pid, 0)[1] == 0
        assert os.path.exists(f"{sys.argv[1]}-journal")
        connection.commit()
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (1,)
        """,
        tmp_path,
        prelude="",
    )


def test_everything_else_is_refused_in_a_child(tmp_path: Path) -> None:
    """Whatever else is asked of an inherited connection or cursor raises an OperationalError that says whose it is."""
    run(
        """
        connection = dbapi.connect(path)
        cursor = connection.execute("SELECT * FROM t")

        def child():
            for use in (
                connection.cursor,
                lambda: connection.execute("SELECT 1"),
                lambda: connection.in_transaction,
                lambda: connection.create_function("f", 0, int),
                connection.interrupt,
                lambda: cursor.execute("SELECT 1"),
                cursor.fetchone,
                cursor.fetchall,
                lambda: next(cursor),
            ):
                assert "belongs to the parent process" in str(raises(dbapi.OperationalError, use))

        in_child(child)
        assert cursor.fetchall() == [(1,)]
        """,
        tmp_path,
    )


def test_pools_start_afresh_in_a_child(tmp_path: Path) -> None:
    """A pooled connection of the parent is never handed out in a child, nor its grandchild."""
    run(
        """
        def count():
            with engine.connect() as connection:
                assert not connection.connection.dbapi_connection.is_inherited
                return connection.execute(text("SELECT count(*) FROM t")).scalar()

        def child():
            assert engine.pool.checkedin() == 0
            assert count() == 1
            in_child(count)

        count()
        in_child(child)
        assert engine.pool.checkedin() == 1
        """,
        tmp_path,
        DRIVER + ENGINE,
    )


def test_connections_in_use_recover_in_a_child(tmp_path: Path) -> None:
    """A SQLAlchemy connection that was in use at the fork says it is lost, then connects anew."""
    run(
        """
        inherited = engine.connect()
        inherited.execute(text("SELECT 1"))

        def child():
            lost = raises(sqlalchemy.exc.OperationalError, lambda: inherited.execute(text("SELECT 1")))
            assert lost.connection_invalidated
            inherited.rollback()
            assert inherited.execute(text("SELECT count(*) FROM t")).scalar() == 1

        in_child(child)
        """,
        tmp_path,
        DRIVER + ENGINE,
    )


@pytest.mark.parametrize("mode", ["DELETE", "WAL"])
@pytest.mark.parametrize("sql", ["SELECT * FROM t", "INSERT INTO t VALUES (2)"])
def test_children_see_the_real_locks(tmp_path: Path, mode: str, sql: str) -> None:
    """A child is locked out while its parent holds the file and no longer: it does not believe inherited locks."""
    run(
        f"""
        connection = dbapi.connect(path, isolation_level=None)
        connection.execute("PRAGMA journal_mode={mode}").fetchall()
        connection.execute("BEGIN")
        connection.execute("{sql}").fetchall()
        writes = "INSERT" in "{sql}"
        reader_to_child, writer_to_child = os.pipe()
        reader_to_parent, writer_to_parent = os.pipe()

        def child():
            mine = dbapi.connect(path, isolation_level=None, timeout=0)
            assert mine.execute("SELECT count(*) FROM t").fetchone() == (1,)
            if writes or "{mode}" == "DELETE":
                refused = raises(dbapi.OperationalError, lambda: mine.execute("DELETE FROM t"))
                assert "locked" in str(refused)
            os.write(writer_to_parent, b"1")
            os.read(reader_to_child, 1)
            mine.execute("INSERT INTO t VALUES (3)")

        pid = os.fork()
        if pid == 0:
            child()
            sys.exit(0)
        os.read(reader_to_parent, 1)
        connection.commit()
        os.write(writer_to_child, b"1")
        assert os.waitpid(pid, 0)[1] == 0
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (2 + writes,)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        """,
        tmp_path,
        DRIVER + ENGINE,
    )


def test_closed_connections_stay_closed_in_a_child(tmp_path: Path) -> None:
    """A connection closed before the fork is closed in the child, not inherited."""
    run(
        """
        connection = dbapi.connect(path)
        connection.close()

        def child():
            assert not connection.is_inherited
            assert "closed database" in str(raises(dbapi.ProgrammingError, lambda: connection.execute("SELECT 1")))

        in_child(child)
        """,
        tmp_path,
    )
