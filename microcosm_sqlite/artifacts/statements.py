"""Bring the text of an SQL statement into a form in which layout does not count."""

import re
from typing import Final

_TOKEN: Final = re.compile(
    r"""
      (?P<layout>    \s+ | --[^\n]* | /\*.*?(?:\*/|\Z) )
    | (?P<token>     [xX]?'(?:[^']|'')*'    # a string, or a blob
                   | "(?:[^"]|"")*" | `(?:[^`]|``)*` | \[[^\]]*\]    # quoted names
                   | [\w$]+
                   | . )
    """,
    re.VERBOSE | re.DOTALL,
)


def normalise_sql(sql: str) -> str:
    """Return *sql* with one space between tokens, no comments, and no semicolon at the end.

    Quoted text is kept as it is, and so is the case of words. The result serves to compare statements, not to run them:
    operators of two characters are taken apart.
    """
    tokens = [match["token"] for match in _TOKEN.finditer(sql) if match["token"] is not None]
    while tokens and tokens[-1] == ";":
        tokens.pop()
    return " ".join(tokens)
