"""Say how a source would be loaded, without loading it."""

from collections.abc import Sequence
from itertools import chain
from typing import Any

from sqlalchemy import Connection

from microcosm_sqlite.builders.cells import Cells
from microcosm_sqlite.builders.converting import kept_here
from microcosm_sqlite.builders.kinds import simple_of
from microcosm_sqlite.builders.loading import Load
from microcosm_sqlite.builders.objects import needs_objects
from microcosm_sqlite.builders.plans import FromDefault, FromFunction, FromModel, FromSource, FromSQL
from microcosm_sqlite.builders.statements import StatementTarget
from microcosm_sqlite.builders.transfers import transfer_of
from microcosm_sqlite.sources.tabular import Content, Reading


def explain(connection: Connection, load: Load) -> str:
    """Return what fills each column, and who reads the source, a line each.

    Records that differ in what they hold are told by the first of them.

    Raises:
        SourceError: the source cannot be read.
        HeaderError: its header does not fit the model.
    """
    with load.source.open() as reading:
        first = None if reading.header else next((batch for batch in reading.batches if batch.rows), None)
        header = reading.header or ((first.header or ()) if first else ())
        if not header:
            return f"{load.source.name} -> {load.table}: no rows"
        plan = load.plan(header)
        cells = load.cells(connection, plan, reading.content)
        lines = [(made.planned.column.name, _filling(made, header), _kind(made, connection)) for made in cells]
        skipped = [name for position, name in enumerate(header) if position not in _read(cells)]
        reader = _reader(connection, load, cells, reading)
    widths = [max(len(line[part]) for line in lines) for part in range(2)]
    told = (f"  {name:<{widths[0]}}  {filling:<{widths[1]}}  {kind}".rstrip() for name, filling, kind in lines)
    ignored = [f"  not used: {', '.join(map(repr, skipped))}"] if skipped else []
    return "\n".join(chain([f"{load.source.name} -> {load.table}, {reader}"], told, ignored))


def _filling(made: Cells, header: Sequence[str]) -> str:
    match made.planned:
        case FromSource(position=position, path=path):
            return f"from {'.'.join((header[position], *path))!r}"
        case FromSQL(expression=expression):
            return f"SQL: {expression}"
        case FromFunction(function=function):
            return f"computed by {getattr(function, '__name__', 'a function')}"
        case FromDefault(value=value):
            return f"always {value!r}"
        case FromModel():
            return "the model's own default"


def _kind(made: Cells, connection: Connection) -> str:
    column: Any = made.planned.column
    simple = simple_of(column, connection.dialect)
    nothing = "; may be NULL" if column.nullable else ""
    return f"{type(column.type).__name__}{f' ({simple.kind.value})' if simple else ''}{nothing}"


def _read(cells: Sequence[Cells]) -> set[int]:
    return {made.planned.position for made in cells if isinstance(made.planned, FromSource)}


def _reader(connection: Connection, load: Load, cells: Sequence[Cells], reading: Reading) -> str:
    if needs_objects(load.model):
        return "through instances, because the model's own code has a say in every row"
    if reading.content is Content.TEXT and reading.blocks is not None:
        plan = load.plan(reading.header)
        target = StatementTarget(connection, plan, cells, conflict=load.conflict)
        if transfer_of(target) is not None:
            return "read by SQLite where it is large and plain, else by Python"
    return f"read by Python{_workers(load, cells, reading.content)}"


def _workers(load: Load, cells: Sequence[Cells], content: Content) -> str:
    if load.executor is None:
        return ""
    reason = kept_here(load.recipe, content, cells)
    return ", by the executor" if reason is None else f", here rather than by the executor, because {reason}"
