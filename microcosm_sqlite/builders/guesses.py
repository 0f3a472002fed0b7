"""Guess what was meant by what nobody knows, for errors to say it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from enum import Enum
from typing import Any, Final

#: How alike two names are, from 0 to 1, for one to be told as what was meant by the other.
_LIKENESS: Final = 0.6

#: What else than a comma may stand between cells, and what to do about it.
_SEPARATORS: Final = {
    ";": "semicolons",
    "\t": "tabs",
    "|": "bars",
}

#: What begins so is no table, whatever it is called.
_STRANGERS: Final = {
    "<": "That is HTML or XML: was a page saved in the place of the file?",
    "version https://git-lfs": "That is a pointer of Git LFS: `git lfs pull` puts the file in its place.",
    "{": "That is JSON: name it *.json or *.jsonl.",
    "[": "That is JSON: name it *.json or *.jsonl.",
}


def meant_by_names(unknown: Sequence[str], options: Sequence[str]) -> Iterator[str]:
    """Yield what was probably meant by names that no column has, a sentence each."""
    if len(unknown) == 1 and (told := _separated(unknown[0], options)):
        yield told
        return
    for start, told in _STRANGERS.items():
        if unknown and unknown[0].strip().casefold().startswith(start):
            yield told
            return
    hints = [hint for name in unknown if (hint := _close(name, options))]
    yield from hints
    if not hints and len(unknown) == 1 and " " in unknown[0].strip():
        yield "If that is a title, remove it: the first line must hold the names of the columns."


def meant_by_word(text: str, members: Mapping[str, Any]) -> str:
    """Return what follows "is none of A, B" where *text* is nearly the name of one of *members*, or its value."""
    word = text.strip().casefold()
    for name, member in members.items():
        value = member.value if isinstance(member, Enum) else member
        if word in {name.casefold(), str(value).casefold()}:
            return f"; write {name!r}"
    return ""


def _separated(name: str, options: Iterable[str]) -> str | None:
    known = {option.casefold() for option in options}
    for separator, word in _SEPARATORS.items():
        parts = [part.strip().strip('"').casefold() for part in name.split(separator)]
        if len(parts) > 1 and known & set(parts):
            way = "name it *.tsv" if separator == "\t" else "save it with commas"
            dialect = f"CSVSource(path, dialect=Dialect(delimiter={separator!r}))"
            return f"Its cells are separated by {word}: {way}, or load {dialect}."
    return None


def _close(name: str, options: Iterable[str]) -> str | None:
    if not name.strip():
        return "A name is blank: a comma too many in the header?"
    folded = {option.casefold(): option for option in options}
    close = get_close_matches(name.strip().casefold(), folded, n=1, cutoff=_LIKENESS)
    return f"For {name!r}, did you mean {folded[close[0]]!r}?" if close else None
