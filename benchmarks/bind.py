"""How long from a path to its first row, when the file was verified before, in a process that has all imports?

The limit is for what is ours: remembered verification, opening, hardening, a row through the driver. The same through a
store is shown beside plain SQLAlchemy, whose engine and first statement take most of it.
"""

from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, sleep, time_ns

from measuring import report, verdict
from microcosm.api import create_object_graph, load_from_dict
from sealed_samples import Word, WordStore, sealed_words
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from microcosm_sqlite.artifacts.remembering import TICK_NS, Memory
from microcosm_sqlite.artifacts.trusting import Policy, Trust, verified
from microcosm_sqlite.engines import dbapi, hardening
from microcosm_sqlite.engines.uris import file_uri

ROUNDS = 200
WARM_UP = 20
KEY = 7


def median_of(first_row: Callable[[], float]) -> float:
    """Return the median of what *first_row* returns, its first rounds left out."""
    return median([first_row() for _ in range(ROUNDS)][WARM_UP:])


def through_the_driver(path: Path, trust: Trust) -> float:
    """Return the seconds of verifying, opening and reading one row without SQLAlchemy."""
    start = perf_counter()
    verified(path, trust)
    connection = dbapi.connect(file_uri(path, mode="ro", immutable=1), uri=True)
    hardening.harden(connection.native, hardening.SANE.for_file(path.stat().st_size))
    connection.execute("SELECT id, text FROM word WHERE id = ?", (KEY,)).fetchone()
    taken = perf_counter() - start
    connection.close()
    return taken


def through_a_store(path: Path) -> float:
    """Return the seconds from a new graph to the first instance of a model."""
    config = {"sqlite": {"paths": {"words": str(path)}}}
    graph = create_object_graph("x", testing=True, loader=load_from_dict(config))
    start = perf_counter()
    WordStore(graph).retrieve(KEY)
    taken = perf_counter() - start
    graph.sqlite.dispose("words")
    return taken


def through_sqlalchemy(path: Path) -> float:
    """Return the seconds of the same with plain SQLAlchemy on the standard library, without any verification."""
    start = perf_counter()
    engine = create_engine(f"sqlite:///{path}")
    with Session(engine) as session:
        session.get_one(Word, KEY)
    taken = perf_counter() - start
    engine.dispose()
    return taken


def main() -> None:
    """Print the figures."""
    with TemporaryDirectory() as folder:
        path = sealed_words(Path(folder), rows=1000)
        trust = Trust(policy=Policy.ONCE, memory=Memory(Path(folder) / "cache", now_ns=time_ns))
        sleep(1.1 * TICK_NS / 1e9)  # A file that has just changed is not remembered.
        figures = {
            "verify (remembered), open, harden, first row": median_of(lambda: through_the_driver(path, trust)),
            "the same through a store": median_of(lambda: through_a_store(path)),
            "plain SQLAlchemy, stdlib sqlite3, nothing verified": median_of(lambda: through_sqlalchemy(path)),
        }
    report(f"Path to first row in a warm process, median of {ROUNDS - WARM_UP}", figures, unit="µs", scale=1e6)
    verdict("through the driver", next(iter(figures.values())) * 1e6, limit=300, unit="µs")


if __name__ == "__main__":
    main()
