"""Find the index that a statement lacks, by trying out those that its text suggests."""

import re
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import Any, Final

import apsw

from microcosm_sqlite.artifacts.clauses import Clauses, read_clauses
from microcosm_sqlite.artifacts.planning import Planner, explain, read_steps
from microcosm_sqlite.artifacts.queries import quoted, rows

#: What needs no quotes as the name of an index.
_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

#: Indexes that are tried out for one table; more come of no statement that a person wrote.
_TRIED: Final = 30


def missing_index(connection: apsw.Connection, sql: str, parameters: Sequence[Any] = ()) -> str | None:
    """Return the statement that makes the index with which *sql* neither scans nor sorts, or at least scans less.

    The suggestion is not a guess: it was made in an empty copy of the schema, where SQLite then took another way. None
    where no index on what the statement compares and orders by helps.

    Args:
        connection: on the database; nothing is changed there.
        sql: a statement that scans a table, or sorts.
        parameters: its values.
    """
    try:
        copy = _empty_copy(connection)
    except apsw.Error:
        # A schema that cannot be made anew, with functions or collations of its own.
        return None
    try:
        return _best(copy, Planner(connection), sql, parameters)
    finally:
        copy.close()


def _best(copy: apsw.Connection, planner: Planner, sql: str, parameters: Sequence[Any]) -> str | None:
    trial = _Trial(copy, sql, parameters)
    before = trial.cost_now()
    steps = read_steps(explain(copy, sql, parameters))
    best: tuple[tuple[int, int], str, tuple[str, ...]] | None = None
    for name in dict.fromkeys((*steps.scanned, *(search.name for search in steps.searched))):
        table = planner.table(name, sql)
        if table is None:
            continue
        clauses = read_clauses(sql, name=name, columns=planner.columns(table))
        for terms in islice(_candidates(clauses), _TRIED):
            cost = trial.cost(table, terms)
            if cost is not None and cost < before and (best is None or cost < best[0]):
                best = cost, table, trial.shortened(table, terms, cost, clauses)
    return trial.statement(*best[1:]) if best else None


def _candidates(clauses: Clauses) -> Iterator[tuple[str, ...]]:
    """Yield the terms of indexes that may help, those that may help most first."""
    matched, ranged = clauses.matched, clauses.ranged
    # What all rows have in common decides nothing in their order.
    ordered = tuple(term for term in clauses.ordered if term.removesuffix(" DESC") not in matched)
    each = [((one,), (one, *ordered), (one, *ranged[:1])) for one in matched]
    found = (
        (*matched, *ordered),
        (*matched, *ranged[:1]),
        matched,
        *chain.from_iterable(each),
        clauses.ordered,
        *((one,) for one in ranged),
    )
    seen: set[tuple[str, ...]] = set()
    for terms in found:
        unique = tuple(dict.fromkeys(terms))
        if unique and unique not in seen:
            seen.add(unique)
            yield unique


class _Trial:
    """Tries out indexes for one statement, on a database that may be changed."""

    def __init__(self, connection: apsw.Connection, sql: str, parameters: Sequence[Any]) -> None:
        self._connection = connection
        self._sql = sql
        self._parameters = parameters

    def cost_now(self) -> tuple[int, int]:
        """Return how many tables are scanned, and how much is sorted: rows that are alike in part count half."""
        steps = read_steps(explain(self._connection, self._sql, self._parameters))
        sorts = sum(1 if sort.is_partial else 2 for sort in steps.sorted)
        return sum(1 for _ in Planner(self._connection).scans(steps, self._sql)), sorts

    def cost(self, table: str, terms: Sequence[str]) -> tuple[int, int] | None:
        """Return the same with an index on *terms* of *table*, or None where there can be none."""
        rows(self._connection, "SAVEPOINT trial")
        try:
            rows(self._connection, self.statement(table, terms))
            return self.cost_now()
        except apsw.Error:
            return None
        finally:
            rows(self._connection, "ROLLBACK TO trial")
            rows(self._connection, "RELEASE trial")

    def shortened(self, table: str, terms: tuple[str, ...], cost: tuple[int, int], clauses: Clauses) -> tuple[str, ...]:
        """Return *terms* without those at the end by which nothing need be ordered, such as the number of the row."""
        while len(terms) > 1 and terms[-1] in clauses.ordered and terms[-1] not in clauses.matched:
            if self.cost(table, terms[:-1]) != cost:
                break
            terms = terms[:-1]
        return terms

    def statement(self, table: str, terms: Sequence[str]) -> str:
        """Return the statement that makes the index."""
        words = [re.sub(r"\W+", "_", term.removesuffix(" DESC")).strip("_") for term in terms]
        name = _free_name(self._connection, "_".join(("ix", table, *words)))
        return f"CREATE INDEX {_named(name)} ON {_named(table)} ({', '.join(terms)})"


def _free_name(connection: apsw.Connection, wanted: str) -> str:
    taken = {str(name) for (name,) in rows(connection, "SELECT name FROM sqlite_schema")}
    name, number = wanted, 1
    while name in taken:
        number += 1
        name = f"{wanted}_{number}"
    return name


def _named(name: str) -> str:
    return name if _PLAIN.fullmatch(name) else quoted(name)


def _empty_copy(connection: apsw.Connection) -> apsw.Connection:
    """Return a connection to a new database with the schema of that of *connection*, without any rows."""
    kinds = dict(rows(connection, "SELECT name, type FROM pragma_table_list WHERE schema = 'main'"))
    query = (
        "SELECT name, sql FROM main.sqlite_schema WHERE sql IS NOT NULL AND type IN ('table', 'index', 'view') "
        "ORDER BY CASE type WHEN 'table' THEN 0 WHEN 'index' THEN 1 ELSE 2 END, sql LIKE 'CREATE VIRTUAL%', rowid"
    )
    copy = apsw.Connection(":memory:")
    try:
        for name, sql in rows(connection, query):
            if kinds.get(name) != "shadow" and not str(name).lower().startswith("sqlite_"):
                rows(copy, sql)
    except BaseException:
        copy.close()
        raise
    return copy
