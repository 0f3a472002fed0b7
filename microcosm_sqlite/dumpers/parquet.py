"""Write the rows of a model as Parquet that builds the same rows again."""

from collections.abc import Callable, Iterable, Sequence
from os import PathLike, fspath
from typing import IO, Any, Final, cast

from sqlalchemy import types as sql

from microcosm_sqlite.dumpers.fields import Field, default_names, fields_of
from microcosm_sqlite.dumpers.stored import STREAM_ROWS, stored_rows
from microcosm_sqlite.engines.dialect import StrictAPSWDialect
from microcosm_sqlite.errors import MissingExtraError

try:
    import pyarrow as pa
    from pyarrow import parquet
except ImportError as error:
    raise MissingExtraError(extra="arrow", needed_by="a dump to Parquet") from error

_DIALECT: Final = StrictAPSWDialect()

#: Rows of a group, which readers take into memory as a whole.
_GROUP_ROWS: Final = 100 * STREAM_ROWS

#: Types that Parquet has as well, the first that fits; all others are written as the text that CSV has for them.
_TYPES: Final[tuple[tuple[type[Any], pa.DataType], ...]] = (
    (sql.Enum, pa.string()),
    (sql.Boolean, pa.bool_()),
    (sql.Integer, pa.int64()),
    (sql.Float, pa.float64()),
    (sql.String, pa.string()),
    (sql.LargeBinary, pa.binary()),
    (sql.Date, pa.date32()),
    (sql.DateTime, pa.timestamp("us")),
    (sql.Time, pa.time64("us")),
)


class ParquetDumper:
    """Writes the rows of a store's model as Parquet, in the order of the primary key.

    Loading the dump gives the same rows again, to the last bit.

    Args:
        graph: where the data set is bound.
        store: its session reads the rows; when none is open, the dump opens one for itself.
        model_cls: the model, when it is not the store's own.
    """

    def __init__(self, graph: Any, store: Any, model_cls: type[Any] | None = None) -> None:
        self.graph = graph
        self.store = store
        self.model_cls: type[Any] = model_cls or store.model_class

    def dump(self, target: str | PathLike[str] | IO[bytes], field_names: Iterable[str] | None = None) -> None:
        """Write every row, 100,000 in memory at a time.

        Args:
            target: a path, or a file opened for bytes.
            field_names: column names or attributes; by default all columns that hold values, in the order of the table.

        Raises:
            ValueError: a name is none of the model.
        """
        fields = fields_of(self.model_cls, field_names or default_names(self.model_cls), _DIALECT)
        unknown = [field.name for field in fields if field.key is None]
        if unknown:
            raise ValueError(f"{self.model_cls.__name__} has no columns called {', '.join(unknown)}")
        columns = [_Column(field) for field in fields]
        schema = pa.schema([pa.field(field.name, column.type) for field, column in zip(fields, columns, strict=True)])
        place = cast("Any", fspath(target) if isinstance(target, PathLike) else target)
        with parquet.ParquetWriter(place, schema) as writer:
            group: list[Sequence[Any]] = []
            for row in stored_rows(self.graph, self.store, self.model_cls, fields):
                group.append(row)
                if len(group) == _GROUP_ROWS:
                    writer.write_table(_table(group, columns, schema))
                    group = []
            writer.write_table(_table(group, columns, schema))


class _Column:
    """How the values of one field are written."""

    def __init__(self, field: Field) -> None:
        type_ = None if field.column is None else field.column.type
        known = None if field.is_json else next((arrow for kind, arrow in _TYPES if isinstance(type_, kind)), None)
        self.type: pa.DataType = pa.string() if known is None else known
        is_text = known is None or isinstance(type_, sql.Enum)
        self._write: Callable[[Any], Any] | None = field.write if is_text and not field.is_json else None

    def array(self, values: Iterable[Any]) -> Any:
        """Return *values* as Arrow has them."""
        write = self._write
        given = values if write is None else (None if value is None else write(value) for value in values)
        return pa.array(list(given), self.type)


def _table(rows: Sequence[Sequence[Any]], columns: Sequence[_Column], schema: Any) -> Any:
    cells = zip(*rows, strict=True) if rows else ((),) * len(columns)
    arrays = [column.array(values) for column, values in zip(columns, cells, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)
