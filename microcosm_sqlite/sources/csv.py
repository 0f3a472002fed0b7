"""Read comma-separated values as records that know the line they start on.

The dialect is the one `csv.DictReader` reads and spreadsheets write: commas, double quotes, any line ending, a header,
UTF-8 with or without a byte order mark; all but the line ending can be said to be otherwise. What is not that is an
error with its line, never a guess.
"""

import os
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from os import PathLike
from pathlib import Path
from typing import Any, Final, TextIO, TypeAlias, cast

from microcosm_sqlite.errors import SourceError
from microcosm_sqlite.sources.blocks import blocks_of_bytes, blocks_of_lines
from microcosm_sqlite.sources.delivered import DeliveredText
from microcosm_sqlite.sources.files import digest_of, open_bytes
from microcosm_sqlite.sources.lines import Block
from microcosm_sqlite.sources.pieces import csv_pieces
from microcosm_sqlite.sources.records import COMMAS, Dialect, RecordReader
from microcosm_sqlite.sources.tabular import FileDigest, Reading

#: How Python calls the encoding that needs no decoder of its own here.
_UTF8: Final = ("utf-8", "utf8", "utf-8-sig")


class CSVSource:
    """Comma-separated values in a file.

    Args:
        source: a path, opened as UTF-8, unpacked if need be; or a text file, which is read from where it stands and
            stays open (open it with `newline=""`); or any iterable of lines.
        name: what errors call it; the path or the file's own name by default.
        dialect: what separates cells and what quotes them.
        encoding: that of a path.
        header: the names of the columns, if they do not stand in the first line.

    Raises:
        TypeError: *source* is none of these, such as a file opened for bytes.
    """

    def __init__(
        self,
        source: "CSVInput",
        *,
        name: str | None = None,
        dialect: Dialect = COMMAS,
        encoding: str = "utf-8",
        header: Sequence[str] | None = None,
    ) -> None:
        self.path: Path | None = None
        self._dialect = dialect
        self._encoding = encoding
        self._header = None if header is None else tuple(header)
        self._lines: Iterable[str] | None = None
        self._start: int | None = None
        self._is_used = False
        self._delivered: DeliveredText | None = None
        if isinstance(source, str | PathLike):
            self.path = Path(source)
        else:
            self._lines = _check_lines(source)
            self._start = _position(self._lines)
        self.name = name or _name_of(source)

    @classmethod
    def of(cls, source: "CSVInput") -> "CSVSource":
        """Return *source* itself when it is a `CSVSource` already, else one made of it."""
        return source if isinstance(source, CSVSource) else cls(source)

    @property
    def is_rereadable(self) -> bool:
        """Whether it can be opened more than once: a path or a seekable file."""
        return self.path is not None or self._start is not None

    def digest(self) -> FileDigest | None:
        """Return which bytes the file has now, packed as it is.

        Without a path, which text the last pass read, in UTF-8; None before it came to its end.
        """
        if self.path is not None:
            return digest_of(self.path, name=self.name)
        return None if self._delivered is None else self._delivered.digest

    @contextmanager
    def open(self) -> Generator[Reading]:
        """Yield a pass over the rows from the beginning.

        Blank lines are skipped. A record with more or fewer cells than the header is yielded as it is; whoever knows
        the table judges it. A `""` in a file whose header is not quoted throughout comes as `QUOTED_EMPTY`: a writer
        that quotes only where it must means empty text by it.

        Raises:
            SourceError: the file is missing, a folder, empty, not UTF-8, holds a NUL or an unbalanced quote.
            HeaderError: a name occurs twice in the header.
        """
        if self.path is None:
            delivered = DeliveredText()
            yield self._reading(delivered.watch(blocks_of_lines(self._rewound(), name=self.name)))
            self._delivered = delivered
            return
        with open_bytes(self.path, name=self.name) as stream:
            if self._encoding.lower() in _UTF8:
                yield self._reading(blocks_of_bytes(stream, name=self.name))
                return
            with TextIOWrapper(stream, encoding=self._encoding, newline="") as text:
                yield self._reading(blocks_of_lines(text, name=self.name))

    def _reading(self, blocks: Iterator[Block]) -> Reading:
        reader = RecordReader(self.name, blocks, self._dialect)
        header = reader.header() if self._header is None else reader.no_header(self._header)
        return Reading(
            header=header,
            batches=(batch for block in reader for batch in reader.batches(block)),
            blocks=reader if self._dialect.is_plain else None,
            pieces=csv_pieces(reader, self._dialect),
        )

    def _rewound(self) -> Iterable[str]:
        if self._is_used and self._start is None:
            raise SourceError(
                source=self.name,
                expected="a source that can be read again",
                found="one that was read before",
                remedy="Pass a path, or open it anew.",
            )
        if self._is_used:
            cast("TextIO", self._lines).seek(cast("int", self._start))
        self._is_used = True
        return cast("Iterable[str]", self._lines)


#: What a CSV source can be made of: a path, an open text file or any other iterable of lines, or one made before.
CSVInput: TypeAlias = str | PathLike[str] | Iterable[str] | CSVSource


def _check_lines(source: Any) -> Iterable[str]:
    if isinstance(source, bytes | bytearray) or not hasattr(source, "__iter__"):
        raise TypeError(f"expected a path, a text file or lines of text, found {type(source).__name__}")
    if hasattr(source, "mode") and "b" in str(source.mode):
        raise TypeError(f"expected a file opened for text, found one opened for bytes (mode {source.mode!r})")
    if hasattr(source, "readable") and not hasattr(source, "encoding"):
        raise TypeError(f"expected a file opened for text, found {type(source).__name__}; wrap it in io.TextIOWrapper")
    return cast("Iterable[str]", source)


def _position(lines: Any) -> int | None:
    try:
        return int(lines.tell()) if lines.seekable() else None
    except (AttributeError, OSError):
        return None


def _name_of(source: Any) -> str:
    if isinstance(source, str | PathLike):
        return os.fspath(cast("str | PathLike[str]", source))
    name = getattr(source, "name", None)
    return name if isinstance(name, str) else type(source).__name__
