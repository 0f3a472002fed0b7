import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from microcosm_sqlite.builders.locking import exclusive, release_reads, telling_who_is_busy
from microcosm_sqlite.context import SessionContext
from microcosm_sqlite.errors import DataSetBusyError, WorkbenchBusyError
from tests.pets import Person, PersonStore, Pets, make_graph, rows

HOLD = """
import sys
from pathlib import Path
from microcosm_sqlite.builders.locking import exclusive
with exclusive(Path(sys.argv[1]), name="pets"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_lock_is_held_once(tmp_path: Path) -> None:
    """A second block is told at once; when the first is through, the file is gone and the next may have it."""
    path = tmp_path / "lock"

    with exclusive(path, name="pets"):
        with pytest.raises(WorkbenchBusyError) as caught, exclusive(path, name="pets"):
            pass
        assert path.exists()

    assert (caught.value.name, caught.value.path) == ("pets", path)
    assert not path.exists()
    with exclusive(path, name="pets"):
        assert path.exists()


def test_a_lock_is_held_across_processes_and_dies_with_them(tmp_path: Path) -> None:
    """A killed build leaves a file, but no lock."""
    path = tmp_path / "lock"
    command = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        with pytest.raises(WorkbenchBusyError), exclusive(path, name="pets"):
            pass
        process.kill()
        process.wait()

    assert path.exists()
    with exclusive(path, name="pets"):
        pass


def test_other_troubles_of_the_database_pass(tmp_path: Path) -> None:
    """Only a lock is explained."""
    engine = sa.create_engine("sqlite+apsw://")

    with (
        pytest.raises(OperationalError, match="no such table"),
        telling_who_is_busy("pets", engine),
        engine.connect() as connection,
    ):
        connection.exec_driver_sql("SELECT * FROM absent")
    engine.dispose()


def test_a_lock_of_the_database_is_explained(tmp_path: Path) -> None:
    """With the data set, the file, and what to do."""
    engine = sa.create_engine(f"sqlite+apsw:///{tmp_path}/x.db", connect_args={"timeout": 0})

    with engine.connect() as holder, engine.connect() as other:
        holder.exec_driver_sql("CREATE TABLE t (x)")
        with pytest.raises(DataSetBusyError, match=r"x\.db is locked"), telling_who_is_busy("pets", engine):
            other.exec_driver_sql("CREATE TABLE u (x)")
    engine.dispose()


@pytest.mark.parametrize("change", ["pending", "flushed", "nested"])
def test_a_session_that_changed_something_is_left_alone(change: str, tmp_path: Path) -> None:
    """Whatever is not committed there is still for its owner to decide on."""
    graph = make_graph(tmp_path)
    with SessionContext(graph, Pets) as context:
        session = context.session
        assert session is not None
        PersonStore().count()
        if change == "nested":
            session.begin_nested()
        else:
            session.add(Person(id=1, first="Ada"))
        if change == "flushed":
            session.flush()

        release_reads(graph, Pets)

        assert session.in_transaction()
        session.rollback()
    assert rows(graph, Person) == []


def test_without_a_session_nothing_is_released(tmp_path: Path) -> None:
    """Nor for one that has not begun."""
    graph = make_graph(tmp_path)

    release_reads(graph, Pets)
    with SessionContext(graph, Pets) as context:
        release_reads(graph, Pets)

        assert context.session is not None
        assert not context.session.in_transaction()


def test_what_the_system_refuses_is_no_other_build(tmp_path: Path) -> None:
    """Nobody is told to wait for a build that does not exist."""
    with pytest.raises(FileNotFoundError), exclusive(tmp_path / "missing" / "lock", name="pets"):
        pass


def test_a_lock_whose_file_is_gone_is_given_back_all_the_same(tmp_path: Path) -> None:
    """Whoever cleared the folder meanwhile does not make a finished build fail."""
    path = tmp_path / "lock"

    with exclusive(path, name="pets"):
        path.unlink()

    assert not path.exists()
