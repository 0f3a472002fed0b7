"""Find rows by words of their text."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Generic, cast

from sqlalchemy import (
    Select,
    bindparam,
    inspect,
    select,
)
from sqlalchemy.exc import OperationalError
from typing_extensions import TypeVar

from microcosm_sqlite.ddl import is_maintained, refresh_full_text
from microcosm_sqlite.engines.opening import never_changes
from microcosm_sqlite.errors import ArgumentError, NotIndexedError
from microcosm_sqlite.full_text import FullTextIndex, full_text_of
from microcosm_sqlite.lookups.arguments import Named, check_number, check_page, is_page, listed, name_of, named, shown
from microcosm_sqlite.lookups.asking import Asking, raise_if_busy
from microcosm_sqlite.lookups.keys import key_attributes, key_of
from microcosm_sqlite.lookups.plans import marker
from microcosm_sqlite.lookups.ranking import TERMS, Terms, best_keys, best_rows
from microcosm_sqlite.lookups.words import begun_words_of, to_beginning, to_query, words_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Query, Session
    from sqlalchemy.types import TypeEngine

    from microcosm_sqlite.lookups.answers import Answers

ModelT = TypeVar("ModelT", default=Any)

#: How many of the rows that match are ranked while somebody types: one letter matches a good part of all rows.
RANKED_COMPLETIONS: Final = 10_000

#: What is put before and behind every word that was found.
MARKS: Final = ("[", "]")

#: How many rows are returned unless told otherwise: more than a person reads.
DEFAULT_LIMIT: Final = 20

#: The same while somebody types.
COMPLETIONS: Final = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Match(Generic[ModelT]):
    """A row that was found by words of its text."""

    row: ModelT
    #: How well it fits: BM25 as FTS5 has it, the smaller the better, https://sqlite.org/fts5.html, section 5.1.1.
    rank: float
    #: The part of the text where most of the words are, with marks around these.
    snippet: str
    #: The whole text of each column, with marks around the words; None where there is no text.
    highlights: Mapping[str, str | None] = field(hash=False)


class Matching(Generic[ModelT]):
    """Look-ups by words, for models that declare `FullText`."""

    if TYPE_CHECKING:
        _answers: Answers[ModelT]

        @property
        def model_class(self) -> type[ModelT]:
            """The model."""
            ...

        @property
        def session(self) -> Session:
            """The session that the store uses here and now."""
            ...

        def retrieve_many(self, keys: Iterable[Any]) -> list[ModelT]:
            """Return the rows with these keys."""
            ...

        @property
        def _name(self) -> str: ...

        def _match(self, criteria: tuple[Any, ...], filters: dict[str, Any]) -> Query[ModelT]: ...

    def match(
        self,
        text: str,
        *criteria: Any,
        limit: int | None = DEFAULT_LIMIT,
        offset: int | None = None,
        columns: Sequence[Any] = (),
        marks: tuple[str, str] = MARKS,
        **filters: Any,
    ) -> list[Match[ModelT]]:
        """Return the rows that have all words of *text*, those that fit best first, then by key.

        *text* is what a person typed, and no text is an error: words in quotes follow one another, a star after a word
        or a phrase means "begins with", everything else is a word. Without any word nothing matches.

        Args:
            text: the words.
            *criteria: SQLAlchemy expressions that must hold, too.
            limit: how many rows at most; None for all.
            offset: how many rows to skip.
            columns: attributes (or names of columns) to look into; by default all that are indexed.
            marks: what to put before and behind each word found. They go around the text as it is: whoever shows it as
                HTML escapes it first, with marks that stay recognisable.
            **filters: filters as for `search`.

        Raises:
            NotIndexedError: the model declares no `FullText`, or one without these columns.
            UnknownFilterError: the store does not know a filter.
        """
        index = self._full_text()
        if not (is_page(limit) and is_page(offset)):
            check_page(self, offset=offset, limit=limit)
        names, marks = _names_of(index, columns, store=self), _checked_marks(marks, store=self)
        found = words_of(text)
        if not found:
            self._match(criteria, filters)  # Which raises what it would raise otherwise.
            return []
        query = to_query(found, columns=names)
        search = _Search(index=index, query=query, marks=marks, limit=limit, offset=offset)
        return self._matches(search, criteria, filters)

    def complete(
        self,
        text: str,
        *criteria: Any,
        limit: int = COMPLETIONS,
        columns: Sequence[Any] = (),
        marks: tuple[str, str] = MARKS,
        **filters: Any,
    ) -> list[Match[ModelT]]:
        """Return rows for a *text* that is still being typed: its last word may go on.

        Rows with a column that begins with *text* come first, then others with all its words. Where more than 10,000
        match, only the first of them, in the order in which rows are numbered, are ranked: the answer comes at once.
        """
        index = self._full_text()
        if not (limit and is_page(limit)):
            check_number(limit, where=self._name, argument="limit", otherwise="")
        names, marks = _names_of(index, columns, store=self), _checked_marks(marks, store=self)
        words = begun_words_of(text)
        if not words:
            self._match(criteria, filters)
            return []
        first = _Search(
            index=index, query=to_beginning(words, columns=names), marks=marks, limit=limit, ranked=RANKED_COMPLETIONS
        )
        matches = self._matches(first, criteria, filters)
        if len(matches) < limit:
            known = {key_of(match.row) for match in matches}
            every = replace(first, query=to_query(words, columns=names), limit=limit + len(matches))
            more = self._matches(every, criteria, filters)
            matches += [match for match in more if key_of(match.row) not in known]
        return matches[:limit]

    def _full_text(self) -> FullTextIndex:
        name = self.model_class.__name__
        index = full_text_of(inspect(self.model_class).local_table)
        if index is None:
            raise NotIndexedError(
                model=name,
                expected="full text",
                found="none declared",
                remedy='Add FullText("<column>") to its __table_args__ and build the data set anew.',
            )
        try:
            _make_current(self.session, index, model=name)
        except OperationalError as error:
            raise_if_busy(error, self)
            raise
        return index

    def _matches(self, search: "_Search", criteria: Any, filters: Any) -> list[Match[ModelT]]:
        make = _all_ranked if search.ranked is None else _some_ranked
        found = self._answers.beside(make, criteria, filters, search.values)
        if found is None:
            keys = key_attributes(self.model_class)
            with Asking(self, criteria, filters):
                rows = cast("Select[Any]", self._match(criteria, filters).statement)
                values = zip(search.values, TERMS, strict=False)
                statement = best_keys(search.index, rows, keys, Terms(*(bindparam(None, *value) for value in values)))
                hits = self.session.execute(statement, bind_arguments={"mapper": self.model_class}).all()
            instances = self.retrieve_many([hit[0] if len(keys) == 1 else tuple(hit[: len(keys)]) for hit in hits])
            found = [(row, tuple(hit[len(keys) :])) for row, hit in zip(instances, hits, strict=True)]
        return [search.match(row, texts) for row, texts in found]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Search:
    """Words to look for in one index, with the marks to put around them."""

    index: FullTextIndex
    query: str
    marks: tuple[str, str]
    limit: int | None
    offset: int | None = None
    ranked: int | None = None

    @property
    def values(self) -> tuple[Any, ...]:
        """What `Terms` stand for."""
        before, after = self.marks
        ranked = () if self.ranked is None else (self.ranked,)
        return self.query, before, after, -1 if self.limit is None else self.limit, self.offset or 0, *ranked

    def match(self, row: Any, texts: Sequence[Any]) -> Match[Any]:
        """Return the match of *row*, given its rank and its *texts*."""
        rank, snippet, *highlights = texts
        highlighted = dict(zip(self.index.columns, highlights, strict=True))
        return Match(row=row, rank=rank, snippet=snippet or "", highlights=highlighted)


def _all_ranked(store: Any, table: Any, parts: Any) -> Select[Any] | None:
    return _ranked(store, table, parts, terms=TERMS[:-1])


def _some_ranked(store: Any, table: Any, parts: Any) -> Select[Any] | None:
    return _ranked(store, table, parts, terms=TERMS)


def _ranked(store: Any, table: Any, parts: Any, *, terms: "Sequence[TypeEngine[Any]]") -> Select[Any] | None:
    """Return the statement of a search in a sealed artifact."""
    index = full_text_of(table.layout.table)
    if index is None:
        return None
    first = len(parts.values)
    layout, conditions = table.layout, parts.conditions.expressions(store.auto_filters)
    rows = cast("Any", select)(*layout.columns).select_from(layout.table).where(*conditions)
    markers = Terms(*(marker(first + number, type_=type_) for number, type_ in enumerate(terms)))
    return best_rows(index, rows, layout.key_columns, markers, home=layout.table)


def _checked_marks(marks: Any, *, store: Named) -> tuple[str, str]:
    if isinstance(marks, tuple | list) and list(map(type, cast("Sequence[Any]", marks))) == [str, str]:
        before, behind = cast("Sequence[str]", marks)
        return before, behind
    raise ArgumentError(
        where=name_of(store),
        argument="marks",
        expected="a pair of texts",
        found=shown(marks),
        remedy='Write marks=("<b>", "</b>"): what to put before and behind each word.',
    )


def _names_of(index: FullTextIndex, columns: Any, *, store: Named) -> list[str]:
    asked: list[Any] = []
    if not isinstance(columns, tuple):
        asked = listed(columns, where=name_of(store), argument="columns", example=f"columns=[{named(columns)}]")
    else:
        asked = [*cast("tuple[Any, ...]", columns)]
    names = [one if isinstance(one, str) else getattr(one, "name", str(one)) for one in asked]
    unknown = [name for name in names if name not in index.columns]
    if unknown:
        raise NotIndexedError(
            model=f"full-text index {index.name}",
            expected=f"some of {', '.join(index.columns)}",
            found=", ".join(unknown),
            remedy="Name the column in FullText and build the data set anew.",
        )
    return names


def _make_current(session: "Session", index: FullTextIndex, *, model: str) -> None:
    """Fill the index of a database that may change, unless it follows the changes by itself."""
    if never_changes(session.get_bind().engine):
        return
    connection = session.connection()
    if is_maintained(index, connection):
        return
    query = "SELECT 1 FROM main.sqlite_schema WHERE type = 'table' AND name = ?"
    if connection.exec_driver_sql(query, (index.name,)).first() is None:
        raise NotIndexedError(
            model=model,
            expected=f"full-text index {index.name} in the database",
            found="none",
            remedy="Create it with create_all(graph), or with ddl.create_tables after a migration.",
        )
    session.flush()
    refresh_full_text(index, connection)
