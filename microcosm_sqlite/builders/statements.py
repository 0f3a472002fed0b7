"""Insert records through one prepared statement, past the ORM."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from itertools import repeat
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from sqlalchemy import Column, Connection, Table
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.sql.compiler import SQLCompiler

from microcosm_sqlite.builders.batches import Refusal, misfits_of, reason_of
from microcosm_sqlite.builders.cells import Cells
from microcosm_sqlite.builders.parsers import EmptyCellError, RowContext
from microcosm_sqlite.builders.plans import ColumnPlan, FromModel
from microcosm_sqlite.builders.rejections import refused_as_text, refused_by_database
from microcosm_sqlite.engines.exceptions import raise_translated
from microcosm_sqlite.errors import RowProblem

if TYPE_CHECKING:
    from microcosm_sqlite.engines.connections import Connection as DriverConnection

#: Returns what a model's default sees of a record.
Contexts: TypeAlias = Callable[[Sequence[Any]], RowContext]


class Conflict(Enum):
    """What happens to a row whose primary key is taken."""

    REFUSE = "refuse"
    UPDATE = "update"


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
        self._given = tuple(made for made in cells if not isinstance(made.planned, FromModel))
        self._made = tuple(made for made in cells if isinstance(made.planned, FromModel))
        self._by_name = {made.planned.column.name: made for made in cells}
        self._sql, self._parameters = _compile(connection, plan.table, cells, conflict)

    def settle(self) -> None:
        """Do nothing: the statement runs in the transaction itself."""

    def convert(self, records: Sequence[Sequence[Any]]) -> list[Any]:
        """Return the parameters of the statement for each of *records*."""
        return list(zip(*(make(records) for make in self._parameters), strict=True))

    def misfits(self, records: Sequence[Sequence[Any]]) -> set[int]:
        """Return which of *records*, by position, have a cell that does not fit."""
        context = _contexts(self._table, self._given)
        found: set[int] = set()
        # A model's default may look at the rest of the row: it is asked only when that is sound.
        for cells in (self._given, self._made):
            for made in cells:
                sound = [position for position in range(len(records)) if cells is self._given or position not in found]
                chosen = [records[position] for position in sound]
                try:
                    list(made.stored(chosen, context))
                except Exception:  # noqa: BLE001 - a user's type may raise anything
                    wrong = misfits_of(lambda some, made=made: list(made.stored(some, context)), chosen)  # type: ignore[misc]
                    found |= {sound[position] for position in wrong}
        return found

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
                    self.connection.exec_driver_sql(self._sql, rows[position])
                except (IntegrityError, DataError, UnicodeEncodeError) as error:
                    yield position, error
                position += 1

    def _insert_until_refused(self, rows: Sequence[Any]) -> int:
        """Insert *rows* up to the first that is refused, and return how many that were."""
        native = native_of(self.connection)
        remaining = iter(rows)
        try:
            # Below the layers above, which count and look at each row.
            for _ in native.executemany(self._sql, remaining):
                pass
        except Exception as error:  # noqa: BLE001 - whatever it is, it comes again when the row is tried alone
            if not native.in_transaction:
                # SQLite has undone all of it, which no row can make good.
                raise_translated(error)
            return len(rows) - sum(1 for _ in remaining) - 1
        return len(rows)

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


def _compile(
    connection: Connection, table: Table, cells: Sequence[Cells], conflict: Conflict
) -> tuple[str, tuple[Callable[[Sequence[Sequence[Any]]], Any], ...]]:
    """Return the INSERT as text with what makes each of its parameters."""
    by_key = {made.planned.column.key: made for made in cells}
    statement = insert(table).inline()
    if conflict is Conflict.UPDATE:
        statement = _updating(statement, table, by_key)
    compiled = statement.compile(dialect=connection.dialect, column_keys=list(by_key), for_executemany=True)
    assert isinstance(compiled, SQLCompiler)  # noqa: S101 - tells the type checkers what SQLAlchemy promises
    context = _contexts(table, cells)
    return str(compiled), tuple(
        _from_cells(by_key[name], context) if name in by_key else _constant(compiled.params[name])
        for name in compiled.positiontup or ()
    )


def _updating(statement: Any, table: Table, given: Mapping[str, Any]) -> Any:
    key = list(table.primary_key)
    changed = {
        column.name: statement.excluded[column.key]
        for column in table.columns
        if column.key in given and column not in key
    }
    if not changed:
        return statement.on_conflict_do_nothing(index_elements=key)
    return statement.on_conflict_do_update(index_elements=key, set_=changed)


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
