"""Make the parameters of an INSERT of records, column by column."""

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from itertools import repeat
from typing import Any, TypeAlias

from sqlalchemy import Dialect, Table
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.sql.compiler import SQLCompiler

from microcosm_sqlite.builders.batches import misfits_of
from microcosm_sqlite.builders.cells import Cells
from microcosm_sqlite.builders.parsers import RowContext
from microcosm_sqlite.builders.plans import ColumnPlan, FromModel

#: Returns what a model's default sees of a record.
Contexts: TypeAlias = Callable[[Sequence[Any]], RowContext]


class Conflict(Enum):
    """What happens to a row whose primary key is taken."""

    REFUSE = "refuse"
    UPDATE = "update"


class Converter:
    """An INSERT of whatever *cells* make, into the table of *plan*, and what makes its parameters, without a database.

    Args:
        dialect: that of the database.
        plan: what fills which column.
        cells: how the value of each column is made.
        conflict: what happens to a row whose key is taken.
    """

    def __init__(
        self, dialect: Dialect, plan: ColumnPlan, cells: Sequence[Cells], *, conflict: Conflict = Conflict.REFUSE
    ) -> None:
        self.width = len(plan.header)
        #: What makes the columns that the model does not make itself, and then those.
        self.given = tuple(made for made in cells if not isinstance(made.planned, FromModel))
        self.made = tuple(made for made in cells if isinstance(made.planned, FromModel))
        self.context = _contexts(plan.table, self.given)
        #: The statement, and the names of the columns that its parameters are for.
        self.sql, made = _compile(dialect, plan.table, cells, conflict)
        self.names = tuple(name for name, _ in made)
        self._parameters = tuple(make for _, make in made)

    def convert(self, records: Sequence[Sequence[Any]]) -> list[Any]:
        """Return the parameters of the statement for each of *records*."""
        return list(zip(*(make(records) for make in self._parameters), strict=True))

    def misfits(self, records: Sequence[Sequence[Any]]) -> set[int]:
        """Return which of *records*, by position, have a cell that does not fit."""
        found: set[int] = set()
        # A model's default may look at the rest of the row: it is asked only when that is sound.
        for cells in (self.given, self.made):
            for made in cells:
                sound = [position for position in range(len(records)) if cells is self.given or position not in found]
                chosen = [records[position] for position in sound]
                try:
                    list(made.stored(chosen, self.context))
                except Exception:  # noqa: BLE001 - a user's type may raise anything
                    # mypy knows no type for a parameter that a lambda binds at once.
                    wrong = misfits_of(lambda some, made=made: list(made.stored(some, self.context)), chosen)  # type: ignore[misc]
                    found |= {sound[position] for position in wrong}
        return found


def _compile(
    dialect: Dialect, table: Table, cells: Sequence[Cells], conflict: Conflict
) -> tuple[str, tuple[tuple[str, Callable[[Sequence[Sequence[Any]]], Any]], ...]]:
    """Return the INSERT as text with the column of each of its parameters, and what makes that."""
    by_key = {made.planned.column.key: made for made in cells}
    statement = insert(table).inline()
    if conflict is Conflict.UPDATE:
        statement = _updating(statement, table, by_key)
    compiled = statement.compile(dialect=dialect, column_keys=list(by_key), for_executemany=True)
    assert isinstance(compiled, SQLCompiler)  # noqa: S101 - tells the type checkers what SQLAlchemy promises
    context = _contexts(table, cells)
    return str(compiled), tuple(
        (by_key[name].planned.column.name, _from_cells(by_key[name], context))
        if name in by_key
        else (name, _constant(compiled.params[name]))
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
