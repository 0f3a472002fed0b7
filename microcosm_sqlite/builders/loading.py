"""Load rows into a table of a data set."""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from microcosm_sqlite.artifacts import manifest
from microcosm_sqlite.builders.batches import Placed, Target, insert_all, insert_each
from microcosm_sqlite.builders.cells import Cells, cells_from_text, cells_from_values
from microcosm_sqlite.builders.columns import ColumnPlan, map_columns, mapper_of
from microcosm_sqlite.builders.objects import ObjectTarget, maker, needs_objects, pieces_of
from microcosm_sqlite.builders.rejections import Rejections
from microcosm_sqlite.builders.statements import StatementTarget, server_default
from microcosm_sqlite.sources.tabular import FileDigest, Source


@dataclass(frozen=True, kw_only=True, slots=True)
class Load:
    """What goes into the table of *model*, and how it is mapped."""

    model: type[Any]
    source: Source
    defaults: Mapping[str, Any] = field(default_factory=dict[str, Any])
    ignored: frozenset[str] = frozenset()

    @property
    def table(self) -> str:
        """The name of the table."""
        return table_name(self.model)

    def plan(self, header: Sequence[str]) -> ColumnPlan:
        """Return what fills which column; raise `HeaderError` when *header* does not fit."""
        return map_columns(self.model, header, source=self.source.name, defaults=self.defaults, ignored=self.ignored)


def table_name(model: type[Any]) -> str:
    """Return the name of the table of *model*."""
    return str(getattr(mapper_of(model).local_table, "name", ""))


def load_source(connection: Connection, load: Load, *, commit: Callable[[], None] | None = None) -> int:
    """Insert the rows of a source and return how many there were.

    Runs in the caller's transaction, which the caller rolls back when it raises. Memory does not grow with the rows.
    With *commit*, that is called after every row, and the first row that does not fit ends the load.

    Raises:
        SourceError: the source cannot be read.
        HeaderError: its header does not fit the model.
        RowsRejectedError: rows do not fit; all of them are told.
    """
    with load.source.open() as reading:
        plan = load.plan(reading.header)
        cells = cells_from_text(plan, connection.dialect, server_default(connection))
        rejections = Rejections(plan.table.name)
        with _target(connection, load.model, plan, cells) as target:
            if commit is not None:
                return insert_each(target, reading.records, rejections, commit=commit)
            count = insert_all(target, reading.records, rejections)
            rejections.raise_any()
    return count


def load_values(connection: Connection, model: type[Any], rows: Iterable[Mapping[str, Any]]) -> int:
    """Insert *rows*, mappings of Python values by attribute or column name, and return how many there were.

    Runs in the caller's transaction. Rows may leave out what has a default; errors count rows from 1.

    Raises:
        HeaderError: a row names what the model does not have, or lacks what it must have.
        RowsRejectedError: rows do not fit; all of them are told.
    """
    source = f"rows of {model.__name__}"
    rejections = Rejections(table_name(model))
    count = 0
    for names, group in groupby(_numbered(rows), key=lambda placed: tuple(placed[1])):
        plan = map_columns(model, names, source=source)
        cells = cells_from_values(plan, connection.dialect)
        records: Iterator[Placed] = ((line, list(row.values())) for line, row in group)
        with _target(connection, model, plan, cells) as target:
            count += insert_all(target, records, rejections)
    rejections.raise_any()
    return count


def entry_of(load: Load, digest: FileDigest, rows: int) -> manifest.Source:
    """Return what the manifest of an artifact says of the file that *load* read, which has this *digest*."""
    # The name of the file only: where it lay on the machine that built is nobody's business, and differs between them.
    path = quote(Path(load.source.name).name.lstrip(".~"), safe=" ()[],;=+@&'!") or "source"
    return manifest.Source(path=path, sha256=digest.sha256, bytes=digest.bytes, rows=rows)


@contextmanager
def _target(connection: Connection, model: type[Any], plan: ColumnPlan, cells: Sequence[Cells]) -> Generator[Target]:
    if not needs_objects(model):
        yield StatementTarget(connection, plan.table, cells, source=plan.source, width=len(plan.header))
        return
    # create_savepoint: closing this session must not end the transaction of the caller.
    with Session(connection, join_transaction_mode="create_savepoint") as session:
        target = ObjectTarget(session, maker(model, cells), pieces_of(cells), source=plan.source, header=plan.header)
        yield target
        target.settle()


def _numbered(rows: Iterable[Mapping[str, Any]]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    row: Any
    for line, row in enumerate(rows, 1):
        if not isinstance(row, Mapping):
            raise TypeError(f"row {line}: expected a mapping by attribute, found {type(row).__name__}")
        yield line, row
