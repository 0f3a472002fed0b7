"""Write one line of CSV, in which nothing and empty text differ."""

import re
from collections.abc import Sequence
from typing import Final

#: What `csv.QUOTE_MINIMAL` quotes for.
_SPECIAL: Final = re.compile(r'[",\r\n]')

_LINE_END: Final = "\r\n"


def csv_line(cells: Sequence[str | None]) -> str:
    """Return *cells* as a line: None as nothing at all, empty text as `""`.

    Python's `csv` writes both as nothing. A lone None is `""` too: nothing would be a blank line, which readers skip.
    """
    if len(cells) == 1 and not cells[0]:
        return '""' + _LINE_END
    return ",".join("" if cell is None else _quoted(cell) for cell in cells) + _LINE_END


def _quoted(cell: str) -> str:
    if cell and not _SPECIAL.search(cell):
        return cell
    return '"' + cell.replace('"', '""') + '"'
