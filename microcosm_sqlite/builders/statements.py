"""Insert records through one prepared statement, past the ORM."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import Column, Connection
from sqlalchemy.exc import DataError, IntegrityError, ProgrammingError

from microcosm_sqlite.builders.batches import Refusal, reason_of
from microcosm_sqlite.builders.cells import Cells
from microcosm_sqlite.builders.converters import Conflict, Converter
from microcosm_sqlite.builders.parsers import EmptyCellError
from microcosm_sqlite.builders.plans import ColumnPlan
from microcosm_sqlite.builders.rejections import refused_as_text, refused_by_database, unstorable
from microcosm_sqlite.engines.exceptions import raise_translated
from microcosm_sqlite.errors import RowProblem

if TYPE_CHECKING:
    from microcosm_sqlite.engines.connections import Connection as DriverConnection


class StatementTarget:
    """An INSERT of whatever *cells* make, into the table of *plan*.

    Args:
        connection: in a transaction that the caller ends.
        plan: what fills which column.
        cells: how the value of each column is made.
        conflict: what happens to a row whose key is taken.
    """

    def __init__(
        self, connection: Connection, plan: ColumnPlan, cells: Sequence[Cells], *, conflict: Conflict = Conflict.REFUSE
    ) -> None:
        self.source = plan.source
        self.width = len(plan.header)
        self.plan = plan
        self.conflict = conflict
        self.cells = tuple(cells)
        self.connection = connection
        self._table = plan.table
        self._by_name = {made.planned.column.name: made for made in cells}
        self.converter = Converter(connection.dialect, plan, cells, conflict=conflict)

    def settle(self) -> None:
        """Do nothing: the statement runs in the transaction itself."""

    def convert(self, records: Sequence[Sequence[Any]]) -> list[Any]:
        """Return the parameters of the statement for each of *records*."""
        return self.converter.convert(records)

    def misfits(self, records: Sequence[Sequence[Any]]) -> set[int]:
        """Return which of *records*, by position, have a cell that does not fit."""
        return self.converter.misfits(records)

    def insert(self, rows: Sequence[Any]) -> Iterator[tuple[int, Refusal]]:
        """Insert *rows*; yield the position of each that is refused, with the reason.

        Each row is a statement: what came before one that is refused is there, what comes after it goes on.
        """
        position = 0
        while position < len(rows):
            position += self._insert_until_refused(rows[position:] if position else rows)
            if position < len(rows):
                # Once more, for the exception that SQLAlchemy makes of it.
                try:
                    self.connection.exec_driver_sql(self.converter.sql, rows[position])
                except (IntegrityError, DataError, UnicodeEncodeError) as error:
                    yield position, error
                except ProgrammingError as error:
                    if unstorable(error) is None:
                        raise
                    yield position, error
                position += 1

    def _insert_until_refused(self, rows: Sequence[Any]) -> int:
        """Insert *rows* up to the first that is refused, and return how many that were."""
        native = native_of(self.connection)
        remaining = iter(rows)
        try:
            # Below the layers above, which count and look at each row.
            for _ in native.executemany(self.converter.sql, remaining):
                pass
        except Exception as error:  # noqa: BLE001 - whatever it is, it comes again when the row is tried alone
            if not native.in_transaction:
                # SQLite has undone all of it, which no row can make good.
                raise_translated(error)
            return len(rows) - sum(1 for _ in remaining) - 1
        return len(rows)

    def problems(self, line: int, record: Sequence[Any]) -> Iterator[tuple[RowProblem, Exception]]:
        """Yield what does not fit in *record*, column by column."""
        # A model's default may look at the rest of the row: it is asked only when that is sound.
        found = list(self._problems_of(self.converter.given, line, record))
        yield from found or self._problems_of(self.converter.made, line, record)

    def _problems_of(
        self, cells: Iterable[Cells], line: int, record: Sequence[Any]
    ) -> Iterator[tuple[RowProblem, Exception]]:
        for made in cells:
            try:
                list(made.stored([record], self.converter.context))
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

        if (found := unstorable(error)) is not None:
            position, kind = found
            column = self.converter.names[position - 1]
            reason = f"is of type {kind}, which the column does not take"
            return RowProblem(
                source=self.source, line=line, column=column, value=given(column), rule="type", reason=reason
            )
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


def evaluator(connection: Connection) -> Callable[[str, Sequence[str], Sequence[Sequence[Any]]], Sequence[Any]]:
    """Return what asks SQLite for the value of an expression over the columns of a header, for each of some records."""
    quote = connection.dialect.identifier_preparer.quote_identifier

    def evaluate(expression: str, header: Sequence[str], records: Sequence[Sequence[Any]]) -> Sequence[Any]:
        columns = ", ".join(f"? AS {quote(name)}" for name in header)
        # The expression is the caller's own code, like the model.
        statement = f"SELECT ({expression}) FROM (SELECT {columns})"  # noqa: S608
        return [value for (value,) in native_of(connection).executemany(statement, map(tuple, records))]

    return evaluate


def native_of(connection: Connection) -> Any:
    """Return the connection of APSW underneath, in a transaction; Any, because its own types are only half known."""
    if not connection.in_transaction():
        connection.begin()
    return cast("DriverConnection", connection.connection.dbapi_connection).native
