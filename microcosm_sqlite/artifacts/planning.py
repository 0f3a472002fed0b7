"""Tell how SQLite would find the rows of a statement in the database of a connection."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import apsw

from microcosm_sqlite.access import AccessPath
from microcosm_sqlite.artifacts.certificate import AccessPlan
from microcosm_sqlite.artifacts.clauses import read_clauses, table_called
from microcosm_sqlite.artifacts.queries import quoted, rows

#: How a plan names what is not an index: the number of a row, or the order of a table without such numbers.
PRIMARY_KEY: Final = "PRIMARY KEY"

#: The lines of https://sqlite.org/eqp.html that say how one table is read.
_SCAN: Final = re.compile(r"SCAN (?P<name>.+?)(?: USING (?:COVERING )?INDEX (?P<index>.+?))?(?: LEFT-JOIN)?")
_SEARCH: Final = re.compile(
    r"SEARCH (?P<name>.+?) USING (?:(?P<key>(?:INTEGER )?PRIMARY KEY)"
    r"|(?P<automatic>AUTOMATIC) .*INDEX|(?:COVERING )?INDEX (?P<index>.+?))(?: \((?P<terms>.*)\))?(?: LEFT-JOIN)?"
)
_SORT: Final = re.compile(r"USE TEMP B-TREE FOR (?P<what>.+)")

#: What is sorted of the order: the last so many terms, the others being in order already.
_LAST_TERMS: Final = re.compile(r"(?:LAST (?:(?P<number>\d+) )?TERMS? OF|(?P<right>RIGHT PART OF)) ORDER BY")


class Line(NamedTuple):
    """One line of SQLite's account of how it would run a statement; those of one SELECT have one *parent*."""

    parent: int
    text: str


class Sort(NamedTuple):
    """What is sorted ("ORDER BY", "LAST TERM OF ORDER BY", "GROUP BY", "DISTINCT"), of the rows of which tables."""

    what: str
    names: tuple[str, ...]

    @property
    def is_partial(self) -> bool:
        """Whether rows come in order but for those that are alike in the first part of it."""
        return _LAST_TERMS.fullmatch(self.what) is not None


class Search(NamedTuple):
    """A table that is read by an index, given values for so many of the index's first terms."""

    name: str
    by: str
    values: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Steps:
    """What a plan does, by the names that the statement has for its tables."""

    #: What is read from one end to the other, and what is found by an index.
    scanned: tuple[str, ...]
    searched: tuple[Search, ...]
    #: The indexes of both.
    indexes: tuple[str, ...]
    #: What has a way of its own to find rows, such as a full-text index.
    virtual: tuple[str, ...]
    sorted: tuple[Sort, ...]


def explain(connection: apsw.Connection, sql: str, parameters: Sequence[Any] = ()) -> tuple[Line, ...]:
    """Return the lines of SQLite's own account of how it would run *sql*.

    Raises:
        apsw.Error: it cannot be run here.
    """
    found = rows(connection, f"EXPLAIN QUERY PLAN {sql}", *parameters)
    return tuple(Line(parent, str(detail)) for _, parent, _, detail in found)


def read_steps(lines: Iterable[Line]) -> Steps:
    """Return what the *lines* of such an account say."""
    scanned: list[str] = []
    searched: list[Search] = []
    indexes: list[str] = []
    virtual: list[str] = []
    sorts: list[tuple[int, str]] = []
    by_parent: dict[int, list[str]] = {}
    for parent, line in lines:
        if " VIRTUAL TABLE INDEX " in line:
            virtual.append(line.removeprefix("SCAN ").partition(" VIRTUAL TABLE INDEX ")[0])
        elif found := _SORT.fullmatch(line):
            sorts.append((parent, found["what"]))
        elif found := _SEARCH.fullmatch(line):
            by_parent.setdefault(parent, []).append(found["name"])
            if found["automatic"]:
                # What is indexed for one statement is read and sorted for it.
                scanned.append(found["name"])
            else:
                values = (found["terms"] or "").count("=?")
                searched.append(Search(found["name"], found["index"] or PRIMARY_KEY, values))
        elif found := _SCAN.fullmatch(line):
            scanned.append(found["name"])
            by_parent.setdefault(parent, []).append(found["name"])
            indexes += filter(None, [found["index"]])
    return Steps(
        scanned=tuple(scanned),
        searched=tuple(searched),
        indexes=(*indexes, *(search.by for search in searched)),
        virtual=tuple(virtual),
        sorted=tuple(Sort(what, tuple(by_parent.get(parent, ()))) for parent, what in sorts),
    )


class Planner:
    """Plans statements against one database, which does not change meanwhile."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._columns: dict[str, tuple[str, ...]] = {}
        self._counts: dict[str, int] = {}
        kinds = list(rows(connection, "SELECT name, type FROM pragma_table_list WHERE schema = 'main'"))
        query = "SELECT sql FROM main.sqlite_schema WHERE type = 'view'"
        self._views = tuple(str(sql) for (sql,) in rows(connection, query))
        self.tables = tuple(str(name) for name, kind in kinds if kind == "table")
        self.virtual_tables = tuple(str(name) for name, kind in kinds if kind == "virtual")

    def plan(self, path: AccessPath) -> AccessPlan:
        """Return how the statement of *path* finds its rows.

        Raises:
            apsw.Error: it cannot be run here.
        """
        sql = path.sql
        steps = read_steps(explain(self._connection, sql, path.parameters))
        virtual = {table_called(name, sql, self.virtual_tables) for name in steps.virtual}
        scanned = [count for _, count in self.scans(steps, sql)]
        is_counted = path.most_sorted is not None
        return AccessPlan(
            indexes=tuple(sorted({*steps.indexes, *filter(None, virtual)})),
            # The first loop is the outermost one.
            scanned=max(scanned[1:] if path.is_whole else scanned, default=0),
            sorted=max((self._sorted(sort, steps, sql) for sort in steps.sorted), default=0) if is_counted else None,
        )

    def scans(self, steps: Steps, sql: str) -> Iterator[tuple[str, int]]:
        """Yield the name in *sql* of each table that is scanned, with the number of its rows."""
        for name in steps.scanned:
            table = self.table(name, sql)
            if table is not None:
                yield name, self.count(table)

    def table(self, name: str, sql: str) -> str | None:
        """Return the table that *sql*, or a view, calls *name*, or None for a subquery."""
        found = (table_called(name, text, self.tables) for text in (sql, *self._views))
        return next(filter(None, found), None)

    def columns(self, table: str) -> tuple[str, ...]:
        """Return the columns of *table*."""
        if table not in self._columns:
            query = "SELECT name FROM pragma_table_xinfo(?, 'main')"
            self._columns[table] = tuple(str(name) for (name,) in rows(self._connection, query, table))
        return self._columns[table]

    def count(self, table: str) -> int:
        """Return the number of rows of *table*."""
        if table not in self._counts:
            self._counts[table] = self._most(f"SELECT count(*) FROM main.{quoted(table)}")  # noqa: S608 - Quoted.
        return self._counts[table]

    def _sorted(self, sort: Sort, steps: Steps, sql: str) -> int:
        """Return how many rows are sorted at a time, at most."""
        single = {search.name for search in steps.searched if self._finds_one(search, sql)}
        names = [name for name in sort.names if name not in single] or list(sort.names[:1])
        tables = [table for name in names if (table := self.table(name, sql))]
        most = max(map(self.count, tables), default=0)
        if len(names) != 1 or not tables:
            # Of several nobody can tell; but rows that are alike in what an index orders by are few.
            return 0 if sort.is_partial else most
        clauses = read_clauses(sql, name=names[0], columns=self.columns(tables[0]))
        alike = _alike(sort.what, clauses.ordered)
        try:
            return self._largest_group(tables[0], clauses.equal, alike) if clauses.equal or alike else most
        except apsw.SQLError:
            # The text was read wrongly: then as many as there are.
            return most

    def _finds_one(self, search: Search, sql: str) -> bool:
        """Return whether a search finds one row at most."""
        table = self.table(search.name, sql)
        query = "SELECT name, \"unique\", origin FROM pragma_index_list(?, 'main')"
        for name, is_unique, origin in rows(self._connection, query, table or ""):
            if name == search.by or (origin == "pk" and search.by == PRIMARY_KEY):
                ((terms,),) = rows(self._connection, "SELECT count(*) FROM pragma_index_info(?, 'main')", name)
                return bool(is_unique) and search.values == terms
        # The number of the row.
        return search.by == PRIMARY_KEY and search.values == 1

    def _largest_group(self, table: str, equal: Sequence[str], alike: Sequence[str]) -> int:
        """Return how many rows of *table* have the same values in *equal*, none of them NULL, and in *alike*."""
        columns = [quoted(column) for column in equal]
        known = " AND ".join(f"{column} IS NOT NULL" for column in columns) or "1"
        terms = ", ".join((*columns, *(term.removesuffix(" DESC") for term in alike)))
        groups = f"SELECT count(*) AS number FROM main.{quoted(table)} WHERE {known} GROUP BY {terms}"  # noqa: S608
        return self._most(f"SELECT max(number) FROM ({groups})")  # noqa: S608 - Names are quoted, terms read from SQL.

    def _most(self, query: str) -> int:
        ((number,),) = rows(self._connection, query)
        return int(number or 0)


def _alike(what: str, ordered: Sequence[str]) -> tuple[str, ...]:
    """Return the terms of an order in which rows are alike that are sorted."""
    last = _LAST_TERMS.fullmatch(what)
    if last is None:
        return ()
    return tuple(dict.fromkeys(ordered[:1] if last["right"] else ordered[: -int(last["number"] or 1)]))
