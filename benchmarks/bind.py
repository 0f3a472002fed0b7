"""How long from nothing open to the first row of an artifact that was verified before, in a process that is warm?

Every round binds the data set anew. What this process remembers is cleared before it, so that the result of the
verification comes from the cache folder, as it does in the second process of a service. Collecting garbage is left out.
"""

import gc
import os
import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, sleep, time_ns
from typing import Any

import apsw
from measuring import report, verdict
from microcosm.api import create_object_graph, load_from_dict
from sealed_samples import Word, Words, WordStore, sealed_words
from sqlalchemy import Column, Date, Float, Integer, MetaData, String, Table, create_engine
from sqlalchemy.orm import Session

from microcosm_sqlite.artifacts import remembering
from microcosm_sqlite.artifacts.hashing import file_digest
from microcosm_sqlite.artifacts.remembering import Memory
from microcosm_sqlite.artifacts.trusting import Policy, Trust, verified
from microcosm_sqlite.binding import kind_of
from microcosm_sqlite.contract import differences
from microcosm_sqlite.engines import dbapi, hardening
from microcosm_sqlite.engines.opening import EngineOptions, open_sealed
from microcosm_sqlite.engines.uris import file_uri

ROUNDS = 50
IN_A_ROW = 7
ROW = "SELECT id, text FROM word WHERE id = 7"

#: So large that the time of one reading can be told from that of opening.
HASHED_BYTES = 256 * 2**20


def interleaved(subjects: Mapping[str, Callable[[], Any]]) -> dict[str, float]:
    """Return the median seconds of each subject, run in turn so that a slow moment meets all of them.

    Each runs several times in a row; the first time, which finds the processor's caches full of the one before, is
    left out.
    """
    times: dict[str, list[float]] = {name: [] for name in subjects}
    for _ in range(ROUNDS):
        for name, subject in subjects.items():
            times[name] += [seconds_of(subject) for _ in range(IN_A_ROW)][1:]
    return {name: median(taken) for name, taken in times.items()}


def seconds_of(subject: Callable[[], Any]) -> float:
    """Return how long *subject* takes to open what it opens; closing it is left out."""
    remembering._in_process.clear()  # noqa: SLF001 - What the next process does not have.
    gc.collect(0)
    gc.disable()
    start = perf_counter()
    opened = subject()
    taken = perf_counter() - start
    gc.enable()
    opened.close()
    return taken


class Opened:
    """What a graph holds open, to be closed outside of what is measured."""

    def __init__(self, graph: Any) -> None:
        self.graph = graph

    def close(self) -> None:
        """Close the pooled connections."""
        Words.dispose(self.graph)


class Nothing:
    """What needs no closing."""

    def close(self) -> None:
        """Do nothing."""


def through_the_driver(path: Path, cache: Path) -> Callable[[], Any]:
    """Return what a bind does below SQLAlchemy: recognise, verify, open, harden; then the first row."""

    def subject() -> Any:
        kind_of(path)
        verified(path, Trust(policy=Policy.ONCE, memory=Memory(cache, now_ns=time_ns)))
        connection = dbapi.connect(file_uri(path, mode="ro", immutable=1), uri=True, flags=apsw.SQLITE_OPEN_READONLY)
        hardening.harden(connection.native, hardening.SANE.for_file(path.stat().st_size))
        connection.execute(ROW).fetchone()
        return connection

    return subject


def through_the_store(path: Path) -> Callable[[], Any]:
    """Return the same as a service does it, the object graph included."""

    def subject() -> Any:
        graph = create_object_graph("x", loader=load_from_dict(sqlite={"paths": {"words": str(path)}}))
        WordStore(graph).retrieve(7)
        return Opened(graph)

    return subject


def graph_alone() -> Any:
    """Make the object graph and nothing else."""
    graph = create_object_graph("x", loader=load_from_dict(sqlite={}))
    graph.use("sqlite")
    return Nothing()


def through_plain_sqlalchemy(path: Path) -> Callable[[], Any]:
    """Return what SQLAlchemy's ORM takes on the standard library, without any check."""

    def subject() -> Any:
        session = Session(create_engine(f"sqlite:///{path}"))
        session.get_one(Word, 7)
        return session

    return subject


def through_the_standard_library(path: Path) -> Callable[[], Any]:
    """Return what `sqlite3` takes, without any check."""

    def subject() -> Any:
        connection = sqlite3.connect(path)
        connection.execute(ROW).fetchone()
        return connection

    return subject


def parts(path: Path, cache: Path) -> dict[str, Callable[[], Any]]:
    """Return the parts of a bind, each on its own."""
    engine = open_sealed(path, name="words", options=EngineOptions())

    def part(subject: Callable[[], Any]) -> Callable[[], Any]:
        def run() -> Any:
            subject()
            return Nothing()

        return run

    def check(policy: Policy) -> Callable[[], Any]:
        return part(lambda: verified(path, Trust(policy=policy, memory=Memory(cache, now_ns=time_ns))))

    return {
        "recognise": part(lambda: kind_of(path)),
        'verify = "once", remembered': check(Policy.ONCE),
        'verify = "always"': check(Policy.ALWAYS),
        'verify = "size"': check(Policy.SIZE),
        "make the engine": part(lambda: open_sealed(path, name="words", options=EngineOptions())),
        "compare with the models, 1 table": part(lambda: differences(Words.metadata, engine)),
        "compare with the models, 10 tables of 10 columns": part(ten_tables(path.parent)),
    }


def ten_tables(folder: Path) -> Callable[[], Any]:
    """Return the comparison of ten tables, each with ten columns and two indexes."""
    metadata = MetaData()
    kinds = [String(20), Integer, Float, Date]
    for number in range(10):
        columns = [Column(f"c{place}", kinds[place % 4], index=place < 2) for place in range(9)]
        Table(f"t{number}", metadata, Column("id", Integer, primary_key=True), *columns)
    metadata.create_all(create_engine(f"sqlite:///{folder / 'ten.sqlite'}"))
    engine = open_sealed(folder / "ten.sqlite", name="ten", options=EngineOptions())
    return lambda: differences(metadata, engine)


def hashing_seconds(folder: Path) -> float:
    """Return the seconds that reading a gigabyte for its digest takes when it is in memory already."""
    path = folder / "large"
    with path.open("wb") as file:
        for _ in range(HASHED_BYTES // 2**20):
            file.write(os.urandom(2**20))
    times = []
    for _ in range(5):
        start = perf_counter()
        file_digest(path)
        times.append(perf_counter() - start)
    path.unlink()
    return median(times) * 10**9 / HASHED_BYTES


def main() -> None:
    """Print the figures."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        cache = folder / "cache"
        os.environ["MICROCOSM_SQLITE_CACHE"] = str(cache)
        path = sealed_words(folder, rows=1000)
        sleep(remembering.TICK_NS / 10**9 + 0.1)  # What was written within the last tick is not remembered.
        verified(path, Trust(policy=Policy.ONCE, memory=Memory(cache, now_ns=time_ns)))
        figures = interleaved(
            {
                "below SQLAlchemy: recognise, verify, open, harden, row": through_the_driver(path, cache),
                "stdlib sqlite3, no check: open, row": through_the_standard_library(path),
                "Store.retrieve on a new graph": through_the_store(path),
                "  of which the graph, without any data set": graph_alone,
                "SQLAlchemy on stdlib sqlite3, no check: Session.get": through_plain_sqlalchemy(path),
            }
        )
        of_parts = interleaved(parts(path, cache))
        per_gigabyte = hashing_seconds(folder)
    report(
        f"Open, verify (remembered), first row; median of {ROUNDS * (IN_A_ROW - 1)}", figures, unit="us", scale=10**6
    )
    verdict("below SQLAlchemy", next(iter(figures.values())) * 10**6, limit=300, unit="us")
    report("Parts of a bind", of_parts, unit="us", scale=10**6)
    verdict("compare with the models, 10 tables", list(of_parts.values())[-1] * 10**6, limit=1000, unit="us")
    report("SHA-256 of a file in memory", {"a gigabyte": per_gigabyte}, unit="s")


if __name__ == "__main__":
    main()
