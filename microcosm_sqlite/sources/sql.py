"""Read rows from a database, a few in memory at a time."""

from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, TypeAlias

from sqlalchemy import URL, Connection, Engine, MetaData, Select, Table, create_engine, make_url, select
from sqlalchemy.exc import ArgumentError, NoSuchTableError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from microcosm_sqlite.errors import SourceError
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

    Rows are streamed by a cursor on the server where the database has one; memory does not grow with them. The types of
    a table that is given by its name are those that the database says.

    Args:
        database: a URL or an engine.
        rows: a table or a `select`; its columns have names that differ.
        name: what errors, and marks of what was read, call it; by default the database without user, password and
            options, and the table.
    """

    def __init__(self, database: Database, rows: Rows, *, name: str | None = None) -> None:
        self._database = database
        self._rows = rows
        self._url = database.url if isinstance(database, Engine) else _parsed(database)
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
        """Return None: a database is no file of its own."""
        return None

    @contextmanager
    def open(self) -> Generator[Reading]:
        """Yield a pass over the rows, for a workbench to load; errors count them from 1.

        Raises:
            SourceError: as `connect`.
        """
        with self.connect() as rows:
            yield Reading(header=tuple(rows.columns), batches=rows.batches(), content=Content.PLAIN)

    def _made(self, url: URL) -> Engine:
        try:
            return create_engine(url, poolclass=NullPool)
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

    def stream(self, *conditions: Any, order_by: Any = (), limit: int | None = None) -> Iterator[list[dict[str, Any]]]:
        """Yield the rows that meet *conditions*, some at a time, each by the names of its columns."""
        statement = select(*self._from.c).where(*conditions).order_by(*order_by).limit(limit)
        result = self._connection.execution_options(yield_per=FETCHED_ROWS).execute(statement)
        for partition in result.mappings().partitions():
            yield [dict(row) for row in partition]

    def batches(self) -> Iterator[Batch]:
        """Yield all rows, some at a time, as the database gives them."""
        result = self._connection.execution_options(yield_per=FETCHED_ROWS).execute(select(*self._from.c))
        first = 1
        for partition in result.partitions():
            yield Batch(lines=range(first, first + len(partition)), rows=partition)
            first += len(partition)


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
