"""What a load stores and tells does not depend on who converts, nor in how many pieces, nor in which order."""

import pickle
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from io import StringIO
from math import inf
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from microcosm_sqlite.builders.engine import Pace
from microcosm_sqlite.builders.loading import Load, load_source
from microcosm_sqlite.ddl import create_tables
from microcosm_sqlite.errors import RowsRejectedError, SourceError
from microcosm_sqlite.sealing import Release, seal
from microcosm_sqlite.shipping.folder import FolderChannel
from microcosm_sqlite.sources.lines import Block
from microcosm_sqlite.sources.pieces import csv_pieces
from microcosm_sqlite.sources.records import COMMAS, RecordReader
from microcosm_sqlite.sources.tabular import FileDigest, Reading
from microcosm_sqlite.workbench import Workbench
from tests.deliveries import OPTIONS, Deliveries, Parcel, slug, text, write_csv, write_lines
from tests.executors import Disorderly, Inline, Posting
from tests.properties.test_loads import Simple, Ways, texts


class Cut:
    """CSV in blocks of so many lines."""

    name = "rows.csv"
    is_rereadable = True

    def __init__(self, content: str, lines: int) -> None:
        self._content = content
        self._lines = lines

    def digest(self) -> FileDigest | None:
        """Return None."""
        return None

    @contextmanager
    def open(self) -> Generator[Reading]:
        """Yield a pass over the rows."""
        reader = RecordReader(self.name, self._blocks(), COMMAS)
        header = reader.header()
        batches = (batch for block in reader for batch in reader.batches(block))
        yield Reading(header=header, batches=batches, blocks=reader, pieces=csv_pieces(reader, COMMAS))

    def _blocks(self) -> Iterator[Block]:
        every = list(StringIO(self._content, newline=""))
        for first in range(0, len(every), self._lines):
            yield Block(first + 1, "".join(every[first : first + self._lines]))


@pytest.fixture(scope="module")
def connection() -> Iterator[sa.Connection]:
    """A connection to empty tables."""
    engine = sa.create_engine("sqlite+apsw_strict://")
    with engine.connect() as connection:
        for data_set in (Ways, Deliveries):
            create_tables(data_set.metadata, connection)
        connection.commit()
        yield connection
    engine.dispose()


def outcome(connection: sa.Connection, load: Load) -> Any:
    """Return the rows that a load leaves with their numbers, and what it tells."""
    try:
        told: Any = load_source(connection, load)
    except (RowsRejectedError, SourceError) as error:
        told = (str(error), getattr(error, "problems", None), getattr(error, "count", None))
    rows = connection.exec_driver_sql(f"SELECT rowid, * FROM {load.table} ORDER BY rowid").all()
    connection.rollback()
    return told, [tuple(map(repr, row)) for row in rows]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(content=texts(), lines=st.integers(1, 5), skips=st.booleans(), bound=st.sampled_from([None, 0, 2]))
def test_any_file_is_the_same_whoever_converts_it(
    connection: sa.Connection,
    content: str,
    lines: int,
    skips: bool,  # noqa: FBT001
    bound: int | None,
) -> None:
    """Clean, odd and broken ones, cut anywhere."""
    load = Load(
        model=Simple,
        source=Cut(content, lines),
        skips_bad=skips,
        max_errors=bound,
        pace=Pace(engine_from=inf),
    )
    alone = outcome(connection, load)
    for make in (Inline, Posting, Disorderly):
        here = outcome(connection, with_executor(load, make()))

        assert here == alone


def with_executor(load: Load, executor: Executor) -> Load:
    """Return *load* with the help of *executor*."""
    return Load(
        model=load.model,
        source=load.source,
        columns=load.columns,
        ignored=load.ignored,
        max_errors=load.max_errors,
        skips_bad=load.skips_bad,
        pace=load.pace,
        executor=executor,
    )


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10**6), lines=st.integers(5, 60), bad_every=st.sampled_from([0, 2, 7, 40]))
def test_any_type_is_the_same_whoever_converts_it(
    connection: sa.Connection, seed: int, lines: int, bad_every: int
) -> None:
    """Identifiers, decimals, documents, bytes, days, what a function computes."""
    content = text(200, bad_every=bad_every, seed=seed)
    load = Load(
        model=Parcel,
        source=Cut(content, lines),
        columns={"slug": slug},
        ignored=frozenset({"place"}),
        skips_bad=True,
        max_errors=1000,
    )

    assert outcome(connection, with_executor(load, Disorderly())) == outcome(connection, load)


@contextmanager
def processes(count: int) -> Generator[Executor]:
    """Yield so many processes."""
    with ProcessPoolExecutor(count, mp_context=get_context("spawn")) as pool:
        yield pool


@contextmanager
def cluster() -> Generator[Executor]:
    """Yield the executor of a cluster of two processes on this machine."""
    distributed = pytest.importorskip("distributed")
    # Nothing listens but on this machine, and on ports that nobody else uses.
    options = {"n_workers": 2, "threads_per_worker": 1, "host": "127.0.0.1", "dashboard_address": "127.0.0.1:0"}
    with distributed.LocalCluster(processes=True, **options) as machines, distributed.Client(machines) as client:
        yield client.get_executor()


def sealed(folder: Path, executor: Executor | None, files: list[Path]) -> tuple[str, str | None, bytes]:
    """Return both digests and the bytes of an artifact that is loaded from *files*."""
    folder.mkdir()
    with Workbench(Deliveries) as bench:
        for path in files:
            bench.load(Parcel, path, executor=executor, skip_bad=True, **OPTIONS)
        artifact = seal(bench, FolderChannel(folder), Release(version="1"))
    return artifact.manifest.content_digest, artifact.manifest.file_digest, artifact.path.read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: processes(1), id="one process"),
        pytest.param(lambda: processes(2), id="two processes"),
        pytest.param(lambda: processes(3), id="three processes"),
        pytest.param(lambda: ThreadPoolExecutor(3), id="threads"),
        pytest.param(cluster, id="a Dask cluster"),
    ],
)
def test_an_artifact_is_the_same_to_the_last_bit(make: Callable[[], Any], tmp_path: Path) -> None:
    """With no executor, and with any number of workers of any kind; bad rows among its rows."""
    files = [write_csv(tmp_path / "parcels.csv", 4000, bad_every=900)]
    with make() as executor:
        several = sealed(tmp_path / "several", executor, files)

    assert several == sealed(tmp_path / "alone", None, files)


@pytest.mark.slow
def test_a_cluster_takes_json_lines_too(tmp_path: Path) -> None:
    """As many rows as there are lines."""
    path = write_lines(tmp_path / "parcels.jsonl", 3000)
    with cluster() as executor, Workbench(Deliveries) as bench:
        assert bench.load(Parcel, path, executor=executor, **OPTIONS) == 3000


def test_what_is_sent_is_small(connection: sa.Connection) -> None:
    """A piece is sent as the text that it is, with the names of what converts it; source and model stay here."""
    sizes: list[int] = []

    class Weighing(Inline):
        """Weighs what it is sent."""

        def called(self, fn: Any, *args: Any, **kwargs: Any) -> Any:
            sizes.append(len(pickle.dumps((fn, args, kwargs))))
            return super().called(fn, *args, **kwargs)

    content = text(300)
    source = Cut(content, 20)
    options: dict[str, Any] = {"columns": {"slug": slug}, "ignored": frozenset({"place"})}
    load_source(connection, Load(model=Parcel, source=source, executor=Weighing(), **options))
    connection.rollback()

    assert len(sizes) > 10
    assert sum(sizes) < len(content) + len(sizes) * 1500
