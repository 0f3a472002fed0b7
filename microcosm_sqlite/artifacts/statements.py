"""Bring the text of an SQL statement into a form in which its formatting does not count."""

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
    tokens = tokens_of(sql)
    while tokens and tokens[-1] == ";":
        tokens.pop()
    return " ".join(tokens)


def single_spaced(sql: str) -> str:
    """Return *sql* as a statement that does the same, in which line breaks, indentation and comments do not count.

    Each of these becomes one space, or nothing after an opening bracket, before a closing one and before a comma. What
    stood without a space stays without one.
    """
    parts: list[str] = []
    is_apart = False
    for match in _TOKEN.finditer(sql):
        token = match["token"]
        if token is None:
            is_apart = True
            continue
        if is_apart and parts and parts[-1] != "(" and token not in {")", ","}:
            parts.append(" ")
        parts.append(token)
        is_apart = False
    while parts and parts[-1] in {";", " "}:
        parts.pop()
    return "".join(parts)


def tokens_of(sql: str) -> list[str]:
    """Return the tokens of *sql* as they are written, without layout or comments."""
    return [match["token"] for match in _TOKEN.finditer(sql) if match["token"] is not None]


def name_of(token: str) -> str:
    """Return *token* as names are compared: without quotes, in lower case."""
    opening, closing = token[:1], token[-1:]
    if len(token) > 1 and (opening, closing) in {('"', '"'), ("`", "`"), ("[", "]"), ("'", "'")}:
        token = token[1:-1].replace(closing * 2, closing)
    return token.lower()
