"""Insert records through one prepared statement, past the ORM."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from itertools import repeat
from typing import Any, TypeAlias

from sqlalchemy import Column, Connection, Table, insert
from sqlalchemy.sql.compiler import SQLCompiler

from microcosm_sqlite.builders.batches import Refusal, reason_of
from microcosm_sqlite.builders.cells import Cells, EmptyCellError, RowContext
from microcosm_sqlite.builders.columns import FromModel
from microcosm_sqlite.builders.rejections import refused_as_text, refused_by_database
from microcosm_sqlite.errors import RowProblem

#: Returns what a model's default sees of a record.
Contexts: TypeAlias = Callable[[Sequence[Any]], RowContext]


class StatementTarget:
    """An INSERT of whatever *cells* make, into *table*.

    Args:
        connection: in a transaction that the caller ends.
        table: where the rows go.
        cells: how the value of each column is made.
        source: what errors call the source.
        width: how many values a record has.
    """

    def __init__(
        self, connection: Connection, table: Table, cells: Sequence[Cells], *, source: str, width: int
    ) -> None:
        self.source = source
        self.width = width
        self._connection = connection
        self._table = table
        self._given = tuple(made for made in cells if not isinstance(made.planned, FromModel))
        self._made = tuple(made for made in cells if isinstance(made.planned, FromModel))
        self._by_name = {made.planned.column.name: made for made in cells}
        self._sql, self._parameters = _compile(connection, table, cells)

    def begin_nested(self) -> AbstractContextManager[Any]:
        """Return a savepoint."""
        return self._connection.begin_nested()

    def settle(self) -> None:
        """Do nothing: the statement runs in the transaction itself."""

    def convert(self, records: Sequence[Sequence[Any]]) -> list[Any]:
        """Return the parameters of the statement for each of *records*."""
        return list(zip(*(make(records) for make in self._parameters), strict=True))

    def insert(self, rows: Sequence[Any]) -> None:
        """Insert *rows*."""
        if rows:
            self._connection.exec_driver_sql(self._sql, list(rows))

    def probe(self, row: Any) -> None:
        """Insert *row*."""
        self.insert([row])

    def problems(self, line: int, record: Sequence[Any]) -> Iterator[tuple[RowProblem, Exception]]:
        """Yield what does not fit in *record*, column by column."""
        context = _contexts(self._table, self._given)
        # A model's default may look at the rest of the row: it is asked only when that is sound.
        found = list(self._problems_of(self._given, line, record, context))
        yield from found or self._problems_of(self._made, line, record, context)

    def _problems_of(
        self, cells: Iterable[Cells], line: int, record: Sequence[Any], context: Contexts
    ) -> Iterator[tuple[RowProblem, Exception]]:
        for made in cells:
            try:
                list(made.stored([record], context))
            except Exception as error:  # noqa: BLE001 - a user's type may raise anything: it becomes the reason
                rule = "null" if isinstance(error, EmptyCellError) else "type"
                yield (
                    RowProblem(
                        source=self.source,
                        line=line,
                        column=made.planned.column.name,
                        value=made.given(record),
                        rule=rule,
                        reason=reason_of(error),
                    ),
                    error,
                )

    def refused(self, line: int, record: Sequence[Any], error: Refusal) -> RowProblem:
        """Return the problem for a record that SQLite refused."""

        def given(column: str) -> Any:
            made = self._by_name.get(column)
            return None if made is None else made.given(record)

        if isinstance(error, UnicodeEncodeError):
            values = ((name, made.given(record)) for name, made in self._by_name.items())
            return refused_as_text(error, source=self.source, line=line, values=values)
        key = [column.name for column in self._table.primary_key]
        return refused_by_database(
            error, source=self.source, line=line, given=given, key=key[0] if len(key) == 1 else None
        )


def server_default(connection: Connection) -> Callable[[Column[Any]], Any]:
    """Return what asks SQLite for the value that a column's server default has now.

    An INSERT of many rows cannot leave one column of one row to its default.
    """
    compiler: Any = connection.dialect.ddl_compiler(connection.dialect, None)  # type: ignore[arg-type]

    def ask(column: Column[Any]) -> Any:
        expression = compiler.get_column_default_string(column)
        return connection.exec_driver_sql(f"SELECT {expression}").scalar_one()

    return ask


def _compile(
    connection: Connection, table: Table, cells: Sequence[Cells]
) -> tuple[str, tuple[Callable[[Sequence[Sequence[Any]]], Any], ...]]:
    """Return the INSERT as text with what makes each of its parameters."""
    by_key = {made.planned.column.key: made for made in cells}
    compiled = (
        insert(table).inline().compile(dialect=connection.dialect, column_keys=list(by_key), for_executemany=True)
    )
    assert isinstance(compiled, SQLCompiler)  # noqa: S101 - tells the type checkers what SQLAlchemy promises
    context = _contexts(table, cells)
    return str(compiled), tuple(
        _from_cells(by_key[name], context) if name in by_key else _constant(compiled.params[name])
        for name in compiled.positiontup or ()
    )


def _from_cells(made: Cells, context: Contexts) -> Callable[[Sequence[Sequence[Any]]], Any]:
    return lambda records: made.stored(records, context)


def _constant(value: Any) -> Callable[[Sequence[Sequence[Any]]], Any]:
    """Return what makes a parameter inside a default that is an SQL expression."""
    return lambda records: repeat(value, len(records))


def _contexts(table: Table, cells: Sequence[Cells]) -> Contexts:
    nothing = dict.fromkeys(column.key for column in table.columns)

    def context(record: Sequence[Any]) -> RowContext:
        def parameters() -> Mapping[str, Any]:
            return nothing | {
                made.planned.column.key: made.value(record) for made in cells if not isinstance(made.planned, FromModel)
            }

        return RowContext(parameters)

    return context
