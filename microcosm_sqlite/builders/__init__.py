"""Offer builders as the component `graph.sqlite_builder`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from microcosm_sqlite.builders.csv import CSVBuilder


class SQLiteBuilder:
    """The component `graph.sqlite_builder`: makes builders that load rows into the graph's data sets."""

    def __init__(self, graph: Any) -> None:
        self.graph = graph

    def csv(self, model_cls: type[Any], **options: Any) -> CSVBuilder:
        """Return a builder of CSV rows; see `CSVBuilder` for the *options*."""
        # Imported here, because microcosm imports this module in every process that has the package installed.
        from microcosm_sqlite.builders.csv import CSVBuilder  # noqa: PLC0415

        return CSVBuilder(self.graph, model_cls, **options)
