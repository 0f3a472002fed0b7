"""A data set whose rows take Python to convert, importable by any process, and files with its rows."""

import csv
import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from io import StringIO
from itertools import count
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from microcosm_sqlite import DataSet

COLUMNS = ("id", "key", "price", "contents", "seal", "day", "note", "place")

numbers = count(1000)


class Deliveries(DataSet, DeclarativeBase):
    """What was brought where."""

    __data_set__ = "deliveries"


class Parcel(Deliveries):
    """A row with a column of each kind that SQLite cannot read from CSV by itself."""

    __tablename__ = "parcel"
    __table_args__ = (sa.CheckConstraint("price < 90000", name="cheap"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[UUID] = mapped_column(unique=True)
    price: Mapped[Decimal] = mapped_column(sa.Numeric(12, 2))
    contents: Mapped[Any] = mapped_column(sa.JSON)
    seal: Mapped[bytes | None]
    day: Mapped[date | None]
    note: Mapped[str | None]
    slug: Mapped[str]
    kind: Mapped[str] = mapped_column(default="letter")


class Counted(Deliveries):
    """A model of which a function of Python fills a column."""

    __tablename__ = "counted"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[UUID]
    number: Mapped[int] = mapped_column(default=lambda: next(numbers))
    place: Mapped[int] = mapped_column(server_default="7")


def slug(row: Mapping[str, Any]) -> str:
    """Return the place as it stands in a URL."""
    return "-".join(str(row["place"]).lower().split())


def record(number: int, random: Random) -> list[str]:
    """Return the cells of a row that fits."""
    return [
        str(number),
        str(UUID(int=random.getrandbits(128))),
        f"{random.randrange(8_000_000) / 100:.2f}",
        json.dumps({"a": number, "b": ["x", None]}),
        random.randbytes(6).hex() if number % 7 else "",
        f"2026-0{random.randrange(1, 10)}-1{random.randrange(10)}" if number % 5 else "",
        "" if number % 3 else 'two\nlines, "quoted"' if number % 33 == 0 else "a note",
        f"Place {number}",
    ]


def spoilt(cells: list[str], random: Random) -> list[str]:
    """Return a row with something wrong in it."""
    position = random.randrange(7)
    wrong = ["1", "no key", "many", "{", "xyz", "2026-02-30", "x"][position]
    if position == 0:
        # Taken by the first row.
        return ["1", *cells[1:]]
    if position == 6:
        return cells[: random.randrange(1, 8)]
    return [*cells[:position], wrong, *cells[position + 1 :]]


def text(rows: int, *, bad_every: int = 0, seed: int = 7) -> str:
    """Return CSV with so many rows, of which some are bad."""
    random = Random(seed)
    file = StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    for number in range(1, rows + 1):
        cells = record(number, random)
        if bad_every and number % bad_every == 0:
            cells = spoilt(cells, random)
        writer.writerow(cells)
    return file.getvalue()


def write_csv(path: Path, rows: int, *, bad_every: int = 0) -> Path:
    """Write a file of so many rows."""
    path.write_text(text(rows, bad_every=bad_every), encoding="utf-8", newline="")
    return path


def write_lines(path: Path, rows: int) -> Path:
    """Write JSON lines of so many rows."""
    random = Random(7)
    with path.open("w", encoding="utf-8") as file:
        for number in range(1, rows + 1):
            row: dict[str, Any] = dict(zip(COLUMNS, record(number, random), strict=True))
            row |= {"id": number, "contents": json.loads(row["contents"])}
            if number % 100 == 0:
                del row["note"]
            file.write(json.dumps(row) + "\n")
    return path


OPTIONS: dict[str, Any] = {"columns": {"slug": slug}, "ignore": ["place"]}
