"""Rows as columns, a batch at a time."""

import gc
import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from microcosm_sqlite.engines.dbapi import Connection, Error
from microcosm_sqlite.lookups.readers import reader_of
from tests.conftest import GraphFactory
from tests.sealed import seal_file
from tests.words import Word, Words, WordStore

ROWS = 3000


@pytest.fixture
def words(make_graph: GraphFactory, tmp_path: Path) -> WordStore:
    """Return a store of sealed words: three thousand, every thousandth large."""
    graph = make_graph(paths={"words": tmp_path / "source.sqlite"})
    Words.create_all(graph)
    with Words.new_context(graph) as context:
        assert context.session is not None
        context.session.add_all(
            Word(id=number, text="x" * (1_000_000 if not number % 1000 else 5)) for number in range(1, ROWS + 1)
        )
        context.commit()
    path = seal_file(tmp_path / "source.sqlite", tmp_path / "words.sqlite", name="words")
    return WordStore(make_graph(paths={"words": path}))


def connections_of(store: WordStore) -> int:
    """Return how many connections are in use, but for the one that the thread keeps."""
    reader = reader_of(store.session)
    assert reader is not None
    pool: Any = reader.engine.pool
    return int(pool.checkedout()) - 1


def test_batches_have_the_size_that_was_asked_for(words: WordStore) -> None:
    """But for the last one."""
    reader = words.to_arrow_batches(batch_rows=700)

    assert [batch.num_rows for batch in reader] == [700, 700, 700, 700, 200]


def test_batches_together_are_the_table(words: WordStore) -> None:
    """In the same order."""
    reader = words.to_arrow_batches(batch_rows=999)

    assert pa.Table.from_batches(list(reader), reader.schema).combine_chunks() == words.to_arrow().combine_chunks()


def test_large_rows_make_short_batches(words: WordStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch is whole when it comes to so many bytes."""
    monkeypatch.setattr("microcosm_sqlite.lookups.batches._BATCH_BYTES", 500_000)

    sizes = [batch.num_rows for batch in words.to_arrow_batches()]

    assert sum(sizes) == ROWS
    assert len(sizes) == 3


def test_large_rows_are_taken_a_few_at_a_time(make_graph: GraphFactory, tmp_path: Path) -> None:
    """What is in memory does not depend on how large rows are."""
    graph = make_graph(paths={"words": tmp_path / "large.sqlite"})
    Words.create_all(graph)
    with Words.new_context(graph) as context:
        assert context.session is not None
        context.session.add_all(Word(id=number, text="x" * 2**20) for number in range(100))
        context.commit()
    path = seal_file(tmp_path / "large.sqlite", tmp_path / "words.sqlite", name="words")
    before = pa.total_allocated_bytes()

    for batch in WordStore(make_graph(paths={"words": path})).to_arrow_batches():
        assert batch.nbytes < 90 * 2**20
    del batch

    assert pa.total_allocated_bytes() == before


def test_a_reader_gives_its_connection_back(words: WordStore) -> None:
    """At the end, and when nobody wants the rest."""
    assert len(list(words.to_arrow_batches())) == 1
    assert connections_of(words) == 0

    reader = words.to_arrow_batches(batch_rows=10)
    reader.read_next_batch()
    assert connections_of(words) == 1
    del reader
    gc.collect()

    assert connections_of(words) == 0


def test_a_reader_that_nobody_reads_takes_no_connection(words: WordStore) -> None:
    """It is opened with the first batch."""
    reader = words.to_arrow_batches()

    assert connections_of(words) == 0
    assert reader.schema.names == ["id", "text"]


def test_another_thread_may_read_while_this_one_asks(words: WordStore) -> None:
    """Sealed data: the reader has a connection of its own."""
    reader, found = words.to_arrow_batches(batch_rows=50), list[int]()
    thread = threading.Thread(target=lambda: found.extend(batch.num_rows for batch in reader))
    thread.start()
    for key in range(1, 2000):
        assert words.retrieve(key).id == key
    thread.join()

    assert sum(found) == ROWS


def test_several_readers_are_read_in_turn(words: WordStore) -> None:
    """Each where it is."""
    first, second = words.to_arrow_batches(batch_rows=10), words.to_arrow_batches(batch_rows=10, offset=10)

    starts = [reader.read_next_batch().column(0)[0].as_py() for reader in (first, second, first, second)]

    assert starts == [1, 11, 11, 21]


def close_connections(path: Path, *, but: Any) -> int:
    """Close the open connections to the file at *path*, but for one, and return how many there were."""
    found = 0
    for connection in [one for one in gc.get_objects() if isinstance(one, Connection)]:
        # Those of other tests, which may be open still, are to other files.
        with suppress(Error):
            if connection is not but and connection.native.filename == str(path):
                connection.close()
                found += 1
    return found


def test_a_connection_that_fails_is_replaced(words: WordStore, tmp_path: Path) -> None:
    """SQLAlchemy is asked for what is missing: no row is given twice, and none is left out."""
    reader = words.to_arrow_batches(batch_rows=100)
    found = [reader.read_next_batch()]
    kept: Any = words.session.connection().connection.dbapi_connection
    assert close_connections(tmp_path / "words.sqlite", but=kept)
    found += list(reader)

    assert pa.Table.from_batches(found).column("id").to_pylist() == list(range(1, ROWS + 1))
    # What SQLAlchemy says of a connection that was closed under it is said here, rather than in another test.
    del reader
    gc.collect()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_reads_on_for_itself(words: WordStore) -> None:
    """On a connection of its own; the parent's goes on as well."""
    reader = words.to_arrow_batches(batch_rows=100)
    reader.read_next_batch()
    child = os.fork()
    if not child:
        try:
            os._exit(0 if sum(batch.num_rows for batch in reader) == ROWS - 100 else 1)
        except BaseException:  # noqa: BLE001 - The exit status tells.
            os._exit(2)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    assert status == 0
    assert sum(batch.num_rows for batch in reader) == ROWS - 100
