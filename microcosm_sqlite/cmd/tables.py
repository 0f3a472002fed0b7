"""Print rows in the form that fits where they go."""

import json
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum, auto
from typing import Any, Final

#: Escapes of the text format of PostgreSQL's COPY, which tells NULL from empty text and keeps one row on one line.
_TSV_ESCAPES: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})

#: Control characters, with which text could move the cursor or rewrite what is on the screen.
_CONTROL: Final = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0))} | {10: "\\n", 9: "\\t"}


class Form(Enum):
    """How rows are written."""

    #: Tables with lines and colours.
    SCREEN = auto()
    #: Tab-separated values with a header.
    TEXT = auto()
    #: A JSON array with one object a line, or one object.
    JSON = auto()


def form_for_stdout(*, as_json: bool) -> Form:
    """Return JSON where it was asked for, else what suits stdout: a table on a terminal, tab-separated otherwise."""
    if as_json:
        return Form.JSON
    return Form.SCREEN if sys.stdout.isatty() else Form.TEXT


def write_rows(columns: Sequence[str], rows: Iterable[Sequence[Any]], form: Form) -> int:
    """Write *rows* to stdout and return how many there were; only a table on the screen holds all of them at once."""
    match form:
        case Form.SCREEN:
            return _write_screen(columns, rows)
        case Form.TEXT:
            return _write_text(columns, rows)
        case Form.JSON:
            return write_json_array(dict(zip(columns, row, strict=True)) for row in rows)


def write_row(columns: Sequence[str], row: Sequence[Any], form: Form) -> None:
    """Write one row to stdout: one line a column on the screen, otherwise as `write_rows` does, without an array."""
    match form:
        case Form.SCREEN:
            write_facts([(name, row[position]) for position, name in enumerate(columns)])
        case Form.TEXT:
            _write_text(columns, [row])
        case Form.JSON:
            print(json_text(dict(zip(columns, row, strict=True))))


def write_facts(facts: Sequence[tuple[str, Any]]) -> None:
    """Write *facts* for a person, one a line under each other: what it is called, then what it is."""
    if not sys.stdout.isatty():
        width = max((len(name) for name, _ in facts), default=0)
        for name, value in facts:
            print(f"{name:<{width}}  {screen_text(value)}".rstrip())
        return
    from rich.console import Console  # noqa: PLC0415 - 30 ms that only a terminal pays
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in facts:
        table.add_row(Text(name, style="bold"), _cell(value))
    Console(highlight=False).print(table)


def write_json_array(objects: Iterable[Mapping[str, Any]]) -> int:
    """Write *objects* to stdout as one JSON array, one object a line, and return how many there were."""
    count = 0
    print("[", end="")
    for count, item in enumerate(objects, start=1):
        print(",\n" if count > 1 else "\n", json_text(item), sep="", end="")
    print("\n]" if count else "]")
    return count


def json_text(item: Mapping[str, Any]) -> str:
    """Return *item* as one line of JSON; a BLOB as hexadecimal digits, infinity as text: JSON has no words for them."""
    return json.dumps({key: _plain(value) for key, value in item.items()}, ensure_ascii=False, allow_nan=False)


def screen_text(value: Any) -> str:
    """Return *value* as a person reads it, without anything that would act on the terminal."""
    if isinstance(value, bytes):
        return value.hex()
    return "NULL" if value is None else str(value).translate(_CONTROL)


def _write_screen(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415 - 30 ms that only a terminal pays
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    held = list(rows)
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for position, name in enumerate(columns):
        numbers = all(isinstance(row[position], int | float | None) for row in held)
        table.add_column(Text(screen_text(name)), justify="right" if numbers else "left", overflow="fold")
    for row in held:
        table.add_row(*(_cell(value) for value in row))
    Console(highlight=False).print(table)
    return len(held)


def _cell(value: Any) -> Any:
    from rich.text import Text  # noqa: PLC0415

    return Text(screen_text(value), style="dim" if value is None else "")


def _write_text(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    print("\t".join(_tsv(name) for name in columns))
    count = 0
    for count, row in enumerate(rows, start=1):  # noqa: B007 - The last number is the count.
        print("\t".join(_tsv(value) for value in row))
    return count


def _tsv(value: Any) -> str:
    if value is None:
        return "\\N"
    return value.hex() if isinstance(value, bytes) else str(value).translate(_TSV_ESCAPES)


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    return str(value) if isinstance(value, float) and math.isinf(value) else value
