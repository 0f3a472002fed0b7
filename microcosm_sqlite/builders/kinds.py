"""Recognise the columns whose cells of text can be stored without looking at each of them in Python."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from typing import Any, Final

from sqlalchemy import Column, Dialect
from sqlalchemy import types as sql

from microcosm_sqlite.builders.conversions import conversion_for
from microcosm_sqlite.constants import TRUTH_WORDS
from microcosm_sqlite.types import EnumType, ExactNumeric

#: Words beyond which asking for each of them in turn is no gain.
_FEW_WORDS: Final = 64

#: A moment whose text is known, to see whether a column stores it so.
_SAMPLE: Final = datetime(2001, 2, 3, 4, 5, 6)  # noqa: DTZ001 - as SQLite stores them


class Kind(Enum):
    """What a column stores, and how the text for it looks."""

    TEXT = "text, as it is"
    INTEGER = "a whole number"
    REAL = "a double"
    EXACT = "a decimal number of at most 15 digits, as a double"
    WORDS = "one of a few words"
    DATE = "YYYY-MM-DD, as it is"
    MOMENT = "YYYY-MM-DD HH:MM:SS, with its microseconds"


@dataclass(frozen=True, kw_only=True, slots=True)
class Simple:
    """A column of a *kind*: what is stored for which word, and whether nothing is stored as NULL."""

    kind: Kind
    is_nullable: bool
    words: Mapping[str, Any] = field(default_factory=dict[str, Any])


def simple_of(column: Column[Any], dialect: Dialect) -> Simple | None:
    """Return what *column* is, or None when only its own type knows what a cell of text means."""
    implementation = column.type.dialect_impl(dialect)
    bind = implementation.bind_processor(dialect)
    kind: Kind | None = None
    match column.type:
        case EnumType() | sql.Enum() | sql.Boolean():
            return _words(column, dialect, bind)
        case sql.String() | sql.Integer() if bind is None:
            kind = Kind.TEXT if isinstance(column.type, sql.String) else Kind.INTEGER
        case sql.Float():
            kind = Kind.REAL
        case sql.Numeric() if isinstance(implementation, ExactNumeric):
            kind = Kind.EXACT
        case sql.DateTime() if bind is not None and bind(_SAMPLE) == "2001-02-03 04:05:06.000000":
            kind = Kind.MOMENT
        case sql.Date() if bind is not None and bind(date(2001, 2, 3)) == "2001-02-03":
            kind = Kind.DATE
        case _:
            pass
    return None if kind is None else Simple(kind=kind, is_nullable=bool(column.nullable))


def _words(column: Column[Any], dialect: Dialect, bind: Callable[[Any], Any] | None) -> Simple | None:
    convert = conversion_for(column.type, dialect)
    words: list[str]
    match column.type:
        case EnumType(enum_class=members):
            words = list(members.__members__)
        case sql.Enum(enums=words):
            pass
        case _:
            words = [cased for word in TRUTH_WORDS for cased in dict.fromkeys((word, word.upper(), word.title()))]
    if len(words) > _FEW_WORDS or "" in words:
        return None
    stored = {word: convert(word) if bind is None else bind(convert(word)) for word in words}
    return Simple(kind=Kind.WORDS, is_nullable=bool(column.nullable), words=stored)
