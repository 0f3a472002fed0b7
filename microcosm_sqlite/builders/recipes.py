"""Say how records become rows, without the records and without the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from microcosm_sqlite.builders.cells import (
    Cells,
    Surroundings,
    cells_from_plain,
    cells_from_text,
    cells_from_values,
)
from microcosm_sqlite.builders.columns import map_columns
from microcosm_sqlite.builders.converters import Conflict
from microcosm_sqlite.builders.parsers import NOTHING
from microcosm_sqlite.builders.plans import ColumnPlan, Filling
from microcosm_sqlite.sources.tabular import Content


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipe:
    """How records of a source are mapped to the table of *model*."""

    model: type[Any]
    #: What errors call the source.
    source: str
    columns: Mapping[Any, Filling] = field(default_factory=dict[Any, Filling])
    defaults: Mapping[str, Any] = field(default_factory=dict[str, Any])
    ignored: frozenset[str] = frozenset()
    nulls: tuple[str, ...] = NOTHING
    conflict: Conflict = Conflict.REFUSE

    def plan(self, header: Sequence[str]) -> ColumnPlan:
        """Return what fills which column; raise `HeaderError` when *header* does not fit."""
        return map_columns(
            self.model,
            header,
            source=self.source,
            defaults=self.defaults,
            ignored=self.ignored,
            columns=self.columns,
        )

    def cells(self, plan: ColumnPlan, around: Surroundings, content: Content) -> tuple[Cells, ...]:
        """Return how the columns of *plan* are made of records with this *content*."""
        match content:
            case Content.TEXT:
                return cells_from_text(plan, around)
            case Content.PYTHON:
                return cells_from_values(plan, around)
            case Content.PLAIN | Content.JSON:
                return cells_from_plain(plan, around, content=content)
