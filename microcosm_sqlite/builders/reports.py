"""Write down what is wrong with rows, for people, for spreadsheets, for programs."""

import csv
import json
from collections.abc import Iterable
from io import StringIO
from typing import Any, Final

from microcosm_sqlite.errors import RowProblem

#: What is told of each problem, in this order.
COLUMNS: Final = RowProblem._fields

#: Values are cut in a table beyond so many characters; in the other forms they are whole.
_WIDEST: Final = 40

_CONTROL: Final = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0))} | {10: "\\n", 9: "\\t"}


def as_table(problems: Iterable[RowProblem]) -> str:
    """Return *problems* in columns, one a line, below their names."""
    rows = [COLUMNS, *(tuple(map(_cell, problem._replace(value=_cut(problem.value)))) for problem in problems)]
    widths = [max(len(row[position]) for row in rows) for position in range(len(COLUMNS))]
    lines = ("  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
    return "\n".join(lines) + "\n"


def as_csv(problems: Iterable[RowProblem]) -> str:
    """Return *problems* as CSV with a header; a value that is no text stands as Python writes it."""
    file = StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    for problem in problems:
        value = problem.value if isinstance(problem.value, str | None) else repr(problem.value)
        writer.writerow(problem._replace(value=value))
    return file.getvalue()


def as_json(problems: Iterable[RowProblem]) -> str:
    """Return *problems* as a JSON array of objects, one a line; a value JSON has no word for stands as text."""
    lines = [json.dumps(problem._asdict(), ensure_ascii=False, default=repr) for problem in problems]
    return "[\n" + ",\n".join(lines) + "\n]\n" if lines else "[]\n"


def _cell(value: Any) -> str:
    return "" if value is None else str(value).translate(_CONTROL)


def _cut(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"
