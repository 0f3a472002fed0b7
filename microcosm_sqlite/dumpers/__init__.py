"""Write the rows of a data set out for review.

microcosm imports this module whenever any graph is created: the dumpers, and SQLAlchemy with them, wait until one is
asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from microcosm_sqlite.dumpers.csv import CSVDumper

__all__ = ["SQLiteDumper"]


class SQLiteDumper:
    """The component `graph.sqlite_dumper`: makes dumpers, one per kind of file."""

    def __init__(self, graph: Any) -> None:
        self.graph = graph

    def csv(self, store: Any, **kwargs: Any) -> CSVDumper:
        """Return a dumper that writes the rows of *store* as CSV; keywords are those of `CSVDumper`."""
        from microcosm_sqlite.dumpers.csv import CSVDumper  # noqa: PLC0415 - heavy: see the head of the module

        return CSVDumper(self.graph, store, **kwargs)
