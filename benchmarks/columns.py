"""What does a table cost as columns, beside everything else that makes columns of it?

    python benchmarks/columns.py                 # a million rows, all peers
    python benchmarks/columns.py --rows 100000

Two tables: integers, reals and texts, which need no conversion; and dates, moments, decimals, enumerations, booleans,
which do. Peers read the same file in the same run, in rounds that take turns; medians. Some keep fewer types: what they
give for the second table is printed. Then how far the memory of a process grows, as a whole and batch by batch.
"""

import argparse
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from itertools import islice
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import adbc_driver_sqlite.dbapi as adbc
import apsw
import connectorx
import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
from sqlalchemy import Numeric, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from towns import COLUMNS, PlainTownStore, graph_on, sealed

from microcosm_sqlite import DataSet, Store
from microcosm_sqlite.sealing import Release, seal
from microcosm_sqlite.shipping.folder import FolderChannel
from microcosm_sqlite.types import EnumType
from microcosm_sqlite.workbench import Workbench

ROUNDS = 3
ALL = f"SELECT {COLUMNS} FROM town"
SCHEMA = pa.schema(
    [
        ("id", pa.int64()),
        ("code", pa.string()),
        ("name", pa.string()),
        ("district", pa.int64()),
        ("population", pa.int64()),
        ("latitude", pa.float64()),
        ("longitude", pa.float64()),
        ("note", pa.string()),
    ]
)


class Kind(Enum):
    """Kinds of orders."""

    SHOP = 1
    MAIL = 2
    PHONE = 3


class Orders(DataSet, DeclarativeBase):
    """Orders of some shop."""

    __data_set__ = "towns"


class Order(Orders):
    """An order: most of its columns are stored as something else than they are."""

    __tablename__ = "order"

    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date]
    moment: Mapped[datetime]
    amount: Mapped[Decimal] = mapped_column(Numeric(12, 2))
    kind: Mapped[Kind] = mapped_column(EnumType(Kind))
    is_paid: Mapped[bool]


class OrderStore(Store[Order]):
    """Orders in the order of their key."""


def orders(folder: Path, rows: int) -> Path:
    """Return an artifact with *rows* orders in *folder*."""
    path, random = folder / "orders" / "towns.sqlite", Random(rows)
    start = datetime(2020, 1, 1)  # noqa: DTZ001 - As it is stored.
    path.parent.mkdir(parents=True, exist_ok=True)
    with Workbench(Orders, folder=path.parent / "bench") as bench:
        kinds = [kind.name for kind in Kind]
        moments = (start + timedelta(seconds=number * 101) for number in range(rows))
        bench.native.executemany(
            'INSERT INTO "order" (id, day, moment, amount, kind, is_paid) VALUES (?, ?, ?, ?, ?, ?)',
            (
                (
                    number,
                    f"{moment:%Y-%m-%d}",
                    f"{moment:%Y-%m-%d %H:%M:%S.%f}",
                    random.randrange(10_000_000) / 100,
                    kinds[number % 3],
                    number % 2,
                )
                for number, moment in enumerate(moments)
            ),
        )
        seal(bench, FolderChannel(path.parent), Release(version="1"))
    return path


def seconds(ways: Mapping[str, Callable[[], Any]]) -> dict[str, float]:
    """Return the median seconds of each way, in rounds that take turns."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(ROUNDS + 1):
        for name, way in ways.items():
            start = perf_counter()
            way()
            if number:
                times[name].append(perf_counter() - start)
    return {name: median(taken) for name, taken in times.items()}


def table(title: str, figures: Mapping[str, float], *, ours: str) -> None:
    """Print *figures* from the fastest to the slowest, each as a multiple of *ours*."""
    print(f"\n{title}")
    for name, figure in sorted(figures.items(), key=lambda item: item[1]):
        mark = "  <- ours" if name.startswith("Store.") else ""
        print(f"  {name:<58} {figure:8.3f} s {figure / figures[ours]:8.2f} x{mark}")


def tuples(path: Path, sql: str) -> None:
    """Read all rows as tuples, and drop them."""
    for _ in apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY).execute(sql):
        pass


def by_hand(path: Path) -> pa.Table:
    """Return a table the way it is written by hand: all rows, turned around."""
    rows = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY).execute(ALL).fetchall()
    columns = zip(*rows, strict=True)
    return pa.table([pa.array(values, field.type) for values, field in zip(columns, SCHEMA, strict=True)], SCHEMA)


def by_hand_in_parts(path: Path, *, rows: int) -> pa.Table:
    """Return a table the way it is written by hand where memory counts: some rows at a time."""
    cursor = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY).execute(ALL)
    batches = []
    while part := list(islice(cursor, rows)):
        columns = zip(zip(*part, strict=True), SCHEMA, strict=True)
        batches.append(pa.record_batch([pa.array(values, field.type) for values, field in columns], schema=SCHEMA))
    return pa.Table.from_batches(batches)


def with_adbc(path: Path, sql: str) -> pa.Table:
    """Return the table that the driver of Arrow's own project gives."""
    with adbc.connect(f"file:{path}?mode=ro") as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetch_arrow_table()


def with_duckdb(path: Path, name: str) -> Callable[[], pa.Table] | None:
    """Return what reads the table *name* through DuckDB's scanner, if that can be had."""
    connection = duckdb.connect()
    try:
        connection.execute("INSTALL sqlite; LOAD sqlite")
        connection.execute(f"ATTACH '{path}' AS other (TYPE sqlite, READ_ONLY)")
    except duckdb.Error as error:
        print(f"  (DuckDB's sqlite scanner: {str(error).splitlines()[0][:90]})")
        return None
    return lambda: connection.execute(f'SELECT * FROM other."{name}"').fetch_arrow_table()


def plain(path: Path) -> None:
    """Integers, reals and texts."""
    store = PlainTownStore(graph_on(path))
    engine = create_engine(f"sqlite:///file:{path}?mode=ro&immutable=1&uri=true")
    arrow: dict[str, Callable[[], Any]] = {
        "Store.to_arrow()": store.to_arrow,
        "Store.to_arrow_batches(), all of them": lambda: [len(batch) for batch in store.to_arrow_batches()],
        "APSW tuples + pyarrow by hand": lambda: by_hand(path),
        "APSW tuples + pyarrow by hand, 65,536 rows at a time": lambda: by_hand_in_parts(path, rows=65_536),
        "APSW tuples alone, dropped": lambda: tuples(path, ALL),
        "adbc-driver-sqlite": lambda: with_adbc(path, ALL),
        "connectorx": lambda: connectorx.read_sql(f"sqlite://{path}", ALL, return_type="arrow"),
    }
    if (scanner := with_duckdb(path, "town")) is not None:
        arrow["DuckDB's sqlite scanner"] = scanner
    table("To Arrow", seconds(arrow), ours="Store.to_arrow()")
    frames: dict[str, Callable[[], Any]] = {
        "Store.to_polars()": store.to_polars,
        "polars.read_database (SQLAlchemy)": lambda: pl.read_database(ALL, engine),
        "polars.read_database_uri (connectorx)": lambda: pl.read_database_uri(ALL, f"sqlite://{path}"),
    }
    table("To polars", seconds(frames), ours="Store.to_polars()")
    frames = {
        "Store.to_pandas()": store.to_pandas,
        "pandas.read_sql (SQLAlchemy)": lambda: pd.read_sql(ALL, engine),
        "connectorx to pandas": lambda: connectorx.read_sql(f"sqlite://{path}", ALL),
    }
    table("To pandas", seconds(frames), ours="Store.to_pandas()")
    dicts: dict[str, Callable[[], Any]] = {
        "Store.to_dicts()": store.to_dicts,
        "Store.to_arrow().to_pylist()": lambda: store.to_arrow().to_pylist(),
        "SQLAlchemy Core, mappings": lambda: _mappings(engine),
    }
    table("To dictionaries", seconds(dicts), ours="Store.to_dicts()")


def _mappings(engine: Any) -> list[Any]:
    with engine.connect() as connection:
        return [dict(row) for row in connection.exec_driver_sql(ALL).mappings()]


def converted(path: Path) -> None:
    """Dates, moments, decimals, enumerations and booleans."""
    sql, store = 'SELECT id, day, moment, amount, kind, is_paid FROM "order"', OrderStore(graph_on(path))
    attributes = (Order.id, Order.day, Order.moment, Order.amount, Order.kind, Order.is_paid)
    ways: dict[str, Callable[[], pa.Table]] = {
        "Store.to_arrow()": store.to_arrow,
        "adbc-driver-sqlite": lambda: with_adbc(path, sql),
        "connectorx": lambda: connectorx.read_sql(f"sqlite://{path}", sql, return_type="arrow"),
    }
    if (scanner := with_duckdb(path, "order")) is not None:
        ways["DuckDB's sqlite scanner"] = scanner
    everything = {**ways, "Store.values(), as Python objects": lambda: [None for _ in store.values(*attributes)]}
    table("To Arrow, where values are stored as something else", seconds(everything), ours="Store.to_arrow()")
    for name, way in ways.items():
        print(f"  {name:<28} {', '.join(str(type_) for type_ in way().schema.types)}")


def megabytes(path: Path, verb: str) -> float:
    """Return how far this process grew at its highest by *verb*."""
    store = PlainTownStore(graph_on(path))
    store.to_arrow(limit=1000)
    before = highest()
    if verb == "batches":
        for _ in store.to_arrow_batches():
            pass
    elif verb == "by hand":
        by_hand(path)
    else:
        getattr(store, verb)()
    return (highest() - before) / 2**10


def highest() -> int:
    """Return how many kilobytes of this process were in memory at most; what getrusage says begins with its parent."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1])
    return 0


def memory(path: Path) -> None:
    """How far a fresh process grows."""
    print("\nMemory at its highest, beyond that of a thousand rows")
    for verb in ("batches", "to_arrow", "to_polars", "to_pandas", "by hand"):
        ran = subprocess.run(
            [sys.executable, __file__, "--memory", str(path), verb], check=True, capture_output=True, text=True
        )
        print(f"  {verb:<58} {float(ran.stdout):8.0f} MB")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--memory", nargs=2, metavar=("PATH", "VERB"), help="say how far this process grows")
    arguments = parser.parse_args()
    if arguments.memory:
        print(megabytes(Path(arguments.memory[0]), arguments.memory[1]))
        return
    with TemporaryDirectory() as name:
        path = sealed(Path(name), arguments.rows)
        print(f"{arguments.rows:,} rows, {path.stat().st_size / 2**20:,.0f} MB")
        plain(path)
        converted(orders(Path(name), arguments.rows))
        memory(path)


if __name__ == "__main__":
    main()
