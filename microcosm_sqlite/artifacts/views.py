"""Refuse views whose definitions multiply when SQLite puts them into each other.

Where a view is read, SQLite puts a copy of its definition there, and goes on within the copy. Forty short views that
each read the one before twice come to 2 to the power of 40 copies. SQLite gives up at 65,535, which takes seconds and
gigabytes, with nothing that could interrupt it; so it must not begin.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import apsw

from microcosm_sqlite.artifacts.queries import rows
from microcosm_sqlite.artifacts.statements import name_of, tokens_of
from microcosm_sqlite.faults import damages

#: More copies than views that a person wrote ever come to.
_COPIES: Final = 500

#: How far one may lead to another.
_DEPTH: Final = 100

_VIEWS: Final = "SELECT name, sql FROM main.sqlite_schema WHERE type = 'view'"

#: Words between the name of a common table expression and its definition.
_BETWEEN: Final = frozenset({"not", "materialized"})


def check_views(connection: apsw.Connection, *, path: Path) -> None:
    """Check that no view of the main database comes down to more than a few hundred copies of others.

    Views are read as text, not compiled. What only looks like the name of a view or of a common table expression counts
    as one: that errs on the side of refusing.

    Raises:
        ArtifactError: One does.
    """
    views = {str(name): str(sql) for name, sql in rows(connection, _VIEWS)}
    definitions: dict[str, list[str]] = {}
    for name, sql in views.items():
        _define(name_of(name), tokens_of(sql), definitions)
    counted: dict[str, int] = {}
    for name in views:
        if _copies(name_of(name), definitions, counted) > _COPIES:
            raise damages.TOO_BIG.at(path, complaint=f"view {name!r} comes to more than {_COPIES} copies of others")


def _define(view: str, tokens: list[str], definitions: dict[str, list[str]]) -> None:
    """Add to *definitions* all names that the *view* of these *tokens* has, and those of each expression within it."""
    pairs = _pairs(tokens)
    openings = {end: start for start, end in pairs.items()}
    names = {opening: name for opening in pairs if (name := _name_before(tokens, opening, openings)) is not None}
    heads = set(names.values())
    owners = [(view, len(tokens))]
    definitions.setdefault(view, [])
    for position, token in enumerate(tokens):
        if position == owners[-1][1]:
            owners.pop()
        if position in names:
            owners.append((name_of(tokens[names[position]]), pairs[position]))
            definitions.setdefault(owners[-1][0], [])
        if position not in heads:
            definitions[owners[-1][0]].append(name_of(token))


def _pairs(tokens: list[str]) -> dict[int, int]:
    """Return where each parenthesis that opens is closed."""
    pairs: dict[int, int] = {}
    opened: list[int] = []
    for position, token in enumerate(tokens):
        if token == "(":  # noqa: S105 - Of SQL.
            opened.append(position)
        elif token == ")" and opened:  # noqa: S105
            pairs[opened.pop()] = position
    return pairs


def _name_before(tokens: list[str], opening: int, openings: Mapping[int, int]) -> int | None:
    """Return where the name of the common table expression is whose definition begins at *opening*, if one does."""
    position = opening - 1
    while position > 0 and tokens[position].lower() in _BETWEEN:
        position -= 1
    if position < 1 or tokens[position].lower() != "as":
        return None
    position -= 1
    if tokens[position] == ")":
        # The names of its columns stand between.
        position = openings.get(position, 0) - 1
    return position if position >= 0 else None


def _copies(name: str, definitions: Mapping[str, list[str]], counted: dict[str, int], depth: int = 0) -> int:
    if name not in counted:
        # What refers to itself is recursive, or refused by SQLite; either way it is not copied for ever.
        counted[name] = 0
        others = (other for other in definitions[name] if other in definitions and other != name)
        total = 1 if depth < _DEPTH else _COPIES + 1
        for other in others:
            if total > _COPIES:
                break
            total += _copies(other, definitions, counted, depth + 1)
        counted[name] = total
    return counted[name]
