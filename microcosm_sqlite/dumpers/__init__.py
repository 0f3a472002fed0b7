"""Offer dumpers as the component `graph.sqlite_dumper`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from microcosm_sqlite.dumpers.csv import CSVDumper
    from microcosm_sqlite.dumpers.json import JSONLinesDumper
    from microcosm_sqlite.dumpers.parquet import ParquetDumper


class SQLiteDumper:
    """The component `graph.sqlite_dumper`: makes dumpers that write the rows of the graph's data sets."""

    def __init__(self, graph: Any) -> None:
        self.graph = graph

    def csv(self, store: Any, **options: Any) -> CSVDumper:
        """Return a dumper of CSV rows; see `CSVDumper` for the *options*."""
        # Imported here, because microcosm imports this module in every process that has the package installed.
        from microcosm_sqlite.dumpers.csv import CSVDumper  # noqa: PLC0415

        return CSVDumper(self.graph, store, **options)

    def json_lines(self, store: Any, **options: Any) -> JSONLinesDumper:
        """Return a dumper of JSON Lines; see `JSONLinesDumper` for the *options*."""
        from microcosm_sqlite.dumpers.json import JSONLinesDumper  # noqa: PLC0415 - as above

        return JSONLinesDumper(self.graph, store, **options)

    def parquet(self, store: Any, **options: Any) -> ParquetDumper:
        """Return a dumper of Parquet; see `ParquetDumper` for the *options*.

        Raises:
            MissingExtraError: the extra `arrow` is not installed.
        """
        from microcosm_sqlite.dumpers.parquet import ParquetDumper  # noqa: PLC0415 - as above

        return ParquetDumper(self.graph, store, **options)
