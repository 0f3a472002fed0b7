"""How much of a full rebuild does a build of a few new rows take?

python benchmarks/incremental.py                    # a million rows, a thousand of them new
python benchmarks/incremental.py --rows 100000
"""

import argparse
import datetime as dt
from collections.abc import Callable
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import sqlalchemy as sa
from measuring import verdict
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.pool import NullPool

from microcosm_sqlite import DataSet
from microcosm_sqlite.sealing import Release, seal
from microcosm_sqlite.shipping.folder import FolderChannel
from microcosm_sqlite.sources.sql import SQLSource
from microcosm_sqlite.workbench import Workbench

ROUNDS = 3
NEW = 1000  # one row in so many is new
BEGIN = dt.datetime(2026, 1, 1)  # noqa: DTZ001 - as databases have it


class Sales(DataSet, DeclarativeBase):
    """Integers, reals, texts, a date, and one that is mostly missing."""

    __data_set__ = "sales"


class Sale(Sales):
    """A sale."""

    __tablename__ = "sale"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer: Mapped[int] = mapped_column(index=True)
    article: Mapped[str]
    amount: Mapped[float]
    is_paid: Mapped[bool]
    updated_at: Mapped[dt.datetime]
    note: Mapped[str | None]


SOURCE = sa.Table(
    "sale",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("customer", sa.Integer),
    sa.Column("article", sa.Text),
    sa.Column("amount", sa.Float),
    sa.Column("is_paid", sa.Boolean),
    sa.Column("updated_at", sa.DateTime, index=True),
    sa.Column("note", sa.Text),
)


def fill(engine: sa.Engine, first: int, last: int) -> None:
    """Put sales *first* to *last* into the source."""
    random = Random(first)
    with engine.begin() as connection:
        for start in range(first, last + 1, 10_000):
            connection.execute(
                SOURCE.insert(),
                [
                    {
                        "id": number,
                        "customer": random.randrange(50_000),
                        "article": f"article {random.randrange(10_000)}",
                        "amount": random.random() * 100,
                        "is_paid": number % 3 > 0,
                        "updated_at": BEGIN + dt.timedelta(seconds=number),
                        "note": None if number % 5 else "a note about the sale",
                    }
                    for number in range(start, min(start + 10_000, last + 1))
                ],
            )


def build(engine: sa.Engine, folder: Path, *, last: Path | None = None) -> tuple[float, float]:
    """Build a release, from nothing or from the last one; return the seconds of all, and those of the extraction."""
    folder.mkdir(exist_ok=True)
    start = perf_counter()
    with Workbench(Sales) as bench:
        if last is not None:
            bench.continue_from(last)
        begin = perf_counter()
        bench.extract(Sale, SQLSource(engine, "sale", name="sales"), watermark=("updated_at", "id"))
        extracted = perf_counter() - begin
        seal(bench, FolderChannel(folder), Release(version="1"))
    return perf_counter() - start, extracted


def medians(run: Callable[[], tuple[float, float]]) -> tuple[float, ...]:
    """Return the medians of several rounds."""
    found: list[Any] = [run() for _ in range(ROUNDS)]
    return tuple(median(some) for some in zip(*found, strict=True))


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    with TemporaryDirectory() as name:
        folder = Path(name)
        engine = sa.create_engine(f"sqlite:///{folder / 'source.db'}", poolclass=NullPool)
        SOURCE.metadata.create_all(engine)
        fill(engine, 1, rows)
        build(engine, folder / "first")
        fill(engine, rows + 1, rows + rows // NEW)
        whole, taken = medians(lambda: build(engine, folder / "whole"))
        part, new = medians(lambda: build(engine, folder / "part", last=folder / "first" / "sales.sqlite"))
        equal = (folder / "whole" / "sales.sqlite").read_bytes() == (folder / "part" / "sales.sqlite").read_bytes()
    print(f"{rows:,} rows from SQLite, {rows // NEW:,} of them new; the same bytes: {equal}")
    print(f"  from nothing           {whole:8.2f} s, of these the extraction {taken:8.3f} s")
    print(f"  from the last release  {part:8.2f} s, of these the extraction {new:8.3f} s")
    verdict("of a full rebuild", part / whole, limit=0.25)


if __name__ == "__main__":
    main()
