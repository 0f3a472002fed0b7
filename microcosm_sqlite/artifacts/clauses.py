"""Read from SQL text by what a statement picks the rows of one table, and by what it orders them.

Of text, because that is all there is of a statement that ran. What is read wrongly makes a suggestion that does not
help, which is tried before it is made; `Clauses.equal` alone is certain.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

_TOKEN: Final = re.compile(
    r"""\s+|--[^\n]*|/\*.*?\*/|
    (?P<token>'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|[\w$]+(?:\.\d+)?|\|\||<>|[<>!=]=|==|.)""",
    re.VERBOSE | re.DOTALL,
)

_EQUALS: Final = frozenset({"=", "==", "IN", "IS"})
_RANGES: Final = frozenset({"<", ">", "<=", ">=", "BETWEEN", "LIKE", "GLOB"})

_WORD: Final = re.compile(r"\w+")

#: What may stand before a bracket without being called.
_KEYWORDS: Final = frozenset({"AND", "OR", "WHERE", "ON", "WHEN", "THEN", "ELSE", "BY", "SELECT", "HAVING"})

#: What an order may say that an index need not, or cannot.
_UNINDEXED: Final = re.compile(r"(?: ASC)?(?: NULLS (?:FIRST|LAST))?$", re.IGNORECASE)

#: What ends an ORDER BY, and what ends a WHERE.
_END: Final = frozenset({")", "LIMIT", "OFFSET", ";"})
_END_OF_WHERE: Final = frozenset({"ORDER", "GROUP", "LIMIT", "UNION", "HAVING", "WINDOW"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Clauses:
    """What one statement says of one table; each as it stands in an index."""

    #: What is compared with one value, or with several.
    matched: tuple[str, ...]
    #: What must lie in a range.
    ranged: tuple[str, ...]
    ordered: tuple[str, ...]
    #: The columns of which every row must have one value, as far as that is certain.
    equal: tuple[str, ...]


def read_clauses(sql: str, *, name: str, columns: Iterable[str]) -> Clauses:
    """Return what *sql* says of the table that it calls *name*, which has these *columns*."""
    return _Reader(sql, name, columns).clauses()


def table_called(name: str, sql: str, tables: Iterable[str]) -> str | None:
    """Return the one of *tables* that *sql* calls *name*, or None: then it is a subquery."""
    known = {table.lower(): table for table in tables}
    if name.lower() in known:
        return known[name.lower()]
    tokens = _tokens(sql)
    for position, token in enumerate(tokens):
        if _plain(token).lower() == name.lower():
            before = tokens[max(position - 2, 0) : position]
            table = known.get(
                _plain(before[0] if before[-1:] and before[-1].upper() == "AS" else "".join(before[-1:])).lower()
            )
            if table is not None:
                return table
    return None


class _Reader:
    """Reads one statement with one table in mind."""

    def __init__(self, sql: str, name: str, columns: Iterable[str]) -> None:
        self._tokens = _tokens(sql)
        self._upper = [token.upper() for token in self._tokens]
        self._name = name.lower()
        self._columns = {column.lower(): column for column in columns}

    def clauses(self) -> Clauses:
        matched: list[str] = []
        ranged: list[str] = []
        for position, word in enumerate(self._upper):
            kind = matched if word in _EQUALS else ranged if word in _RANGES else None
            if kind is None:
                continue
            # NOT IN, IS NOT: no index leads to what is not there.
            if "NOT" in self._upper[max(position - 1, 0) : position + 2]:
                continue
            kind += filter(None, (self._before(position), self._after(position)))
        order = next(self._orders(), ())
        return Clauses(
            matched=tuple(dict.fromkeys(matched)),
            ranged=tuple(dict.fromkeys(ranged)),
            ordered=tuple(order),
            equal=tuple(self._equal()),
        )

    def _before(self, position: int) -> str | None:
        """Return the operand that ends before *position*, if it is about the table."""
        return self._term(self._tokens[self._start(position) : position])

    def _start(self, end: int) -> int:
        """Return where the operand begins that ends before *end*: a column, a call, or what stands in brackets."""
        start = max(end - 1, 0)
        if self._upper[start] == ")":
            start = self._opening(start)
            if start and _WORD.fullmatch(self._tokens[start - 1]) and self._upper[start - 1] not in _KEYWORDS:
                start -= 1
        elif start > 1 and self._tokens[start - 1] == ".":
            start -= 2
        if start and self._upper[start - 1] == "COLLATE":
            return self._start(start - 1)
        return start

    def _after(self, position: int) -> str | None:
        """Return the column that follows *position*, if it is one of the table."""
        following = self._tokens[position + 1 : position + 4]
        size = 3 if following[1:2] == ["."] else 1
        return self._term(following[:size])

    def _opening(self, position: int) -> int:
        depth = 0
        for start in range(position, -1, -1):
            depth += {")": 1, "(": -1}.get(self._tokens[start], 0)
            if depth == 0:
                return start
        return 0

    def _orders(self) -> Iterator[tuple[str, ...]]:
        """Yield what each ORDER BY says of the table, as far as it is about nothing else."""
        for position, word in enumerate(self._upper[:-1]):
            if word == "ORDER" and self._upper[position + 1] == "BY":
                terms: list[str] = []
                for item in self._items(position + 2):
                    term = self._term(item)
                    if term is None:
                        break
                    terms.append(term)
                if terms:
                    yield tuple(terms)

    def _items(self, start: int) -> Iterator[list[str]]:
        item: list[str] = []
        depth = 0
        for token in self._tokens[start:]:
            if depth == 0 and token.upper() in _END:
                break
            if depth == 0 and token == ",":  # noqa: S105 - No secret.
                yield item
                item = []
                continue
            depth += {"(": 1, ")": -1}.get(token, 0)
            item.append(token)
        if item:
            yield item

    def _term(self, tokens: Sequence[str]) -> str | None:
        """Return *tokens* as they stand in an index, or None where they are not about the table alone."""
        kept: list[str] = []
        is_about = False
        position = 0
        while position < len(tokens):
            token = tokens[position]
            if tokens[position + 1 : position + 2] == ["."]:
                if _plain(token).lower() != self._name:
                    return None
                position += 2
                continue
            if token in {"?", ":", "@"} or token.upper() == "SELECT":
                return None
            is_about = is_about or self._column(token) is not None
            kept.append(token)
            position += 1
        text = re.sub(r"(?<=\() | (?=[(),])", "", " ".join(kept))
        return _UNINDEXED.sub("", text) if is_about else None

    def _column(self, token: str) -> str | None:
        return None if token.startswith("'") else self._columns.get(_plain(token).lower())

    def _equal(self) -> Iterator[str]:
        """Yield the columns that a WHERE compares with a value by `column = ?`, joined with whatever else by AND."""
        if self._upper.count("WHERE") != 1 or self._upper.count("SELECT") != 1:
            return
        start = self._upper.index("WHERE") + 1
        ends = (i for i in range(start, len(self._upper)) if self._upper[i] in _END_OF_WHERE)
        parts: list[list[str]] = [[]]
        depth = 0
        for token in self._tokens[start : next(ends, len(self._upper))]:
            depth += {"(": 1, ")": -1}.get(token, 0)
            if depth == 0 and token.upper() in {"OR", "BETWEEN", "CASE"}:
                # An AND may belong to it.
                return
            if depth == 0 and token.upper() == "AND":
                parts.append([])
            else:
                parts[-1].append(token)
        yield from filter(None, map(self._compared, parts))

    def _compared(self, tokens: list[str]) -> str | None:
        """Return the column that *tokens* compare with a value, if they say nothing else."""
        value = ["=", "?"]
        operand = tokens[:-2] if tokens[-2:] == value else tokens[2:] if tokens[:2] == value[::-1] else []
        match operand:
            case [column]:
                return self._column(column)
            case [name, ".", column] if _plain(name).lower() == self._name:
                return self._column(column)
            case _:
                return None


def _tokens(sql: str) -> list[str]:
    return [match["token"] for match in _TOKEN.finditer(sql) if match["token"]]


def _plain(token: str) -> str:
    """Return *token* without the quotes of a name."""
    if len(token) > 1 and (token[0], token[-1]) in {('"', '"'), ("`", "`"), ("[", "]")}:
        inner = token[1:-1]
        return inner if token[0] == "[" else inner.replace(token[0] * 2, token[0])
    return token
