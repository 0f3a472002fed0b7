"""Read rows from a database, a few in memory at a time."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeAlias, cast

from sqlalchemy import URL, Connection, Engine, MetaData, Select, Table, create_engine, make_url, select, type_coerce
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, NoSuchTableError, SQLAlchemyError
from sqlalchemy.pool import NullPool
from sqlalchemy.types import NullType

from microcosm_sqlite.errors import SourceError
from microcosm_sqlite.sources.delivered import DeliveredRows
from microcosm_sqlite.sources.tabular import Batch, Content, FileDigest, Reading

#: Rows that are fetched at a time.
FETCHED_ROWS: Final = 1000

#: Where rows come from: a URL, as text or not, or an engine that the caller made and will dispose of.
Database: TypeAlias = str | URL | Engine

#: Which rows: those of a table by its name (perhaps `schema.table`), of a `Table`, or of a `select` of anything.
Rows: TypeAlias = str | Table | Select[Any]


class SQLSource:
    """Rows of a table or a query in any database that SQLAlchemy knows.

        SQLSource("postgresql+psycopg://reader@db/shop", "orders")
        SQLSource(engine, select(orders.c.id, orders.c.total.label("amount")).where(orders.c.is_paid))

    A database gives rows in any order; one that a `select` asks for makes their digest the same every time. They are
    streamed by a cursor on the server where the database has one; memory does not grow with them. The types of a table
    that is given by its name are those that the database says.

    Args:
        database: a URL or an engine.
        rows: a table or a `select`; its columns have names that differ.
        name: what errors, and marks of what was read, call it; by default the database without user, password and
            options, and the table.
    """

    def __init__(self, database: Database, rows: Rows, *, name: str | None = None) -> None:
        if not isinstance(cast("Any", rows), str | Table | Select):
            raise TypeError(f"expected the name of a table, a Table or a select(), found {type(rows).__name__}")
        self._database = database
        self._rows = rows
        self._url = database.url if isinstance(database, Engine) else _parsed(database)
        self._delivered: DeliveredRows | None = None
        self.name = name or f"{_place_of(self._url)}/{_name_of(rows)}"

    @contextmanager
    def connect(self) -> "Generator[SQLRows]":
        """Yield the rows, to be asked for within one transaction, which reads only and is rolled back at the end.

        Raises:
            SourceError: the database cannot be reached, has no such table, or refuses to be read; may also come while
                rows are read.
        """
        engine = self._database if isinstance(self._database, Engine) else self._made(self._url)
        try:
            with engine.connect() as connection:
                yield SQLRows(connection, self._selected(connection), name=self.name)
        except SQLAlchemyError as error:
            raise self._unreadable(error) from error
        finally:
            if engine is not self._database:
                engine.dispose()

    @property
    def is_rereadable(self) -> bool:
        """Whether it can be opened more than once: a database can."""
        return True

    def digest(self) -> FileDigest | None:
        """Return which rows the last pass delivered, in `DeliveredRows`'s way; None before it came to its end."""
        return None if self._delivered is None else self._delivered.digest

    @contextmanager
    def open(self) -> Generator[Reading]:
        """Yield a pass over the rows, for a workbench to load; errors count them from 1.

        Raises:
            SourceError: as `connect`.
        """
        with self.connect() as rows:
            header, delivered = tuple(rows.columns), DeliveredRows()
            yield Reading(header=header, batches=delivered.watch(rows.batches(), header=header), content=Content.PLAIN)
            self._delivered = delivered

    def _made(self, url: URL) -> Engine:
        if url.get_backend_name() == "sqlite" and (path := url.database) and _is_missing(path):
            # SQLite would make an empty one.
            remedy = "Correct the URL; it is looked for from the current folder."
            raise SourceError(source=self.name, expected=f"a database at {path}", found="nothing there", remedy=remedy)
        try:
            return create_engine(url, poolclass=NullPool)
        except NoSuchModuleError:
            remedy = "Correct the URL, or install the dialect for it."
            raise SourceError(
                source=self.name, expected="a database that SQLAlchemy knows", found=url.drivername, remedy=remedy
            ) from None
        except ModuleNotFoundError as error:
            raise SourceError(
                source=self.name,
                expected=f"a driver for {url.drivername}",
                found=f"no module {error.name}",
                remedy="Install the driver that SQLAlchemy's page on this database names, or use another in the URL.",
            ) from error

    def _selected(self, connection: Connection) -> Select[Any]:
        if isinstance(self._rows, Select):
            return self._rows
        if isinstance(self._rows, Table):
            return select(self._rows)
        schema, _, table = self._rows.rpartition(".")
        return select(Table(table, MetaData(), schema=schema or None, autoload_with=connection))

    def _unreadable(self, error: SQLAlchemyError) -> SourceError:
        if isinstance(error, NoSuchTableError):
            found, remedy = (
                f"no table {error}",
                "Correct the name; `schema.table` names one outside the default schema.",
            )
        else:
            cause = getattr(error, "orig", None) or error
            found, remedy = " ".join(str(cause).split()), "See that the database runs, and that this user may read it."
        return SourceError(source=self.name, expected="rows", found=found, remedy=remedy)


class SQLRows:
    """The rows of a source, in one transaction."""

    def __init__(self, connection: Connection, selected: Select[Any], *, name: str) -> None:
        self._connection = connection
        # A query may have an order, a limit, groups: conditions go around it.
        is_plain = len(selected.get_final_froms()) == 1 and isinstance(selected.get_final_froms()[0], Table)
        is_whole = is_plain and selected.compare(select(*selected.get_final_froms()))
        self._from: Any = selected.get_final_froms()[0] if is_whole else selected.subquery("extracted")
        self._name = name

    @property
    def columns(self) -> Mapping[str, Any]:
        """The columns by name."""
        return dict(self._from.c.items())

    def comparable(self, name: str) -> Any:
        """Return the column *name* as the database compares it, and gives it back in the same form.

        SQLite compares days and times as the text that somebody stored, with or without fractions of a second; written
        anew from a value of Python it would be another text.
        """
        column = self._from.c[name]
        return type_coerce(column, NullType()) if self._connection.dialect.name == "sqlite" else column

    def stream(self, *conditions: Any) -> Iterator[list[dict[str, Any]]]:
        """Yield the rows that meet *conditions*, some at a time, each by the names of its columns."""
        for rows, _ in self.marked((), *conditions):
            yield rows

    def marked(
        self, marks: Sequence[Any], *conditions: Any, order_by: Sequence[Any] = (), limit: int | None = None
    ) -> Iterator[tuple[list[dict[str, Any]], list[tuple[Any, ...]]]]:
        """Yield the rows that meet *conditions*, some at a time, and what *marks* are in each of them."""
        names = list(self._from.c.keys())
        beside = [mark.label(f"mark_{number}") for number, mark in enumerate(marks)]
        statement = select(*self._from.c, *beside).where(*conditions).order_by(*order_by).limit(limit)
        for partition in self._partitions(statement):
            rows = [dict(zip(names, row, strict=False)) for row in partition]
            yield rows, [tuple(row[len(names) :]) for row in partition]

    def _partitions(self, statement: Any) -> Iterator[Sequence[Any]]:
        result = self._connection.execution_options(yield_per=FETCHED_ROWS).execute(statement)
        partitions = result.partitions()
        count = 0
        while True:
            try:
                partition = next(partitions, None)
            except (TypeError, ValueError) as error:
                raise SourceError(
                    source=self._name,
                    expected=f"values of the types of its columns: {self._converted(statement)}",
                    found=f"{error}, in one of the rows from {count + 1} to {count + FETCHED_ROWS}",
                    remedy="Correct them there, or select the column as text.",
                ) from error
            if partition is None:
                return
            count += len(partition)
            yield partition

    def _converted(self, statement: Any) -> str:
        """Return those columns of *statement* that do not come as the database gives them, with their types."""
        dialect = self._connection.dialect
        converted = [
            f"{column.key} ({column.type})"
            for column in statement.selected_columns
            if column.type.dialect_impl(dialect).result_processor(dialect, None) is not None
        ]
        return ", ".join(converted)

    def batches(self) -> Iterator[Batch]:
        """Yield all rows, some at a time, as the database gives them."""
        first = 1
        for partition in self._partitions(select(*self._from.c)):
            yield Batch(lines=range(first, first + len(partition)), rows=list(map(tuple, partition)))
            first += len(partition)


def _is_missing(path: str) -> bool:
    return path != ":memory:" and not path.startswith("file:") and not Path(path).exists()


def _parsed(database: str | URL) -> URL:
    try:
        return make_url(database)
    except ArgumentError:
        # The text is not shown: it may hold a password.
        raise SourceError(
            source="a database",
            expected="a URL such as postgresql+psycopg://user@host/database",
            found="text that is none",
            remedy="See https://docs.sqlalchemy.org/en/21/core/engines.html#database-urls.",
        ) from None


def _place_of(url: URL) -> str:
    """Return where a database is, without who asks for it and how."""
    host = url.host or ""
    port = f":{url.port}" if url.port else ""
    return f"{url.get_backend_name()}://{host}{port}/{(url.database or '').lstrip('/')}"


def _name_of(rows: Rows) -> str:
    if isinstance(rows, str):
        return rows
    if isinstance(rows, Table):
        return rows.fullname
    return "+".join(sorted(str(getattr(one, "fullname", "query")) for one in rows.get_final_froms()))
