"""Give the rows of a look-up column by column, a batch at a time."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from microcosm_sqlite.lookups.arrow import Array, RecordBatch, Schema, Table, pa
from microcosm_sqlite.lookups.filling import ArrowColumn
from microcosm_sqlite.lookups.resuming import is_ours

if TYPE_CHECKING:
    from microcosm_sqlite.lookups.preparing import Prepared

#: Some rows as the driver has them.
Rows = Sequence[Sequence[Any]]


#: Rows of one piece of a table.
_TABLE_ROWS: Final = 2**20

#: Rows that are taken from the driver at a time: so few that their tuples are still in the cache of the processor when
#: they become columns. 200 to 500 take half the time that 65,536 take, and a thousandth of the memory.
_ROWS_AT_ONCE: Final = 500

#: How many rows come first, before it is known how large they are.
_FIRST_ROWS: Final = 50

#: Rows that are taken from the driver at a time come to about this, at most.
_BYTES_AT_ONCE: Final = 4 * 2**20

#: A batch that comes to this many bytes is whole, however few its rows.
_BATCH_BYTES: Final = 32 * 2**20


class Pace:
    """How many rows to take from the driver at a time: fewer where they are large."""

    def __init__(self) -> None:
        self.rows = _FIRST_ROWS

    def learn(self, *, rows: int, size_bytes: int) -> None:
        """Take into account that so many *rows* came to *size_bytes*."""
        self.rows = max(1, min(_ROWS_AT_ONCE, _BYTES_AT_ONCE * rows // max(size_bytes, 1)))


class Batches:
    """The rows of one look-up, column by column, a batch at a time."""

    def __init__(
        self, prepared: "Prepared | None", columns: Sequence[ArrowColumn], other: Callable[[int], Iterator[Rows]]
    ) -> None:
        """Make the batches of *prepared*, or where that is None, of the rows that *other* gives so many at a time.

        All of them as they are stored.
        """
        self._prepared = prepared
        self._columns = columns
        self._other = other
        if prepared is not None:
            # Now, because whoever reads them may be another thread, and counters belong to one.
            prepared.table.reader.counters.searches += 1
            prepared.table.reader.counters.scans += prepared.plan.scans

    @property
    def schema(self) -> Schema:
        """The names and types of the columns."""
        return pa.schema([column.field for column in self._columns])

    def table(self) -> Table:
        """Return all rows."""
        batches = [*self.each(_TABLE_ROWS)]
        # Not without any batch: what an enumeration stands for is in each of them.
        return pa.Table.from_batches(batches or [_Batch(self._columns, self.schema).take()])

    def reader(self, batch_rows: int) -> Any:
        """Return what reads batches of *batch_rows*, or fewer where rows are large."""
        return pa.RecordBatchReader.from_batches(self.schema, self.each(batch_rows))

    def each(self, batch_rows: int) -> Iterator[RecordBatch]:
        """Yield batches of *batch_rows*, or fewer where rows are large; hold no more than one."""
        batch, pace = _Batch(self._columns, self.schema), _Pace()
        for rows in self._found(pace):
            start = 0
            while start < len(rows):
                end = start + batch_rows - batch.rows
                pace.learn(rows=len(rows[start:end]), size_bytes=batch.add(rows[start:end]))
                start = end
                if batch.rows == batch_rows or batch.size_bytes >= _BATCH_BYTES:
                    yield batch.take()
        if batch.rows:
            yield batch.take()

    def _found(self, pace: "_Pace") -> Iterator[Rows]:
        if self._prepared is None:
            yield from self._other(_ROWS_AT_ONCE)
            return
        given = 0
        try:
            for some in _read(self._prepared, pace):
                yield some
                given += len(some)
        except Exception as error:
            if is_ours(error):
                raise
            # See `resuming.resumed`.
            yield from _behind(given, self._other(_ROWS_AT_ONCE))


def _read(prepared: "Prepared", pace: "_Pace") -> Iterator[Rows]:
    """Yield the rows of *prepared*, some at a time, on a connection of their own.

    Whoever takes them may be another thread than the one that asked, and take as long as it likes. The connection is
    given back at the end, or when nobody wants the rest.
    """
    pooled = prepared.table.reader.engine.raw_connection()
    try:
        cursor: Any = pooled.cursor()
        try:
            cursor.execute(prepared.plan.sql, prepared.plan.parameters(prepared.values))
            while found := cursor.fetchmany(pace.rows):
                yield found
        finally:
            cursor.close()
    finally:
        pooled.close()


def _behind(given: int, found: Iterator[Rows]) -> Iterator[Rows]:
    for some in found:
        if given < len(some):
            yield some[given:]
        given = max(0, given - len(some))


class _Pace:
    """How many rows to take from the driver at a time: fewer where they are large."""

    def __init__(self) -> None:
        self.rows = _FIRST_ROWS

    def learn(self, *, rows: int, size_bytes: int) -> None:
        """Take into account that so many *rows* came to *size_bytes*."""
        self.rows = max(1, min(_ROWS_AT_ONCE, _BYTES_AT_ONCE * rows // max(size_bytes, 1)))


class _Batch:
    """A batch that is being filled."""

    def __init__(self, columns: Sequence[ArrowColumn], schema: Schema) -> None:
        self._columns = columns
        self._schema = schema
        self._clear()

    def _clear(self) -> None:
        self._parts: list[list[Array]] = [[] for _ in self._columns]
        self.rows = self.size_bytes = 0

    def add(self, rows: Rows) -> int:
        """Add *rows*; return how many bytes they came to."""
        before = self.size_bytes
        for column, parts, values in zip(self._columns, self._parts, zip(*rows, strict=True), strict=True):
            array = column.fill(values)
            parts.append(array)
            self.size_bytes += array.nbytes
        self.rows += len(rows)
        return self.size_bytes - before

    def take(self) -> RecordBatch:
        """Return what was added, and begin anew."""
        arrays = [column.whole(parts) for column, parts in zip(self._columns, self._parts, strict=True)]
        self._clear()
        return pa.RecordBatch.from_arrays(arrays, schema=self._schema)
