"""Convert whole columns at once, where that gives what one by one would give, and leave the others alone."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from math import isfinite, isnan
from typing import Any, Final, TypeAlias

from microcosm_sqlite.builders.kinds import Kind, Simple
from microcosm_sqlite.sources.tabular import QUOTED_EMPTY

#: Returns what is stored for the values of a column; None, or any exception: look at them one by one.
Columnwise: TypeAlias = Callable[[Sequence[Any]], Sequence[Any] | None]

_INTEGERS: Final = range(-(2**63), 2**63)

#: A number of that many characters has at most 15 digits.
_EXACT_CHARACTERS: Final = 15

_DIGITS: Final = str.maketrans("", "", "0123456789.-")

#: How long YYYY-MM-DD HH:MM:SS is, and with microseconds.
_SECONDS, _MICROSECONDS = 19, 26

_NONE: Final[frozenset[type[Any]]] = frozenset({type(None)})

#: What is stored as it is for each kind of column.
_STORED_TYPES: Final[dict[Kind, frozenset[type[Any]]]] = {
    Kind.TEXT: frozenset({str}),
    Kind.INTEGER: frozenset({int}),
    Kind.REAL: frozenset({float, int}),
}


def text_columnwise(simple: Simple) -> Columnwise:
    """Return what converts cells of text, of which "" means nothing, for a column that is *simple*."""
    convert = _TEXT[simple.kind](simple)
    if simple.kind is Kind.TEXT or not simple.is_nullable:
        return convert

    def with_nothing(cells: Sequence[str]) -> Sequence[Any] | None:
        if "" not in cells:
            return convert(cells)
        stored = convert([cell for cell in cells if cell])
        if stored is None:
            return None
        remaining = iter(stored)
        return [next(remaining) if cell else None for cell in cells]

    return with_nothing


def value_columnwise(simple: Simple | None) -> Columnwise | None:
    """Return what lets values pass that are of the types that are stored as they are."""
    if simple is None or simple.kind not in _STORED_TYPES:
        return None
    passing: frozenset[type[Any]] = _STORED_TYPES[simple.kind] | (
        _NONE if simple.is_nullable else frozenset[type[Any]]()
    )

    def convert(values: Sequence[Any]) -> Sequence[Any] | None:
        types = set(map(type, values))
        if not types <= passing:
            return None
        if simple.kind is Kind.REAL:
            numbers = [value for value in values if value is not None] if types & _NONE else values
            # The sum is not a number when one of them is not.
            if isnan(sum(numbers)):
                return None
        return values

    return convert


def _texts(simple: Simple) -> Columnwise:
    if simple.is_nullable:
        return lambda cells: [c if c or c is QUOTED_EMPTY else None for c in cells] if "" in cells else cells
    return lambda cells: list(map(str, cells)) if "" in cells else cells


def _integers(_: Simple) -> Columnwise:
    def convert(cells: Sequence[str]) -> Sequence[Any] | None:
        numbers = list(map(int, cells))
        if not numbers:
            return numbers
        fits = min(numbers) in _INTEGERS and max(numbers) in _INTEGERS
        return numbers if fits and "_" not in "".join(cells) else None

    return convert


def _doubles(_: Simple) -> Columnwise:
    def convert(cells: Sequence[str]) -> Sequence[Any] | None:
        numbers = list(map(float, cells))
        return numbers if isfinite(sum(numbers)) and "_" not in "".join(cells) else None

    return convert


def _decimals(simple: Simple) -> Columnwise:
    doubles = _doubles(simple)

    def convert(cells: Sequence[str]) -> Sequence[Any] | None:
        if max(map(len, cells), default=0) > _EXACT_CHARACTERS or "".join(cells).translate(_DIGITS):
            return None
        return doubles(cells)

    return convert


def _words(simple: Simple) -> Columnwise:
    words = simple.words
    return lambda cells: [words[cell] for cell in cells]


def _dates(_: Simple) -> Columnwise:
    def convert(cells: Sequence[str]) -> Sequence[Any] | None:
        # 2026-W01-1 is a date too, of the same length.
        return cells if list(map(str, map(date.fromisoformat, cells))) == list(cells) else None

    return convert


def _moments(_: Simple) -> Columnwise:
    def convert(cells: Sequence[str]) -> Sequence[Any] | None:
        texts = [cell.replace("T", " ") for cell in cells]
        if list(map(str, map(datetime.fromisoformat, cells))) != texts:
            return None
        lengths = set(map(len, texts))
        if lengths == {_SECONDS}:
            return [f"{text}.000000" for text in texts]
        return texts if lengths <= {_MICROSECONDS} else None

    return convert


_TEXT: Final[dict[Kind, Callable[[Simple], Columnwise]]] = {
    Kind.TEXT: _texts,
    Kind.INTEGER: _integers,
    Kind.REAL: _doubles,
    Kind.EXACT: _decimals,
    Kind.WORDS: _words,
    Kind.DATE: _dates,
    Kind.MOMENT: _moments,
}
