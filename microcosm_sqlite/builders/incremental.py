"""What a workbench can do to hold only what is new since the last build."""

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from microcosm_sqlite.builders.continuing import attached, copy_rows, first_filled
from microcosm_sqlite.builders.extracting import Extract, Extracted, extract_all, extract_new
from microcosm_sqlite.progress import step

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    import apsw
    from sqlalchemy import Connection, MetaData

    from microcosm_sqlite.dataset import DataSet
    from microcosm_sqlite.sources.sql import SQLSource


class Incremental:
    """Builds that go on where the last one ended."""

    if TYPE_CHECKING:
        name: str
        data_set: type[DataSet]

        @property
        def native(self) -> apsw.Connection:
            """The connection as the driver knows it."""
            ...

        def _transaction(self) -> AbstractContextManager[Connection]: ...

        def _own(self, model: type[Any]) -> type[Any]: ...

    def continue_from(self, artifact: str | PathLike[str]) -> dict[str, int]:
        """Begin with the rows of *artifact*, an earlier release, and its marks; return how many rows each table got.

        The workbench is new; the artifact is verified first. Tables and columns that only one of both has stay empty.

        Raises:
            ArtifactNotFoundError: there is none: the first build begins with nothing.
            WrongArtifactError: it is one of another data set.
            ArtifactError: it is damaged.
            ValueError: the workbench has rows.
        """
        metadata = cast("MetaData", cast("Any", self.data_set).metadata)
        tables = [table.name for table in metadata.sorted_tables]
        with attached(self.native, Path(artifact), name=self.name), self._transaction() as connection:
            if (filled := first_filled(connection, tables)) is not None:
                raise ValueError(f"the workbench of {self.name!r} has rows in {filled!r}: continue_from comes first")
            return copy_rows(connection, tables)

    def extract(
        self,
        model: type[Any],
        source: "SQLSource",
        *,
        watermark: Any,
        initial: Any = None,
        lag: Any = None,
    ) -> Extracted:
        """Take the rows of *source* that are new since the last time, in the place of those with the same keys.

        The first time takes all rows; each later one those beyond the mark, the greatest *watermark* that was taken.
        The mark is kept with the rows, in one transaction: none is lost or taken twice, wherever a build ends. What
        was deleted from the source stays here: only `refresh` sees that.

        Args:
            model: a model of the data set. Its columns are those of the source, by attribute or column name.
            source: a table or a query; its name, the table and the watermark are what the mark is kept by.
            watermark: the column of the source, or its name, that grows with every new or changed row, or several, the
                first deciding: `("updated_at", "id")`. Values that several rows share need a second column, or a lag.
            initial: the first time, only rows beyond this value (or these).
            lag: how far before the mark rows are read again, because some may have come late: a `timedelta`, a number.

        Raises:
            WatermarkError: the table has rows but no mark, or the source ends before the mark.
            SourceError: the source cannot be read, or has a row without a watermark.
            HeaderError: its columns do not fit the model.
            RowsRejectedError: rows do not fit.
        """
        extract = Extract.of(self._own(model), source, watermark=watermark, initial=initial, lag=lag)
        with step("extract", source.name) as extracting, self._transaction() as connection:
            extracted = extract_new(connection, extract)
            extracting.advance(rows=extracted.rows)
            return extracted

    def refresh(
        self, model: type[Any], source: "SQLSource", *, watermark: Any, initial: Any = None, lag: Any = None
    ) -> Extracted:
        """Take all rows of *source*, in the place of all that are here, and set the mark; else as `extract`."""
        extract = Extract.of(self._own(model), source, watermark=watermark, initial=initial, lag=lag)
        with step("extract", source.name) as extracting, self._transaction() as connection:
            extracted = extract_all(connection, extract)
            extracting.advance(rows=extracted.rows)
            return extracted
