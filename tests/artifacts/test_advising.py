"""The index that a statement lacks is found by trying."""

from collections.abc import Iterator
from typing import Any

import apsw
import pytest

from microcosm_sqlite.artifacts.advising import missing_index
from microcosm_sqlite.artifacts.planning import explain
from tests.shelves import shelves


@pytest.fixture
def connection() -> Iterator[apsw.Connection]:
    """Return a connection to a few books."""
    connection = shelves(10)
    yield connection
    connection.close()


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT * FROM book WHERE book.year = ?", "CREATE INDEX ix_book_year ON book (year)"),
        (
            "SELECT * FROM book WHERE book.year = ? ORDER BY book.isbn DESC, book.id",
            "CREATE INDEX ix_book_year_isbn ON book (year, isbn DESC)",
        ),
        ("SELECT * FROM book AS b WHERE lower(b.title) = ?", "CREATE INDEX ix_book_lower_title ON book (lower(title))"),
        (
            "SELECT * FROM book WHERE book.year = ? AND book.author_id = ?",
            "CREATE INDEX ix_book_year_author_id ON book (year, author_id)",
        ),
        ("SELECT * FROM book WHERE book.year > ?", "CREATE INDEX ix_book_year ON book (year)"),
        (
            "SELECT author.name FROM author JOIN book ON book.author_id = author.id WHERE book.year = ?",
            "CREATE INDEX ix_book_year ON book (year)",
        ),
    ],
)
def test_what_is_missing(connection: apsw.Connection, sql: str, expected: str) -> None:
    """What is compared comes first, then what is ordered by; SQLite takes the index when it is there."""
    assert missing_index(connection, sql, (None,) * sql.count("?")) == expected

    connection.execute(expected)
    lines = [line.text for line in explain(connection, sql, (None,) * sql.count("?"))]
    assert not [line for line in lines if line.startswith("SCAN book") or "B-TREE" in line]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM book WHERE book.shelf = ?",
        "SELECT * FROM book WHERE book.title LIKE ?",
        "SELECT * FROM book WHERE book.year + ? = ?",
        "SELECT count(*) FROM book",
    ],
)
def test_nothing_helps(connection: apsw.Connection, sql: str) -> None:
    """There is no suggestion where an index is there already, or would not be taken."""
    assert missing_index(connection, sql, (None,) * sql.count("?")) is None


def test_nothing_is_changed(connection: apsw.Connection) -> None:
    """Indexes are tried out elsewhere."""
    before = connection.execute("SELECT sql FROM sqlite_schema").fetchall()

    missing_index(connection, "SELECT * FROM book WHERE book.year = ?", (None,))

    assert connection.execute("SELECT sql FROM sqlite_schema").fetchall() == before


def test_names_that_are_taken_or_odd() -> None:
    """The index gets a name that is free, and names are quoted where they must be."""
    connection = apsw.Connection(":memory:")
    connection.execute(
        'CREATE TABLE "a table" ("order" TEXT, b INTEGER); CREATE INDEX "ix_a table_order" ON "a table" (b)'
    )

    found = missing_index(connection, 'SELECT * FROM "a table" WHERE "a table"."order" = ?', (None,))

    assert found == 'CREATE INDEX "ix_a table_order_2" ON "a table" ("order")'
    connection.execute(found)


def test_a_schema_that_cannot_be_made_anew() -> None:
    """Without a copy to try things out, nothing is suggested."""
    connection: Any = apsw.Connection(":memory:")
    connection.create_scalar_function("own", str, 1, deterministic=True)
    connection.execute("CREATE TABLE t (a, b); CREATE INDEX ix ON t (own(a))")

    assert missing_index(connection, "SELECT * FROM t WHERE b = ?", (None,)) is None
