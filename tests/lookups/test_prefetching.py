"""Relationships that come with the rows."""

import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any, ClassVar, cast

import pytest
from sqlalchemy import Column, ForeignKey, String, Table, and_
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import DeclarativeBase, Mapped, foreign, mapped_column, relationship

from microcosm_sqlite import DataSet, Store
from microcosm_sqlite.lookups.readers import reader_of
from tests.conftest import close_graph, new_graph
from tests.sealed import seal_file


class Library(DataSet, DeclarativeBase):
    """Rows that belong together in every way."""

    __data_set__ = "library"


class Country(Library):
    """Where authors live."""

    __tablename__ = "country"

    code: Mapped[str] = mapped_column(primary_key=True)


tagged = Table(
    "tagged",
    Library.metadata,
    Column("book_id", ForeignKey("book.id"), primary_key=True),
    Column("tag_id", ForeignKey("tag.id"), primary_key=True),
)


class Author(Library):
    """Wrote books, perhaps with a mentor, and lives somewhere, perhaps."""

    __tablename__ = "author"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    country_code: Mapped[str | None] = mapped_column("lives_in", ForeignKey(Country.code))
    mentor_id: Mapped[int | None] = mapped_column(ForeignKey("author.id"))

    country: Mapped[Country | None] = relationship(lazy="raise")
    mentor: Mapped["Author | None"] = relationship(remote_side="Author.id", back_populates="pupils")
    pupils: Mapped[list["Author"]] = relationship(back_populates="mentor", order_by="Author.name.desc()")
    books: Mapped[list["Book"]] = relationship(back_populates="author", lazy="raise")
    unsold: Mapped[set["Book"]] = relationship(
        primaryjoin=lambda: and_(Author.id == foreign(Book.author_id), Book.sold == 0), viewonly=True
    )
    desk: Mapped["Desk | None"] = relationship(back_populates="author")


class Book(Library):
    """Has an author, tags, and a shelf of some room."""

    __tablename__ = "book"

    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int | None] = mapped_column(ForeignKey(Author.id), index=True)
    sold: Mapped[int]
    published: Mapped[date] = mapped_column(ForeignKey("day.day"))

    author: Mapped[Author | None] = relationship(back_populates="books")
    tags: Mapped[list["Tag"]] = relationship(secondary=tagged, order_by="Tag.id")
    day: Mapped["Day"] = relationship()


class Tag(Library):
    """A word."""

    __tablename__ = "tag"

    id: Mapped[str] = mapped_column(String(collation="NOCASE"), primary_key=True)


class Day(Library):
    """A day, known by a date."""

    __tablename__ = "day"

    day: Mapped[date] = mapped_column(primary_key=True)


class Desk(Library):
    """One for each author."""

    __tablename__ = "desk"

    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey(Author.id), unique=True)

    author: Mapped[Author] = relationship(back_populates="desk")


def rows() -> Iterator[Library]:
    """Yield all rows."""
    yield from (Country(code="FR"), Country(code="GB"), Day(day=date(2026, 1, 5)), Day(day=date(1999, 12, 31)))
    for number in range(1, 31):
        yield Author(
            id=number,
            name=f"Author {number % 7}",
            country_code=[None, "FR", "GB"][number % 3],
            mentor_id=number // 4 or None,
        )
    yield from (Desk(id=100 - number, author_id=number) for number in range(1, 20))
    tags = [Tag(id="new"), Tag(id="Old")]
    for number in range(1, 61):
        yield Book(
            id=number,
            author_id=number % 13 or None,
            sold=number % 2,
            published=[date(2026, 1, 5), date(1999, 12, 31)][number % 2],
            tags=tags[: number % 3],
        )


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the path of the library, mutable and sealed."""
    folder = tmp_path_factory.mktemp("library")
    found = {"mutable": folder / "mutable.sqlite", "sealed": folder / "library.sqlite"}
    graph = new_graph(paths={"library": found["mutable"]})
    Library.create_all(graph)
    with Library.new_session(graph) as session:
        session.add_all(rows())
        session.commit()
    close_graph(graph)
    copied = folder / "copied.sqlite"
    shutil.copy(found["mutable"], copied)
    seal_file(copied, found["sealed"], name="library")
    return found


@pytest.fixture(params=["mutable", "sealed"])
def library(request: pytest.FixtureRequest, files: dict[str, Path]) -> Iterator[Any]:
    """Return a graph with the library, mutable and sealed in turn."""
    graph = new_graph(paths={"library": files[request.param]})
    yield graph
    close_graph(graph)


@pytest.fixture
def sealed(files: dict[str, Path]) -> Iterator[Any]:
    """Return a graph with the sealed library."""
    graph = new_graph(paths={"library": files["sealed"]})
    yield graph
    close_graph(graph)


class Authors(Store[Author]):
    """Authors with rows of other tables that can be read directly."""

    auto_filter_fields = (Author.country_code,)
    prefetch: ClassVar[Sequence[Any]] = (Author.country, Author.books, Author.desk)


class Teachers(Authors):
    """Authors with other authors as well."""

    prefetch = (*Authors.prefetch, Author.mentor, Author.pupils)


class Books(Store[Book]):
    """Books with their authors."""

    prefetch = (Book.author,)


class EveryBook(Store[Book]):
    """Books with what only SQLAlchemy can read."""

    prefetch = (Book.author, Book.tags, Book.day)


class SellingAuthors(Store[Author]):
    """Authors with books by a condition."""

    prefetch = (Author.unsold,)


def related(row: Any, names: tuple[str, ...]) -> dict[str, Any]:
    """Return what *row* has loaded of its relationships, by their keys, without loading anything."""
    return {name: keys_in(vars(row)[name]) for name in names}


def keys_in(loaded: Any) -> Any:
    """Return the keys of what a relationship holds."""
    if isinstance(loaded, set | list):
        keys = [key(row) for row in cast("Iterable[Any]", loaded)]
        return sorted(keys) if isinstance(loaded, set) else keys
    return None if loaded is None else key(loaded)


def key(row: Any) -> Any:
    """Return what *row* is known by."""
    return row.__mapper__.primary_key_from_instance(row)[0]


def expected(author: int) -> dict[str, Any]:
    """Return the relationships of an author."""
    pupils = [number for number in range(1, 31) if number // 4 == author]
    return {
        "country": [None, "FR", "GB"][author % 3],
        "mentor": author // 4 or None,
        "pupils": sorted(pupils, key=lambda number: (-(number % 7), number)),
        "books": [number for number in range(1, 61) if number % 13 == author],
        "desk": 100 - author if author < 20 else None,
    }


NAMES = ("country", "books", "desk", "mentor", "pupils")

VERBS: list[Callable[[Any], Any]] = [
    lambda store: store.search(),
    lambda store: store.search(limit=5),
    lambda store: store.search(Author.id > 20, country_code="FR"),
    lambda store: store.search(Author.mentor.has(Author.id == 2)),
    lambda store: [store.first(Author.id == 7)],
    lambda store: [store.one(Author.id == 7)],
    lambda store: list(store.stream()),
    lambda store: store.page(limit=3),
    lambda store: store.page(limit=3, after=store.page(limit=10).next),
    lambda store: store.retrieve_many([7, 3, 3, 30, *range(1, 20)]),
]


@pytest.mark.parametrize("ask", VERBS)
def test_rows_come_with_their_relationships(library: Any, ask: Callable[[Any], Any]) -> None:
    """Whatever verb gives them."""
    found = list(ask(Authors(library)))

    assert found
    for author in found:
        loaded = related(author, NAMES[:3])
        loaded["books"].sort()
        assert loaded == {name: expected(author.id)[name] for name in NAMES[:3]}


@pytest.mark.parametrize("ask", VERBS)
def test_rows_of_the_same_table(sealed: Any, ask: Callable[[Any], Any]) -> None:
    """In the order of the relationship, then of the key.

    Not where rows may change: SQLAlchemy reads those a second time then, and drops what it had loaded with the first.
    """
    for author in ask(Teachers(sealed)):
        assert related(author, NAMES) == expected(author.id)


@pytest.mark.parametrize("ask", VERBS)
def test_sets_by_a_condition(library: Any, ask: Callable[[Any], Any]) -> None:
    """What only SQLAlchemy can read comes with the rows all the same."""

    class Selling(SellingAuthors):
        auto_filter_fields = (Author.country_code,)

    for author in ask(Selling(library)):
        books = [number for number in range(1, 61) if number % 13 == author.id and number % 2 == 0]
        assert related(author, ("unsold",)) == {"unsold": books}


def test_many_to_many_and_keys_of_other_types(library: Any) -> None:
    """All together, where one of them needs SQLAlchemy."""
    for book in EveryBook(library).search():
        assert related(book, ("author", "tags", "day")) == {
            "author": book.id % 13 or None,
            "tags": ["new", "Old"][: book.id % 3],
            "day": book.published,
        }


def statements(graph: Any, ask: Callable[[], Any]) -> list[str]:
    """Return the statements that *ask* sends to the sealed library below SQLAlchemy."""
    found: list[str] = []
    reader = reader_of(Books(graph).session)
    assert reader is not None

    def hear(_: Any, sql: str, __: Any) -> bool:
        found.append(sql)
        return True

    reader.native.exec_trace = hear
    try:
        ask()
    finally:
        reader.native.exec_trace = None
    return found


@pytest.mark.parametrize(
    "ask",
    [
        lambda books: books.search(limit=50),
        lambda books: books.search(limit=2),
        lambda books: books.page(limit=50),
        lambda books: books.retrieve_many(range(1, 61)),
        lambda books: list(books.stream()),
    ],
)
def test_rows_with_their_parents_are_two_statements(sealed: Any, ask: Callable[[Any], Any]) -> None:
    """However many rows and parents there are; and none when they are known."""
    books = Books(sealed)

    def names() -> None:
        for book in ask(books):
            assert book.author is None or book.author.name

    assert len([sql for sql in statements(sealed, names) if not sql.startswith("EXPLAIN")]) == 2


def test_rows_that_are_kept_keep_what_was_loaded(sealed: Any) -> None:
    """The second search reads only the rows; all are the same objects."""
    books = Books(sealed)
    first = books.search()

    assert len(statements(sealed, lambda: [book.author for book in books.search()])) == 1
    assert books.search() == first


def test_a_parent_is_the_row_of_its_own_store(sealed: Any) -> None:
    """One row is one object, whoever asks for it."""
    book = Books(sealed).search(limit=1)[0]

    assert book.author is Authors(sealed).retrieve(book.author_id)
    assert book.author is not None
    assert book in Authors(sealed).search(Author.id == book.author_id)[0].books


def test_retrieve_loads_nothing_else(library: Any) -> None:
    """One row with its parent is two statements anyway: a relationship is loaded when it is asked for."""
    author = Authors(library).retrieve(7)

    assert "mentor" not in vars(author)
    assert author.mentor is not None
    assert author.mentor.id == 1
    with pytest.raises(InvalidRequestError):
        _ = author.country


def test_what_is_loaded_cannot_be_changed(sealed: Any) -> None:
    """Rows with relationships are as frozen as those without, and belong to their session."""
    (author,) = Authors(sealed).search(Author.id == 7)

    assert author in Authors(sealed).session
    assert not Authors(sealed).session.dirty


@pytest.mark.parametrize("declared", [Author.name, "country", Book.author, Author])
def test_only_relationships_of_the_model(library: Any, declared: Any) -> None:
    """Anything else is refused with the first look-up, and named."""

    class Wrong(Store[Author]):
        prefetch = (declared,)

    with pytest.raises(TypeError, match=r"^Wrong: prefetch: expected relationships of Author, found "):
        Wrong(library).search()


def test_counts_and_values_need_none(library: Any) -> None:
    """Where no row is given, nothing is loaded."""
    authors = Authors(library)

    assert (authors.count(), authors.exists(), len(list(authors.values(Author.id)))) == (30, True, 30)
