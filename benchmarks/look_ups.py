"""What does a look-up cost, beside everything else that a million rows could be looked up with?

    python benchmarks/look_ups.py                 # a million rows, all peers
    python benchmarks/look_ups.py --rows 100000

Peers read the same file, or the same rows where they have a format of their own. Medians of several rounds, which take
turns; keys are drawn once and shared. microcosm-sqlite 2.0.0 runs in an environment of its own, if it can be installed.
"""

import argparse
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
from towns import COLUMNS, Town, TownStore, graph_on, sealed

ROUNDS = 5
KEYS = 10_000
BATCH = 1_000
SEARCHES = 400

BY_KEY = f"SELECT {COLUMNS} FROM town WHERE id = ?"
BY_DISTRICT = f"SELECT {COLUMNS} FROM town WHERE district = ? ORDER BY population, id LIMIT 20"
ALL = f"SELECT {COLUMNS} FROM town"

Ask = Callable[[Any], object]


def microseconds(
    asks: Mapping[str, Ask], values: Mapping[str, Sequence[Sequence[Any]]] | Sequence[Sequence[Any]]
) -> dict[str, float]:
    """Return the median microseconds per value of each way to ask, in rounds that take turns."""
    times: dict[str, list[float]] = {name: [] for name in asks}
    for number in range(ROUNDS):
        for name, ask in asks.items():
            part = values[number]
            start = perf_counter()
            for value in part:
                ask(value)
            times[name].append((perf_counter() - start) / len(part) * 1e6)
    return {name: median(taken) for name, taken in times.items()}


def drawn(random: Random, most: int, *, size: int) -> list[list[int]]:
    """Return distinct numbers for each round."""
    numbers = random.sample(range(1, most + 1), min(most, size * ROUNDS))
    return [numbers[start::ROUNDS] for start in range(ROUNDS)]


def table(title: str, figures: Mapping[str, float], *, ours: str) -> None:
    """Print *figures* from the fastest to the slowest, each as a multiple of ours."""
    print(f"\n{title}")
    for name, figure in sorted(figures.items(), key=lambda item: item[1]):
        print(f"  {name:<52} {figure:12.3f} us {figure / figures[ours]:9.2f} x")


def judge(name: str, found: float, limit: float, *, most: bool = True) -> None:
    """Print whether *found* keeps *limit*."""
    kept = found <= limit if most else found >= limit
    print(
        f"  {'->'} {name:<60} {found:10.2f} ({'at most' if most else 'at least'} {limit:g}) {'reached' if kept else 'MISSED'}"
    )


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
        compare(Path(name), count)


def compare(folder: Path, count: int) -> None:
    """Print what every peer takes for every kind of look-up."""
    path, random = sealed(folder, count), Random(1)
    graph = graph_on(path)
    store = TownStore(graph)
    uri = f"file:{path}?mode=ro&immutable=1"
    native = apsw.Connection(uri, flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI)
    standard = sqlite3.connect(uri, uri=True)
    engine = create_engine(f"sqlite:///{uri}&uri=true")
    session, core = Session(engine), engine.connect()
    keys, seen = drawn(random, count, size=KEYS), [random.sample(range(1, count + 1), 2_000)] * ROUNDS
    towns = peewee_model(path)
    utils = sqlite_utils.Database(sqlite3.connect(uri, uri=True))
    packed = lmdb_of(folder, native.execute(f"{ALL} ORDER BY id"), count).begin(buffers=True)
    everything = {row[0]: row for row in native.execute(ALL)}
    core_by_key = select(Town.__table__).where(Town.__table__.c.id == 0)
    old = inherited(folder, path, keys[0][:2000], [district for district in range(1, 301)])

    def by_session(key: int) -> object:
        return session.get(Town, key)

    def by_core(key: int) -> object:
        return core.execute(select(Town.__table__).where(Town.__table__.c.id == key)).fetchone()

    figures = microseconds(
        {
            "microcosm-sqlite: retrieve, not seen before": store.retrieve,
            "APSW: tuple": lambda key: native.execute(BY_KEY, (key,)).fetchone(),
            "sqlite3: tuple": lambda key: standard.execute(BY_KEY, (key,)).fetchone(),
            "SQLAlchemy Core: row": by_core,
            "SQLAlchemy ORM: Session.get": by_session,
            "peewee: get_by_id": towns.get_by_id,
            "sqlite-utils: table.get": utils["town"].get,
            "LMDB with msgpack: list": lambda key: msgpack.unpackb(packed.get(key.to_bytes(8, "big"))),
            "dict of tuples": everything.__getitem__,
        },
        keys,
    ) | ({"microcosm-sqlite 2.0.0: one": old["one"]} if old else {})
    ours = "microcosm-sqlite: retrieve, not seen before"
    table(f"One row of {count:,}, by key", figures, ours=ours)
    judge("times an APSW tuple", figures[ours] / figures["APSW: tuple"], 3)
    judge("times faster than Session.get", figures["SQLAlchemy ORM: Session.get"] / figures[ours], 15, most=False)
    if old:
        judge("times faster than 2.0.0's one", old["one"] / figures[ours], 25, most=False)

    for key in (*seen[0], *seen[0], *seen[0]):
        store.retrieve(key)
    figures = microseconds(
        {
            "microcosm-sqlite: retrieve, seen before": store.retrieve,
            "LMDB with msgpack: list": lambda key: msgpack.unpackb(packed.get(key.to_bytes(8, "big"))),
            "dict of tuples": everything.__getitem__,
            "SQLAlchemy ORM: Session.get, held": by_session,
        },
        seen,
    )
    ours = "microcosm-sqlite: retrieve, seen before"
    table("One row, by a key that was asked for before", figures, ours=ours)
    judge("microseconds", figures[ours], 0.5)
    judge("times the time of LMDB with msgpack", figures[ours] / figures["LMDB with msgpack: list"], 1)
    rest(store, native, standard, session, random, count, old)


def rest(
    store: Any, native: Any, standard: Any, session: Any, random: Random, count: int, old: dict[str, float]
) -> None:
    """Print what many keys, searches and whole tables take."""
    batches = [
        [part[start : start + BATCH] for start in range(0, KEYS, BATCH)] for part in drawn(random, count, size=KEYS)
    ]
    marks = ", ".join("?" * BATCH)
    figures = microseconds(
        {
            "microcosm-sqlite: retrieve_many, not seen before": store.retrieve_many,
            "APSW: tuples, IN": lambda keys: native.execute(f"{ALL} WHERE id IN ({marks})", keys).fetchall(),
            "SQLAlchemy ORM: IN": lambda keys: session.scalars(select(Town).where(Town.id.in_(keys))).all(),
        },
        batches,
    )
    ours = "microcosm-sqlite: retrieve_many, not seen before"
    table(f"{BATCH:,} rows by their keys", figures, ours=ours)
    judge("thousand instances a second", BATCH / figures[ours] * 1e3, 300, most=False)
    again = [[batches[0][0]] * 20] * ROUNDS
    for _ in range(3):
        store.retrieve_many(batches[0][0])
    known = microseconds({"again": store.retrieve_many}, again)["again"]
    judge("thousand instances a second, seen before", BATCH / known * 1e3, 300, most=False)

    districts = drawn(random, count // 20 - 1, size=SEARCHES)
    searches = {
        "microcosm-sqlite: search, rows not seen before": lambda district: store.search(district=district, limit=20),
        "APSW: tuples": lambda district: native.execute(BY_DISTRICT, (district,)).fetchall(),
        "SQLAlchemy ORM": lambda district: session.scalars(
            select(Town).where(Town.district == district).order_by(Town.population, Town.id).limit(20)
        ).all(),
    }
    figures = microseconds(searches, districts) | ({"microcosm-sqlite 2.0.0: search": old["search"]} if old else {})
    ours = "microcosm-sqlite: search, rows not seen before"
    table("20 rows with one filter, ordered", figures, ours=ours)
    judge("times APSW, rows not seen before", figures[ours] / figures["APSW: tuples"], 3)
    if old:
        judge("times faster than 2.0.0", old["search"] / figures[ours], 5, most=False)
    few = [districts[0][:100]] * ROUNDS
    for _ in range(3):
        for district in few[0]:
            store.search(district=district, limit=20)
    figures = microseconds({**searches}, few)
    judge("times APSW, rows seen before", figures[ours] / figures["APSW: tuples"], 3)

    print("\nThe whole table")
    for name, rows, limit in (
        ("microcosm-sqlite: stream", store.stream, 300),
        ("APSW: tuples", lambda: native.execute(ALL), None),
        ("SQLAlchemy ORM: yield_per", lambda: session.scalars(select(Town).execution_options(yield_per=1000)), None),
    ):
        taken = median(_seconds(rows) for _ in range(3))
        print(f"  {name:<52} {count / taken / 1e3:12.0f} thousand rows/s")
        if limit:
            judge("thousand instances a second", count / taken / 1e3, limit, most=False)


def _seconds(rows: Callable[[], Any]) -> float:
    start = perf_counter()
    for _ in rows():
        pass
    return perf_counter() - start


if __name__ == "__main__":
    main()
