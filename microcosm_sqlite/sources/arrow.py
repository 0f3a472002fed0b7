"""Read Parquet and Arrow files, some rows at a time."""

from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from microcosm_sqlite.errors import MissingExtraError, SourceError
from microcosm_sqlite.sources.files import digest_of, told, unreadable
from microcosm_sqlite.sources.tabular import BATCH_ROWS, Batch, Content, FileDigest, Reading

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, kw_only=True, slots=True)
class _Opened:
    """What pyarrow says of a file that is open."""

    names: list[str]
    #: How many they are, more or less.
    rows: int
    batches: "Iterable[pa.RecordBatch]"


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
            with self._opened() as opened:
                batches = told(_batches(opened.batches), self.path, rows=opened.rows)
                yield Reading(header=tuple(opened.names), batches=batches, content=Content.PLAIN)
        except OSError as error:
            raise unreadable(self.name, error, expected=self.kind) from error
        except pa.ArrowException as error:
            remedy = "Write it anew, or say what it is."
            raise SourceError(source=self.name, expected=self.kind, found=str(error), remedy=remedy) from error

    @contextmanager
    def _opened(self) -> Generator[_Opened]:
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
    def _opened(self) -> Generator[_Opened]:
        from pyarrow import parquet  # noqa: PLC0415

        with parquet.ParquetFile(self.path) as file:
            yield _Opened(
                names=file.schema_arrow.names,
                rows=file.metadata.num_rows,
                batches=cast("Any", file).iter_batches(BATCH_ROWS),
            )


class ArrowSource(_ArrowFile):
    """An Arrow IPC file (Feather V2); only some rows of it are in memory at a time.

    Args:
        path: the file.
        name: what errors call it; the path by default.
    """

    kind = "an Arrow file"

    @contextmanager
    def _opened(self) -> Generator[_Opened]:
        import pyarrow as pa  # noqa: PLC0415
        from pyarrow import ipc  # noqa: PLC0415

        with pa.memory_map(str(self.path)) as mapped, ipc.open_file(mapped) as file:
            numbers = range(file.num_record_batches)
            yield _Opened(
                names=file.schema.names,
                # All but the last one hold as many as the first: to look into each would unpack them twice.
                rows=sum(file.get_batch(number).num_rows for number in numbers[:1]) * len(numbers),
                batches=map(file.get_batch, numbers),
            )


def _batches(batches: Iterable[Any]) -> Iterator[Batch]:
    first = 1
    for batch in batches:
        for start in range(0, batch.num_rows, BATCH_ROWS):
            part = batch.slice(start, BATCH_ROWS)
            rows = list(zip(*(column.to_pylist() for column in part.columns), strict=True))
            yield Batch(lines=range(first, first + len(rows)), rows=rows)
            first += len(rows)
