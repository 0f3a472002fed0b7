"""Load rows into a table of a data set."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection

from microcosm_sqlite.artifacts import manifest
from microcosm_sqlite.builders.batches import insert_each
from microcosm_sqlite.builders.cells import Cells
from microcosm_sqlite.builders.columns import mapper_of
from microcosm_sqlite.builders.converters import Conflict
from microcosm_sqlite.builders.delegating import insert_pieces
from microcosm_sqlite.builders.engine import Pace, can_insert, insert_blocks
from microcosm_sqlite.builders.parsers import NOTHING
from microcosm_sqlite.builders.plans import ColumnPlan, Filling
from microcosm_sqlite.builders.recipes import Recipe
from microcosm_sqlite.builders.rejections import KEPT_PROBLEMS, Rejections
from microcosm_sqlite.builders.statements import StatementTarget
from microcosm_sqlite.builders.targets import Targets, cells_of, insert_batches
from microcosm_sqlite.errors import RowProblem
from microcosm_sqlite.sources.rows import RowsSource
from microcosm_sqlite.sources.tabular import Content, FileDigest, Reading, Source


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
    #: Converts what Python reads; None: that is done by the thread that stores.
    executor: Executor | None = None

    @property
    def table(self) -> str:
        """The name of the table."""
        return table_name(self.model)

    @property
    def recipe(self) -> Recipe:
        """How it is mapped."""
        return Recipe(
            model=self.model,
            source=self.source.name,
            columns=self.columns,
            defaults=self.defaults,
            ignored=self.ignored,
            nulls=self.nulls,
            conflict=self.conflict,
        )

    def plan(self, header: Sequence[str]) -> ColumnPlan:
        """Return what fills which column; raise `HeaderError` when *header* does not fit."""
        return self.recipe.plan(header)

    def rejections(self) -> Rejections:
        """Return what collects its problems."""
        return Rejections(self.table, kept=KEPT_PROBLEMS if self.max_errors is None else self.max_errors)

    def cells(self, connection: Connection, plan: ColumnPlan, content: Content) -> tuple[Cells, ...]:
        """Return how the columns of *plan* are made of records with this *content*."""
        return cells_of(connection, self.recipe, plan, content)


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
    with load.source.open() as reading, Targets(connection, load.recipe, reading.content, reading.header) as targets:
        if commit is not None:
            target = targets.of(reading.header)
            return Loaded(rows=insert_each(target, reading.records, rejections, commit=commit))
        count = _insert(targets, load, reading, rejections)
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
    name = Path(load.source.name).name
    if "://" in load.source.name:
        # A name that somebody gave, perhaps a URL: never who asks, nor how.
        name = name.rpartition("@")[2].partition("?")[0]
    path = quote(name.lstrip(".~"), safe=" ()[],;=+@&'!") or "source"
    return manifest.Source(
        path=path,
        sha256=digest.sha256,
        bytes=digest.bytes,
        rows=loaded.rows,
        skipped=loaded.skipped or None,
        form=digest.form,
    )


def _insert(targets: Targets, load: Load, reading: Reading, rejections: Rejections) -> int:
    if reading.header:
        target = targets.of(reading.header)
        if reading.blocks is not None and isinstance(target, StatementTarget) and not _goes_to_workers(load, target):
            return insert_blocks(target, reading.blocks, rejections, pace=load.pace)
    if load.executor is not None:
        return insert_pieces(targets, reading, rejections, load.executor)
    return insert_batches(targets, reading.batches, rejections)


def _goes_to_workers(load: Load, target: StatementTarget) -> bool:
    """Tell whether workers convert what Python reads; SQLite reads faster than they could tell what they read."""
    return load.executor is not None and not can_insert(target, load.pace)
