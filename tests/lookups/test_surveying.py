"""A store tells what it asks."""

from typing import Any

import pytest
from sqlalchemy.orm import Query

from microcosm_sqlite import Store
from microcosm_sqlite.stores import Call, Load, Search
from tests.shelves import Author, AuthorStore, Book, BookStore, findings, problems, shelves


def test_what_a_store_asks_without_saying_more() -> None:
    """Its keys, everything in order, each filter by itself, words, places, rules, and what its relationships load."""
    assert [path.call for path in BookStore.access_paths()] == [
        "retrieve(...)",
        "retrieve(..., by=isbn)",
        "search()",
        "search(shelf=...)",
        "search(year=...)",
        "match(...)",
        "complete(...)",
        "complete(...)",
        "within(...)",
        "near(...)",
        "index ix_book_lent_title",
    ]
    assert {path.store for path in BookStore.access_paths()} == {"BookStore"}
    assert [path.call for path in AuthorStore.access_paths()][-1] == "Author.books"


def test_what_it_asks_holds_where_there_is_an_index() -> None:
    """A year has none here, and neither has the author of a book."""
    assert problems(BookStore, shelves(2000)) == {
        "search(year=...)": "BookStore.search(year=...): scans 2000 rows, where 1000 are allowed. "
        "Missing: CREATE INDEX ix_book_year_title ON book (year, title)"
    }
    assert problems(AuthorStore, shelves(2000)) == {
        "Author.books": "AuthorStore.Author.books: scans 2000 rows, where 1000 are allowed. "
        "Missing: CREATE INDEX ix_book_author_id_title ON book (author_id, title)"
    }


def test_few_rows_need_no_index() -> None:
    """The limit is a thousand rows unless a store says otherwise."""

    class Strict(BookStore):
        scan_limit = 10

    assert problems(BookStore, shelves(1000)) == {}
    assert problems(Strict, shelves(1000)).keys() == {"search(year=...)", "search(shelf=...)"}


def test_searches_that_are_declared() -> None:
    """Fields that are named together are not planned by themselves; each may have a limit of its own."""

    class Declared(BookStore):
        access = (
            Search(Book.shelf, Book.year),
            Search(Book.title.startswith("a"), Book.year > 1900, scan_limit=5000),
            Search(Book.author_id == 3),
        )

    found = findings(Declared, shelves(2000))

    assert [call for call in found if call.startswith("search")] == [
        "search()",
        "search(shelf=..., year=...)",
        "search(book.title LIKE :title_1 || '%', book.year > :year_1)",
        "search(book.author_id = :author_id_1)",
    ]
    assert [call for call, finding in found.items() if finding.problem] == ["search(book.author_id = :author_id_1)"]


def test_a_limit_for_what_a_relationship_loads() -> None:
    """Any other keeps that of the store."""

    class Declared(AuthorStore):
        access = (Load("books", scan_limit=5000),)

    assert problems(Declared, shelves(2000)) == {}


def test_own_methods() -> None:
    """They are run on an empty database; what they ask there is planned."""

    class Own(Store[Book]):
        order_by = (Book.title,)
        access = (Call("first_of", 1999), Call("by_name", name="x"), Call("newest"), Call("some", shelf="a"))

        def first_of(self, year: int) -> Book:
            return self.one(Book.year == year)

        def by_name(self, *, name: str) -> list[Book]:
            return self.search(Book.author.has(Author.name == name))

        def newest(self) -> list[Book]:
            return self._query().order_by(Book.year.desc()).limit(3).all()

        def some(self, shelf: str) -> list[Book]:
            return self.search(Book.shelf == shelf)

    found = findings(Own, shelves(2000))

    assert {call: finding.remedy for call, finding in found.items() if finding.problem} == {
        "first_of(...)": "CREATE INDEX ix_book_year_title ON book (year, title)",
        "by_name(name=...)": None,
        "newest()": "CREATE INDEX ix_book_year ON book (year DESC)",
    }


def test_hooks_are_asked() -> None:
    """A store that puts its queries together itself is planned as it does; a filter of its own needs an example."""

    class Hooked(Store[Book]):
        access = (Search(begins="t"), Search(begins="t", lent=True))

        def _filter(
            self, query: Query[Book], begins: str | None = None, lent: Any = None, **filters: Any
        ) -> Query[Book]:
            if begins is not None:
                query = query.filter(Book.isbn >= begins.upper())
            if lent is not None:
                query = query.filter(Book.is_lent == lent)
            return super()._filter(query, **filters)

        def _order_by(self, query: Query[Book], **filters: Any) -> Query[Book]:
            return query.order_by(Book.year)

    found = findings(Hooked, shelves(2000))

    assert found["search()"].remedy == "CREATE INDEX ix_book_year ON book (year)"
    assert "search(begins=...)" in found
    assert "search(begins=..., lent=...)" in found


def test_what_is_missing_altogether() -> None:
    """The full text, the place and the rule that the model declares are told by the statements that make them."""
    connection = shelves(1)
    connection.execute("DROP TABLE book_text; DROP INDEX ix_book_place; DROP INDEX ix_book_lent_title")

    found = {call: finding.remedy for call, finding in findings(BookStore, connection).items() if finding.problem}

    assert {call: (remedy or "").partition("(")[0] for call, remedy in found.items()} == {
        "match(...)": 'CREATE VIRTUAL TABLE "book_text" USING fts5',
        "complete(...)": 'CREATE VIRTUAL TABLE "book_text" USING fts5',
        "within(...)": "CREATE INDEX ix_book_place ON book ",
        "near(...)": "CREATE INDEX ix_book_place ON book ",
        "index ix_book_lent_title": "CREATE UNIQUE INDEX ix_book_lent_title ON book ",
    }


def test_paths_are_the_same_every_time() -> None:
    """The manifest of an artifact must not depend on the process that made it."""
    assert BookStore.access_paths() == BookStore.access_paths()


def test_what_is_recorded_is_what_runs() -> None:
    """A key is looked up by the statement that stores run; a search by the same one."""
    by_call = {path.call: path.sql for path in BookStore.access_paths()}

    assert by_call["retrieve(..., by=isbn)"].endswith("FROM book WHERE book.isbn = ?")
    assert by_call["search(shelf=...)"].endswith("FROM book WHERE book.shelf = ? ORDER BY book.title, book.id")


def test_a_store_without_a_model() -> None:
    """It cannot tell what it asks."""

    class Nothing(Store[Any]):
        pass

    with pytest.raises(TypeError, match="Nothing has no model"):
        Nothing.access_paths()
