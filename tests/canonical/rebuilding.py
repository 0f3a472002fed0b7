"""Seal random cases and print the digests of the files: `python -m tests.canonical.rebuilding FIRST COUNT SHUFFLE`.

Run in many processes, which differ in everything that must not count.
"""

import sys
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from sqlalchemy.orm import DeclarativeBase

from microcosm_sqlite.artifacts.digests import file_digest
from microcosm_sqlite.dataset import DataSet
from microcosm_sqlite.sealing import Release, seal
from microcosm_sqlite.shipping.folder import FolderChannel
from microcosm_sqlite.workbench import Workbench
from tests.canonical.drawing import Case, draw


class Drawn(DataSet, DeclarativeBase):
    """A data set without models: its tables are drawn."""

    __data_set__ = "drawn"


def rebuild(case: Case, folder: Path, *, shuffle: int) -> Path:
    """Return the artifact made of *case*, with its rows loaded in the order that *shuffle* gives."""
    random = Random(shuffle)
    with Workbench(Drawn, folder=folder / "bench") as bench:
        for sql in case.before:
            bench.native.execute(sql)
        loads = [(table, row) for table, rows in case.rows.items() for row in rows]
        random.shuffle(loads)
        for table, row in loads:
            bench.native.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)
            if random.random() < 0.05:
                # A row that was there twice for a moment: pages keep traces of it.
                _insert_anew(bench, table, row)
        for sql in case.after:
            bench.native.execute(sql)
        return seal(bench, FolderChannel(folder), Release(version="1"), page_bytes=case.page_bytes).path


def _insert_anew(bench: Workbench, table: str, row: tuple[object, ...]) -> None:
    marks = ", ".join("?" * len(row))
    if "(" in table:
        bench.native.execute("DELETE FROM f WHERE rowid = ?", row[:1])
    else:
        columns = [
            name
            for name, hidden in bench.native.execute(f"SELECT name, hidden FROM pragma_table_xinfo('{table}')")
            if not hidden
        ]
        found = " AND ".join(f"{column} IS ?" for column in columns)
        before = bench.native.execute(f"SELECT count(*) FROM {table} WHERE {found}", row).fetchall()
        if before != [(1,)]:
            return
        bench.native.execute(f"DELETE FROM {table} WHERE {found}", row)
    bench.native.execute(f"INSERT INTO {table} VALUES ({marks})", row)


def main() -> None:
    """Print the number of each case with the digests of its file and of its content."""
    first, count, shuffle = map(int, sys.argv[1:])
    with TemporaryDirectory() as name:
        (folder := Path(name)).joinpath("bench").mkdir()
        for number in range(first, first + count):
            path = rebuild(draw(number), folder, shuffle=shuffle + number)
            print(number, file_digest(path), flush=True)
            path.unlink()


if __name__ == "__main__":
    main()
