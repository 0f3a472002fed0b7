"""Learn what one SQL statement is before it runs."""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import apsw

from microcosm_sqlite.engines.exceptions import ProgrammingError

#: What can be bound: by position or by name.
Parameters: TypeAlias = Sequence[Any] | Mapping[str, Any]

#: PEP 249's seven-item sequences; the second item is the declared type of the column or None.
Description: TypeAlias = tuple[tuple[str, str | None, None, None, None, None, None], ...]

_BLANK: Final = re.compile(r"(?:[\s;]+|--[^\n]*(?:\n|\Z)|/\*.*?(?:\*/|\Z))*", re.DOTALL)
_KEYWORD: Final = re.compile(r"[A-Za-z]+")
_TRANSACTIONAL_PRAGMA: Final = re.compile(r"(?i)PRAGMA\s+(?:\w+\s*\.\s*)?(?:user_version|application_id)\b")

_CHANGES_ROWS: Final = frozenset({"INSERT", "UPDATE", "DELETE", "REPLACE", "WITH"})

#: Statements that end or start a transaction themselves, refuse to run inside one, or only look like writes to
#: `sqlite3_stmt_readonly` (EXPLAIN of a write). A PRAGMA that sets a mode, such as journal_mode, fails inside one.
_NEVER_BEGINS: Final = frozenset(
    {"ATTACH", "BEGIN", "COMMIT", "DETACH", "END", "EXPLAIN", "PRAGMA", "RELEASE", "ROLLBACK", "VACUUM"}
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """What a statement is, as far as running it depends on that."""

    columns: Description | None
    is_query: bool
    """It returns rows and changes nothing, so its rows may be read lazily."""
    changes_rows: bool
    """It is an INSERT, UPDATE, DELETE or REPLACE."""
    needs_transaction: bool
    """It must not run outside a transaction when reads do not begin one."""


def study(native: Any, sql: str, parameters: Parameters | None) -> Statement:
    """Return what *sql* is, without running it.

    The statement stays prepared in the cache of *native*.

    Raises:
        ProgrammingError: *sql* holds more than one statement.
        apsw.Error: it cannot be prepared, or *parameters* do not fit.
    """
    if "\0" in sql:
        raise ProgrammingError("the query contains a null character")
    tracer = _trace(native, sql, parameters)
    if not _is_blank(sql[tracer.consumed :]):
        raise ProgrammingError("You can only execute one statement at a time.")
    return _classified(_without_blank(sql), tracer)


def columns(native: Any, sql: str, parameters: Parameters | None) -> Description | None:
    """Return the columns *sql* has now, without running it."""
    return _trace(native, sql, parameters).columns or None


@dataclass(slots=True)
class _Tracer:
    """Looks at the first statement that does anything, then has APSW abort before it runs."""

    consumed: int = 0
    columns: Description = field(default=())
    is_readonly: bool = True

    def __call__(self, cursor: Any, sql: str, _parameters: Any) -> bool:
        self.consumed += len(sql)
        if not cursor.has_vdbe:
            return True
        self.columns = cursor.description
        self.is_readonly = cursor.is_readonly
        return False


def _trace(native: Any, sql: str, parameters: Parameters | None) -> _Tracer:
    tracer = _Tracer()
    cursor = native.cursor()
    cursor.exec_trace = tracer
    with suppress(apsw.ExecTraceAbort):
        cursor.execute(sql, parameters)
    return tracer


def _without_blank(sql: str) -> str:
    leading = _BLANK.match(sql)
    return sql[leading.end() :] if leading else sql


def _is_blank(sql: str) -> bool:
    return not sql or _BLANK.fullmatch(sql) is not None


def _classified(sql: str, tracer: _Tracer) -> Statement:
    found = _KEYWORD.match(sql)
    keyword = found.group().upper() if found else ""
    writes = not tracer.is_readonly
    may_begin = keyword not in _NEVER_BEGINS or _TRANSACTIONAL_PRAGMA.match(sql) is not None
    return Statement(
        columns=tracer.columns or None,
        is_query=bool(tracer.columns) and not writes,
        changes_rows=writes and keyword in _CHANGES_ROWS,
        needs_transaction=(writes and may_begin) or keyword == "SAVEPOINT",
    )
