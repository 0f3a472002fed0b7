"""Write the INSERT by which SQLite stores the records of a block that it reads itself."""

from collections.abc import Sequence
from typing import Any, Final

from microcosm_sqlite.builders.converters import Conflict
from microcosm_sqlite.builders.expressions import Expression, expressions_of
from microcosm_sqlite.builders.plans import FromSQL
from microcosm_sqlite.builders.statements import StatementTarget

#: SQLite's view of the file with a block.
TABLE: Final = "temp.microcosm_block"

#: The function that takes note of a record that is left to Python; false, so that SQLite leaves it out.
LEAVE: Final = "microcosm_leave"


#: What SQLite's reader calls the cells of a record, and what they are called beside the names of the source.
_CELL: Final = "c{}"
_OWN_CELL: Final = "microcosm_cell_{}"

#: SQLite's limit for the columns of a table (https://sqlite.org/limits.html).
_MOST_COLUMNS: Final = 2000


def statement_of(target: StatementTarget) -> str | None:
    """Return the INSERT by which SQLite reads a block itself, or None when it cannot."""
    made = expressions_for(target)
    return None if made is None else statement_for(target, made)


def expressions_for(target: StatementTarget) -> list[Expression] | None:
    """Return the columns of *target* as SQL, or None when SQLite cannot fill one of them by itself."""
    # A column that SQLAlchemy fills by an SQL expression of the model is in its own INSERT only.
    filled = {made.planned.column.name for made in target.cells}
    if any(column.default is not None and column.name not in filled for column in target.plan.table.columns):
        return None
    # A blank line is no record, but one empty cell for SQLite.
    if not 1 < target.width < _MOST_COLUMNS:
        return None
    return expressions_of(target.cells, target.connection.dialect, _cell(target).format)


def statement_for(target: StatementTarget, expressions: Sequence[Expression]) -> str:
    """Return the INSERT of the records in the table of a block, but for those that are left to Python."""
    quote = target.connection.dialect.identifier_preparer.quote_identifier
    table, width, cell = target.plan.table, target.width, _cell(target)
    names = ", ".join(quote(expression.name) for expression in expressions)
    values = ", ".join(expression.value for expression in expressions)
    conditions = [f"{cell.format(width)} IS NULL", f"{cell.format(width - 1)} IS NOT NULL"]
    conditions += [expression.condition for expression in expressions if expression.condition]
    source, record = TABLE, "rowid"
    if cell == _OWN_CELL:
        record = _OWN_CELL.format("record")
        named = ", ".join(f"c{position} AS {quote(name)}" for position, name in enumerate(target.plan.header))
        cells = ", ".join(f"c{position} AS {cell.format(position)}" for position in range(width + 1))
        source = f"(SELECT rowid AS {record}, {cells}, {named} FROM {TABLE})"  # noqa: S608 - names, quoted
    statement = (
        f"INSERT OR FAIL INTO main.{quote(table.name)} ({names}) SELECT {values} FROM {source} "  # noqa: S608
        f"WHERE ({' AND '.join(conditions)}) OR {LEAVE}({record})"
    )
    if target.conflict is Conflict.UPDATE:
        statement += _on_conflict(target, quote)
    return statement


def _cell(target: StatementTarget) -> str:
    """Return the pattern by which cells are called."""
    has_sql = any(isinstance(made.planned, FromSQL) for made in target.cells)
    return _OWN_CELL if has_sql else _CELL


def _on_conflict(target: StatementTarget, quote: Any) -> str:
    key = [column.name for column in target.plan.table.primary_key]
    changed = [made.planned.column.name for made in target.cells if made.planned.column.name not in key]
    action = ", ".join(f"{quote(name)} = excluded.{quote(name)}" for name in changed)
    then = f"DO UPDATE SET {action}" if changed else "DO NOTHING"
    return f" ON CONFLICT ({', '.join(map(quote, key))}) {then}"
