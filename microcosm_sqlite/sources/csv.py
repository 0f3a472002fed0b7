"""Read comma-separated values as records that know the line they start on.

The dialect is the one `csv.DictReader` reads and spreadsheets write: commas, double quotes, any line ending, a header,
UTF-8 with or without a byte order mark. What is not that is an error with its line, never a guess.
"""

import csv
import hashlib
import os
import re
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from io import SEEK_END
from os import PathLike
from pathlib import Path
from typing import Any, Final, TextIO, TypeAlias, cast

from microcosm_sqlite.errors import HeaderError, SourceError
from microcosm_sqlite.sources.tabular import QUOTED_EMPTY, FileDigest, Reading, Record

_BYTE_ORDER_MARK: Final = "\ufeff"

#: One cell of a well-formed record, as it was written.
_CELL: Final = re.compile(r'("(?:[^"]|"")*"|[^,\r\n]*)(?:,|\r?\n?\Z|\r\Z)')

_UTF8_REMEDY: Final = "Save the file as UTF-8, or open it yourself with the encoding it has and pass the open file."


class CSVSource:
    """Comma-separated values in a file.

    Args:
        source: a path, opened as UTF-8; or a text file, which is read from where it stands and stays open (open it
            with `newline=""`); or any iterable of lines.
        name: what errors call it; the path or the file's own name by default.

    Raises:
        TypeError: *source* is none of these, such as a file opened for bytes.
    """

    def __init__(self, source: "CSVInput", *, name: str | None = None) -> None:
        self.path: Path | None = None
        self._lines: Iterable[str] | None = None
        self._start: int | None = None
        self._is_used = False
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
        """Return which bytes the file has now; None when the source is not a path."""
        if self.path is None:
            return None
        try:
            with self.path.open("rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
                return FileDigest(sha256=sha256, bytes=file.seek(0, SEEK_END))
        except (OSError, ValueError) as error:
            raise _unreadable(self.name, error) from error

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
            yield self._reading(self._rewound())
            return
        try:
            file = self.path.open(encoding="utf-8-sig", newline="")
        except (OSError, ValueError) as error:
            raise _unreadable(self.name, error) from error
        try:
            yield self._reading(file)
        finally:
            # What was read was read.
            with suppress(OSError):
                file.close()

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

    def _reading(self, lines: Iterable[str]) -> Reading:
        reader = _Reader(self.name, self.path, lines)
        return Reading(header=reader.header(), records=reader.records())


#: What a CSV source can be made of: a path, an open text file or any other iterable of lines, or one made before.
CSVInput: TypeAlias = str | PathLike[str] | Iterable[str] | CSVSource


class _Reader:
    """One pass over the lines of a source."""

    def __init__(self, name: str, path: Path | None, lines: Iterable[str]) -> None:
        self._name = name
        self._path = path
        self._pending: list[str] = []
        self._tells_empty_text = True
        self._may_tell_empty = False
        # strict: an unbalanced quote would silently swallow the rest of the file.
        self._csv = csv.reader(self._checked(lines), strict=True)

    def header(self) -> tuple[str, ...]:
        """Return the names in the first line that is not blank."""
        nothing: Record = (1, [])
        line, names = next(self._records(), nothing)
        if not names:
            raise SourceError(
                source=self._name,
                expected="a header line and rows",
                found="an empty file",
                remedy="Write the column names in the first line.",
            )
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise HeaderError(
                source=self._name,
                line=line,
                expected="every column name once",
                found=", ".join(f"{name!r} {names.count(name)} times" for name in twice),
                remedy="Rename or remove the repeated columns.",
            )
        # Writers that quote everything, or all text, write "" for nothing; so does any writer for a lone empty cell.
        written = _CELL.findall("".join(self._pending))[: len(names)]
        self._tells_empty_text = len(names) > 1 and not all(cell.startswith('"') for cell in written)
        return tuple(names)

    def records(self) -> Iterator[Record]:
        """Yield the records below the header."""
        for line, cells in self._records():
            if self._may_tell_empty and self._tells_empty_text:
                self._mark_quoted_empty(cells)
            yield line, cells

    def _records(self) -> Iterator[Record]:
        line = self._csv.line_num
        while True:
            self._pending.clear()
            self._may_tell_empty = False
            try:
                cells = next(self._csv)
            except StopIteration:
                return
            except csv.Error as error:
                raise self._malformed(line + 1, error) from error
            except UnicodeDecodeError as error:
                raise self._undecodable(error) from error
            except OSError as error:
                raise _unreadable(self._name, error, line=line + 1) from error
            if cells:
                yield line + 1, cells
            line = self._csv.line_num

    def _checked(self, lines: Iterable[str]) -> Iterator[str]:
        pending = self._pending
        is_first = True
        for line in lines:
            if is_first:
                is_first = False
                if not isinstance(cast("Any", line), str):
                    raise TypeError(f"expected lines of text (str), found {type(line).__name__}")
                line = line.removeprefix(_BYTE_ORDER_MARK)  # noqa: PLW2901 - the mark is no part of the line
            if "\0" in line:
                raise SourceError(
                    source=self._name,
                    line=self._csv.line_num + 1,
                    expected="text",
                    found="a NUL character",
                    remedy="Remove it; if the file is full of them, save it as UTF-8 rather than UTF-16.",
                )
            if '""' in line:
                self._may_tell_empty = True
            pending.append(line)
            yield line

    def _mark_quoted_empty(self, cells: list[str]) -> None:
        written = _CELL.finditer("".join(self._pending))
        for position, (cell, match) in enumerate(zip(tuple(cells), written, strict=False)):
            if not cell and match[1] == '""':
                cells[position] = QUOTED_EMPTY

    def _malformed(self, line: int, error: csv.Error) -> SourceError:
        is_too_long = "field limit" in str(error)
        return SourceError(
            source=self._name,
            line=line,
            expected=f"a cell of at most {csv.field_size_limit()} characters" if is_too_long else "balanced quotes",
            found=f"a record that ends in line {self._csv.line_num}: {error}",
            remedy="Close the quote that is open; a quote inside a quoted cell is written twice."
            + (" If the cell is right, raise csv.field_size_limit." if is_too_long else ""),
        )

    def _undecodable(self, error: UnicodeDecodeError) -> SourceError:
        # Files are decoded in blocks: where the byte stands can only be found by looking again.
        line, column = (None, None) if self._path is None else _first_undecodable(self._path)
        byte = error.object[error.start]
        where = f"after line {self._csv.line_num}" if column is None else f"as byte {column} of the line"
        return SourceError(
            source=self._name,
            line=line,
            expected=f"text in {error.encoding}",
            found=f"the byte 0x{byte:02x} {where}",
            remedy=_UTF8_REMEDY,
        )


def _unreadable(name: str, error: OSError | ValueError, *, line: int | None = None) -> SourceError:
    # ValueError: a path with a NUL in it.
    found = getattr(error, "strerror", None) or str(error)
    if isinstance(error, FileNotFoundError):
        found = "nothing there"
    elif isinstance(error, IsADirectoryError):
        found = "a folder"
    remedy = "Correct the path, or make the file readable."
    return SourceError(source=name, line=line, expected="a CSV file", found=found, remedy=remedy)


def _first_undecodable(path: Path) -> tuple[int | None, int | None]:
    """Return the line and the byte within it, both from 1, where *path* stops being UTF-8."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode()
            except UnicodeDecodeError as error:
                return number, error.start + 1
    return None, None


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
