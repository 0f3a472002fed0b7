"""Turn arguments into statements made of quoted names and bound values."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final

import click

from microcosm_sqlite.artifacts.schemas import Column, Schema, Table
from microcosm_sqlite.cmd.values import pattern_of, value_of

#: What may stand between column and value, and how SQL says it.
_OPERATORS: Final = {"=": "=", "!=": "<>", ">=": ">=", "<=": "<=", ">": ">", "<": "<", "~": "LIKE"}

_CONDITION: Final = re.compile(r"(?P<column>.+?)(?P<operator>!=|>=|<=|=|>|<|~)(?P<value>.*)", re.DOTALL)


@dataclass(frozen=True, kw_only=True, slots=True)
class Condition:
    """A column, an operator and the text of a value, as written on the command line."""

    column: str
    operator: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """Which rows are asked for, as written on the command line; `order` and `columns` are names, "-" means falling."""

    conditions: Sequence[Condition] = ()
    null: Sequence[str] = ()
    not_null: Sequence[str] = ()
    order: Sequence[str] = ()
    columns: Sequence[str] = ()
    limit: int | None = None
    offset: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Query:
    """A statement, what is bound to it, and the columns of its rows."""

    sql: str
    parameters: tuple[Any, ...]
    columns: tuple[str, ...]


def parse_condition(text: str) -> Condition:
    """Return the condition that *text* is; raise `click.UsageError` if it is none."""
    found = _CONDITION.fullmatch(text)
    if found is None:
        raise click.UsageError(f"expected column=value with one of {', '.join(_OPERATORS)}, found {text!r}.")
    return Condition(column=found["column"], operator=found["operator"], text=found["value"])


def table_called(name: str, schema: Schema) -> Table:
    """Return the table called *name*; raise `click.UsageError` with those that look alike if there is none."""
    tables = {table.name: table for table in schema.tables}
    if name not in tables:
        raise _unknown("table", name, tables)
    return tables[name]


def row_by_key(table: Table, key: Sequence[str]) -> Query:
    """Return the query of the row whose primary key is written as *key*.

    Raises:
        click.UsageError: The table has no key, or one of another length or type.
    """
    if len(key) != len(table.key):
        expected = f"{len(table.key)} ({', '.join(table.key)})" if table.key else "none: the table has no primary key"
        raise click.UsageError(
            f"table {table.name!r}: expected as many values as its key has columns, {expected}; found {len(key)}."
        )
    conditions = [Condition(column=name, operator="=", text=text) for name, text in zip(table.key, key, strict=True)]
    return rows_matching(table, Request(conditions=conditions))


def rows_matching(table: Table, request: Request) -> Query:
    """Return the query of the rows that *request* asks for, in its order and then in that of the key.

    Conditions on one column with "=" are alternatives; all others must hold together.

    Raises:
        click.UsageError: The table has no such column, or a value is not one of its column.
    """
    columns = tuple(_column(table, name).name for name in request.columns) or _visible(table)
    terms, parameters = _where(table, request)
    order = _order(table, request.order)
    parts = [
        f"SELECT {', '.join(map(_quoted, columns))} FROM main.{_quoted(table.name)}",  # noqa: S608 - Names are quoted.
        f"WHERE {' AND '.join(terms)}" if terms else "",
        f"ORDER BY {', '.join(order)}" if order else "",
    ]
    if request.limit is not None or request.offset:
        parts.append("LIMIT ? OFFSET ?")
        parameters += [-1 if request.limit is None else request.limit, request.offset]
    return Query(sql=" ".join(filter(None, parts)), parameters=tuple(parameters), columns=columns)


def _where(table: Table, request: Request) -> tuple[list[str], list[Any]]:
    terms: list[str] = []
    parameters: list[Any] = []
    alternatives: dict[str, list[Any]] = {}
    for condition in request.conditions:
        column = _column(table, condition.column)
        if condition.operator == "=":
            alternatives.setdefault(column.name, []).append(value_of(table, column, condition.text))
        else:
            is_pattern = condition.operator == "~"
            terms.append(f"{_quoted(column.name)} {_OPERATORS[condition.operator]} ?")
            parameters.append(pattern_of(condition.text) if is_pattern else value_of(table, column, condition.text))
    for name, values in alternatives.items():
        terms.append(f"{_quoted(name)} IN ({', '.join('?' * len(values))})")
        parameters += values
    terms += [f"{_quoted(_column(table, name).name)} IS NULL" for name in request.null]
    terms += [f"{_quoted(_column(table, name).name)} IS NOT NULL" for name in request.not_null]
    return terms, parameters


def _order(table: Table, order: Iterable[str]) -> list[str]:
    terms: dict[str, str] = {}
    for item in order:
        column = _column(table, item.removeprefix("-")).name
        terms.setdefault(column, f"{_quoted(column)} DESC" if item.startswith("-") else _quoted(column))
    for column in table.key or _rowid(table):
        terms.setdefault(column, _quoted(column))
    return list(terms.values())


def _rowid(table: Table) -> tuple[str, ...]:
    """Return a name for the number every row of a table without a key has; columns may hide some of the three."""
    taken = {column.name.lower() for column in table.columns}
    return tuple(name for name in ("rowid", "_rowid_", "oid") if name not in taken)[:1]


def _visible(table: Table) -> tuple[str, ...]:
    return tuple(column.name for column in table.columns if column.kind != "hidden")


def _column(table: Table, name: str) -> Column:
    columns = {column.name: column for column in table.columns}
    if name not in columns:
        raise _unknown(f"column of table {table.name!r}", name, columns)
    return columns[name]


def _unknown(what: str, name: str, known: Iterable[str]) -> click.UsageError:
    names = list(known)
    alike = get_close_matches(name, names, n=3)
    hint = f" Did you mean {' or '.join(map(repr, alike))}?" if alike else ""
    return click.UsageError(f"no {what} is called {name!r}.{hint} There are: {', '.join(names) or 'none'}.")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
