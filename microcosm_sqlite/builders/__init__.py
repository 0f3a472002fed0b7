"""Load rows into a data set that is bound to a graph.

microcosm imports this module whenever any graph is created: the builders, and SQLAlchemy with them, wait until one is
asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from microcosm_sqlite.builders.csv import CSVBuilder

__all__ = ["SQLiteBuilder"]


class SQLiteBuilder:
    """The component `graph.sqlite_builder`: makes builders, one per kind of source."""

    def __init__(self, graph: Any) -> None:
        self.graph = graph

    def csv(self, model_cls: type[Any], **kwargs: Any) -> CSVBuilder:
        """Return a builder that loads CSV into *model_cls*; keywords are those of `CSVBuilder`."""
        from microcosm_sqlite.builders.csv import CSVBuilder  # noqa: PLC0415 - heavy: see the head of the module

        return CSVBuilder(self.graph, model_cls, **kwargs)
