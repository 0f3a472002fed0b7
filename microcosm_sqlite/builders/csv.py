"""Load CSV into a data set that is bound to a graph, in place and in one transaction."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from functools import lru_cache, partial
from typing import Any, Final, Self, TypeAlias, cast

from sqlalchemy import Column, Connection, Table, delete
from sqlalchemy.orm import Session

from microcosm_sqlite.builders.batches import insert_all, insert_each
from microcosm_sqlite.builders.columns import column_names, mapper_of, unknown_names
from microcosm_sqlite.builders.loading import Load, load_source
from microcosm_sqlite.builders.locking import release_reads, telling_who_is_busy
from microcosm_sqlite.builders.objects import ObjectTarget, Piece
from microcosm_sqlite.builders.parsers import Step, parser
from microcosm_sqlite.builders.rejections import Rejections
from microcosm_sqlite.builders.tracing import check_foreign_keys
from microcosm_sqlite.dataset import data_set_name, resolve_data_set
from microcosm_sqlite.engines.dialect import StrictAPSWDialect
from microcosm_sqlite.sources.csv import CSVInput, CSVSource
from microcosm_sqlite.sources.tabular import QUOTED_EMPTY

#: What bulk mode takes: each model with its source, in the order of loading.
BulkInput: TypeAlias = Iterable[tuple[type[Any], CSVInput]]

#: Attribute and column by the name that a source uses for them.
Columns: TypeAlias = Mapping[str, tuple[str, Column[Any]]]

#: The methods by which a subclass has a say in every row.
_HOOKS: Final = ("as_model", "as_tuple", "get_columns", "delete_all")

#: Whatever the engine is set to: a load is one transaction. It takes no lock before its first row.
_ONE_TRANSACTION: Final[dict[str, Any]] = {"isolation_level": "SERIALIZABLE"}

_DIALECT: Final = StrictAPSWDialect()


class CSVBuilder:
    """Loads CSV into one model, or in bulk mode into several.

    Everything is one transaction: after an error the database is as it was before. Foreign keys are checked at its
    end, so that rows may refer to rows that come later. The tables must exist.

    A subclass may override `as_model`, `as_tuple`, `get_columns` or `delete_all`; rows then go through them and a
    session one by one, which is ten times slower or more.

    Args:
        graph: where the data set is bound.
        model_cls: the model; in bulk mode any class of the data set.
        bulk_mode: see `bulk`.
        commit_on_insert: commit every row on its own; what was loaded before an error then stays.
        delete_before_load: delete the rows that a table has first, in the same transaction.
    """

    def __init__(
        self,
        graph: Any,
        model_cls: type[Any],
        bulk_mode: bool = False,  # noqa: FBT001, FBT002
        commit_on_insert: bool = False,  # noqa: FBT001, FBT002
        delete_before_load: bool = False,  # noqa: FBT001, FBT002
    ) -> None:
        self.graph = graph
        self.model_cls = model_cls
        self.bulk_mode = bulk_mode
        self.commit_on_insert = commit_on_insert
        self.delete_before_load = delete_before_load
        self.defaults: dict[str, Any] = {}
        self.ignored: set[str] = set()
        self.executor: Executor | None = None

    def bulk(self) -> Self:
        """Make `build` take pairs of model and source, loaded in their order; return self."""
        self.bulk_mode = True
        return self

    def default(self, **values: Any) -> Self:
        """Fill columns that a source does not have, by column name or attribute; return self.

        A value is a Python value, or text as it would stand in a cell. A cell that is there but empty stays empty. In
        bulk mode a default applies to every model that has the column.
        """
        self.defaults.update(values)
        return self

    def ignore(self, *names: str) -> Self:
        """Drop the source columns of these names on purpose; return self."""
        self.ignored.update(names)
        return self

    def convert_with(self, executor: Executor | None) -> Self:
        """Let *executor* convert what Python reads, as a workbench does; return self.

        Rows that are committed one by one, or go through methods of a subclass, are converted here.
        """
        self.executor = executor
        return self

    def build(self, build_input: CSVInput | BulkInput) -> None:
        """Load a path, an open text file or lines of text; in bulk mode, pairs of model and one of these.

        Raises:
            SourceError: a source cannot be read.
            HeaderError: a header or a default does not fit the model.
            DuplicateRowError: keys occur twice.
            DanglingKeyError: foreign keys lead nowhere.
            RowsRejectedError: rows do not fit for any other reason.
            WorkersFailedError: the executor did not do what it was asked.
            ReadOnlyDataSetError: the data set cannot change.
            DataSetBusyError: another connection holds a lock.
        """
        pairs = cast("BulkInput", build_input if self.bulk_mode else [(self.model_cls, build_input)])
        data_set = resolve_data_set(self.model_cls)
        engine, _ = self.graph.sqlite(data_set_name(data_set))
        release_reads(self.graph, data_set)
        with telling_who_is_busy(data_set_name(data_set), engine):
            if any(getattr(type(self), hook) is not getattr(CSVBuilder, hook) for hook in _HOOKS):
                self._build_with_session(pairs)
            else:
                with engine.connect().execution_options(**_ONE_TRANSACTION) as connection:
                    self._build_with_connection(pairs, connection)

    def delete_all(self, model_class: type[Any], session: Session | Connection) -> Any:
        """Delete all rows of a model, whatever store it has."""
        return session.execute(delete(cast("Table", mapper_of(model_class).local_table)))

    def as_model(self, model_cls: type[Any], row: Mapping[str, Any]) -> Any:
        """Return the instance for a *row* of cells by header name."""
        columns = self.get_columns(model_cls)
        # Empty text that was given as a default is meant: it is no empty cell.
        defaults = {name: QUOTED_EMPTY if value == "" else value for name, value in self.defaults.items()}
        return model_cls(
            **dict(
                self.as_tuple(columns, name, value) for name, value in (defaults | dict(row)).items() if name in columns
            )
        )

    @staticmethod
    def get_columns(model_cls: type[Any]) -> dict[str, tuple[str, Column[Any]]]:
        """Return the attribute and column behind every header name of a model."""
        return column_names(model_cls)

    @staticmethod
    def as_tuple(columns: Columns, name: str, value: Any) -> tuple[str, Any]:
        """Return the attribute that *name* means, with the value that it gets for the cell *value*."""
        key, column = columns[name]
        return key, _parser(column)(value) if isinstance(value, str) else value

    # Past the ORM

    def _build_with_connection(self, pairs: BulkInput, connection: Connection) -> None:
        self._defer_foreign_keys(connection)
        commit = connection.commit if self.commit_on_insert else None
        loads: list[Load] = []
        for model, source in pairs:
            load = self._load(model, source)
            loads.append(load)
            if self.delete_before_load:
                self.delete_all(model, connection)
            load_source(connection, load, commit=commit)
        self._check(connection, loads)
        connection.commit()

    # Through as_model

    def _build_with_session(self, pairs: BulkInput) -> None:
        with self.model_cls.new_context(self.graph) as context:
            session: Session = context.session
            self._defer_foreign_keys(session.connection(execution_options=_ONE_TRANSACTION))
            loads: list[Load] = []
            for model, source in pairs:
                load = self._load(model, source)
                loads.append(load)
                if self.delete_before_load:
                    self.delete_all(model, session)
                self._insert_objects(session, load)
            self._check(session.connection(), loads)
            session.commit()

    def _insert_objects(self, session: Session, load: Load) -> None:
        rejections = Rejections(load.table)
        with load.source.open() as reading:
            self._check_header(load, reading.header)
            target = ObjectTarget(
                session,
                lambda record: self.as_model(load.model, self._row(reading.header, record)),
                lambda record: self._pieces(load.model, self._row(reading.header, record)),
                source=load.source.name,
                header=reading.header,
            )
            if self.commit_on_insert:
                insert_each(target, reading.records, rejections, commit=session.commit)
            else:
                insert_all(target, reading.batches, rejections)
        rejections.raise_any()

    def _check_header(self, load: Load, header: Sequence[str]) -> None:
        """Refuse names that no column has, unless an `as_model` of its own may know what to do with them."""
        if type(self).as_model is CSVBuilder.as_model:
            known = self.get_columns(load.model)
            unknown = [name for name in header if name not in known and name not in self.ignored]
            if unknown:
                raise unknown_names(unknown, known, source=load.source.name)

    def _row(self, header: Sequence[str], record: Sequence[Any]) -> dict[str, Any]:
        return {name: cell for name, cell in zip(header, record, strict=True) if name not in self.ignored}

    def _pieces(self, model: type[Any], row: Mapping[str, Any]) -> Iterator[Piece]:
        columns = self.get_columns(model)
        for name, value in row.items():
            if name in columns:
                yield name, value, partial(self.as_tuple, columns, name, value)

    # Both ways

    def _load(self, model: type[Any], source: CSVInput) -> Load:
        defaults = self.defaults
        if self.bulk_mode:
            known = column_names(model)
            defaults = {name: value for name, value in defaults.items() if name in known}
        return Load(
            model=model,
            source=CSVSource.of(source),
            defaults=defaults,
            ignored=frozenset(self.ignored),
            executor=self.executor,
        )

    def _defer_foreign_keys(self, connection: Connection) -> None:
        if not self.commit_on_insert:
            connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")

    def _check(self, connection: Connection, loads: Sequence[Load]) -> None:
        if not connection.exec_driver_sql("PRAGMA foreign_keys").scalar():
            return
        tables = {load.table for load in loads}
        if self.delete_before_load:
            tables |= {
                key.parent.table.name
                for table in resolve_data_set(self.model_cls).metadata.tables.values()  # type: ignore[attr-defined]
                for key in table.foreign_keys
                if key.column.table.name in tables
            }
        check_foreign_keys(connection, tables, loads)


@lru_cache(maxsize=1024)
def _parser(column: Column[Any]) -> Step:
    return parser(column, _DIALECT)
