"""Hold some lines of text as they were written."""

from collections.abc import Iterator
from io import StringIO
from itertools import islice


class Block:
    """Some whole lines of text, the first of which is that of this number."""

    __slots__ = ("_lines", "count", "first_line", "text")

    def __init__(self, first_line: int, text: str, lines: list[str] | None = None) -> None:
        self.first_line = first_line
        self.text = text
        self._lines = lines
        self.count = _count_lines(text) if lines is None else len(lines)

    def __iter__(self) -> Iterator[str]:
        # newline="": lines end where they end in a file opened for csv, and keep their ends.
        return StringIO(self.text, newline="") if self._lines is None else iter(self._lines)

    @property
    def is_cut_at_ends(self) -> bool:
        """Whether a line ends where the text says so: lines that were given one by one may not."""
        if self._lines is None:
            return True
        *before, last = self._lines
        return all(line.find("\n") == len(line) - 1 for line in before) and last.find("\n") in {-1, len(last) - 1}

    def after(self, lines: int) -> "Block":
        """Return what follows the first *lines*."""
        remaining = list(islice(self, lines, None))
        return Block(self.first_line + lines, "".join(remaining), remaining)


def quoted_in(text: str, delimiter: str = ",", quote: str = '"') -> list[str] | None:
    """Return what stands in quotes, where every quote in *text* begins or ends a cell; None where one does neither."""
    # The quotes come in pairs: what is between those of a pair, and what is not.
    parts = text.split(quote)
    quoted, others = parts[1::2], parts[0::2]
    if len(quoted) == len(others):
        return None
    # As if a line ended before the text, and after it.
    others[0], others[-1] = f"\n{others[0]}", f"{others[-1]}\n"
    begins, ends = {part[-1:] for part in others[:-1]}, {part[:1] for part in others[1:]}
    return quoted if begins <= {delimiter, "\n"} and ends <= {delimiter, "\n", "\r"} else None


def _count_lines(text: str) -> int:
    ends = text.count("\n")
    if "\r" in text:
        ends += text.count("\r") - text.count("\r\n")
    return ends if text.endswith(("\n", "\r")) else ends + 1
