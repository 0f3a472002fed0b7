"""Read the text of an argument as a value of a column."""

import re
from collections.abc import Callable
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
    _check_unicode(text)
    if not table.is_strict or column.type not in _KINDS:
        return text
    read, expected = _KINDS[column.type]
    value = read(text)
    if value is None:
        raise click.UsageError(
            f"column {column.name!r} of table {table.name!r} holds {column.type} values: "
            f"expected {expected}, found {text!r}."
        )
    return value


def pattern_of(text: str) -> str:
    """Return *text* as a pattern of LIKE, which may be compared with any column."""
    _check_unicode(text)
    return text


def _check_unicode(text: str) -> None:
    # Python keeps bytes of an argument that are no UTF-8 as lone surrogates, which no TEXT value can hold.
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise click.UsageError(f"expected text in UTF-8, found {text!r}.")


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


_WHOLE_NUMBER: Final = "a whole number of at most 64 bits (booleans are kept as 0 and 1)"

#: By declared type: what reads a value, and what it expects. TEXT and ANY take any text.
_KINDS: Final[dict[str, tuple[Callable[[str], int | float | bytes | None], str]]] = {
    "INTEGER": (_integer, _WHOLE_NUMBER),
    "INT": (_integer, _WHOLE_NUMBER),
    "REAL": (_real, "a number"),
    "BLOB": (_blob, "hexadecimal digits, two a byte"),
}
