"""Read sheets of spreadsheets."""

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from os import PathLike, fspath
from pathlib import Path
from typing import Any, cast

from microcosm_sqlite.errors import HeaderError, MissingExtraError, SourceError
from microcosm_sqlite.sources.files import digest_of, told, unreadable
from microcosm_sqlite.sources.tabular import Content, FileDigest, Reading, Record, batches_of


class ExcelSource:
    """A sheet of a spreadsheet (xlsx, xls, xlsb, ods), with the names of its columns in the first row that has any.

    The sheet is in memory, at about 80 bytes a cell, until its last row was read; a spreadsheet has no more than a
    million rows. The table may begin anywhere in it. An empty cell holds nothing; all numbers are doubles there, and a
    whole one fits a column of integers. Errors name the row as the spreadsheet does.

    Args:
        path: the file.
        sheet: the name of the sheet; the first by default.
        name: what errors call it; the path by default.
    """

    def __init__(self, path: str | PathLike[str], *, sheet: str | None = None, name: str | None = None) -> None:
        self.path = Path(path)
        self.name = name or (fspath(path) if sheet is None else f"{fspath(path)}, sheet {sheet}")
        self._sheet = sheet

    @property
    def is_rereadable(self) -> bool:
        """Whether it can be opened more than once: a file can."""
        return True

    def digest(self) -> FileDigest | None:
        """Return which bytes the file has now."""
        return digest_of(self.path, name=self.name)

    @contextmanager
    def open(self) -> Generator[Reading]:
        """Yield a pass over the rows below the header.

        Raises:
            SourceError: the file cannot be read, has no such sheet, or an empty one.
            HeaderError: a name is missing in the header, or twice there.
            MissingExtraError: python-calamine is not installed.
        """
        found = self._sheet_of_rows()
        rows = _filled(found.iter_rows())
        line, header = next(rows, (1, ()))
        names = self._names(line, header)
        # A cell beside the table is one too many, unless it is empty.
        records: Iterator[Record] = (
            (number, row if any(cell is not None for cell in row[len(names) :]) else row[: len(names)])
            for number, row in rows
        )
        batches = told(batches_of(records), self.path, rows=found.height)
        yield Reading(header=names, batches=batches, content=Content.PLAIN)

    def _sheet_of_rows(self) -> Any:
        try:
            import python_calamine as calamine  # noqa: PLC0415 - an extra
        except ImportError as error:
            raise MissingExtraError(extra="excel", needed_by="reading spreadsheets") from error
        try:
            with cast("Any", calamine.CalamineWorkbook).from_path(str(self.path)) as book:
                sheet = self._sheet or next(iter(book.sheet_names), "")
                if sheet not in book.sheet_names:
                    raise SourceError(
                        source=str(self.path),
                        expected=f"a sheet called {', '.join(map(repr, book.sheet_names))}",
                        found=repr(sheet),
                        remedy="Correct the name.",
                    )
                return book.get_sheet_by_name(sheet)
        except OSError as error:
            raise unreadable(self.name, error, expected="a spreadsheet") from error
        except calamine.CalamineError as error:
            remedy = "Save it as xlsx."
            raise SourceError(source=self.name, expected="a spreadsheet", found=str(error), remedy=remedy) from error

    def _names(self, line: int, header: Sequence[Any]) -> tuple[str, ...]:
        names = list(header)
        while names and names[-1] is None:
            names.pop()
        wrong = [name for name in names if not isinstance(name, str) or names.count(name) > 1]
        if not names or wrong:
            raise HeaderError(
                source=self.name,
                line=line,
                expected="every column named once",
                found=", ".join(map(_told, wrong)) or "an empty sheet",
                remedy="Write the names of the columns above the rows, and remove what stands beside the table.",
            )
        return tuple(names)


def _told(name: Any) -> str:
    return "a column without a name" if name is None else repr(name)


def _filled(rows: Iterable[list[Any]]) -> Iterator[Record]:
    """Yield the rows that hold anything, with their numbers; what is empty is None."""
    for number, row in enumerate(rows, 1):
        cells = [None if cell == "" else cell for cell in row]
        if any(cell is not None for cell in cells):
            yield number, cells
