"""How fast do files become tables, in how much memory, and how long does it take to be told of a thousand bad rows?

    python benchmarks/loading.py [--rows 1000000] [--rounds 5] [--many 0]

Each way runs in a process of its own, in turns, on the same files; what is printed is the median of the time from the
open file to the committed table, imports left out. The machine may have other work: CPU seconds stand beside.
With `--many 10000000` memory is also measured with so many rows.
"""

import argparse
import csv
import json
import resource
import sqlite3
import subprocess
import sys
import venv
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from enum import Enum
from functools import partial
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

COLUMNS = ("id", "name", "country", "latitude", "longitude", "population", "note")
DDL = (
    "CREATE TABLE city (id INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, country TEXT NOT NULL, "
    "latitude REAL NOT NULL, longitude REAL NOT NULL, population INTEGER NOT NULL, note TEXT) STRICT"
)
MIXED_DDL = (
    "CREATE TABLE event (id INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL, day TEXT NOT NULL, "
    "seen TEXT NOT NULL, active INTEGER NOT NULL, score REAL NOT NULL) STRICT"
)
PRAGMAS = ("journal_mode = MEMORY", "synchronous = OFF", "cache_size = -32000")

#: 2.0.0 needs so long that a part must do.
INHERITED_ROWS = 50_000


class Kind(Enum):
    """Some words."""

    RED = "red"
    GREEN = "green"
    BLUE = "blue"


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--many", type=int, default=0)
    parser.add_argument("--only", help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.only:
        print(json.dumps(measured(WAYS[asked.only], asked.file)))
        return
    with TemporaryDirectory() as name:
        compare(Path(name), asked.rows, asked.rounds)
        if asked.many:
            remember(Path(name), asked.many)


def compare(folder: Path, rows: int, rounds: int) -> None:
    """Print how long each way takes, and what comes of the targets."""
    plain, lines, bad, mixed = (folder / name for name in ("city.csv", "city.jsonl", "bad.csv", "event.csv"))
    write_cities(plain, rows)
    write_lines(plain, lines)
    write_bad(plain, bad, rows)
    write_events(mixed, rows)
    array = folder / "city.json"
    write_array(lines, array)
    files = {
        "jsonl": lines,
        "json": array,
        "jsonl: sqlite-utils": lines,
        "jsonl: sqlite-utils, our pragmas": lines,
        "bad rows": bad,
        "mixed": mixed,
        "mixed: .import": mixed,
    }
    files["mixed: .import of APSW's shell"] = mixed
    times: dict[str, list[dict[str, float]]] = {name: [] for name in WAYS}
    for _ in range(rounds):
        for way, taken in times.items():
            taken.append(run(way, files.get(way, plain)))
    found = {way: median(one["seconds"] for one in taken) for way, taken in times.items()}
    print(f"{rows} rows, median of {rounds} rounds")
    print(f"  {'':<34}{'s':>9}{'CPU s':>9}{'k rows/s':>10}{'MB above start':>16}")
    for way, seconds in sorted(found.items(), key=lambda item: item[1]):
        busy, memory = (median(one[what] for one in times[way]) for what in ("busy", "memory"))
        print(f"  {way:<34}{seconds:9.2f}{busy:9.2f}{rows / seconds / 1000:10.0f}{memory:16.0f}")
    old = inherited(folder, plain)
    if old:
        print(f"  {'microcosm-sqlite 2.0.0, by a part':<34}{old * rows:9.2f}")
    verdicts(found, rows, old)


def verdicts(found: dict[str, float], rows: int, old: float) -> None:
    """Print what comes of the targets."""
    at_least("CSV, times faster than .import", found[".import"] / found["csv"], 1.5)
    at_least("CSV, times faster than .import of APSW's own shell", found[".import of APSW's shell"] / found["csv"], 1.5)
    if old:
        at_least("CSV, times faster than 2.0.0", old * rows / found["csv"], 60)
    at_least("dates, booleans, enums: times faster than .import", found["mixed: .import"] / found["mixed"], 1)
    at_least("typed Python path, k rows/s", rows / found["csv by Python"] / 1000, 500)
    at_least("typed Python path, part of ready tuples", found["apsw: ready tuples"] / found["csv by Python"], 0.5)
    at_least("the same, of sqlite3's", found["sqlite3: ready tuples"] / found["csv by Python"], 0.5)
    at_least("JSON Lines, times faster than sqlite-utils", found["jsonl: sqlite-utils"] / found["jsonl"], 8)
    ratio = found["jsonl: sqlite-utils, our pragmas"] / found["jsonl"]
    at_least("the same, sqlite-utils with our pragmas", ratio, 8)
    ratio = found["bad rows"] / found["csv"]
    verdict = "reached" if ratio <= 2 else "MISSED"
    print(f"  -> {'1,000 bad rows, times a clean load':<60}{ratio:8.2f} (at most 2) {verdict}")


def remember(folder: Path, rows: int) -> None:
    """Print how much memory loads of many rows need."""
    path, lines, array = folder / "many.csv", folder / "many.jsonl", folder / "many.json"
    write_cities(path, rows)
    write_lines(path, lines)
    write_array(lines, array)
    print(f"{rows} rows")
    for way, file in (("csv", path), ("csv by Python", path), ("jsonl", lines), ("json", array)):
        one = run(way, file)
        verdict = "reached" if one["memory"] < 64 else "MISSED"
        print(f"  -> {way:<30}{one['seconds']:9.1f} s{one['memory']:9.1f} MB above the start (below 64) {verdict}")


def run(way: str, file: Path) -> dict[str, float]:
    """Return what one way takes, in a process of its own."""
    command = [sys.executable, __file__, "--only", way, "--file", str(file)]
    found: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


def measured(way: Callable[[Path, Path], Callable[[], None]], file: Path) -> dict[str, float]:
    """Return the seconds, those of the CPU, and the memory that a way takes once it is made ready."""
    with TemporaryDirectory() as folder:
        work = way(file, Path(folder))
        children, own = resource.RUSAGE_CHILDREN, resource.RUSAGE_SELF
        before, start, memory = busy(own) + busy(children), perf_counter(), resident()
        work()
        seconds = perf_counter() - start
        peak = resource.getrusage(own).ru_maxrss / 1024 - memory
        return {"seconds": seconds, "busy": busy(own) + busy(children) - before, "memory": peak}


def busy(who: int) -> float:
    """Return the seconds that the CPU worked for *who*."""
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def resident() -> float:
    """Return the memory of this process, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def models() -> tuple[Any, Any, Any]:
    """Return the data set and its models."""
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

    from microcosm_sqlite.dataset import DataSet
    from microcosm_sqlite.types import EnumType

    class Atlas(DataSet, DeclarativeBase):
        __data_set__ = "atlas"

    class City(Atlas):
        __tablename__ = "city"

        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]
        country: Mapped[str]
        latitude: Mapped[float]
        longitude: Mapped[float]
        population: Mapped[int]
        note: Mapped[str | None]

    class Event(Atlas):
        __tablename__ = "event"

        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]
        kind: Mapped[Kind] = mapped_column(EnumType(Kind))
        day: Mapped[date]
        seen: Mapped[datetime]
        active: Mapped[bool]
        score: Mapped[float]

    return Atlas, City, Event


def ours(*, mixed: bool = False, python: bool = False, skips: bool = False) -> Any:
    """Return what loads a file into a workbench."""

    def way(file: Path, _: Path) -> Callable[[], None]:
        from math import inf

        from microcosm_sqlite.builders.engine import Pace
        from microcosm_sqlite.builders.loading import Load, load_source
        from microcosm_sqlite.sources.kinds import source_of
        from microcosm_sqlite.workbench import Workbench

        data_set, city, event = models()
        bench = Workbench(data_set).__enter__()
        model = event if mixed else city

        def work() -> None:
            if python:
                load_source(bench.connection, Load(model=model, source=source_of(file), pace=Pace(engine_from=inf)))
                bench.commit()
            elif skips:
                assert bench.load(model, file, skip_bad=True)
                assert bench.sources[0].skipped == 1000
            else:
                bench.load(model, file)

        return work

    return way


def shell(program: Callable[[], str], ddl: str, table: str) -> Any:
    """Return what loads a file by the shell of SQLite."""

    def way(file: Path, folder: Path) -> Callable[[], None]:
        name = program()
        script = "\n".join(
            [ddl + ";", *(f"PRAGMA {pragma};" for pragma in PRAGMAS), f".import --csv --skip 1 {file} {table}"]
        )

        def work() -> None:
            subprocess.run([name, str(folder / "shell.db")], input=script, text=True, check=True, capture_output=True)

        return work

    return way


def apsw_shell() -> str:
    """Return the shell that comes with APSW, of the SQLite that this package uses."""
    from apsw import sqlite_extra

    return str(sqlite_extra.path("sqlite3_shell"))


def ready(connect: Callable[[str], Any]) -> Any:
    """Return what inserts tuples that are there already."""

    def way(file: Path, folder: Path) -> Callable[[], None]:
        rows = list(typed(file))
        connection = connect(str(folder / "ready.db"))
        for statement in (*(f"PRAGMA {pragma}" for pragma in PRAGMAS), DDL):
            connection.execute(statement)

        def work() -> None:
            connection.execute("BEGIN")
            connection.executemany("INSERT INTO city VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
            connection.execute("COMMIT")

        return work

    return way


def typed(file: Path) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a file as tuples of Python values."""
    with file.open(newline="") as lines:
        reader = csv.reader(lines)
        next(reader)
        for a, b, c, d, e, f, g in reader:
            yield int(a), b, c, float(d), float(e), int(f), g or None


def apsw_connection(path: str) -> Any:
    """Return a connection of APSW."""
    import apsw

    return apsw.Connection(path)


def by_sqlite3(file: Path, folder: Path) -> Callable[[], None]:
    """Load by what the standard library has."""
    connection = sqlite3.connect(folder / "plain.db", isolation_level=None)
    for statement in (*(f"PRAGMA {pragma}" for pragma in PRAGMAS), DDL):
        connection.execute(statement)

    def work() -> None:
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO city VALUES (?, ?, ?, ?, ?, ?, ?)", typed(file))
        connection.execute("COMMIT")

    return work


def by_core(file: Path, folder: Path) -> Callable[[], None]:
    """Load by SQLAlchemy Core."""
    import sqlalchemy as sa

    engine = sa.create_engine(f"sqlite:///{folder}/core.db")
    data_set, city, _ = models()
    data_set.metadata.create_all(engine)

    def work() -> None:
        with engine.begin() as connection:
            connection.execute(sa.insert(city.__table__), [dict(zip(COLUMNS, row, strict=True)) for row in typed(file)])

    return work


def by_pandas(file: Path, folder: Path) -> Callable[[], None]:
    """Load by pandas."""
    import pandas as pd

    connection = sqlite3.connect(folder / "pandas.db")

    def work() -> None:
        pd.read_csv(file).to_sql("city", connection, index=False)
        connection.commit()

    return work


def by_polars(file: Path, folder: Path) -> Callable[[], None]:
    """Load by polars."""
    import polars as pl

    def work() -> None:
        pl.read_csv(file).write_database("city", f"sqlite:///{folder}/polars.db", engine="adbc")

    return work


def by_duckdb(file: Path, folder: Path) -> Callable[[], None]:
    """Load by DuckDB, which reads, and sqlite3, which writes: its own writer is a download."""
    import duckdb

    connection = sqlite3.connect(folder / "duckdb.db", isolation_level=None)
    for statement in (*(f"PRAGMA {pragma}" for pragma in PRAGMAS), DDL):
        connection.execute(statement)

    def work() -> None:
        result = duckdb.connect().execute(f"SELECT * FROM read_csv('{file}')")
        connection.execute("BEGIN")
        while rows := result.fetchmany(10_000):
            connection.executemany("INSERT INTO city VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        connection.execute("COMMIT")

    return work


def by_sqlite_utils(file: Path, folder: Path, pragmas: tuple[str, ...] = ()) -> Callable[[], None]:
    """Load JSON lines by sqlite-utils."""
    import sqlite_utils

    database = sqlite_utils.Database(folder / "utils.db")
    for pragma in pragmas:
        database.execute(f"PRAGMA {pragma}")

    def work() -> None:
        with file.open() as lines:
            database["city"].insert_all((json.loads(line) for line in lines), pk="id")

    return work


WAYS: dict[str, Any] = {
    "csv": ours(),
    "csv by Python": ours(python=True),
    "bad rows": ours(skips=True),
    "mixed": ours(mixed=True),
    "jsonl": ours(),
    "json": ours(),
    ".import": shell(lambda: "sqlite3", DDL, "city"),
    ".import of APSW's shell": shell(apsw_shell, DDL, "city"),
    "mixed: .import": shell(lambda: "sqlite3", MIXED_DDL, "event"),
    "mixed: .import of APSW's shell": shell(apsw_shell, MIXED_DDL, "event"),
    "apsw: ready tuples": ready(apsw_connection),
    "sqlite3: ready tuples": ready(lambda path: sqlite3.connect(path, isolation_level=None)),
    "sqlite3: csv and executemany": by_sqlite3,
    "SQLAlchemy Core": by_core,
    "pandas.to_sql": by_pandas,
    "polars and ADBC": by_polars,
    "DuckDB and sqlite3": by_duckdb,
    "jsonl: sqlite-utils": by_sqlite_utils,
    "jsonl: sqlite-utils, our pragmas": partial(by_sqlite_utils, pragmas=PRAGMAS),
}


def inherited(folder: Path, plain: Path) -> float:
    """Return the seconds that microcosm-sqlite 2.0.0 takes for a row, or nothing where it cannot be installed."""
    python = folder / "inherited" / "bin" / "python"
    venv.create(python.parent.parent, with_pip=True)
    wanted = ["microcosm-sqlite==2.0.0", "setuptools<81"]
    if subprocess.run(
        [python, "-m", "pip", "install", "--quiet", *wanted], check=False, capture_output=True
    ).returncode:
        return 0.0
    part = folder / "part.csv"
    with plain.open() as lines, part.open("w") as file:
        for _ in range(INHERITED_ROWS + 1):
            file.write(next(lines))
    script = Path(__file__).parent / "peers" / "inherited_loading.py"
    ran = subprocess.run([python, "-I", script, part], capture_output=True, text=True, check=False, cwd=folder)
    if ran.returncode:
        print(ran.stderr, file=sys.stderr)
        return 0.0
    return float(ran.stdout) / INHERITED_ROWS


def at_least(name: str, found: float, limit: float) -> None:
    """Print whether *found* keeps *limit*."""
    print(f"  -> {name:<60}{found:8.2f} (at least {limit:g}) {'reached' if found >= limit else 'MISSED'}")


def write_cities(path: Path, rows: int) -> None:
    """Write numbers and texts."""
    random = Random(1)
    with path.open("w", newline="") as file:
        file.write(",".join(COLUMNS) + "\n")
        for number in range(1, rows + 1):
            latitude, longitude = random.uniform(-90, 90), random.uniform(-180, 180)
            note = "some words here" if number % 3 else ""
            file.write(
                f"{number},ville {random.getrandbits(40):x},C{random.randrange(250)},{latitude:.6f},{longitude:.6f},"
                f"{random.randrange(10**7)},{note}\n"
            )


def write_lines(plain: Path, path: Path) -> None:
    """Write the same as JSON lines."""
    with path.open("w") as file:
        for row in typed(plain):
            file.write(json.dumps(dict(zip(COLUMNS, row, strict=True))) + "\n")


def write_array(lines: Path, path: Path) -> None:
    """Write the same as one JSON array."""
    with lines.open() as objects, path.open("w") as file:
        for number, line in enumerate(objects):
            file.write(("," if number else "[") + line)
        file.write("]")


def write_bad(plain: Path, path: Path, rows: int) -> None:
    """Write the same with a thousand rows that do not fit: a word for a number, or a key that is taken."""
    wrong = set(Random(2).sample(range(2, rows + 1), 1000))
    with plain.open() as lines, path.open("w") as file:
        for number, line in enumerate(lines):
            if number in wrong:
                key, rest = line.split(",", 1)
                file.write(f"1,{rest}" if number % 2 else f"x{key},{rest}")
            else:
                file.write(line)


def write_events(path: Path, rows: int) -> None:
    """Write dates, moments, truths and words too; as the shell could store them, for the sake of its speed."""
    random = Random(3)
    begin = datetime(1950, 1, 1)  # noqa: DTZ001 - the column has no zone
    with path.open("w", newline="") as file:
        file.write("id,name,kind,day,seen,active,score\n")
        for number in range(1, rows + 1):
            day = date(1950, 1, 1) + timedelta(days=random.randrange(27_000))
            seen = begin + timedelta(seconds=random.randrange(2 * 10**9))
            file.write(
                f"{number},ville {random.getrandbits(40):x},{random.choice(['RED', 'GREEN', 'BLUE'])},{day},{seen},"
                f"{random.randrange(2)},{random.uniform(0, 100)!r}\n"
            )


if __name__ == "__main__":
    main()
