"""Read Parquet and Arrow files, some rows at a time."""

from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from microcosm_sqlite.errors import MissingExtraError, SourceError
from microcosm_sqlite.sources.files import digest_of, unreadable
from microcosm_sqlite.sources.tabular import BATCH_ROWS, Batch, Content, FileDigest, Reading

if TYPE_CHECKING:
    import pyarrow as pa


class _ArrowFile:
    """A file that pyarrow reads."""

    #: What errors say was expected.
    kind: str

    def __init__(self, path: str | PathLike[str], *, name: str | None = None) -> None:
        self.path = Path(path)
        self.name = name or fspath(path)

    @property
    def is_rereadable(self) -> bool:
        """Whether it can be opened more than once: a file can."""
        return True

    def digest(self) -> FileDigest | None:
        """Return which bytes the file has now."""
        return digest_of(self.path, name=self.name)

    @contextmanager
    def open(self) -> Generator[Reading]:
        """Yield a pass over the rows; errors count them from 1.

        Raises:
            SourceError: the file cannot be read, or is of another kind; may also come while rows are read.
            MissingExtraError: pyarrow is not installed.
        """
        try:
            import pyarrow as pa  # noqa: PLC0415 - an extra
        except ImportError as error:
            raise MissingExtraError(extra="arrow", needed_by=f"reading {self.kind}") from error
        try:
            with self._opened() as (names, batches):
                rows = _batches(batches)
                yield Reading(header=tuple(names), batches=rows, content=Content.PLAIN)
        except OSError as error:
            raise unreadable(self.name, error, expected=self.kind) from error
        except pa.ArrowException as error:
            remedy = "Write it anew, or say what it is."
            raise SourceError(source=self.name, expected=self.kind, found=str(error), remedy=remedy) from error

    @contextmanager
    def _opened(self) -> "Generator[tuple[list[str], Iterable[pa.RecordBatch]]]":
        raise NotImplementedError
        yield


class ParquetSource(_ArrowFile):
    """A Parquet file; only some rows of it are in memory at a time.

    Args:
        path: the file.
        name: what errors call it; the path by default.
    """

    kind = "a Parquet file"

    @contextmanager
    def _opened(self) -> "Generator[tuple[list[str], Iterable[pa.RecordBatch]]]":
        from pyarrow import parquet  # noqa: PLC0415

        with parquet.ParquetFile(self.path) as file:
            yield file.schema_arrow.names, cast("Any", file).iter_batches(BATCH_ROWS)


class ArrowSource(_ArrowFile):
    """An Arrow IPC file (Feather V2); only some rows of it are in memory at a time.

    Args:
        path: the file.
        name: what errors call it; the path by default.
    """

    kind = "an Arrow file"

    @contextmanager
    def _opened(self) -> "Generator[tuple[list[str], Iterable[pa.RecordBatch]]]":
        import pyarrow as pa  # noqa: PLC0415
        from pyarrow import ipc  # noqa: PLC0415

        with pa.memory_map(str(self.path)) as mapped, ipc.open_file(mapped) as file:
            yield file.schema.names, (file.get_batch(number) for number in range(file.num_record_batches))


def _batches(batches: Iterable[Any]) -> Iterator[Batch]:
    first = 1
    for batch in batches:
        for start in range(0, batch.num_rows, BATCH_ROWS):
            part = batch.slice(start, BATCH_ROWS)
            rows = list(zip(*(column.to_pylist() for column in part.columns), strict=True))
            yield Batch(lines=range(first, first + len(rows)), rows=rows)
            first += len(rows)
