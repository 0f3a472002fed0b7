"""What does a look-up cost, beside everything else that a million rows could be looked up with?

    python benchmarks/look_ups.py                 # a million rows, all peers
    python benchmarks/look_ups.py --rows 100000

Peers read the same file, or the same rows where they have a format of their own. Medians of several rounds, which take
turns; keys are drawn once and shared. microcosm-sqlite 2.0.0 runs in an environment of its own, if it can be installed.
"""

import argparse
import gc
import json
import sqlite3
import subprocess
import sys
import venv
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import apsw
import lmdb
import msgpack
import peewee
import sqlite_utils
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session
from towns import COLUMNS, PER_DISTRICT, PlainTownStore, Town, TownStore, graph_on, sealed

ROUNDS = 5
KEYS = 10_000
BATCH = 1_000
SEARCHES = 400

BY_KEY = f"SELECT {COLUMNS} FROM town WHERE id = ?"
BY_DISTRICT = f"SELECT {COLUMNS} FROM town WHERE district = ? ORDER BY population, id LIMIT 20"
ALL = f"SELECT {COLUMNS} FROM town"

Ask = Callable[[Any], object]


def microseconds(asks: Mapping[str, Ask], values: Sequence[Sequence[Any]]) -> dict[str, float]:
    """Return the median microseconds per value of each way to ask, in rounds that take turns."""
    times: dict[str, list[float]] = {name: [] for name in asks}
    for part in values:
        for name, ask in asks.items():
            start = perf_counter()
            for value in part:
                ask(value)
            times[name].append((perf_counter() - start) / len(part) * 1e6)
    return {name: median(taken) for name, taken in times.items()}


def drawn(random: Random, most: int, *, size: int) -> list[list[int]]:
    """Return distinct numbers for each round."""
    numbers = random.sample(range(1, most + 1), min(most, size * ROUNDS))
    return [numbers[start::ROUNDS] for start in range(ROUNDS)]


def table(title: str, figures: Mapping[str, float]) -> None:
    """Print *figures* from the fastest to the slowest, each as a multiple of ours."""
    print(f"\n{title}")
    for name, figure in sorted(figures.items(), key=lambda item: item[1]):
        print(f"  {name:<52} {figure:12.3f} us {figure / figures[OURS]:9.2f} x")


def at_most(name: str, found: float, limit: float) -> None:
    """Print whether *found* keeps *limit*."""
    print(f"  -> {name:<60} {found:10.2f} (at most {limit:g}) {'reached' if found <= limit else 'MISSED'}")


def at_least(name: str, found: float, limit: float) -> None:
    """Print whether *found* keeps *limit*."""
    print(f"  -> {name:<60} {found:10.2f} (at least {limit:g}) {'reached' if found >= limit else 'MISSED'}")


def inherited(folder: Path, path: Path, keys: list[int], districts: list[int]) -> dict[str, float]:
    """Return what microcosm-sqlite 2.0.0 takes, in microseconds, or nothing where it cannot be installed."""
    python = folder / "inherited" / "bin" / "python"
    venv.create(python.parent.parent, with_pip=True)
    wanted = ["microcosm-sqlite==2.0.0", "setuptools<81"]
    if subprocess.run(
        [python, "-m", "pip", "install", "--quiet", *wanted], check=False, capture_output=True
    ).returncode:
        return {}
    work = json.dumps({"path": str(path), "keys": keys, "districts": districts})
    script = Path(__file__).parent / "peers" / "inherited.py"
    ran = subprocess.run([python, "-I", script], input=work, capture_output=True, text=True, check=False, cwd=folder)
    if ran.returncode:
        print(ran.stderr, file=sys.stderr)
        return {}
    return {name: seconds * 1e6 for name, seconds in json.loads(ran.stdout).items()}


def peewee_model(path: Path) -> Any:
    """Return a peewee model of the towns."""
    database = peewee.SqliteDatabase(f"file:{path}?mode=ro&immutable=1", uri=True)

    class PeeweeTown(peewee.Model):
        code = peewee.TextField()
        name = peewee.TextField()
        district = peewee.IntegerField()
        population = peewee.IntegerField()
        latitude = peewee.FloatField()
        longitude = peewee.FloatField()
        note = peewee.TextField(null=True)

        class Meta:
            table_name = "town"

    PeeweeTown.bind(database)
    return PeeweeTown


def lmdb_of(folder: Path, rows: Iterator[tuple[Any, ...]], count: int) -> Any:
    """Return an LMDB environment with the rows packed by key."""
    environment = lmdb.open(str(folder / "lmdb"), map_size=max(2**26, count * 400))
    with environment.begin(write=True) as transaction:
        for row in rows:
            transaction.put(row[0].to_bytes(8, "big"), msgpack.packb(row), append=True)
    return environment


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    count = parser.parse_args().rows
    with TemporaryDirectory() as name:
        folder = Path(name)
        path, random = sealed(folder, count), Random(1)
        old = inherited(folder, path, random.sample(range(1, count), 2000), list(range(1, 301)))
        peers = Peers(folder, path, count)
        # The dict of a million tuples would else be looked through in whoever's turn a collection of garbage falls.
        gc.collect()
        gc.freeze()
        by_key(peers, random, old)
        again_by_key(peers, random)
        by_many_keys(peers, random)
        by_district(peers, random, old)
        all_rows(peers)


class Peers:
    """Everything that the same rows are looked up with."""

    def __init__(self, folder: Path, path: Path, count: int) -> None:
        self.count = count
        graph = graph_on(path)
        self.store, self.plain = TownStore(graph), PlainTownStore(graph)
        uri = f"file:{path}?mode=ro&immutable=1"
        self.apsw = apsw.Connection(uri, flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI)
        self.sqlite3 = sqlite3.connect(uri, uri=True)
        engine = create_engine(f"sqlite:///{uri}&uri=true")
        self.session, self.core = Session(engine), engine.connect()
        self.peewee = peewee_model(path)
        self.utils: Any = sqlite_utils.Database(sqlite3.connect(uri, uri=True))["town"]
        self._packed = lmdb_of(folder, self.apsw.execute(f"{ALL} ORDER BY id"), count).begin(buffers=True)
        # Half of the rows, because a dict of all would keep the collector of garbage busy for everybody else.
        self.dict = {row[0]: row for row in self.apsw.execute(f"{ALL} WHERE id % 2")}

    def lmdb(self, key: int) -> Any:
        """Return a row, unpacked."""
        return msgpack.unpackb(self._packed.get(key.to_bytes(8, "big")))

    def by_core(self, key: int) -> Any:
        """Return a row by SQLAlchemy Core."""
        return self.core.execute(select(Town.__table__).where(Town.__table__.c.id == key)).fetchone()


OURS = "microcosm-sqlite"


def by_key(peers: Peers, random: Random, old: Mapping[str, float]) -> None:
    """Rows that nobody asked for before, one at a time."""
    figures = microseconds(
        {
            OURS: peers.store.retrieve,
            "APSW: tuple": lambda key: peers.apsw.execute(BY_KEY, (key,)).fetchone(),
            "sqlite3: tuple": lambda key: peers.sqlite3.execute(BY_KEY, (key,)).fetchone(),
            "SQLAlchemy Core: row": peers.by_core,
            "SQLAlchemy ORM: Session.get": lambda key: peers.session.get(Town, key),
            "peewee: get_by_id": peers.peewee.get_by_id,
            "sqlite-utils: table.get": peers.utils.get,
            "LMDB with msgpack: list": peers.lmdb,
            "dict of tuples": peers.dict.get,
        },
        drawn(random, peers.count, size=KEYS),
    ) | ({"microcosm-sqlite 2.0.0: one": old["one"]} if old else {})
    table(f"One row of {peers.count:,} by its key, not seen before", figures)
    at_most("times an APSW tuple", figures[OURS] / figures["APSW: tuple"], 3)
    at_least("times faster than Session.get", figures["SQLAlchemy ORM: Session.get"] / figures[OURS], 15)
    if old:
        at_least("times faster than 2.0.0", old["one"] / figures[OURS], 25)


def again_by_key(peers: Peers, random: Random) -> None:
    """Rows that were asked for before."""
    seen = random.sample(range(1, peers.count + 1), 2_000)
    for key in (*seen, *seen, *seen):
        peers.store.retrieve(key)
    held = [peers.session.get(Town, key) for key in seen]
    figures = microseconds(
        {
            OURS: peers.store.retrieve,
            "LMDB with msgpack: list": peers.lmdb,
            "dict of tuples": peers.dict.get,
            "SQLAlchemy ORM: Session.get, held by the caller": lambda key: peers.session.get(Town, key),
        },
        [seen] * ROUNDS,
    )
    del held
    table("One row by its key, seen before", figures)
    at_most("microseconds", figures[OURS], 0.5)
    at_most("times the time of LMDB with msgpack", figures[OURS] / figures["LMDB with msgpack: list"], 1)


def by_many_keys(peers: Peers, random: Random) -> None:
    """A thousand keys at once."""
    keys = drawn(random, peers.count, size=KEYS)
    batches = [[part[start : start + BATCH] for start in range(0, KEYS, BATCH)] for part in keys]
    marks = ", ".join("?" * BATCH)
    figures = microseconds(
        {
            OURS: peers.store.retrieve_many,
            "APSW: tuples, IN": lambda keys: peers.apsw.execute(f"{ALL} WHERE id IN ({marks})", keys).fetchall(),
            "SQLAlchemy ORM: IN": lambda keys: peers.session.scalars(select(Town).where(Town.id.in_(keys))).all(),
        },
        batches,
    )
    table(f"{BATCH:,} rows by their keys, not seen before", figures)
    at_least("thousand instances a second", BATCH / figures[OURS] * 1e3, 300)
    for _ in range(3):
        peers.store.retrieve_many(batches[0][0])
    again = microseconds({OURS: peers.store.retrieve_many}, [[batches[0][0]] * 20] * ROUNDS)
    at_least("thousand instances a second, seen before", BATCH / again[OURS] * 1e3, 300)


def by_district(peers: Peers, random: Random, old: Mapping[str, float]) -> None:
    """Twenty rows, in an order that no index has."""
    districts = drawn(random, peers.count // PER_DISTRICT - 1, size=SEARCHES)
    asks: dict[str, Ask] = {
        OURS: lambda district: peers.store.search(district=district, limit=20),
        "APSW: tuples": lambda district: peers.apsw.execute(BY_DISTRICT, (district,)).fetchall(),
        "SQLAlchemy ORM": lambda district: peers.session.scalars(
            select(Town).where(Town.district == district).order_by(Town.population, Town.id).limit(20)
        ).all(),
    }
    figures = microseconds(asks, districts) | ({"microcosm-sqlite 2.0.0: search": old["search"]} if old else {})
    table("20 rows with one filter, ordered, not seen before", figures)
    at_most("times APSW", figures[OURS] / figures["APSW: tuples"], 3)
    if old:
        at_least("times faster than 2.0.0", old["search"] / figures[OURS], 5)
    few = districts[0][:100]
    for district in (*few, *few, *few):
        peers.store.search(district=district, limit=20)
    figures = microseconds(asks, [few] * ROUNDS)
    table("20 rows with one filter, ordered, seen before", figures)
    at_most("times APSW", figures[OURS] / figures["APSW: tuples"], 3)
    if old:
        at_least("times faster than 2.0.0", old["search"] / figures[OURS], 5)


def all_rows(peers: Peers) -> None:
    """The whole table, one row after the other."""
    taken = {
        OURS: peers.store.stream,
        "APSW: tuples": lambda: peers.apsw.execute(ALL),
        "SQLAlchemy ORM: yield_per": lambda: peers.session.scalars(select(Town).execution_options(yield_per=1000)),
    }
    columns = [getattr(Town, name) for name in COLUMNS.split(", ")]
    in_order = {
        OURS: lambda: peers.plain.values(*columns),
        "APSW: tuples": lambda: peers.apsw.execute(f"{ALL} ORDER BY id"),
    }
    plain = {name: median(_seconds(rows) for _ in range(5)) / peers.count * 1e6 for name, rows in in_order.items()}
    table("Named tuples of the whole table, in the order of the key", plain)
    at_least("times the speed of APSW", plain["APSW: tuples"] / plain[OURS], 0.8)
    figures = {name: median(_seconds(rows) for _ in range(3)) / peers.count * 1e6 for name, rows in taken.items()}
    table("Each row of the whole table", figures)
    at_least("thousand instances a second", 1e3 / figures[OURS], 300)


def _seconds(rows: Callable[[], Any]) -> float:
    start = perf_counter()
    for _ in rows():
        pass
    return perf_counter() - start


if __name__ == "__main__":
    main()
