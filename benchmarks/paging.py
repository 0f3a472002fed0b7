"""Does a page take as long at the end of a table as at its beginning?

python benchmarks/paging.py                    # a million rows
python benchmarks/paging.py --rows 100000
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import apsw
from measuring import verdict
from microcosm.api import create_object_graph, load_from_dict
from sqlalchemy import Index
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from microcosm_sqlite import DataSet, Store
from microcosm_sqlite.sealing import Release, seal
from microcosm_sqlite.shipping.folder import FolderChannel
from microcosm_sqlite.workbench import Workbench

ROUNDS = 7
PAGES = 300
PAGE_ROWS = 20
COLUMNS = "id, name, kind, score, note"


class Entries(DataSet, DeclarativeBase):
    """Rows to page through."""

    __data_set__ = "entries"


class Entry(Entries):
    """A row with values that many share, and with one that some have not."""

    __tablename__ = "entry"
    __table_args__ = (Index("by_kind", "kind"), Index("by_score", "score", "id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[int]
    score: Mapped[float | None]
    note: Mapped[str]


class ByKey(Store[Entry]):
    """In the order of the key."""


class ByName(Store[Entry]):
    """In the order of a unique text."""

    order_by = (Entry.name,)


class ByKind(Store[Entry]):
    """In the order of what one row in 97 shares."""

    order_by = (Entry.kind,)


class ByScore(Store[Entry]):
    """The best first, those without a score last, and among equals the last key first: a fifth has none."""

    order_by = (Entry.score.desc(), Entry.id.desc())


def sealed(folder: Path, rows: int) -> Path:
    """Return an artifact with so many entries."""
    random = Random(rows)
    with Workbench(Entries, folder=folder / "bench") as bench:
        bench.native.executemany(
            f"INSERT INTO entry ({COLUMNS}) VALUES (?, ?, ?, ?, ?)",
            (
                (
                    number,
                    f"{random.getrandbits(60):x}-{number}",
                    number % 97,
                    random.random() if number % 5 else None,
                    "n" * 40,
                )
                for number in range(1, rows + 1)
            ),
        )
        seal(bench, FolderChannel(folder), Release(version="1"))
    return folder / "entries.sqlite"


def microseconds(ask: Callable[[], Any]) -> float:
    """Return how long a page takes, the median of several rounds."""
    times: list[float] = []
    for _ in range(ROUNDS):
        start = perf_counter()
        for _ in range(PAGES):
            ask()
        times.append((perf_counter() - start) / PAGES * 1e6)
    return median(times)


def cursor_at(store: Any, row: int) -> str:
    """Return the cursor behind the page that ends with *row*; rows are counted once."""
    cursor = None
    while row:
        page = store.page(after=cursor, limit=min(row, 50_000))
        row, cursor = row - len(page), page.next
    return str(cursor)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    deep = rows * 9 // 10
    with TemporaryDirectory() as name:
        path = sealed(Path(name), rows)
        graph: Any = create_object_graph(
            "paging", testing=True, loader=load_from_dict(sqlite={"paths": {"entries": str(path)}, "kept_rows": 0})
        )
        graph.use("sqlite")
        graph.lock()
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        for kind in (ByKey, ByName, ByKind, ByScore):
            store = kind(graph)
            cursor = cursor_at(store, deep)
            order = ", ".join(str(part).replace("Entry.", "") for part in (*store.order_by, "id"))
            sql = f"SELECT {COLUMNS} FROM entry ORDER BY {order} LIMIT {PAGE_ROWS} OFFSET {deep}"
            start = perf_counter()
            connection.execute(sql).fetchall()
            counted = (perf_counter() - start) * 1e6
            first = microseconds(lambda store=store: store.page(limit=PAGE_ROWS))
            last = microseconds(lambda store=store, cursor=cursor: store.page(after=cursor, limit=PAGE_ROWS))
            search = microseconds(lambda store=store: store.search(limit=PAGE_ROWS))
            print(
                f"{kind.__doc__}\n  first page {first:.1f} us, page behind row {deep:,} {last:.1f} us "
                f"(the first {PAGE_ROWS} by search: {search:.1f} us; by OFFSET, as tuples of APSW: {counted:,.0f} us)"
            )
            verdict("times the first page", last / first, limit=1.2)


if __name__ == "__main__":
    main()
