"""Seal a data set with models and print the digest of its file: `python -m tests.canonical.modelled SHUFFLE`."""

import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import DDL, CheckConstraint, ForeignKey, Index, Table, UniqueConstraint, event
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from microcosm_sqlite.artifacts.digests import file_digest
from microcosm_sqlite.artifacts.inspection import Artifact
from microcosm_sqlite.dataset import DataSet
from microcosm_sqlite.full_text import FullText
from microcosm_sqlite.place import Place
from microcosm_sqlite.sealing import Release, seal
from microcosm_sqlite.shipping.folder import FolderChannel
from microcosm_sqlite.workbench import Workbench


class Library(DataSet, DeclarativeBase):
    """Models with all that leaves traces in a schema."""

    __data_set__ = "library"


class Author(Library):
    """Several indexes, which SQLAlchemy keeps in a set; found by words and by place, with rows that SQLite numbers."""

    __tablename__ = "author"
    __table_args__ = (
        UniqueConstraint("family", "given"),
        Index("ix_author_born", "born"),
        FullText("family", "given", prefix=(2,)),
        Place("latitude", "longitude"),
        *(Index(f"ix_author_{number}", "given", "born") for number in range(6)),
    )

    code: Mapped[str] = mapped_column(primary_key=True)
    family: Mapped[str] = mapped_column(index=True)
    given: Mapped[str | None]
    born: Mapped[date | None]
    latitude: Mapped[float]
    longitude: Mapped[float | None]


class Book(Library):
    """A number as key, a reference, a rule, a price."""

    __tablename__ = "book"
    __table_args__ = (CheckConstraint("price >= 0"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    author: Mapped[str] = mapped_column(ForeignKey("author.code"), index=True)
    title: Mapped[str]
    price: Mapped[Decimal | None]
    weight: Mapped[float | None]
    is_printed: Mapped[bool]


_BOOKS: Table = Book.__table__  # type: ignore[assignment]

for _sql in (
    "CREATE VIEW cheap AS SELECT * FROM book WHERE price < 10",
    "CREATE VIRTUAL TABLE found USING fts5 (title, content='book', content_rowid='id')",
    "CREATE TRIGGER sold AFTER DELETE ON book BEGIN DELETE FROM found WHERE rowid = old.id; END",
):
    event.listen(_BOOKS, "after_create", DDL(_sql))  # type: ignore[no-untyped-call]


def build(folder: Path, *, shuffle: int) -> Artifact:
    """Return the artifact made of rows that come in the order which *shuffle* gives."""
    random = Random(shuffle)
    authors: list[dict[str, Any]] = [
        {
            "code": f"A{number}",
            "family": f"Ünal {number % 9}",
            "given": f"G{number}",
            "born": date(1900 + number, 1, 2),
            "latitude": number / 7 - 4,
            "longitude": None if number % 11 == 0 else -number / 3,
        }
        for number in range(60)
    ]
    books = [
        {
            "id": number,
            "author": f"A{number % 60}",
            "title": f"The {number}th 😀 snow",
            "price": Decimal(number) / 4,
            "weight": -0.0 if number % 5 == 0 else number / 3,
            "is_printed": number % 2 == 0,
        }
        for number in range(400)
    ]
    random.shuffle(authors)
    random.shuffle(books)
    with Workbench(Library, folder=folder / "bench") as bench:
        for model, rows in random.sample([(Author, authors), (Book, books)], 2):
            bench.load(model, rows)
        return seal(bench, FolderChannel(folder), Release(version="1"))


def main() -> None:
    """Print the digest."""
    with TemporaryDirectory() as name:
        print(file_digest(build(Path(name), shuffle=int(sys.argv[1])).path))


if __name__ == "__main__":
    main()
