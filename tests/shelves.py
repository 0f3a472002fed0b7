"""A data set of books whose stores can be asked with and without an index."""

from pathlib import Path
from typing import Any

import apsw
from sqlalchemy import ForeignKey, Index, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from microcosm_sqlite import DataSet, Store
from microcosm_sqlite.artifacts.certifying import Finding, plan_access
from microcosm_sqlite.ddl import create_tables
from microcosm_sqlite.full_text import FullText
from microcosm_sqlite.place import Place


class Shelves(DataSet, DeclarativeBase):
    """Books, who wrote them, where they are."""

    __data_set__ = "shelves"


class Author(Shelves):
    """Someone who writes."""

    __tablename__ = "author"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)

    books: Mapped[list["Book"]] = relationship(back_populates="author", order_by="Book.title")


class Book(Shelves):
    """A book."""

    __tablename__ = "book"
    __table_args__ = (
        FullText("title"),
        Place("latitude", "longitude"),
        Index("ix_book_lent_title", "title", unique=True, sqlite_where=text("is_lent = 1")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    isbn: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str] = mapped_column(index=True)
    shelf: Mapped[str] = mapped_column(index=True)
    year: Mapped[int]
    is_lent: Mapped[bool]
    author_id: Mapped[int] = mapped_column(ForeignKey("author.id"))
    latitude: Mapped[float]
    longitude: Mapped[float]

    author: Mapped[Author] = relationship(back_populates="books")


class BookStore(Store[Book]):
    """Books by title."""

    auto_filter_fields = (Book.shelf, Book.year)
    order_by = (Book.title,)


class AuthorStore(Store[Author]):
    """Authors as they come."""


def shelves(rows: int, path: Path | str = ":memory:") -> apsw.Connection:
    """Return a connection to a database of so many books, by ten authors on five shelves."""
    connection = apsw.Connection(str(path))
    for sql in statements(Shelves.metadata):
        connection.execute(sql)
    with connection:
        _fill(connection, rows)
    return connection


def _fill(connection: apsw.Connection, rows: int) -> None:
    connection.executemany("INSERT INTO author VALUES (?, ?)", ((i, f"author {i}") for i in range(1, 11)))
    books = (
        (i, f"isbn {i}", f"title {i}", f"shelf {i % 5}", 1900 + i % 100, 0, 1 + i % 10, i % 90, i % 180)
        for i in range(1, rows + 1)
    )
    connection.executemany("INSERT INTO book VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", books)
    connection.execute("INSERT INTO book_text (book_text) VALUES ('rebuild')")


def statements(metadata: Any) -> list[str]:
    """Return the statements that make the tables of *metadata*, with their indexes."""
    made: list[str] = []
    engine = create_engine("sqlite+apsw_strict://")
    with engine.connect() as connection:
        create_tables(metadata, connection)
        query = "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND type <> 'trigger' ORDER BY rowid"
        made += [sql for name, sql in connection.exec_driver_sql(query) if "_text_" not in name]
    engine.dispose()
    return made


def findings(store: type[Store[Any]], connection: apsw.Connection) -> dict[str, Finding]:
    """Return how the calls of *store* find rows, by call."""
    return {finding.entry.call: finding for finding in plan_access(connection, store.access_paths())}


def problems(store: type[Store[Any]], connection: apsw.Connection) -> dict[str, str]:
    """Return what is wrong with the calls of *store*, by call."""
    return {call: finding.problem for call, finding in findings(store, connection).items() if finding.problem}
