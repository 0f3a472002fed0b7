"""What reads sealed data for a session, and when it no longer does."""

import gc
import os
import threading
from pathlib import Path
from typing import Any
from weakref import ref

import apsw
import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from microcosm_sqlite.dataset import dispose_sqlite_connections
from microcosm_sqlite.engines.opening import EngineOptions, open_sealed
from microcosm_sqlite.lookups.readers import reader_of
from tests.conftest import GraphFactory
from tests.kennel import DogStore, OwnerStore
from tests.sealed import seal_file


@pytest.fixture
def owners(sealed_graph: Any) -> OwnerStore:
    """Return the store of owners of sealed data."""
    return OwnerStore(sealed_graph)


def test_a_session_has_one_reader(owners: OwnerStore) -> None:
    """As long as it is the same session."""
    assert reader_of(owners.session) is reader_of(owners.session)


def test_data_that_changes_has_none(graph: Any) -> None:
    """SQLAlchemy reads it."""
    assert reader_of(OwnerStore(graph).session) is None


def test_whoever_listens_to_an_engine_hears_every_statement(owners: OwnerStore, sealed_graph: Any) -> None:
    """From then on SQLAlchemy answers."""
    owners.retrieve(1)
    heard: list[str] = []
    event.listen(sealed_graph.sqlite("kennel")[0], "before_cursor_execute", lambda _c, _u, sql, *_: heard.append(sql))
    owners.retrieve(2)

    assert len(heard) == 1


def test_statements_that_are_logged_go_through_sqlalchemy(make_graph: GraphFactory, artifact_path: Path) -> None:
    """Its log is where they are looked for."""
    store = OwnerStore(make_graph(paths={"kennel": artifact_path}, echo=True))

    assert reader_of(store.session) is None


def test_threads_that_share_a_connection_go_through_sqlalchemy(artifact_path: Path) -> None:
    """It sees to it that they do not use it at once."""
    engine = open_sealed(artifact_path, name="kennel", options=EngineOptions(pool=StaticPool))
    with Session(engine) as session:
        assert reader_of(session) is None
    engine.dispose()


@pytest.mark.parametrize("dispose", ["engine", "graph", "process"])
def test_after_disposing_a_new_reader_reads(owners: OwnerStore, sealed_graph: Any, dispose: str) -> None:
    """Nothing that was read before is handed out again."""
    before, reader = owners.retrieve(1), reader_of(owners.session)
    if dispose == "engine":
        sealed_graph.sqlite("kennel")[0].dispose()
    elif dispose == "graph":
        sealed_graph.sqlite.dispose("kennel")
    else:
        dispose_sqlite_connections(sealed_graph)

    assert reader is not None
    assert reader.is_retired
    assert owners.retrieve(1).town == before.town
    assert reader_of(owners.session) is not reader


def test_another_file_gives_other_rows(
    owners: OwnerStore, sealed_graph: Any, kennel_path: Path, tmp_path: Path
) -> None:
    """A name that is bound anew is read anew, by all threads."""
    assert owners.retrieve(1).town == "London"
    connection = apsw.Connection(str(kennel_path))
    connection.execute("UPDATE owner SET town = 'Cambridge' WHERE id = 1")
    connection.close()
    sealed_graph.sqlite["kennel"] = seal_file(kennel_path, tmp_path / "other.sqlite", name="kennel", version="2")

    assert owners.retrieve(1).town == "Cambridge"


def test_each_thread_has_its_own_rows(owners: OwnerStore) -> None:
    """The same object within a thread, another one in the next."""
    mine = owners.retrieve(1)
    found: list[Any] = []

    def look() -> None:
        found.extend([owners.retrieve(1), owners.retrieve(1), owners.session])

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()

    assert found[0] is found[1]
    assert found[0] is not mine
    assert found[2] is not owners.session


def test_many_threads_find_what_is_there(sealed_graph: Any) -> None:
    """At once, all verbs, right answers only."""
    dogs, owners = DogStore(sealed_graph), OwnerStore(sealed_graph)
    wrong: list[Any] = []

    def look() -> None:
        try:
            for number in range(200):
                key = number % 4 + 1
                assert dogs.retrieve(key).id == key
                assert dogs.retrieve(key).owner is owners.retrieve(dogs.retrieve(key).owner_id)
                assert [dog.id for dog in dogs.search(name="Rex")] == [1, 3]
                assert [dog.id for dog in dogs.stream()] == [1, 2, 3, 4]
                assert dogs.count() == 4
        except BaseException as error:  # noqa: BLE001 - Told below.
            wrong.append(error)

    threads = [threading.Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []


def test_a_thread_that_ends_takes_its_reader_along(owners: OwnerStore) -> None:
    """Its connection goes back to the pool."""
    readers: list[Any] = []

    def look() -> None:
        owners.retrieve(1)
        readers.append(ref(reader_of(owners.session)))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    del thread
    gc.collect()

    assert readers[0]() is None


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs a list of open files")
def test_many_threads_that_end_leave_no_files_open(
    owners: OwnerStore, artifact_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """All but the few connections of the pool are closed, though their last look-ups were not read to an end."""
    begun = threading.Barrier(12)
    # Other tests close connections behind the back of a pool, which complains when it lets go of them.
    gc.collect()
    caplog.clear()

    def look() -> None:
        owners.retrieve(1)
        begun.wait()

    threads = [threading.Thread(target=look) for _ in range(12)]
    for thread in threads:
        thread.start()
    while threads:
        threads.pop().join()
    del thread
    gc.collect()

    assert caplog.records == []
    assert [file.resolve() for file in Path("/proc/self/fd").iterdir()].count(artifact_path) in range(1, 6)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_reads_for_itself(owners: OwnerStore) -> None:
    """On connections of its own; what the parent holds stays as it is."""
    mine = owners.retrieve(1)
    child = os.fork()
    if not child:
        try:
            again = owners.retrieve(1)
            is_right = again is not mine and again.town == "London" and [dog.id for dog in again.dogs] == [1, 2]
            os._exit(0 if is_right and owners.search(town="Paris")[0].name == "Blaise" else 1)
        except BaseException:  # noqa: BLE001 - The exit status tells.
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0

    assert owners.retrieve(1) is mine
    assert [dog.id for dog in mine.dogs] == [1, 2]


def test_an_abandoned_stream_leaves_nothing_open(sealed_graph: Any) -> None:
    """Its cursor is closed, and look-ups go on."""
    dogs = DogStore(sealed_graph)
    stream = dogs.stream()
    next(stream)
    reader = reader_of(dogs.session)
    assert reader is not None
    del stream
    gc.collect()

    assert dogs.count() == 4
    assert len(reader.connection._handle.cursors) == 0
