import hashlib
import resource
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from shutil import rmtree
from typing import Any
from urllib.parse import quote

import apsw
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from microcosm_sqlite import DataSet
from microcosm_sqlite.constants import APPLICATION_ID
from microcosm_sqlite.errors import (
    DanglingKeyError,
    DuplicateRowError,
    HeaderError,
    NotADataSetError,
    NotAnArtifactError,
    ReadOnlyDataSetError,
    RowsRejectedError,
    WorkbenchBusyError,
    WorkbenchFailedError,
)
from microcosm_sqlite.sources.sql import SQLSource
from microcosm_sqlite.workbench import Workbench
from tests.pets import Dog, Person, Pets, csv

PEOPLE = "id,first\n1,Ada\n2,Grace\n"


class Other(DataSet, DeclarativeBase):
    __data_set__ = "a/b: ?#%"


class Thing(Other):
    __tablename__ = "thing"

    id: Mapped[int] = mapped_column(primary_key=True)


@pytest.fixture
def bench() -> Iterator[Workbench]:
    """An open workbench."""
    with Workbench(Pets) as bench:
        yield bench


def people(bench: Workbench) -> list[tuple[Any, ...]]:
    """Return all people on *bench*."""
    found = [tuple(row) for row in bench.connection.execute(sa.select(Person.id, Person.first).order_by(Person.id))]
    bench.commit()
    return found


def test_a_workbench_has_the_tables_of_its_data_set(bench: Workbench) -> None:
    """All STRICT, in a file of its own."""
    tables = bench.native.execute("SELECT name, strict FROM pragma_table_list WHERE name IN ('person', 'dog')")

    assert sorted(tables) == [("dog", 1), ("person", 1)]
    assert bench.name == "pets"
    assert bench.data_set is Pets
    assert bench.path.is_file()


def test_csv_is_loaded_with_defaults_and_without_what_is_ignored(bench: Workbench) -> None:
    """The number of rows comes back."""
    assert bench.csv(Person, csv(PEOPLE)) == 2
    assert bench.csv(Person, csv("first,notes\nEve,x\n"), defaults={"id": 0}, ignore="notes") == 1

    assert people(bench) == [(0, "Eve"), (1, "Ada"), (2, "Grace")]


def test_python_rows_are_loaded(bench: Workbench) -> None:
    """By attribute or column."""
    assert bench.load(Person, ({"id": number, "first": f"P{number}", "rank": 0} for number in range(2500))) == 2500

    assert len(people(bench)) == 2500


def test_a_failed_load_leaves_the_workbench_as_it_was(bench: Workbench) -> None:
    """Whatever was loaded before stays."""
    bench.csv(Person, csv(PEOPLE))

    with pytest.raises(DuplicateRowError, match="line 3"):
        bench.csv(Person, csv("id,first\n3,Eve\n1,Bob\n"))
    with pytest.raises(RowsRejectedError):
        bench.load(Person, [{"first": "Eve"}, {"first": None}])

    assert people(bench) == [(1, "Ada"), (2, "Grace")]


def test_loads_may_refer_to_later_ones(bench: Workbench) -> None:
    """Foreign keys are checked when asked, not while rows are loaded."""
    bench.csv(Dog, csv("id,name,owner_id\n1,Rex,1\n"), defaults={"parent_id": None})
    with pytest.raises(DanglingKeyError, match="line 2, column owner_id: 1"):
        bench.check_foreign_keys()

    bench.csv(Person, csv(PEOPLE))

    bench.check_foreign_keys()


def test_dangling_python_rows_are_named_by_their_key(bench: Workbench) -> None:
    """They came from no line."""
    bench.load(Dog, [{"id": 7, "name": "Rex", "owner_id": 9}])

    with pytest.raises(DanglingKeyError, match="row id=7, column owner_id: 9"):
        bench.check_foreign_keys()


def test_a_cleared_table_is_empty(bench: Workbench, tmp_path: Path) -> None:
    """What was loaded into it is no source of the data set any more."""
    path = tmp_path / "people.csv"
    path.write_text(PEOPLE)
    bench.csv(Person, path)

    bench.clear(Person)

    assert people(bench) == []
    assert bench.sources == ()


def test_a_session_does_what_loads_cannot_say(bench: Workbench) -> None:
    """Committed at the end of the block, undone when it fails."""
    with bench.session() as session:
        session.add(Person(id=1, first="Ada"))

    with pytest.raises(IntegrityError), bench.session() as session:
        session.add_all([Person(id=2, first="Eve"), Person(id=3, first="Eve")])

    assert people(bench) == [(1, "Ada")]


def test_sources_are_recorded_for_the_manifest(bench: Workbench, tmp_path: Path) -> None:
    """By name, bytes and rows; text that was open already by those it has in UTF-8; a failed load is none."""
    path = tmp_path / "people 1.csv"
    path.write_text(PEOPLE)
    bench.csv(Person, path)
    bench.csv(Person, csv("id,first\n3,Eve\n"))
    with pytest.raises(DuplicateRowError):
        bench.csv(Person, path)

    source, text = bench.sources

    assert (source.path, source.rows, source.bytes) == ("people 1.csv", 2, len(PEOPLE))
    assert (text.path, text.rows, text.bytes) == ("StringIO", 1, len("id,first\n3,Eve\n"))
    assert source.sha256 == hashlib.sha256(PEOPLE.encode()).hexdigest()


@pytest.mark.parametrize("name", [".hidden.csv", "~x.csv", "%41?#.csv", "a\\b\nc.csv", "naïve.csv"])
def test_any_file_name_can_be_recorded(name: str, bench: Workbench, tmp_path: Path) -> None:
    """As a relative path that a data package allows."""
    path = tmp_path / name
    path.write_text(PEOPLE)

    bench.csv(Person, path)

    assert bench.sources[0].path == quote(name.lstrip(".~"))


def test_the_file_is_gone_after_the_block() -> None:
    """Its folder too."""
    with Workbench(Pets) as bench:
        path = bench.path

    assert not path.parent.exists()


def test_a_given_folder_stays_empty(tmp_path: Path) -> None:
    """A folder is made where it is missing; any name of a data set makes a file name."""
    with Workbench(Other, folder=tmp_path / "new") as bench:
        bench.load(Thing, [{"id": 1}])
        assert bench.path.parent == tmp_path / "new"

    assert list((tmp_path / "new").iterdir()) == []


def test_a_given_path_is_kept_and_continued(tmp_path: Path) -> None:
    """The rows are there the next time."""
    path = tmp_path / "new" / "pets.db"
    with Workbench(Pets, path) as bench:
        bench.csv(Person, csv(PEOPLE))
    assert [found.name for found in path.parent.iterdir()] == ["pets.db"]

    with Workbench(Pets, str(path)) as bench:
        assert len(people(bench)) == 2


def test_a_failed_block_removes_what_it_made(tmp_path: Path) -> None:
    """A file that was there before stays."""
    path = tmp_path / "pets.db"
    with pytest.raises(HeaderError), Workbench(Pets, path) as bench:
        bench.csv(Person, csv("idd\n1\n"))
    assert list(tmp_path.iterdir()) == []

    with Workbench(Pets, path) as bench:
        bench.csv(Person, csv(PEOPLE))
    with pytest.raises(HeaderError), Workbench(Pets, path) as bench:
        bench.csv(Person, csv("idd\n1\n"))

    with Workbench(Pets, path) as bench:
        assert len(people(bench)) == 2


@pytest.mark.parametrize("place", ["path", "folder"])
def test_two_builds_of_one_file_do_not_meet(place: str, tmp_path: Path) -> None:
    """The second is told at once, and does not touch what the first has."""
    where: dict[str, Any] = {"path": tmp_path / "pets.db"} if place == "path" else {"folder": tmp_path}
    with Workbench(Pets, **where) as bench:
        bench.csv(Person, csv(PEOPLE))

        with pytest.raises(WorkbenchBusyError, match="another build holds"), Workbench(Pets, **where):
            pass

        assert len(people(bench)) == 2
        with Workbench(Pets) as elsewhere:
            assert elsewhere.path != bench.path


def test_a_stale_file_of_a_killed_build_is_replaced(tmp_path: Path) -> None:
    """In a given folder, what is there is nobody's."""
    (tmp_path / "pets.workbench").write_text("rubbish")

    with Workbench(Pets, folder=tmp_path) as bench:
        assert people(bench) == []


def test_a_sealed_artifact_is_no_workbench(tmp_path: Path) -> None:
    """It never changes again."""
    path = tmp_path / "pets.db"
    with Workbench(Pets, path) as bench:
        bench.native.execute(f"PRAGMA application_id = {APPLICATION_ID}")

    with pytest.raises(ReadOnlyDataSetError, match="sealed"), Workbench(Pets, path):
        pass
    assert path.exists()


def test_a_file_of_another_kind_is_no_workbench(tmp_path: Path) -> None:
    """Nor is a folder."""
    path = tmp_path / "notes.txt"
    path.write_text("do not touch")

    with pytest.raises(NotAnArtifactError, match="no SQLite database"), Workbench(Pets, path):
        pass
    with pytest.raises(NotAnArtifactError), Workbench(Pets, tmp_path):
        pass
    assert path.read_text() == "do not touch"


def test_a_workbench_is_used_once() -> None:
    """Inside its block, and for one block."""
    bench = Workbench(Pets)
    with pytest.raises(ValueError, match="is closed"):
        bench.csv(Person, csv(PEOPLE))
    with bench:
        pass

    with pytest.raises(ValueError, match="is closed"):
        _ = bench.connection
    with pytest.raises(ValueError, match="is closed"):
        _ = bench.path
    with pytest.raises(ValueError, match="used before"), bench:
        pass


def test_a_workbench_is_used_by_one_thread() -> None:
    """Loads of several would share a transaction, in which one that fails undoes what another has loaded."""
    with Workbench(Pets) as bench, ThreadPoolExecutor(1) as another:
        for use in (
            lambda: bench.load(Person, []),
            lambda: bench.extract(Person, SQLSource("sqlite://", "person"), watermark="id"),
            lambda: bench.session().__enter__(),
            bench.check_foreign_keys,
            bench.commit,
            lambda: bench.connection,
            lambda: bench.path,
        ):
            with pytest.raises(ValueError, match=r"was entered in another thread: expected one .* `executor=`"):
                another.submit(use).result()


def test_callers_mistakes_are_told() -> None:
    """A model of another data set, a class of none, two places at once."""
    with Workbench(Person) as bench, pytest.raises(ValueError, match="no model of data set 'pets'"):
        bench.csv(Thing, csv("id\n"))
    with pytest.raises(NotADataSetError):
        Workbench(int)
    for given, hint in (
        ("person", "found 'person'. Pass the class Person, not its name."),
        ("Person", "found 'Person'. Pass the class Person, not its name."),
        ([], "found []. The model comes first, then its rows."),
        (Pets, "found <class 'tests.pets.Pets'>. The model comes first"),
    ):
        for load in ("load", "upsert", "replace", "explain", "csv"):
            with (
                Workbench(Pets) as bench,
                pytest.raises(TypeError, match="expected a model of data set 'pets'") as caught,
            ):
                getattr(bench, load)(given, [])
            assert hint in str(caught.value)
    with pytest.raises(ValueError, match="found both"):
        Workbench(Pets, "x.db", folder=".")


def test_a_workbench_is_fresh_until_its_tables_change(tmp_path: Path) -> None:
    """Sealing may take records as they are then; of a file that was kept nobody knows what it has been through."""
    with Workbench(Pets) as bench:
        bench.load(Person, [{"id": 1, "first": "Ada"}])
        fresh = bench.is_fresh
        bench.native.execute("ALTER TABLE person ADD COLUMN nickname TEXT")
        changed = bench.is_fresh
    with Workbench(Pets, tmp_path / "kept") as bench:
        kept = bench.is_fresh

    assert (fresh, changed, kept) == (True, False, False)


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    """With the data set, the file and the remedy; rows from before are still there."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with Workbench(Pets, tmp_path / "pets.db") as bench:
        bench.csv(Person, csv(PEOPLE))
        resource.setrlimit(resource.RLIMIT_FSIZE, (bench.path.stat().st_size, hard))
        try:
            with pytest.raises(WorkbenchFailedError) as caught:
                bench.load(Person, ({"id": number, "first": f"{number}" * 50} for number in range(10, 5000)))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

        assert people(bench) == [(1, "Ada"), (2, "Grace")]

    assert (caught.value.name, caught.value.path) == ("pets", tmp_path / "pets.db")
    assert "'pets' could not be built in" in str(caught.value)
    assert "then build again. Nothing was published; what was published before is untouched." in str(caught.value)


def test_files_that_are_no_part_of_the_workbench_are_not_blamed_on_it(bench: Workbench) -> None:
    """What a generator of rows stumbles over is the caller's."""

    def rows() -> Iterator[dict[str, Any]]:
        yield {"id": 1, "first": "Ada"}
        raise FileNotFoundError(2, "No such file or directory", "more.json")

    with pytest.raises(FileNotFoundError, match=r"more\.json"):
        bench.load(Person, rows())


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """On entry; the lock is not left behind."""
    (tmp_path / "file").touch()

    with (
        pytest.raises(WorkbenchFailedError, match="Move away what has that name, then build again"),
        Workbench(Pets, tmp_path / "file" / "pets.db"),
    ):
        pass

    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_another_program_that_writes_the_file_is_told(tmp_path: Path) -> None:
    """As what it is: the file is locked."""
    path = tmp_path / "pets.db"
    with Workbench(Pets, path):
        pass
    other = apsw.Connection(str(path))
    other.execute("BEGIN IMMEDIATE")
    try:
        with Workbench(Pets, path) as bench:
            bench.native.execute("PRAGMA busy_timeout = 0")
            with pytest.raises(
                WorkbenchFailedError, match=r"database is locked\. Close whatever else has the file open"
            ):
                bench.csv(Person, csv(PEOPLE))
    finally:
        other.close()


def test_a_workbench_that_was_removed_meanwhile_is_no_error() -> None:
    """What is thrown away at the end may be gone before."""
    with Workbench(Pets) as bench:
        rmtree(bench.path.parent)
