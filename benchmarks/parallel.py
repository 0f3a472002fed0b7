"""What do workers gain a load, for which files, and what do they cost?

    python benchmarks/parallel.py [--rows 300000] [--rounds 5] [--workers 1 2 3 4]

Each way runs in a process of its own, in turns, on the same files; what is printed is the median of the time from the
open file to the committed table. Workers have started before, as they have for all but the first load of a build; how
long that takes stands at the end. The CPU seconds are those of the process that stores: it is what cannot be shared.
"""

import argparse
import csv
import json
import resource
import subprocess
import sys
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from datetime import date, datetime, timedelta
from decimal import Decimal
from math import inf
from multiprocessing import get_context
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from loading import resident, write_cities, write_lines
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from microcosm_sqlite.builders.engine import Pace
from microcosm_sqlite.builders.loading import Load, load_source
from microcosm_sqlite.dataset import DataSet
from microcosm_sqlite.sources.kinds import source_of
from microcosm_sqlite.workbench import Workbench

#: What is loaded, and from which file.
KINDS = ("plain, by SQLite", "plain, by Python", "typed", "computed", "plain JSON lines", "typed JSON lines")


class Atlas(DataSet, DeclarativeBase):
    """The data set."""

    __data_set__ = "atlas"


class City(Atlas):
    """Texts and numbers."""

    __tablename__ = "city"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    country: Mapped[str]
    latitude: Mapped[float]
    longitude: Mapped[float]
    population: Mapped[int]
    note: Mapped[str | None]


class Order(Atlas):
    """Types that only Python can read, and perhaps a column that a function computes."""

    __tablename__ = "order"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[UUID]
    price: Mapped[Decimal] = mapped_column(sa.Numeric(12, 2))
    document: Mapped[Any] = mapped_column(sa.JSON)
    seal: Mapped[bytes]
    day: Mapped[date]
    moment: Mapped[datetime]
    slug: Mapped[str]


def slug(row: Mapping[str, Any]) -> str:
    """Return the words of a name as they stand in a URL."""
    return "-".join(row["slug"].lower().replace("'", " ").split())


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2, 3, 4])
    parser.add_argument("--kinds", nargs="*", default=list(KINDS))
    parser.add_argument("--only", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.only:
        print(json.dumps(measured(*asked.only, asked.folder)))
        return
    ways = ["none", *(f"{number} processes" for number in asked.workers), "3 threads"]
    with TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, asked.rows)
        times: dict[tuple[str, str], list[dict[str, float]]] = {(kind, way): [] for kind in asked.kinds for way in ways}
        for _ in range(asked.rounds):
            for (kind, way), taken in times.items():
                taken.append(run(kind, way, folder))
    tell(times, asked.rows, asked.rounds)


def tell(times: dict[tuple[str, str], list[dict[str, float]]], rows: int, rounds: int) -> None:
    """Print medians."""
    print(f"{rows} rows, median of {rounds} rounds")
    print(f"  {'':<20}{'':<14}{'s':>8}{'least':>8}{'CPU s here':>12}{'times':>8}{'MB above start':>16}")
    for (kind, way), taken in times.items():
        seconds, least = median(one["seconds"] for one in taken), min(one["seconds"] for one in taken)
        busy, memory = (median(one[what] for one in taken) for what in ("busy", "memory"))
        alone = median(one["seconds"] for one in times[kind, "none"])
        print(f"  {kind:<20}{way:<14}{seconds:8.2f}{least:8.2f}{busy:12.2f}{alone / seconds:8.2f}{memory:16.0f}")
    starts = [one["start"] for (_, way), taken in times.items() if way == "2 processes" for one in taken]
    if starts:
        print(f"  2 processes answer for the first time after {median(starts):.2f} s")


def run(kind: str, way: str, folder: Path) -> dict[str, float]:
    """Return what one way takes, in a process of its own."""
    command = [sys.executable, __file__, "--only", kind, way, "--folder", str(folder)]
    found: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


def measured(kind: str, way: str, folder: Path) -> dict[str, float]:
    """Return the seconds, those of the CPU here, and the memory that a load takes, and what workers take to start."""
    with workers(way) as (executor, start), Workbench(Atlas) as bench:
        load = LOADS[kind](folder, executor)
        before, busy, memory = perf_counter(), process_time(), resident()
        load_source(bench.connection, load)
        bench.commit()
        seconds, busy = perf_counter() - before, process_time() - busy
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        return {"seconds": seconds, "busy": busy, "memory": peak - memory, "start": start}


@contextmanager
def workers(way: str) -> Generator[tuple[Executor | None, float]]:
    """Yield an executor that has started, and how long that took."""
    number, _, kind = way.partition(" ")
    before = perf_counter()
    match kind:
        case "processes":
            pool: Any = ProcessPoolExecutor(int(number), mp_context=get_context("forkserver"))
        case "threads":
            pool = ThreadPoolExecutor(int(number))
        case _:
            pool = nullcontext()
    with pool as executor:
        if executor is not None:
            list(executor.map(warmed, range(4 * int(number))))
        yield executor, perf_counter() - before


def warmed(_: int) -> str:
    """Import what a worker needs."""
    return source_of.__module__


def city(name: str, **options: Any) -> Callable[[Path, Executor | None], Load]:
    """Return what makes a load of texts and numbers."""
    return lambda folder, executor: Load(model=City, source=source_of(folder / name), executor=executor, **options)


def order(name: str, **options: Any) -> Callable[[Path, Executor | None], Load]:
    """Return what makes a load of types that Python reads."""
    return lambda folder, executor: Load(model=Order, source=source_of(folder / name), executor=executor, **options)


LOADS: dict[str, Callable[[Path, Executor | None], Load]] = {
    "plain, by SQLite": city("city.csv"),
    "plain, by Python": city("city.csv", pace=Pace(engine_from=inf)),
    "typed": order("order.csv"),
    "computed": order("order.csv", columns={"slug": slug}),
    "plain JSON lines": city("city.jsonl"),
    "typed JSON lines": order("order.jsonl", columns={"slug": slug}),
}


def write(folder: Path, rows: int) -> None:
    """Write the files."""
    write_cities(folder / "city.csv", rows)
    write_lines(folder / "city.csv", folder / "city.jsonl")
    random = Random(1)
    first = datetime(2026, 1, 5)  # noqa: DTZ001 - the column has no zone
    with (folder / "order.csv").open("w", newline="") as file, (folder / "order.jsonl").open("w") as lines:
        writer = csv.writer(file, lineterminator="\n")
        names = ("id", "key", "price", "document", "seal", "day", "moment", "slug")
        writer.writerow(names)
        for number in range(1, rows + 1):
            document = {"a": number, "b": [1, 2, 3], "c": "x" * 5}
            moment = first + timedelta(seconds=number)
            key, price, seal = (
                UUID(int=random.getrandbits(128)),
                f"{number % 10**6 / 100:.2f}",
                random.randbytes(16).hex(),
            )
            text = f"Some Name's {number}"
            row = (number, str(key), price, json.dumps(document), seal, f"{moment:%Y-%m-%d}", str(moment), text)
            writer.writerow(row)
            lines.write(json.dumps(dict(zip(names, row, strict=True)) | {"document": document}) + "\n")


if __name__ == "__main__":
    main()
