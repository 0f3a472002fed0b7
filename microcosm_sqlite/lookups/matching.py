"""Find rows by words of their text."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Generic, cast

from sqlalchemy import (
    ColumnElement,
    Select,
    TableClause,
    bindparam,
    column,
    func,
    inspect,
    literal_column,
    select,
    table,
)
from typing_extensions import TypeVar

from microcosm_sqlite.ddl import is_maintained, refresh_full_text
from microcosm_sqlite.engines.opening import never_changes
from microcosm_sqlite.errors import NotIndexedError
from microcosm_sqlite.full_text import FullTextIndex, full_text_of, quoted
from microcosm_sqlite.lookups.keys import key_attributes, key_of
from microcosm_sqlite.lookups.words import begun_words_of, to_beginning, to_query, words_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Query, Session

ModelT = TypeVar("ModelT", default=Any)

#: What is put before and behind every word that was found.
MARKS: Final = ("[", "]")

#: How many words a snippet has at most, and what stands for those before and behind it.
_SNIPPET_WORDS: Final = 16
_ELLIPSIS: Final = "…"

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
        names = _names_of(index, columns)
        found = words_of(text)
        query = self._match(criteria, filters)
        if not found:
            return []
        return self._matches(_Search(index, to_query(found, columns=names), marks), query, limit=limit, offset=offset)

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

        Rows with a column that begins with *text* come first, then others with all its words.
        """
        index = self._full_text()
        names = _names_of(index, columns)
        words = begun_words_of(text)
        query = self._match(criteria, filters)
        if not words:
            return []
        first = _Search(index, to_beginning(words, columns=names), marks)
        matches = self._matches(first, query, limit=limit)
        if len(matches) < limit:
            known = {key_of(match.row) for match in matches}
            every = _Search(index, to_query(words, columns=names), marks)
            more = self._matches(every, query, limit=limit + len(matches))
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
        _make_current(self.session, index, model=name)
        return index

    def _matches(
        self, search: "_Search", query: "Query[ModelT]", *, limit: int | None, offset: int | None = None
    ) -> list[Match[ModelT]]:
        keys = key_attributes(self.model_class)
        hits = self.session.execute(
            search.statement(query, keys, limit=limit, offset=offset), bind_arguments={"mapper": self.model_class}
        ).all()
        rows = self.retrieve_many([hit[0] if len(keys) == 1 else tuple(hit[: len(keys)]) for hit in hits])
        return [search.match(row, hit[len(keys) :]) for row, hit in zip(rows, hits, strict=True)]


@dataclass(frozen=True, slots=True)
class _Search:
    """Words to look for in one index, with the marks to put around them."""

    index: FullTextIndex
    query: str
    marks: tuple[str, str]

    def statement(
        self, rows: "Query[Any]", keys: Sequence[Any], *, limit: int | None, offset: int | None
    ) -> Select[Any]:
        """Return the statement that finds the best of *rows*, then reads the text of these only."""
        found, shown = self._table(), self._table().alias("shown")
        labelled = [key.label(f"key_{number}") for number, key in enumerate(keys)]
        rank = func.bm25(found.c[self.index.name], *map(_number, self.index.weights)).label("rank")
        # The sum keeps SQLite from looking into the index once per row of the table.
        same_row = (
            literal_column(f"{quoted(self.index.table)}.{quoted(self.index.row_column)}") == found.c.rowid + _ZERO
        )
        best = (
            rows.join(found, same_row)
            .filter(self._contains(found.c[self.index.name]))
            .with_entities(found.c.rowid.label("number"), rank, *labelled)
            .order_by(None)
            .order_by(rank, *keys)
            .limit(limit)
            .offset(offset)
            .cte("best")
        )
        order: list[ColumnElement[Any]] = [best.c[label.name] for label in labelled]
        statement: Select[Any] = (
            cast("Any", select)(*order, best.c.rank, *self._texts(shown.c[self.index.name]))
            # Outer, because SQLite then takes the best rows one by one and not all that match.
            .select_from(
                best.outerjoin(shown, (shown.c.rowid == best.c.number) & self._contains(shown.c[self.index.name]))
            )
            .order_by(best.c.rank, *order)
        )
        return statement

    def match(self, row: Any, texts: Sequence[Any]) -> Match[Any]:
        """Return the match of *row*, given its rank and its *texts*."""
        rank, snippet, *highlights = texts
        return Match(
            row=row,
            rank=rank,
            snippet=snippet or "",
            highlights=dict(zip(self.index.columns, highlights, strict=True)),
        )

    def _table(self) -> TableClause:
        return table(self.index.name, column("rowid"), column(self.index.name))

    def _contains(self, whole: ColumnElement[Any]) -> ColumnElement[bool]:
        return whole.op("MATCH", is_comparison=True)(bindparam(None, self.query))

    def _texts(self, whole: ColumnElement[Any]) -> list[ColumnElement[Any]]:
        marks: list[ColumnElement[Any]] = [bindparam(None, mark) for mark in self.marks]
        snippet = func.snippet(whole, -1, *marks, _ELLIPSIS, _SNIPPET_WORDS)
        return [snippet, *(func.highlight(whole, number, *marks) for number in range(len(self.index.columns)))]


_ZERO: Final[ColumnElement[int]] = literal_column("0")


def _number(weight: float) -> ColumnElement[Any]:
    return literal_column(repr(weight))


def _names_of(index: FullTextIndex, columns: Iterable[Any]) -> list[str]:
    names = [one if isinstance(one, str) else getattr(one, "name", str(one)) for one in columns]
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
