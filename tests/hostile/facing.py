"""Let everything that reads artifacts face one image after the other: run as a process that may be killed.

Reads the path of an image a line, writes what came of it as JSON a line: the longest call, how far memory grew, and
what was neither an error that says what is wrong nor an answer.
"""

import json
import sys
from collections.abc import Callable
from functools import partial
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any

from microcosm.api import create_object_graph, load_from_dict
from sqlalchemy import Connection, TextClause, text
from sqlalchemy.exc import SQLAlchemyError

from microcosm_sqlite import Store
from microcosm_sqlite.artifacts.diagnosis import diagnose
from microcosm_sqlite.artifacts.verification import inspect, verify
from microcosm_sqlite.errors import SQLiteError
from tests.hostile.images import NAME, Pair, Target, Thing

#: Rows that are read of each table: enough to come by whatever is in it.
_ROWS = 2000

_NAMES = "SELECT name FROM sqlite_schema WHERE name IS NOT NULL LIMIT 40"


class ThingStore(Store[Thing]):
    """Things by name."""

    auto_filter_fields = (Thing.name,)
    order_by = (Thing.name,)


class PairStore(Store[Pair]):
    """Pairs."""


class Clock:
    """Lets calls face an image, and keeps how long the longest took."""

    def __init__(self) -> None:
        self.longest = 0.0
        self.call = ""

    def faced(self, name: str, ask: Callable[[], Any]) -> Any:
        """Return what *ask* gives; None where it fails with an error that says what is wrong."""
        start = perf_counter()
        try:
            return ask()
        except (SQLiteError, SQLAlchemyError):
            return None
        finally:
            taken = perf_counter() - start
            if taken > self.longest:
                self.longest, self.call = taken, name


def bound(clock: Clock, path: Path, policy: str) -> None:
    """Bind the artifact at *path* and read from it in every way."""
    settings = {"paths": {NAME: str(path)}, "verify": policy, "statement_seconds": 0.5}
    graph: Any = create_object_graph("hostile", testing=True, loader=load_from_dict(sqlite=settings))
    graph.use("sqlite")
    things, pairs = ThingStore(graph), PairStore(graph)
    if clock.faced(f"bind, {policy}", lambda: graph.sqlite.for_models(Target)) is None:
        return
    engine, _ = graph.sqlite(NAME)
    asks: dict[str, Callable[[], Any]] = {
        "retrieve": lambda: things.retrieve(1),
        "retrieve_many": lambda: things.retrieve_many(range(20)),
        "search by a filter": lambda: things.search(name="name 1"),
        "search by an expression": lambda: things.search(Thing.id > 10, limit=10),
        "stream": lambda: list(islice(things.stream(), _ROWS)),
        "stream pairs": lambda: list(islice(pairs.stream(), _ROWS)),
        "retrieve a pair": lambda: pairs.retrieve((1, "o1")),
        "count": things.count,
    }
    try:
        for name, ask in asks.items():
            clock.faced(f"{name}, {policy}", ask)
        with engine.connect() as connection:
            for name in clock.faced("names", lambda: connection.execute(text(_NAMES)).scalars().all()) or ():
                quoted = str(name).replace('"', '""').replace(":", "\\:")
                query = text(f'SELECT * FROM "{quoted}" LIMIT {_ROWS}')
                clock.faced(f"select from {name}", partial(_fetch, connection, query))
    finally:
        things.session.close()
        engine.dispose()


def _fetch(connection: Connection, query: TextClause) -> object:
    return connection.execute(query).fetchmany(_ROWS)


def _memory_kb(kind: str) -> int:
    """Return what Linux says of the memory of this process: resident now (VmRSS), or at most (VmHWM)."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(kind))


def face(path: Path) -> dict[str, Any]:
    """Return what came of the image at *path*."""
    clock = Clock()
    before = _memory_kb("VmRSS")
    # The most that was ever in memory is counted from here on: https://man7.org/linux/man-pages/man5/proc_pid_clear_refs.5.html
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    unclear: list[str] = []
    asks: dict[str, Callable[[], Any]] = {
        "inspect": lambda: clock.faced("inspect", lambda: inspect(path)),
        "verify": lambda: clock.faced("verify", lambda: verify(path)),
        "doctor": lambda: clock.faced("doctor", lambda: diagnose(path)),
        **{f"bind, {policy}": partial(bound, clock, path, policy) for policy in ("always", "once", "size")},
    }
    for name, ask in asks.items():
        try:
            ask()
        except (SQLiteError, SQLAlchemyError):
            pass
        except Exception as error:  # noqa: BLE001 - Told to who asked.
            unclear.append(f"{name}: {type(error).__name__}: {error}")
    return {
        "path": str(path),
        "seconds": clock.longest,
        "call": clock.call,
        "grown_kb": _memory_kb("VmHWM") - before,
        "unclear": unclear,
    }


def main() -> None:
    """Face what is named on standard input."""
    for line in sys.stdin:
        print(json.dumps(face(Path(line.rstrip("\n")))), flush=True)


if __name__ == "__main__":
    main()
