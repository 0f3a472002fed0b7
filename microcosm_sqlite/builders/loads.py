"""What a workbench can do to take rows in."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Unpack, cast

from sqlalchemy import Connection, MetaData, Table, delete

from microcosm_sqlite.artifacts.manifest import Source
from microcosm_sqlite.builders.columns import mapper_of
from microcosm_sqlite.builders.converters import Conflict
from microcosm_sqlite.builders.explaining import explain
from microcosm_sqlite.builders.loading import Load, Loaded, entry_of, load_source
from microcosm_sqlite.builders.options import LoadOptions, load_of
from microcosm_sqlite.builders.tracing import check_foreign_keys
from microcosm_sqlite.progress import step
from microcosm_sqlite.sources.csv import CSVInput, CSVSource
from microcosm_sqlite.sources.kinds import source_of
from microcosm_sqlite.sources.rows import RowsSource
from microcosm_sqlite.sources.tabular import Source as RowSource

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from microcosm_sqlite.dataset import DataSet
    from microcosm_sqlite.errors import RowProblem


class Loads:
    """Loads of sources into tables, each all there or, after an error, none of it."""

    if TYPE_CHECKING:
        data_set: type[DataSet]

        def _transaction(self) -> AbstractContextManager[Connection]: ...

        def _own(self, model: type[Any]) -> type[Any]: ...

    def __init__(self) -> None:
        self._loaded: list[tuple[Load, Source | None]] = []
        #: What was wrong with rows that were left out on purpose, the first of each load.
        self.skipped: tuple[RowProblem, ...] = ()

    def csv(
        self,
        model: type[Any],
        source: CSVInput,
        *,
        defaults: Mapping[str, Any] | None = None,
        ignore: Iterable[str] = (),
    ) -> int:
        """Load CSV into the table of *model* and return how many rows there were.

        Args:
            model: a model of the data set.
            source: a path, an open text file, lines of text, or a `CSVSource`.
            defaults: values for columns that the source does not have, by column name or attribute.
            ignore: source columns that are dropped on purpose.

        Raises:
            SourceError: the source cannot be read.
            HeaderError: its header does not fit the model.
            RowsRejectedError: rows do not fit, each told with its line.
        """
        return self._load(model, CSVSource.of(source), LoadOptions(defaults=defaults or {}, ignore=ignore))

    def load(self, model: type[Any], source: Any, **options: Unpack[LoadOptions]) -> int:
        """Load a source into the table of *model* and return how many rows there were.

        Args:
            model: a model of the data set.
            source: the path of a CSV, TSV, JSON or JSON Lines file, packed or not; mappings of Python values by
                attribute or column name, which may leave out what has a default; or any source.
            options: how it is mapped and what is done about rows that do not fit; see `LoadOptions`.

        Raises:
            SourceError: the source cannot be read.
            HeaderError: its names do not fit the model.
            RowsRejectedError: rows do not fit, each told with its line; nothing was loaded.
        """
        return self._load(model, self._source_for(model, source), options)

    def explain(self, model: type[Any], source: Any, **options: Unpack[LoadOptions]) -> str:
        """Return how `load` would fill each column, and who reads the source, as lines of text; nothing is loaded."""
        load = load_of(self._own(model), self._source_for(model, source), options)
        with self._transaction() as connection:
            return explain(connection, load)

    def upsert(self, model: type[Any], source: Any, **options: Unpack[LoadOptions]) -> int:
        """Load a source as `load` does, but let its rows take the place of those with the same primary key.

        Columns that the source does not fill keep what they hold.
        """
        return self._load(model, self._source_for(model, source), options, Conflict.UPDATE)

    def replace(self, model: type[Any], source: Any, **options: Unpack[LoadOptions]) -> int:
        """Load a source as `load` does, in place of all rows that the table has; if it fails, these stay."""
        with self._transaction() as connection:
            connection.execute(delete(cast("Table", mapper_of(self._own(model)).local_table)))
            loaded = self._loaded_in(connection, model, self._source_for(model, source), options)
        self._forget(model)
        return self._keep(*loaded)

    def clear(self, model: type[Any]) -> None:
        """Delete all rows of *model*; rows that refer to them stay, and must find others before sealing."""
        with self._transaction() as connection:
            connection.execute(delete(cast("Table", mapper_of(self._own(model)).local_table)))
        self._forget(model)

    def check_foreign_keys(self) -> None:
        """Check that every foreign key leads to a row.

        Raises:
            DanglingKeyError: some do not, each told with file, line, column and the missing key where a CSV file that
                can be read again is to blame.
        """
        with self._transaction() as connection:
            loads = [load for load, _ in self._loaded]
            check_foreign_keys(connection, cast("MetaData", cast("Any", self.data_set).metadata).tables, loads)

    @property
    def sources(self) -> tuple[Source, ...]:
        """Where the rows that are here came from, in the order of their loads, for the manifest."""
        return tuple(entry for _, entry in self._loaded if entry is not None)

    def _source_for(self, model: type[Any], given: Any) -> RowSource:
        return source_of(given, name=f"rows of {self._own(model).__name__}")

    def _load(
        self, model: type[Any], source: RowSource, options: LoadOptions, conflict: Conflict = Conflict.REFUSE
    ) -> int:
        with self._transaction() as connection:
            loaded = self._loaded_in(connection, model, source, options, conflict)
        return self._keep(*loaded)

    def _loaded_in(
        self,
        connection: Connection,
        model: type[Any],
        source: RowSource,
        options: LoadOptions,
        conflict: Conflict = Conflict.REFUSE,
    ) -> tuple[Load, Loaded, Source | None]:
        load = load_of(self._own(model), source, options, conflict)
        digest = source.digest()
        of_bytes = None if digest is None else digest.bytes
        with step("load", source.name, of_bytes=of_bytes) as loading:
            loaded = load_source(connection, load)
            loading.advance(rows=loaded.rows, bytes=of_bytes)
        # What lies nowhere as bytes knows them only now.
        digest = digest or source.digest()
        return load, loaded, None if digest is None else entry_of(load, digest, loaded)

    def _keep(self, load: Load, loaded: Loaded, entry: Source | None) -> int:
        """Take note of a load that was committed, and return how many rows it brought."""
        if not load.source.is_rereadable:
            # Of no use, and may be large.
            load = replace(load, source=RowsSource((), name=load.source.name))
        self._loaded.append((load, entry))
        self.skipped += loaded.problems
        return loaded.rows

    def _forget(self, model: type[Any]) -> None:
        self._loaded = [(load, entry) for load, entry in self._loaded if load.model is not model]
