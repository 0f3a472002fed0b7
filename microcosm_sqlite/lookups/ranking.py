"""Put together the statement that finds rows by words, the best first."""

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple, cast

from sqlalchemy import ColumnElement, Integer, Select, Table, Text, column, func, literal_column, select, table
from sqlalchemy.types import TypeEngine

from microcosm_sqlite.full_text import FullTextIndex, quoted

#: How many words a snippet has at most, and what stands for those before and behind it.
_SNIPPET_WORDS: Final = 16
_ELLIPSIS: Final = "…"

_ZERO: Final[ColumnElement[int]] = literal_column("0")

#: What the values of a search are, in their order; the last one may be missing.
TERMS: Final[tuple[TypeEngine[Any], ...]] = (Text(), Text(), Text(), Integer(), Integer(), Integer())


class Terms(NamedTuple):
    """What stands in the statement for the values of one search."""

    #: What FTS5 takes for the words.
    words: ColumnElement[Any]
    #: What is put before and behind each word that was found.
    before: ColumnElement[Any]
    after: ColumnElement[Any]
    #: How many rows there are at most (-1 for all), and how many are skipped.
    limit: ColumnElement[Any]
    offset: ColumnElement[Any]
    #: How many of those that match are ranked, the first by the number of the row; all where there is none.
    ranked: ColumnElement[Any] | None = None


def best_keys(index: FullTextIndex, rows: Select[Any], keys: Sequence[Any], terms: Terms) -> Select[Any]:
    """Return the statement that gives key, rank, snippet and highlights of the best of *rows*.

    Args:
        index: where to look.
        rows: a SELECT from the table, with conditions that must hold, too.
        keys: the primary key, which settles the order of what fits alike.
        terms: what to look for.
    """
    best, order = _best(index, rows, keys, terms)
    return _described(index, best, order, order, terms)


def best_rows(
    index: FullTextIndex, rows: Select[Any], keys: Sequence[Any], terms: Terms, *, home: Table
) -> Select[Any]:
    """Return the same with all the columns of *rows* in place of the key; *home* is their table."""
    is_numbered = [key.name for key in keys] == [index.row_column]
    if is_numbered and rows.whereclause is None:
        best, order = _best_of_all(index, terms)
    else:
        best, order = _best(index, rows, keys, terms)
    source = best.outerjoin(home, _number(index) == best.c.number)
    return _described(index, source, rows.selected_columns, order, terms)


def _best(
    index: FullTextIndex, rows: Select[Any], keys: Sequence[Any], terms: Terms
) -> tuple[Any, list[ColumnElement[Any]]]:
    """Return the best rows with their keys; no text is read for the others."""
    found = _table(index)
    labelled = [key.label(f"key_{number}") for number, key in enumerate(keys)]
    rank = _rank(index, found)
    # The sum keeps SQLite from looking into the index once per row of the table.
    joined = rows.join(found, _number(index) == found.c.rowid + _ZERO).where(_contains(index, found, terms))
    hits = joined.with_only_columns(found.c.rowid.label("number"), rank, *labelled).order_by(None)
    best = _first_of(hits, (rank, *keys), terms, number=found.c.rowid)
    return best, [best.c[label.name] for label in labelled]


def _best_of_all(index: FullTextIndex, terms: Terms) -> tuple[Any, list[ColumnElement[Any]]]:
    """Return the best of all rows whose key is the number of the row: their table is not looked at."""
    found = _table(index)
    rank, number = _rank(index, found), found.c.rowid
    hits = select(number.label("number"), rank).where(_contains(index, found, terms))
    best = _first_of(hits, (rank, number), terms, number=number)
    return best, [best.c.number]


def _first_of(hits: Any, order: Sequence[Any], terms: Terms, *, number: Any) -> Any:
    """Return the first of *hits*, whose columns are the number of the row and what they are ordered by."""
    if terms.ranked is not None:
        some = hits.order_by(number).limit(terms.ranked).cte("some")
        _, *columns = some.c
        # Where the number settles the order, it stands for the key.
        order = columns if len(columns) == len(order) else (*columns, some.c.number)
        hits = cast("Any", select)(*some.c)
    return hits.order_by(*order).limit(terms.limit).offset(terms.offset).cte("best")


def _described(
    index: FullTextIndex, best: Any, columns: Iterable[Any], order: Sequence[ColumnElement[Any]], terms: Terms
) -> Select[Any]:
    shown = _table(index).alias("shown")
    whole = shown.c[index.name]
    rank: ColumnElement[Any] = literal_column("best.rank")
    number: ColumnElement[Any] = literal_column("best.number")
    snippet = func.snippet(whole, -1, terms.before, terms.after, _ELLIPSIS, _SNIPPET_WORDS)
    texts = [func.highlight(whole, position, terms.before, terms.after) for position in range(len(index.columns))]
    # Outer, because SQLite then takes the best rows one by one and not all that match.
    source = best.outerjoin(shown, (shown.c.rowid == number) & _contains(index, shown, terms))
    statement: Select[Any] = cast("Any", select)(*columns, rank, snippet, *texts)
    return statement.select_from(source).order_by(rank, *order)


def _table(index: FullTextIndex) -> Any:
    return table(index.name, column("rowid"), column(index.name))


def _rank(index: FullTextIndex, found: Any) -> Any:
    weights: list[ColumnElement[Any]] = [literal_column(repr(weight)) for weight in index.weights]
    return func.bm25(found.c[index.name], *weights).label("rank")


def _number(index: FullTextIndex) -> ColumnElement[Any]:
    return literal_column(f"{quoted(index.table)}.{quoted(index.row_column)}")


def _contains(index: FullTextIndex, home: Any, terms: Terms) -> ColumnElement[bool]:
    contains: ColumnElement[bool] = home.c[index.name].op("MATCH", is_comparison=True)(terms.words)
    return contains
