"""Load rows into a table of a data set."""

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from microcosm_sqlite.artifacts import manifest
from microcosm_sqlite.builders.batches import Target, insert_batch, insert_each
from microcosm_sqlite.builders.cells import (
    Cells,
    Surroundings,
    cells_from_plain,
    cells_from_text,
    cells_from_values,
)
from microcosm_sqlite.builders.columns import map_columns, mapper_of
from microcosm_sqlite.builders.engine import Pace, insert_blocks
from microcosm_sqlite.builders.objects import ObjectTarget, maker, needs_objects, pieces_of
from microcosm_sqlite.builders.parsers import NOTHING
from microcosm_sqlite.builders.plans import ColumnPlan, Filling
from microcosm_sqlite.builders.rejections import KEPT_PROBLEMS, Rejections
from microcosm_sqlite.builders.statements import Conflict, StatementTarget, evaluator, server_default
from microcosm_sqlite.errors import HeaderError, RowProblem
from microcosm_sqlite.progress import advance
from microcosm_sqlite.sources.rows import RowsSource
from microcosm_sqlite.sources.tabular import Batch, Content, FileDigest, Reading, Source


@dataclass(frozen=True, kw_only=True, slots=True)
class Load:
    """What goes into the table of *model*, and how it is mapped."""

    model: type[Any]
    source: Source
    columns: Mapping[Any, Filling] = field(default_factory=dict[Any, Filling])
    defaults: Mapping[str, Any] = field(default_factory=dict[str, Any])
    ignored: frozenset[str] = frozenset()
    nulls: tuple[str, ...] = NOTHING
    conflict: Conflict = Conflict.REFUSE
    #: How many problems are kept; with *skips_bad*, how many rows may be left out at most (None: any number).
    max_errors: int | None = None
    skips_bad: bool = False
    #: From when on SQLite reads text itself, and in several threads.
    pace: Pace = field(default_factory=Pace)

    @property
    def table(self) -> str:
        """The name of the table."""
        return table_name(self.model)

    def plan(self, header: Sequence[str]) -> ColumnPlan:
        """Return what fills which column; raise `HeaderError` when *header* does not fit."""
        return map_columns(
            self.model,
            header,
            source=self.source.name,
            defaults=self.defaults,
            ignored=self.ignored,
            columns=self.columns,
        )

    def rejections(self) -> Rejections:
        """Return what collects its problems."""
        return Rejections(self.table, kept=KEPT_PROBLEMS if self.max_errors is None else self.max_errors)

    def cells(self, connection: Connection, plan: ColumnPlan, content: Content) -> tuple[Cells, ...]:
        """Return how the columns of *plan* are made of records with this *content*."""
        around = Surroundings(
            dialect=connection.dialect,
            server_default=server_default(connection),
            evaluate=evaluator(connection),
            nulls=self.nulls,
        )
        match content:
            case Content.TEXT:
                return cells_from_text(plan, around)
            case Content.PYTHON:
                return cells_from_values(plan, around)
            case Content.PLAIN | Content.JSON:
                return cells_from_plain(plan, around, content=content)


@dataclass(frozen=True, kw_only=True, slots=True)
class Loaded:
    """What a load did: how many rows it brought, and which it left out."""

    rows: int
    skipped: int = 0
    problems: tuple[RowProblem, ...] = ()


def table_name(model: type[Any]) -> str:
    """Return the name of the table of *model*."""
    return str(getattr(mapper_of(model).local_table, "name", ""))


def load_source(connection: Connection, load: Load, *, commit: Callable[[], None] | None = None) -> Loaded:
    """Insert the rows of a source and return how many there were.

    Runs in the caller's transaction, which the caller rolls back when it raises. Memory does not grow with the rows.
    With *commit*, that is called after every row, and the first row that does not fit ends the load.

    Raises:
        SourceError: the source cannot be read.
        HeaderError: its header does not fit the model.
        RowsRejectedError: rows do not fit; all of them are told.
    """
    rejections = load.rejections()
    with load.source.open() as reading, _Targets(connection, load, reading) as targets:
        if commit is not None:
            target = targets.of(reading.header)
            return Loaded(rows=insert_each(target, reading.records, rejections, commit=commit))
        count = _insert(targets, reading, rejections)
    is_too_much = load.max_errors is not None and rejections.rows > load.max_errors
    if not load.skips_bad or is_too_much:
        rejections.raise_any()
    return Loaded(rows=count - rejections.rows, skipped=rejections.rows, problems=rejections.problems)


def load_values(connection: Connection, model: type[Any], rows: Iterable[Mapping[str, Any]]) -> int:
    """Insert *rows*, mappings of Python values by attribute or column name, and return how many there were.

    As `load_source`; errors count rows from 1.
    """
    return load_source(connection, Load(model=model, source=RowsSource(rows, name=f"rows of {model.__name__}"))).rows


def entry_of(load: Load, digest: FileDigest, loaded: Loaded) -> manifest.Source:
    """Return what the manifest of an artifact says of what *load* read, which has this *digest*."""
    # The name of the file or table only: where it lay is nobody's business, may differ, and may be a secret.
    path = quote(Path(load.source.name).name.lstrip(".~"), safe=" ()[],;=+@&'!") or "source"
    return manifest.Source(
        path=path,
        sha256=digest.sha256,
        bytes=digest.bytes,
        rows=loaded.rows,
        skipped=loaded.skipped or None,
        form=digest.form,
    )


class _Targets:
    """Where the records of a reading go, by what they hold: made once for each header."""

    def __init__(self, connection: Connection, load: Load, reading: Reading) -> None:
        self.pace = load.pace
        self._connection = connection
        self._load = load
        self._content = reading.content
        self._made: dict[tuple[str, ...], Target] = {}
        self._closing = ExitStack()

    def of(self, header: tuple[str, ...]) -> Target:
        """Return where records with this *header* go."""
        if header not in self._made:
            plan = self._load.plan(header)
            cells = self._load.cells(self._connection, plan, self._content)
            self._made[header] = self._closing.enter_context(_target(self._connection, self._load, plan, cells))
        return self._made[header]

    @property
    def are_none(self) -> bool:
        """Whether no records have fitted so far."""
        return not self._made

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._closing.__exit__(kind, error, traceback)


def _insert(targets: _Targets, reading: Reading, rejections: Rejections) -> int:
    if reading.header:
        target = targets.of(reading.header)
        if reading.blocks is not None and isinstance(target, StatementTarget):
            return insert_blocks(target, reading.blocks, rejections, pace=targets.pace)
    count = 0
    for batch in reading.batches:
        count += batch.count
        _insert_batch(targets, reading, batch, rejections)
        advance(rows=count)
    return count


def _insert_batch(targets: _Targets, reading: Reading, batch: Batch, rejections: Rejections) -> None:
    if not batch.rows:
        # Without a header, perhaps, and so without a target.
        for problem in batch.unread:
            rejections.add(problem)
        return
    try:
        target = targets.of(batch.header or reading.header)
    except HeaderError as error:
        if targets.are_none:
            # As wrong in every row, probably.
            line = batch.lines[0]
            raise HeaderError(
                source=error.source, line=line, expected=error.expected, found=error.found, remedy=error.remedy
            ) from error
        for line in batch.lines:
            rejections.add(_misnamed(batch, line, error), cause=error)
    else:
        insert_batch(target, batch, rejections)


def _misnamed(batch: Batch, line: int, error: HeaderError) -> RowProblem:
    reason = f"holds what other rows do not, or lacks something: expected {error.expected}, found {error.found}"
    return RowProblem(
        source=error.source, line=line, column=None, value=list(batch.header or ()), rule="names", reason=reason
    )


@contextmanager
def _target(connection: Connection, load: Load, plan: ColumnPlan, cells: Sequence[Cells]) -> Generator[Target]:
    if not needs_objects(load.model):
        yield StatementTarget(connection, plan, cells, conflict=load.conflict)
        return
    # create_savepoint: closing this session must not end the transaction of the caller.
    with Session(connection, join_transaction_mode="create_savepoint") as session:
        target = ObjectTarget(
            session, maker(load.model, cells), pieces_of(cells), source=plan.source, header=plan.header
        )
        yield target
        target.settle()
