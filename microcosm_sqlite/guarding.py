"""Refuse queries that scan too many rows, where somebody develops or tests."""

import warnings
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, cast
from weakref import ref

from apsw import ext
from sqlalchemy import Engine

from microcosm_sqlite.access import SCAN_LIMIT
from microcosm_sqlite.artifacts.advising import missing_index
from microcosm_sqlite.engines.watching import connections_of
from microcosm_sqlite.errors import ArgumentValueError, FullScanError

#: What of a statement is counted: rows that were read because no index led to them, and rows that were put into an
#: index for this statement alone (https://sqlite.org/c3ref/c_stmtstatus_counter.html).
_COUNTED: Final = ("SQLITE_STMTSTATUS_FULLSCAN_STEP", "SQLITE_STMTSTATUS_AUTOINDEX")

#: How statements begin that look for rows.
_QUERIES: Final = ("SELECT", "WITH")

_is_allowed: ContextVar[bool] = ContextVar("microcosm_sqlite_scans_allowed", default=False)


class FullScanWarning(UserWarning):
    """A query scanned more rows than the guard allows."""


class Reaction(Enum):
    """What a guard does about a query that scans too many rows; the values are the words of `sqlite.on_scan`."""

    REFUSE = "refuse"
    WARN = "warn"


@contextmanager
def refuse_scans(engine: Engine, *, limit: int = SCAN_LIMIT) -> Generator[None]:
    """Let queries on *engine* that scan more than *limit* rows fail within the block, in all threads.

    Raises:
        FullScanError: from the query, when it has come to its end. Of a query that is left halfway Python itself tells,
            as of all exceptions that nobody can get (`sys.unraisablehook`, which pytest makes a warning).
    """
    leave = guard(engine, Reaction.REFUSE, limit=limit)
    try:
        yield
    finally:
        leave()


@contextmanager
def warn_of_scans(engine: Engine, *, limit: int = SCAN_LIMIT) -> Generator[None]:
    """Give a `FullScanWarning` for each query on *engine* that scans more than *limit* rows, within the block."""
    leave = guard(engine, Reaction.WARN, limit=limit)
    try:
        yield
    finally:
        leave()


@contextmanager
def scans_allowed() -> Generator[None]:
    """Let queries of this thread or task scan what they like within the block, whoever guards them."""
    token = _is_allowed.set(True)
    try:
        yield
    finally:
        _is_allowed.reset(token)


def guard(engine: Engine, reaction: Reaction, *, limit: int) -> Callable[[], None]:
    """Guard *engine* from now on; return what ends it.

    Raises:
        ArgumentError: the engine is none of a data set, or the limit no number; a `TypeError` too.
    """
    if not isinstance(cast("Any", limit), int) or limit < 0:
        raise ArgumentValueError(
            where="a guard of queries",
            argument="limit",
            expected="a whole number of rows, from 0 on",
            found=repr(limit),
            remedy="Write limit=1000, or leave it out.",
        )
    connections = connections_of(engine)
    key = connections.watch(_Guard(engine=ref(engine), reaction=reaction, limit=limit))
    return lambda: connections.leave(key)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Guard:
    """Looks at each statement that came to its end."""

    #: Weak, because the driver, which holds this, is not asked when cycles of garbage are looked for.
    engine: ref[Engine]
    reaction: Reaction
    limit: int

    def __call__(self, account: Mapping[str, Any]) -> None:
        sql = account["sql"]
        steps = sum(account["stmt_status"][name] for name in _COUNTED)
        if steps <= self.limit or _is_allowed.get() or not sql.lstrip().upper().startswith(_QUERIES):
            return
        with scans_allowed():
            remedy = self._missing(sql, busy=account["connection"])
        error = FullScanError(sql=sql, steps=steps, limit=self.limit, remedy=remedy)
        if self.reaction is Reaction.REFUSE:
            raise error
        warnings.warn(str(error), FullScanWarning, stacklevel=2)

    def _missing(self, sql: str, *, busy: object) -> str | None:
        """Return the statement that makes the index, asked on another connection than the *busy* one."""
        engine = self.engine()
        if engine is None:
            return None
        try:
            with engine.connect() as connection:
                native = cast("Any", connection.connection.dbapi_connection).native
                if native is busy:
                    return None
                with _impatient(native):
                    return missing_index(native, sql, (None,) * _places(native, sql))
        except Exception:  # noqa: BLE001 - There is a message without it, too.
            return None


def _places(native: Any, sql: str) -> int:
    # Its types name a class that Python 3.11 does not have.
    return int(cast("Any", ext).query_info(native, sql).bindings_count)


@contextmanager
def _impatient(native: Any) -> Generator[None]:
    """Let nobody wait in the block for what the statement under guard may hold itself."""
    ((milliseconds,),) = native.execute("PRAGMA busy_timeout")
    native.set_busy_timeout(0)
    try:
        yield
    finally:
        native.set_busy_timeout(milliseconds)
