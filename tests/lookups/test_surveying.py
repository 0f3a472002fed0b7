"""A store tells what it asks."""

from typing import Any

import apsw
import pytest
from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Query, WriteOnlyMapped, mapped_column, relationship

from microcosm_sqlite import DataSet, Store
from microcosm_sqlite.errors import UnknownFilterError
from microcosm_sqlite.stores import Call, Load, Search
from tests.shelves import Author, AuthorStore, Book, BookStore, findings, problems, shelves, statements


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


def test_an_example_names_a_field_too() -> None:
    """A field that is declared by keyword is not planned by itself either."""

    class Declared(BookStore):
        access = (Search(shelf="shelf 1", year=1999),)

    found = findings(Declared, shelves(2000))

    assert [call for call in found if call.startswith("search")] == ["search()", "search(shelf=..., year=...)"]


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        (Load("chapters", scan_limit=5), "Book has no relationship chapters"),
        (Call("written_by", "x"), "has no attribute 'written_by'"),
        (Search(Book.author_id), "author_id"),
    ],
)
def test_mistakes(declared: Any, expected: str) -> None:
    """What is declared and does not exist is told."""

    class Wrong(BookStore):
        access = (declared,)

    with pytest.raises((ValueError, AttributeError, UnknownFilterError), match=expected):
        Wrong.access_paths()


def test_a_model_that_is_no_table() -> None:
    """It has no index of its own, but what it asks is planned all the same."""
    old = select(Book.__table__).where(Book.year < 1950).subquery("old")

    class Base(DataSet, DeclarativeBase):
        __data_set__ = "queries"

    class Old(Base):
        __table__ = old
        __mapper_args__ = {"primary_key": [old.c.id]}  # noqa: RUF012

    class OldStore(Store[Old]):
        pass

    assert findings(OldStore, shelves(2000))["retrieve(...)"].problem is None


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


class Zoo(DataSet, DeclarativeBase):
    """Models that are mapped in other ways than one by one."""

    __data_set__ = "certified zoo"


class Keeper(Zoo):
    """Someone with a key of two columns, and a number that is computed."""

    __tablename__ = "keeper"
    house: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    animals: Mapped[list["Animal"]] = relationship(order_by="Animal.name", lazy="joined")
    later: WriteOnlyMapped["Animal"] = relationship(viewonly=True)


class Animal(Zoo):
    """The parent of kinds with tables of their own, and without."""

    __tablename__ = "animal"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str] = mapped_column(String(collation="NOCASE"), index=True)
    keeper_house: Mapped[int | None]
    keeper_number: Mapped[int | None]
    __table_args__ = (
        ForeignKeyConstraint(["keeper_house", "keeper_number"], ["keeper.house", "keeper.number"]),
        Index("ix_animal_kind", "kind", "id"),
    )
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "animal"}  # noqa: RUF012 - SQLAlchemy's own


class Dog(Animal):
    """In a table of its own."""

    __tablename__ = "dog"
    id: Mapped[int] = mapped_column(ForeignKey("animal.id"), primary_key=True)
    breed: Mapped[str] = mapped_column(index=True)
    __mapper_args__ = {"polymorphic_identity": "dog"}  # noqa: RUF012


class Cat(Animal):
    """In the table of all animals."""

    colour: Mapped[str | None]
    __mapper_args__ = {"polymorphic_identity": "cat"}  # noqa: RUF012


class DogStore(Store[Dog]):
    """Dogs by name."""

    auto_filter_fields = (Dog.breed, Dog.name)
    order_by = (Dog.name,)


class CatStore(Store[Cat]):
    """Cats as they come."""

    auto_filter_fields = (Cat.colour,)


class KeeperStore(Store[Keeper]):
    """Keepers with their animals."""


def test_models_that_are_mapped_in_other_ways() -> None:
    """Tables are joined as SQLAlchemy joins them; what is loaded at once is part of the question."""
    native = apsw.Connection(":memory:")
    for sql in statements(Zoo.metadata):
        native.execute(sql)
    native.executemany("INSERT INTO keeper VALUES (?, 1)", ((i,) for i in range(2000)))
    animals = ((i, "dog" if i % 2 else "cat", f"{i}") for i in range(2000))
    native.executemany("INSERT INTO animal (id, kind, name) VALUES (?, ?, ?)", animals)
    native.executemany("INSERT INTO dog VALUES (?, ?)", ((i, f"{i % 20}") for i in range(1, 2000, 2)))

    # In the order of another table than that of the dogs.
    assert problems(DogStore, native).keys() == {"search()"}
    assert {call: finding.remedy for call, finding in findings(CatStore, native).items() if finding.problem} == {}
    assert {call: finding.remedy for call, finding in findings(KeeperStore, native).items() if finding.problem} == {
        "retrieve(...)": "CREATE INDEX ix_animal_keeper_house_keeper_number_name "
        "ON animal (keeper_house, keeper_number, name)",
        "search()": "CREATE INDEX ix_animal_keeper_house_keeper_number ON animal (keeper_house, keeper_number)",
        "Keeper.animals": "CREATE INDEX ix_animal_keeper_house_keeper_number_name "
        "ON animal (keeper_house, keeper_number, name)",
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
