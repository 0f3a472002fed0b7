"""Give the rows that match as columns, to whoever computes with them."""

from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, Generic, cast

from sqlalchemy import Column, inspect, type_coerce
from sqlalchemy.orm import InstrumentedAttribute
from typing_extensions import TypeVar

from microcosm_sqlite.errors import ArgumentError, MissingExtraError
from microcosm_sqlite.lookups.arguments import check_number, choice, is_page, listed, named
from microcosm_sqlite.lookups.asking import Asking, Explaining
from microcosm_sqlite.lookups.criteria import is_condition
from microcosm_sqlite.lookups.picking import Pick, is_column
from microcosm_sqlite.lookups.seeking import STORED

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa
    from sqlalchemy.orm import Mapper

    from microcosm_sqlite.lookups.answers import Answers
    from microcosm_sqlite.lookups.batches import Batches

ModelT = TypeVar("ModelT", default=Any)

#: Rows of a batch, unless it is said how many: as many as fit into the caches of a processor, column by column.
BATCH_ROWS: Final = 65_536


class Columns(Generic[ModelT]):
    """Look-ups whose rows are wanted as columns."""

    if TYPE_CHECKING:
        _answers: Answers[ModelT]

        @property
        def model_class(self) -> type[ModelT]:
            """The model."""
            ...

        @property
        def session(self) -> Any:
            """The session that the store uses here and now."""
            ...

        @property
        def _name(self) -> str: ...

        def _select(self, criteria: Any, filters: Any, *, offset: int | None, limit: int | None) -> Any: ...

        def values(self, *columns: Any, where: Sequence[Any], **filters: Any) -> Iterator[tuple[Any, ...]]:
            """Return some columns of the rows that match."""
            ...

    def to_arrow(
        self,
        *criteria: Any,
        columns: Sequence[Any] | None = None,
        offset: int | None = None,
        limit: int | None = None,
        **filters: Any,
    ) -> "pa.Table":
        """Return the rows that match as an Arrow table, in the declared order: `search`, column by column.

            cities.to_arrow()
            cities.to_arrow(City.population > 1_000_000, country_code="FR", columns=[City.name, City.population])

        Types are kept, also of a result without rows (`lookups.arrow` says what becomes of each); a value that its type
        has no room for is an error, never rounded. No instance is made of any row.

        Args:
            *criteria: SQLAlchemy expressions that must hold.
            columns: mapped attributes of the model, or their names; by default all its columns.
            offset: how many rows to skip.
            limit: how many rows to give at most.
            **filters: filters as for `search`.

        Raises:
            MissingExtraError: pyarrow is not installed.
            ColumnTypeError: a column, or a value of it, has no counterpart in Arrow.
            UnknownFilterError: a keyword is unknown.
        """
        table: pa.Table = self._batches(criteria, columns, filters, offset=offset, limit=limit).table()
        return table

    def to_arrow_batches(
        self,
        *criteria: Any,
        columns: Sequence[Any] | None = None,
        batch_rows: int = BATCH_ROWS,
        offset: int | None = None,
        limit: int | None = None,
        **filters: Any,
    ) -> "pa.RecordBatchReader":
        """Return a reader that gives what `to_arrow` would give in batches, and holds no more than one of them.

        Batches have *batch_rows* rows, or fewer where rows are large. Whatever takes Arrow takes the reader: a Parquet
        writer, DuckDB, polars. Of sealed data it may be read by another thread, and at any pace. A reader that nobody
        wants any more gives its connection back.
        """
        check_number(batch_rows, where=self._name, argument="batch_rows", least=1, otherwise="")
        batches = self._batches(criteria, columns, filters, offset=offset, limit=limit)
        reader: pa.RecordBatchReader = batches.reader(batch_rows)
        return reader

    def to_polars(
        self,
        *criteria: Any,
        columns: Sequence[Any] | None = None,
        offset: int | None = None,
        limit: int | None = None,
        **filters: Any,
    ) -> "pl.DataFrame":
        """Return the rows that match as a data frame of polars: see `to_arrow`, and `lookups.frames` for its types."""
        _need("polars", "pyarrow", "polars")
        from microcosm_sqlite.lookups.frames import polars_of  # noqa: PLC0415 - An extra.

        return polars_of(self._batches(criteria, columns, filters, offset=offset, limit=limit).table())

    def to_pandas(
        self,
        *criteria: Any,
        columns: Sequence[Any] | None = None,
        offset: int | None = None,
        limit: int | None = None,
        **filters: Any,
    ) -> "pd.DataFrame":
        """Return the rows that match as a data frame of pandas: see `to_arrow`, and `lookups.frames` for its types."""
        _need("pandas", "pyarrow", "pandas")
        from microcosm_sqlite.lookups.frames import pandas_of  # noqa: PLC0415 - An extra.

        return pandas_of(self._batches(criteria, columns, filters, offset=offset, limit=limit).table())

    def to_dicts(
        self,
        *criteria: Any,
        columns: Sequence[Any] | None = None,
        offset: int | None = None,
        limit: int | None = None,
        **filters: Any,
    ) -> list[dict[str, Any]]:
        """Return the rows that match as dictionaries by attribute, their values as the attributes hold them."""
        chosen = self._chosen(criteria, columns)
        rows = self.values(*chosen, where=criteria, offset=offset, limit=limit, **filters)
        names = [attribute.key for attribute in chosen]
        return [dict(zip(names, row, strict=True)) for row in rows]

    def _batches(
        self,
        criteria: tuple[Any, ...],
        columns: Sequence[Any] | None,
        filters: dict[str, Any],
        *,
        offset: int | None,
        limit: int | None,
    ) -> "Batches":
        _need("arrow", "pyarrow")
        from microcosm_sqlite.lookups.batches import Batches  # noqa: PLC0415 - An extra.
        from microcosm_sqlite.lookups.filling import arrow_column  # noqa: PLC0415 - An extra.

        mapper: Mapper[Any] = inspect(self.model_class)
        chosen = self._chosen(criteria, columns)
        names = tuple(str(attribute.key) for attribute in chosen)

        def through_sqlalchemy(rows: int) -> Iterator[Sequence[Any]]:
            with Explaining(self, criteria, filters):
                query = self._select(criteria, filters, offset=offset, limit=limit).with_entities(*map(_stored, chosen))
                result = self.session.execute(query.statement.execution_options(yield_per=rows))
                try:
                    yield from result.partitions()
                finally:
                    result.close()

        is_plain = is_page(offset) and is_page(limit)
        page = (-1 if limit is None else limit, 0 if offset is None else offset)
        prepared = self._answers.prepared(Pick(names), criteria, filters, page) if is_plain else None
        if prepared is None:
            # Now rather than with the first row: what is wrong with the question should be heard at once.
            with Asking(self, criteria, filters):
                self._select(criteria, filters, offset=offset, limit=limit)
        model = mapper.class_.__name__
        into_arrow = [arrow_column(name, cast("Any", mapper.columns[name]), model=model) for name in names]
        return Batches(prepared, into_arrow, through_sqlalchemy)

    def _chosen(self, criteria: tuple[Any, ...], columns: Sequence[Any] | None) -> list[Any]:
        """Return the attributes of the columns that are asked for."""
        for criterion in criteria:
            if isinstance(criterion, InstrumentedAttribute) and not is_condition(cast("Any", criterion)):
                raise ArgumentError(
                    where=self._name,
                    argument="conditions",
                    expected="expressions that are true or false",
                    found=f"the column {criterion}",
                    remedy=f"Write columns=[{criterion}].",
                )
        mapper: Mapper[Any] = inspect(self.model_class)
        known = {
            one.key: getattr(self.model_class, one.key)
            for one in mapper.column_attrs
            if isinstance(one.columns[0], Column)
        }
        if columns is None:
            return [*known.values()]
        example = f"columns=[{named(columns)}]"
        asked = listed(columns, where=self._name, argument="columns", example=example)
        chosen = [known.get(one, one) if isinstance(one, str) else one for one in asked]
        strangers = [one for one in chosen if not is_column(one, mapper)]
        if strangers or not chosen:
            raise ArgumentError(
                where=self._name,
                argument="columns",
                expected=f"columns of {mapper.class_.__name__}, or their names",
                found=", ".join(map(named, strangers)) or "none",
                remedy=choice([*known], found=strangers[0] if strangers else None),
            )
        return chosen


def _stored(attribute: Any) -> Any:
    """Return what gives the values of *attribute* as the driver has them."""
    type_ = attribute.type
    is_wrapped = type_._has_column_expression  # noqa: SLF001 - SQLAlchemy asks the same before it wraps a column.
    return type_coerce(type_.column_expression(attribute) if is_wrapped else attribute, STORED).label(attribute.key)


def _need(extra: str, *modules: str) -> None:
    try:
        for module in modules:
            import_module(module)
    except ImportError as error:
        raise MissingExtraError(extra=extra, needed_by=f"Store.to_{extra}") from error
