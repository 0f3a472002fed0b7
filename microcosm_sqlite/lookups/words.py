"""Read what a person typed as words to search for, never as a query language."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from microcosm_sqlite.errors import ArgumentError
from microcosm_sqlite.lookups.arguments import shown

#: More of what was typed is not looked at: nobody types as much, and every word costs.
MOST_CHARACTERS: Final = 1000
MOST_WORDS: Final = 32

#: What SQLite takes for the end of a text, and halves of characters, which no UTF-8 has.
_UNWRITABLE: Final = re.compile("[\x00\ud800-\udfff]")

#: A phrase in quotes, the last of which may be missing, or a word; with a star, only the beginning of one.
_WORDS: Final = re.compile(r'"(?P<phrase>[^"]*)(?:"(?P<star>\*)?|$)|(?P<word>[^\s"]+)')


@dataclass(frozen=True, slots=True)
class Words:
    """Words that follow one another; of the last one, only the beginning is given if *is_begun*."""

    text: str
    is_begun: bool = False

    def __str__(self) -> str:
        # Quoted, FTS5 takes anything for text, and the tokenizer makes words of it, or none:
        # https://sqlite.org/fts5.html, section 3.1.
        quoted = self.text.replace('"', '""')
        return f'"{quoted}"*' if self.is_begun else f'"{quoted}"'


def words_of(text: Any) -> list[Words]:
    """Return the words of *text*: what is in quotes together, a trailing star for the beginning of a word.

    Raises:
        ArgumentError: it is no text.
    """
    found: list[Words] = []
    for match in _WORDS.finditer(_writable(text)):
        word = match["word"]
        if word is None:
            words = Words(match["phrase"], is_begun=match["star"] is not None)
        else:
            words = Words(word.rstrip("*"), is_begun=word.endswith("*"))
        if words.text.strip():
            found.append(words)
    return found[:MOST_WORDS]


def begun_words_of(text: Any) -> list[Words]:
    """Return the words of *text*, the last of which may still go on; quotes and stars mean nothing.

    Raises:
        ArgumentError: it is no text.
    """
    words = re.sub(r'["*]', " ", _writable(text)).split()[:MOST_WORDS]
    return [Words(word, is_begun=word is words[-1]) for word in words]


def to_query(words: Iterable[Words], *, columns: Iterable[str] = ()) -> str:
    """Return what FTS5 takes for "all of these *words*", wherever they are or in these *columns*."""
    return _within(columns, " ".join(map(str, words)))


def to_beginning(words: Iterable[Words], *, columns: Iterable[str] = ()) -> str:
    """Return what FTS5 takes for "these *words* are what a column begins with"."""
    phrase = Words(" ".join(one.text for one in words), is_begun=True)
    return _within(columns, f"^{phrase}")


def _within(columns: Iterable[str], query: str) -> str:
    names = " ".join(str(Words(name)) for name in columns)
    return f"{{{names}}} : ({query})" if names else query


def _writable(text: Any) -> str:
    if not isinstance(text, str):
        raise ArgumentError(
            where="a search for words",
            argument="text",
            expected="text",
            found=shown(text),
            remedy="Write what somebody typed, as one str.",
        )
    return _UNWRITABLE.sub(" ", text[:MOST_CHARACTERS])
