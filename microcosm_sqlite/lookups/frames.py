"""Turn Arrow tables into data frames that keep their types.

| Arrow | polars | pandas |
|---|---|---|
| int64, bool | the same | the same; `Int64`, `boolean` where the column may be NULL |
| float64, string | the same | the same; NULL is NaN |
| dictionary | `Enum` | category |
| date32, time64, decimal128 | `Date`, `Time`, `Decimal` | pyarrow's own |
| timestamp, duration | `Datetime`, `Duration` | datetime64, timedelta64 |
| arrow.uuid | its 16 bytes | `uuid.UUID` |
| arrow.json | text | text |
"""

from typing import TYPE_CHECKING, Any, TypeAlias, cast

from microcosm_sqlite.errors import MissingExtraError
from microcosm_sqlite.lookups.arrow import DataType, RecordBatch, Table, pa

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

#: A column of a table.
Chunks: TypeAlias = Any


def polars_of(table: Table | RecordBatch) -> "pl.DataFrame":
    """Return *table* as a frame of polars.

    Raises:
        MissingExtraError: polars is not installed.
    """
    try:
        import polars as pl  # noqa: PLC0415 - An extra.
    except ImportError as error:
        raise MissingExtraError(extra="polars", needed_by="A data frame of polars") from error
    columns = _columns(table)
    frame = cast(
        "pl.DataFrame", cast("Any", pl).from_arrow(pa.table({name: _plain(chunks) for name, chunks in columns.items()}))
    )
    enumerations = {name: _labels(chunks) for name, chunks in columns.items() if pa.types.is_dictionary(chunks.type)}
    return frame.with_columns(pl.col(name).cast(pl.Enum(labels)) for name, labels in enumerations.items())


def pandas_of(table: Table | RecordBatch) -> "pd.DataFrame":
    """Return *table* as a frame of pandas; no integer becomes a float because another one is missing.

    Raises:
        MissingExtraError: pandas is not installed.
    """
    try:
        import pandas as pd  # noqa: PLC0415 - An extra.
    except ImportError as error:
        raise MissingExtraError(extra="pandas", needed_by="A data frame of pandas") from error

    # What this pandas makes of texts; of none at all it would make objects.
    text: Any = pd.Series(["text"]).dtype

    def kept(type_: DataType) -> Any:
        if type_ == pa.string():
            return text if str(text) == "str" else None
        is_arrow = pa.types.is_date(type_) or pa.types.is_time(type_) or pa.types.is_decimal(type_)
        return pd.ArrowDtype(type_) if is_arrow else None

    def kept_if_missing(type_: DataType) -> Any:
        return {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}.get(type_) or kept(type_)

    def series(name: str, chunks: Chunks) -> Any:
        if chunks.type == pa.uuid():
            # What pyarrow itself makes of them differs from release to release.
            return pd.Series(chunks.to_pylist(), dtype=object)
        mapper = kept_if_missing if table.schema.field(name).nullable else kept
        return (_plain(chunks) if chunks.type == pa.json_() else chunks).to_pandas(types_mapper=mapper)

    return pd.DataFrame({name: series(name, chunks) for name, chunks in _columns(table).items()}, copy=False)


def _columns(table: Table | RecordBatch) -> dict[str, Chunks]:
    whole = table if isinstance(table, pa.Table) else pa.Table.from_batches([table])
    return dict(zip(whole.schema.names, whole.columns, strict=True))


def _plain(chunks: Chunks) -> Chunks:
    """Return what *chunks* are made of, if that is not what they are."""
    type_ = chunks.type
    if not isinstance(type_, pa.BaseExtensionType):
        return chunks
    return pa.chunked_array([chunk.storage for chunk in chunks.chunks], type_.storage_type)


def _labels(chunks: Chunks) -> list[str]:
    return [] if not chunks.num_chunks else cast("list[str]", chunks.chunk(0).dictionary.to_pylist())
