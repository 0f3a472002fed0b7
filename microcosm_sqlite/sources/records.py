"""Take blocks of text apart into records of cells."""

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from microcosm_sqlite.errors import HeaderError, SourceError
from microcosm_sqlite.sources.blocks import looking_ahead
from microcosm_sqlite.sources.lines import Block
from microcosm_sqlite.sources.tabular import QUOTED_EMPTY, Batch


@dataclass(frozen=True, kw_only=True, slots=True)
class Dialect:
    """What separates cells, and how a cell that holds that is written."""

    delimiter: str = ","
    #: None: nothing is quoted, a quote is a character like any other.
    quote: str | None = '"'
    #: What stands before a character that is meant literally; None: a quote in a quoted cell is written twice.
    escape: str | None = None

    @property
    def is_plain(self) -> bool:
        """Whether it differs from that of spreadsheets by the delimiter only."""
        return self.quote == '"' and self.escape is None

    @property
    def options(self) -> dict[str, Any]:
        """The same as arguments of `csv.reader`; an unbalanced quote would else silently swallow the rest."""
        return {
            "delimiter": self.delimiter,
            "quotechar": self.quote,
            "quoting": csv.QUOTE_NONE if self.quote is None else csv.QUOTE_MINIMAL,
            "escapechar": self.escape,
            "doublequote": self.escape is None,
            "strict": True,
        }


COMMAS: Final = Dialect()
TABS: Final = Dialect(delimiter="\t")


class RecordReader:
    """One pass over the blocks of a source, of which the header is asked for first.

    Iterating yields block by block; `batches` gives the records of the one that came last.
    """

    def __init__(self, name: str, blocks: Iterator[Block], dialect: Dialect) -> None:
        self._name = name
        self._blocks = blocks
        self._dialect = dialect
        self._kept: Block | None = None
        self.delimiter = dialect.delimiter
        self.tells_empty_text = True

    def __iter__(self) -> Iterator[Block]:
        if self._kept is not None and self._kept.text:
            yield self._kept
        # One by one: what they come from may change in between.
        while (block := self.next_block()) is not None:
            yield block

    def look_ahead(self, begin: Callable[[Block], None], depth: int) -> None:
        """Call *begin* with each block that is still to come, when it is *depth* blocks away."""
        self._blocks = looking_ahead(self._blocks, begin, depth)

    def header(self) -> tuple[str, ...]:
        """Return the names in the first line that is not blank."""
        for block in self._blocks:
            records = _Records(self, block)
            for line, names in records:
                self._kept = records.block.after(records.lines_read - records.lines_before)
                return self._checked_header(line, names, records.written)
        raise SourceError(
            source=self._name,
            line=1,
            expected="a header line and rows",
            found="an empty file",
            remedy="Write the column names in the first line.",
        )

    def no_header(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Return *names*, where the first line is a row already."""
        self.tells_empty_text = len(names) > 1
        return names

    def batches(self, block: Block) -> Iterator[Batch]:
        """Yield the records of *block*, with what follows it if its last record reaches into that."""
        text, quote = block.text, self._dialect.quote
        if "\0" not in text and (quote is None or quote not in text) and self._dialect.escape is None:
            yield self._lines_as_records(block)
            return
        lines: list[int] = []
        rows: list[list[str]] = []
        for line, cells in _Records(self, block):
            lines.append(line)
            rows.append(cells)
        yield Batch(lines=lines, rows=rows)

    def batch_of(self, lines: Sequence[str], numbers: Sequence[int]) -> Batch:
        """Return the records in some *lines* of these *numbers*, of which none reaches into another."""
        block = Block(1, "".join(lines), list(lines))
        found = [(numbers[line - 1], cells) for line, cells in _Records(self, block)]
        return Batch(lines=[line for line, _ in found], rows=[cells for _, cells in found])

    def _lines_as_records(self, block: Block) -> Batch:
        """Return the records of a block without quotes, in which every line is one."""
        try:
            rows = list(csv.reader(block, **self._dialect.options))
        except csv.Error:
            # Once more, to say where.
            return Batch(lines=(), rows=[cells for _, cells in _Records(self, block)])
        lines: Sequence[int] = range(block.first_line, block.first_line + len(rows))
        if not all(rows):
            lines = [line for line, cells in zip(lines, rows, strict=True) if cells]
            rows = [cells for cells in rows if cells]
        return Batch(lines=lines, rows=rows)

    def _checked_header(self, line: int, names: list[str], written: str) -> tuple[str, ...]:
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
        cells = [match[1] for match in self.cell.finditer(written)][: len(names)]
        self.tells_empty_text = len(names) > 1 and not all(cell.startswith('"') for cell in cells)
        return tuple(names)

    @property
    def cell(self) -> re.Pattern[str]:
        """One cell of a well-formed record, as it was written."""
        delimiter = re.escape(self.delimiter)
        return re.compile(rf'("(?:[^"]|"")*"|[^{delimiter}\r\n]*)(?:{delimiter}|\r?\n?\Z|\r\Z)')

    @property
    def name(self) -> str:
        """What errors call the source."""
        return self._name

    @property
    def dialect(self) -> Dialect:
        """What separates cells."""
        return self._dialect

    def next_block(self) -> Block | None:
        """Return the block that follows, which the last record reaches into."""
        return next(self._blocks, None)


class _Records:
    """The records of one block, one by one, with what was written for each."""

    def __init__(self, reader: RecordReader, block: Block) -> None:
        self._reader = reader
        self._pending: list[str] = []
        self._may_tell_empty = False
        self._marks_empty = reader.tells_empty_text and reader.dialect.is_plain
        self._first_line = block.first_line
        self._csv = csv.reader(self._checked(), **reader.dialect.options)
        self.block = block
        #: The lines of the blocks before that which was begun last.
        self.lines_before = 0

    @property
    def lines_read(self) -> int:
        """How many lines were read."""
        return self._csv.line_num

    @property
    def written(self) -> str:
        """The last record as it was written."""
        return "".join(self._pending)

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        while self.lines_read < self.lines_before + self.block.count:
            line = self._first_line + self.lines_read
            self._pending.clear()
            self._may_tell_empty = False
            try:
                cells = next(self._csv)
            except StopIteration:
                return
            except csv.Error as error:
                raise self._malformed(line, error) from error
            if not cells:
                continue
            if self._may_tell_empty and self._marks_empty:
                self._mark_quoted_empty(cells)
            yield line, cells

    def _checked(self) -> Iterator[str]:
        while True:
            for line in self.block:
                if "\0" in line:
                    raise SourceError(
                        source=self._reader.name,
                        line=self._first_line + self.lines_read,
                        expected="text",
                        found="a NUL character",
                        remedy="Remove it; if the file is full of them, it is UTF-16: say so, or save it as UTF-8.",
                    )
                if '""' in line:
                    self._may_tell_empty = True
                self._pending.append(line)
                yield line
            # Asked for more in the middle of a record.
            following = self._reader.next_block()
            if following is None:
                return
            self.lines_before += self.block.count
            self.block = following

    def _mark_quoted_empty(self, cells: list[str]) -> None:
        matches = self._reader.cell.finditer(self.written)
        for position, (cell, match) in enumerate(zip(tuple(cells), matches, strict=False)):
            if not cell and match[1] == '""':
                cells[position] = QUOTED_EMPTY

    def _malformed(self, line: int, error: csv.Error) -> SourceError:
        is_too_long = "field limit" in str(error)
        return SourceError(
            source=self._reader.name,
            line=line,
            expected=f"a cell of at most {csv.field_size_limit()} characters" if is_too_long else "balanced quotes",
            found=f"a record that ends in line {self._first_line + self.lines_read - 1}: {error}",
            remedy="Close the quote that is open; a quote inside a quoted cell is written twice."
            + (" If the cell is right, raise csv.field_size_limit." if is_too_long else ""),
        )
