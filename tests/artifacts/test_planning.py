"""SQLite's own account of a statement is understood."""

from collections.abc import Iterator

import apsw
import pytest

from microcosm_sqlite.access import AccessPath
from microcosm_sqlite.artifacts.certificate import AccessPlan
from microcosm_sqlite.artifacts.planning import Line, Planner, Search, Sort, explain, read_steps
from tests.shelves import shelves


@pytest.fixture
def connection() -> Iterator[apsw.Connection]:
    """Return a connection to 400 books."""
    connection = shelves(400)
    yield connection
    connection.close()


def plan(connection: apsw.Connection, sql: str, *, most_sorted: int | None = 0, is_whole: bool = False) -> AccessPlan:
    """Return the plan of a statement."""
    parameters = (None,) * sql.count("?")
    path = AccessPath(
        store="S", call="c", sql=sql, parameters=parameters, most_scanned=0, most_sorted=most_sorted, is_whole=is_whole
    )
    return Planner(connection).plan(path)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT * FROM book WHERE book.id = ?", AccessPlan(indexes=("PRIMARY KEY",))),
        ("SELECT * FROM book WHERE book.shelf = ?", AccessPlan(indexes=("ix_book_shelf",))),
        ("SELECT * FROM book WHERE book.isbn = ?", AccessPlan(indexes=("sqlite_autoindex_book_1",))),
        ("SELECT * FROM book WHERE book.year = ?", AccessPlan(scanned=400)),
        ("SELECT title FROM book", AccessPlan(indexes=("ix_book_title",), scanned=400)),
        ("SELECT * FROM book ORDER BY book.title", AccessPlan(indexes=("ix_book_title",), scanned=400)),
        ("SELECT * FROM book ORDER BY book.year", AccessPlan(scanned=400, sorted=400)),
        (
            "SELECT * FROM book WHERE book.shelf = ? ORDER BY book.year",
            AccessPlan(indexes=("ix_book_shelf",), sorted=80),
        ),
        (
            "SELECT * FROM book WHERE book.shelf = ? AND book.year > ? ORDER BY book.year",
            AccessPlan(indexes=("ix_book_shelf",), sorted=80),
        ),
        (
            "SELECT * FROM book ORDER BY book.shelf, book.year",
            AccessPlan(indexes=("ix_book_shelf",), scanned=400, sorted=80),
        ),
        (
            "SELECT DISTINCT year FROM book AS b WHERE b.shelf = ?",
            AccessPlan(indexes=("ix_book_shelf",), sorted=80),
        ),
        (
            "SELECT * FROM author AS a WHERE a.id IN (SELECT author_id FROM book WHERE shelf = ?) ORDER BY a.name",
            AccessPlan(indexes=("PRIMARY KEY", "ix_book_shelf"), sorted=10),
        ),
        (
            "SELECT * FROM author AS a JOIN book AS b ON b.author_id = a.id WHERE b.title = ?",
            AccessPlan(indexes=("PRIMARY KEY", "ix_book_title")),
        ),
        ("SELECT rowid FROM book_text WHERE book_text MATCH ?", AccessPlan(indexes=("book_text",))),
        (
            "SELECT * FROM book WHERE shelf IN (SELECT value FROM json_each(?))",
            AccessPlan(indexes=("ix_book_shelf",)),
        ),
    ],
)
def test_how_rows_are_found(connection: apsw.Connection, sql: str, expected: AccessPlan) -> None:
    """By which indexes, with how many rows scanned, with how many sorted at most."""
    assert plan(connection, sql) == expected


def test_rows_that_are_alike_are_sorted_together(connection: apsw.Connection) -> None:
    """Where an index has the first part of an order, only rows that are alike in it are sorted."""
    connection.execute("CREATE INDEX ix ON book (author_id, year)")

    found = plan(connection, "SELECT * FROM book WHERE book.author_id = ? ORDER BY book.year, book.isbn")

    assert found == AccessPlan(indexes=("ix",), sorted=4)


@pytest.mark.parametrize(
    ("sql", "most"),
    [
        # An author for each book: no more rows than books on a shelf.
        (
            "SELECT * FROM book AS b JOIN author AS a ON a.id = b.author_id WHERE b.shelf = ? ORDER BY b.year, a.name",
            80,
        ),
        ("SELECT * FROM book AS b LEFT JOIN author AS a ON a.id = b.author_id WHERE b.shelf = ? ORDER BY a.name", 80),
        # Books for each author: nobody knows how many.
        ("SELECT * FROM author AS a JOIN book AS b ON b.shelf = a.name WHERE a.name = ? ORDER BY b.year", 400),
    ],
)
def test_sorted_rows_of_a_join(connection: apsw.Connection, sql: str, most: int) -> None:
    """What is joined by a unique key does not make more rows of one."""
    assert plan(connection, sql).sorted == most


def test_terms_that_an_order_repeats(connection: apsw.Connection) -> None:
    """They are terms for SQLite, too."""
    found = plan(connection, "SELECT * FROM book ORDER BY book.shelf, book.shelf, book.year")

    assert found.sorted == 80


def test_an_index_for_one_statement_is_a_scan(connection: apsw.Connection) -> None:
    """SQLite makes one by itself, of all rows, where joins lack one."""
    found = plan(connection, "SELECT * FROM book AS a CROSS JOIN book AS b WHERE a.year = b.year AND a.shelf = ?")

    assert found.scanned == 400


def test_what_is_asked_for_as_a_whole_is_no_scan(connection: apsw.Connection) -> None:
    """But whatever is scanned beside it is."""
    alone = "SELECT * FROM book ORDER BY book.title"
    joined = "SELECT * FROM author AS a LEFT JOIN book AS b ON b.author_id = a.id"

    assert plan(connection, alone, is_whole=True) == AccessPlan(indexes=("ix_book_title",))
    assert plan(connection, joined, is_whole=True).scanned == 400


@pytest.mark.parametrize("sql", ["SELECT * FROM old WHERE year = ?", "SELECT * FROM old AS o, author WHERE o.year = ?"])
def test_tables_behind_a_view(connection: apsw.Connection, sql: str) -> None:
    """They are known by the names that the view has for them."""
    connection.execute("CREATE VIEW old AS SELECT b.* FROM book b WHERE b.year < 1950")

    assert plan(connection, sql).scanned == 400


def test_sorted_rows_that_do_not_matter_are_not_counted(connection: apsw.Connection) -> None:
    """What is found by words is sorted by how well it fits."""
    assert plan(connection, "SELECT * FROM book ORDER BY book.year", most_sorted=None).sorted is None


def test_a_statement_that_cannot_run(connection: apsw.Connection) -> None:
    """It has no plan."""
    with pytest.raises(apsw.SQLError, match="no such table"):
        plan(connection, "SELECT * FROM nowhere")


def test_the_lines_of_an_account(connection: apsw.Connection) -> None:
    """Those of one SELECT belong together."""
    lines = explain(connection, "SELECT * FROM book AS b WHERE b.year = ? ORDER BY b.isbn DESC, b.year", (None,))

    assert [line.text for line in lines] == ["SCAN b USING INDEX sqlite_autoindex_book_1"]
    assert lines[0].parent == 0


def test_unknown_lines_say_nothing() -> None:
    """What another release of SQLite adds is passed over, whatever it is."""
    steps = read_steps(
        [
            Line(0, "CO-ROUTINE best"),
            Line(0, "BLOOM FILTER ON b (id=?)"),
            Line(0, "SCAN CONSTANT ROW"),
            Line(0, "SOMETHING NEW"),
            Line(2, "SCAN a LEFT-JOIN"),
            Line(2, "SEARCH b USING INDEX ix (<expr>=? AND (x)=?) LEFT-JOIN"),
            Line(2, "USE TEMP B-TREE FOR ORDER BY"),
        ]
    )

    assert steps.scanned == ("CONSTANT ROW", "a")
    assert steps.searched == (Search("b", "ix", 2),)
    assert steps.sorted == (Sort("ORDER BY", ("a", "b")),)
