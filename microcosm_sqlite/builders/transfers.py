"""Write the INSERT by which SQLite stores the records of a block that it reads itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from microcosm_sqlite.builders.converters import Conflict
from microcosm_sqlite.builders.expressions import Expression, expressions_of
from microcosm_sqlite.builders.plans import FromSQL
from microcosm_sqlite.builders.statements import StatementTarget, native_of

#: SQLite's view of the file with a block.
TABLE: Final = "temp.microcosm_block"

#: The table into which a block is read ahead, in a database of its own.
READ_TABLE: Final = "microcosm_read"

#: The function that takes note of a record that is left to Python; false, so that SQLite leaves it out.
LEAVE: Final = "microcosm_leave"

#: What SQLite's reader calls the cells of a record, and what they are called beside the names of the source.
_CELL: Final = "c{}"
_OWN_CELL: Final = "microcosm_cell_{}"

#: SQLite's limit for the columns of a table (https://sqlite.org/limits.html).
_MOST_COLUMNS: Final = 2000


@dataclass(frozen=True, kw_only=True, slots=True)
class Transfer:
    """The statements by which the records of a block get into a table.

    `insert` does it at once. Or `read_table` makes a table in another database, `read` fills that, and `store` says how
    it is copied; `read` is empty where that is impossible.
    """

    width: int
    insert: str
    #: Those of `insert` and of `read`.
    parameters: tuple[Any, ...]
    read_table: str = ""
    read: str = ""
    store_start: str = ""
    store_end: str = ""

    def store(self, view: str) -> str:
        """Return the INSERT of what is in the *view* of `read_table`, between two row numbers: its parameters."""
        return f"{self.store_start} FROM {view} WHERE rowid > ? AND rowid < ?{self.store_end}"


def transfer_of(target: StatementTarget) -> Transfer | None:
    """Return how SQLite fills the table of *target* from blocks, or None when it cannot fill a column by itself."""
    # A column that SQLAlchemy fills by an SQL expression of the model is in its own INSERT only.
    filled = {made.planned.column.name for made in target.cells}
    if any(column.default is not None and column.name not in filled for column in target.plan.table.columns):
        return None
    # A blank line is no record, but one empty cell for SQLite.
    if not 1 < target.width < _MOST_COLUMNS:
        return None
    expressions = expressions_of(target.cells, target.connection.dialect, _cell(target).format)
    if expressions is None:
        return None
    parameters = tuple(value for expression in expressions for value in expression.parameters)
    into, selected, end = _into(target, expressions), _select(target, expressions), _on_conflict(target)
    insert = f"{into} SELECT {selected}{end}"
    if _has_sql(target):
        # Which may ask for what is in the database.
        return Transfer(width=target.width, insert=insert, parameters=parameters)
    cells = ", ".join(map(_CELL.format, range(len(expressions))))
    return Transfer(
        width=target.width,
        insert=insert,
        parameters=parameters,
        read_table=_read_table(target, expressions),
        read=f"INSERT INTO {READ_TABLE} (rowid, {cells}) SELECT rowid, {selected}",
        store_start=f"{into} SELECT {cells}",
        store_end=end,
    )


def _into(target: StatementTarget, expressions: Sequence[Expression]) -> str:
    quote = _quote(target)
    names = ", ".join(quote(expression.name) for expression in expressions)
    return f"INSERT OR FAIL INTO main.{quote(target.plan.table.name)} ({names})"


def _select(target: StatementTarget, expressions: Sequence[Expression]) -> str:
    """Return what follows SELECT in the query for the records of a block, but for those that are left to Python."""
    quote, width, cell = _quote(target), target.width, _cell(target)
    values = ", ".join(expression.value for expression in expressions)
    conditions = [f"{cell.format(width)} IS NULL", f"{cell.format(width - 1)} IS NOT NULL"]
    conditions += [expression.condition for expression in expressions if expression.condition]
    source, record = TABLE, "rowid"
    if cell == _OWN_CELL:
        record = _OWN_CELL.format("record")
        named = ", ".join(f"c{position} AS {quote(name)}" for position, name in enumerate(target.plan.header))
        cells = ", ".join(f"c{position} AS {cell.format(position)}" for position in range(width + 1))
        source = f"(SELECT rowid AS {record}, {cells}, {named} FROM {TABLE})"  # noqa: S608 - names, quoted
    return f"{values} FROM {source} WHERE ({' AND '.join(conditions)}) OR {LEAVE}({record})"


def _read_table(target: StatementTarget, expressions: Sequence[Expression]) -> str:
    """Return the table that converts values as that of *target* does, and asks for nothing else."""
    native, quoted = native_of(target.connection), _quote(target)(target.plan.table.name)
    types = {name: kind for _, name, kind, *_ in native.execute(f"PRAGMA main.table_xinfo({quoted})")}
    (*_, is_strict), *_ = native.execute(f"PRAGMA main.table_list({quoted})")
    columns = ", ".join(
        f"{_CELL.format(number)} {types[expression.name]}" for number, expression in enumerate(expressions)
    )
    return f"CREATE TABLE {READ_TABLE} ({columns}){' STRICT' if is_strict else ''}"


def _quote(target: StatementTarget) -> Any:
    return target.connection.dialect.identifier_preparer.quote_identifier


def _has_sql(target: StatementTarget) -> bool:
    return any(isinstance(made.planned, FromSQL) for made in target.cells)


def _cell(target: StatementTarget) -> str:
    """Return the pattern by which cells are called."""
    return _OWN_CELL if _has_sql(target) else _CELL


def _on_conflict(target: StatementTarget) -> str:
    if target.conflict is not Conflict.UPDATE:
        return ""
    quote = _quote(target)
    key = [column.name for column in target.plan.table.primary_key]
    changed = [made.planned.column.name for made in target.cells if made.planned.column.name not in key]
    action = ", ".join(f"{quote(name)} = excluded.{quote(name)}" for name in changed)
    then = f"DO UPDATE SET {action}" if changed else "DO NOTHING"
    return f" ON CONFLICT ({', '.join(map(quote, key))}) {then}"
