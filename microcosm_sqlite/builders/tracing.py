"""Trace rows whose foreign keys lead nowhere back to the lines they came from."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection

from microcosm_sqlite.builders.cells import Cells
from microcosm_sqlite.builders.dangling import DanglingKey, count_dangling, find_dangling
from microcosm_sqlite.builders.loading import Load
from microcosm_sqlite.builders.plans import FromSource
from microcosm_sqlite.builders.rejections import FOREIGN_KEY, KEPT_PROBLEMS, alone
from microcosm_sqlite.errors import DanglingKeyError, RowProblem, SourceError


def check_foreign_keys(connection: Connection, tables: Iterable[str], loads: Sequence[Load]) -> None:
    """Check that every foreign key of *tables* leads to a row.

    The lines of dangling ones are found by reading the sources of *loads* again: slow, but only on failure, and
    nothing has to be remembered while rows are loaded.

    Raises:
        DanglingKeyError: some do not; each is told with file, line, column and the missing key. Where a source cannot
            be read again, the row's primary key stands for the line.
    """
    checked = sorted(set(tables))
    count = count_dangling(connection, checked)
    if not count:
        return
    dangling = list(find_dangling(connection, checked))
    problems = sorted(_problems(connection, dangling, loads), key=_position)
    names = ", ".join(sorted({found.table for found in dangling})) or ", ".join(checked)
    raise DanglingKeyError(table=names, problems=problems[:KEPT_PROBLEMS], count=count)


def _position(problem: RowProblem) -> tuple[str, int, str]:
    return problem.source, problem.line or 0, problem.column or ""


def _problems(connection: Connection, dangling: Sequence[DanglingKey], loads: Sequence[Load]) -> Iterator[RowProblem]:
    untraced = list(dangling)
    for load in loads:
        wanted = [found for found in untraced if found.table == load.table]
        if wanted and load.source.is_rereadable:
            for found, line in _lines(connection, wanted, load):
                untraced.remove(found)
                yield _problem(found, load.source.name, line)
    for found in untraced:
        row = ", ".join(f"{name}={found.row[name]!r}" for name in found.primary_key or found.row)
        yield _problem(found, f"table {found.table}, row {row}", None)


def _problem(found: DanglingKey, source: str, line: int | None) -> RowProblem:
    return RowProblem(
        source=source,
        line=line,
        column=", ".join(found.columns),
        value=alone(found.key),
        rule=FOREIGN_KEY,
        reason=f"is no row of table {found.parent!r}",
    )


def _lines(connection: Connection, wanted: Sequence[DanglingKey], load: Load) -> Iterator[tuple[DanglingKey, int]]:
    """Yield those of *wanted* that are rows of this load, with their lines."""
    by_header: dict[tuple[str, ...], tuple[Sequence[Cells], dict[tuple[Any, ...], list[DanglingKey]]]] = {}
    found: set[int] = set()
    try:
        with load.source.open() as reading:
            for batch in filter(lambda batch: batch.rows, reading.batches):
                header = batch.header or reading.header
                if header not in by_header:
                    every = load.cells(connection, load.plan(header), reading.content)
                    by_header[header] = _by_values(every, wanted)
                cells, by_values = by_header[header]
                for line, values in zip(batch.lines, _stored(cells, batch.rows), strict=True):
                    for dangling in by_values.pop(values, ()):
                        if id(dangling) not in found:
                            found.add(id(dangling))
                            yield dangling, line
    except (SourceError, LookupError, TypeError, ValueError):
        # It changed since it was loaded, or a builder's own code reads it: the primary keys must do.
        return


def _by_values(
    every: Sequence[Cells], wanted: Sequence[DanglingKey]
) -> tuple[Sequence[Cells], dict[tuple[Any, ...], list[DanglingKey]]]:
    """Return the cells that tell a row from others, with what they hold in the rows that are *wanted*."""
    cells = _identifying([made for made in every if isinstance(made.planned, FromSource)], wanted[0])
    names = [made.planned.column.name for made in cells]
    by_values: dict[tuple[Any, ...], list[DanglingKey]] = {}
    for dangling in wanted:
        by_values.setdefault(tuple(dangling.row[name] for name in names), []).append(dangling)
    return cells, by_values


def _identifying(cells: list[Cells], found: DanglingKey) -> list[Cells]:
    """Return the cells of the primary key where the source has it, or else all."""
    key = [made for made in cells if made.planned.column.name in found.primary_key]
    return key if key and len(key) == len(found.primary_key) else cells


def _stored(cells: Sequence[Cells], records: Sequence[Sequence[Any]]) -> Iterator[tuple[Any, ...]]:
    return zip(*(made.stored(records, _no_context) for made in cells), strict=True)


def _no_context(record: Sequence[Any]) -> Any:
    raise LookupError(record)
