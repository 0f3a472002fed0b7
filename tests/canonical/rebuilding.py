"""Seal random cases and print the digests of the files: `python -m tests.canonical.rebuilding FIRST COUNT SHUFFLE`.

Run in many processes, which differ in everything that must not count.
"""

import sys
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from sqlalchemy import DDL, event
from sqlalchemy.orm import DeclarativeBase

from microcosm_sqlite.artifacts.digests import file_digest
from microcosm_sqlite.dataset import DataSet
from microcosm_sqlite.sealing import Release, seal
from microcosm_sqlite.shipping.folder import FolderChannel
from microcosm_sqlite.workbench import Workbench
from tests.canonical.drawing import Case, draw


def rebuild(case: Case, folder: Path, *, shuffle: int) -> Path:
    """Return the artifact made of *case*, with its rows loaded in the order that *shuffle* gives.

    With an even one the tables are the models' own, with an odd one they come later: the two ways in which rows are
    taken from a workbench.
    """
    random = Random(shuffle)
    with Workbench(_data_set(case.before if shuffle % 2 == 0 else []), folder=folder / "bench") as bench:
        if shuffle % 2:
            _run(bench, case.before)
        loads = [(table, row) for table, rows in case.rows.items() for row in rows]
        random.shuffle(loads)
        for table, row in loads:
            bench.native.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)
            if random.random() < 0.05:
                # A row that was there twice for a moment: pages keep traces of it.
                _insert_anew(bench, table, row)
        _run(bench, case.after)
        return seal(bench, FolderChannel(folder), Release(version="1"), page_bytes=case.page_bytes).path


def _data_set(statements: list[str]) -> type[DataSet]:
    class Drawn(DataSet, DeclarativeBase):
        __data_set__ = "drawn"

    for sql in statements:
        event.listen(Drawn.metadata, "after_create", DDL(sql.replace("%", "%%")))  # type: ignore[no-untyped-call]
    return Drawn


def _run(bench: Workbench, statements: list[str]) -> None:
    for sql in statements:
        bench.native.execute(sql)


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
