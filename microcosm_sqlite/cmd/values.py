"""Read the text of an argument as a value of a column."""

import math
import re
from typing import Final

import click

from microcosm_sqlite.artifacts.schemas import Column, Table

#: What SQLite keeps in one INTEGER: 64 bits with a sign.
_INTEGERS: Final = range(-(2**63), 2**63)

_INTEGER: Final = re.compile(r"[+-]?[0-9]+")
_REAL: Final = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[+-]?inf(?:inity)?", re.IGNORECASE)
_BLOB: Final = re.compile(r"(?:[xX]'(?P<quoted>(?:[0-9a-fA-F]{2})*)'|(?P<plain>(?:[0-9a-fA-F]{2})*))")


def value_of(table: Table, column: Column, text: str) -> str | int | float | bytes:
    """Return *text* as a value of the type that a STRICT *table* declares for *column*.

    In a table that is not STRICT, SQLite itself converts the text as the type of the column has it convert all text.

    Raises:
        click.UsageError: It is none.
    """
    if not table.is_strict:
        return text
    match column.type:
        case "INTEGER" | "INT":
            value = _integer(text)
        case "REAL":
            value = _real(text)
        case "BLOB":
            value = _blob(text)
        case _:
            value = text
    if value is None:
        raise click.UsageError(
            f"column {column.name!r} of table {table.name!r} holds {column.type} values: "
            f"expected {_EXPECTED[column.type]}, found {text!r}."
        )
    return value


_EXPECTED: Final = {
    "INTEGER": "a whole number of at most 64 bits (booleans are kept as 0 and 1)",
    "INT": "a whole number of at most 64 bits (booleans are kept as 0 and 1)",
    "REAL": "a number",
    "BLOB": "hexadecimal digits, two a byte",
}


def _integer(text: str) -> int | None:
    if not _INTEGER.fullmatch(text) or len(text) > len(str(_INTEGERS.start)):
        return None
    value = int(text)
    return value if value in _INTEGERS else None


def _real(text: str) -> float | None:
    return float(text) if _REAL.fullmatch(text) else None


def _blob(text: str) -> bytes | None:
    found = _BLOB.fullmatch(text)
    return None if found is None else bytes.fromhex(found["quoted"] or found["plain"] or "")
