"""Settings of a connection, each a named function with its reason."""

from collections.abc import Callable
from time import monotonic
from typing import Any, Final, NamedTuple, cast
from weakref import ref

import apsw

from microcosm_sqlite.engines.dbapi import Connection

#: No second database can be attached: an attached one would be opened with whatever rights the process has.
_ATTACHED_DATABASES: Final = 0

#: The largest value a query may make, unless the file itself holds larger ones: what fits into memory many times over.
COMPUTED_VALUE_BYTES: Final = 16 * 2**20

#: How many steps of SQLite's machine pass between two looks at the clock: a fifth of a millisecond, so that the look
#: (a third of a microsecond) is not felt, while expensive steps add up to little before the next one.
_STEPS_BETWEEN_LOOKS: Final = 10_000


class Limits(NamedTuple):
    """The sizes beyond which a sealed file is refused; each is one of https://sqlite.org/limits.html.

    The defaults leave room for every query that SQLAlchemy would write, and are far below where SQLite could be made
    to spend memory or time out of all proportion to the file.
    """

    #: The longest text or blob, stored or computed, and the longest row.
    value_bytes: int = COMPUTED_VALUE_BYTES
    #: The longest statement, so also the longest definition of a table or a view.
    statement_bytes: int = 4 * 2**20
    #: How deeply expressions are nested.
    expression_depth: int = 1000
    columns: int = 2000
    #: How many SELECTs a UNION and the like may join.
    compound_selects: int = 100
    #: The steps of a compiled statement.
    steps: int = 250_000
    function_arguments: int = 1000
    #: A pattern is compared with every position of a value, within one step that nothing can interrupt.
    pattern_bytes: int = 1000

    def for_file(self, size_bytes: int) -> "Limits":
        """Return these limits with room for the largest value that a file of *size_bytes* can hold."""
        return self._replace(value_bytes=max(self.value_bytes, size_bytes))


SANE: Final = Limits()

_NUMBERS: Final = Limits(
    value_bytes=apsw.SQLITE_LIMIT_LENGTH,
    statement_bytes=apsw.SQLITE_LIMIT_SQL_LENGTH,
    expression_depth=apsw.SQLITE_LIMIT_EXPR_DEPTH,
    columns=apsw.SQLITE_LIMIT_COLUMN,
    compound_selects=apsw.SQLITE_LIMIT_COMPOUND_SELECT,
    steps=apsw.SQLITE_LIMIT_VDBE_OP,
    function_arguments=apsw.SQLITE_LIMIT_FUNCTION_ARG,
    pattern_bytes=apsw.SQLITE_LIMIT_LIKE_PATTERN_LENGTH,
)


def enforce_foreign_keys(connection: apsw.Connection) -> None:
    """Check foreign keys on every write, which SQLite leaves off unless asked."""
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_FKEY, 1)


def forbid_writes(connection: apsw.Connection) -> None:
    """Refuse every statement that would write, also to attached and temporary databases."""
    _run(connection, "PRAGMA query_only=ON")


def distrust_schema(connection: apsw.Connection) -> None:
    """Keep views, triggers and generated columns of the file from calling functions of the application.

    Nor may they use virtual tables that reach beyond the file, and the schema cannot be edited by hand.
    """
    connection.config(apsw.SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0)
    connection.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 1)


def forbid_extensions(connection: apsw.Connection) -> None:
    """Refuse to load machine code, whether asked by the C interface or by SQL."""
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0)


def forbid_views(connection: apsw.Connection) -> None:
    """Refuse to read views or to run triggers, for whoever has no use for them; one does not lead to another then."""
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_VIEW, 0)
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_TRIGGER, 0)


def check_cells(connection: apsw.Connection) -> None:
    """Check the bounds of every page when it is read, so that a damaged page is an error and not a wrong answer."""
    _run(connection, "PRAGMA cell_size_check=ON")


def forbid_attaching(connection: apsw.Connection) -> None:
    """Refuse `ATTACH` and `VACUUM INTO`, which can create files even from a connection that may not write."""
    connection.limit(apsw.SQLITE_LIMIT_ATTACHED, _ATTACHED_DATABASES)


def limit_sizes(connection: apsw.Connection, limits: Limits) -> None:
    """Refuse values, statements and expressions that are out of all proportion."""
    for number, most in zip(_NUMBERS, limits, strict=True):
        connection.limit(number, most)


def harden(connection: apsw.Connection, limits: Limits) -> None:
    """Apply everything a sealed artifact is opened with."""
    forbid_writes(connection)
    distrust_schema(connection)
    forbid_extensions(connection)
    check_cells(connection)
    forbid_attaching(connection)
    limit_sizes(connection, limits)


def stop_after(
    connection: apsw.Connection, *, seconds: float, clock: Callable[[], float], error: Callable[[], Exception]
) -> None:
    """Let whatever the connection still runs fail with *error* when *clock* has advanced by *seconds* from now."""
    end = clock() + seconds

    def look() -> bool:
        if clock() > end:
            raise error()
        return False

    def look_before(*_: object) -> bool:
        return not look()

    _call_while_running(connection, look)
    # Compiling a statement is not interrupted; at least the next one does not begin.
    cast("Any", connection).exec_trace = look_before


def stop_long_statements(connection: Connection, *, seconds: float, error: Callable[[], Exception]) -> None:
    """Let a statement fail with *error* that keeps its caller waiting for rows, or for its end, longer than *seconds*.

    However long a caller takes between two fetches does not count. Costs nothing where statements are short.
    """
    # The connection keeps the function below alive, which therefore must not keep the connection alive.
    reference = ref(connection)
    turn, begin = -1, 0.0

    def look() -> bool:
        nonlocal turn, begin
        watched = reference()
        if watched is not None and (now := _turns(watched)) != turn:
            turn, begin = now, monotonic()
        elif monotonic() - begin > seconds:
            raise error()
        return False

    _call_while_running(connection.native, look)


def _turns(connection: Connection) -> int:
    """Return a number that grows with every statement that is begun, every fetch of rows."""
    # Every statement goes through APSW's cache of statements, also those that our own cursors never see.
    counters = cast("dict[str, int]", cast("Any", connection.native).cache_stats())
    return connection.fetches + sum(counters[name] for name in ("hits", "misses", "no_vdbe"))


def _call_while_running(connection: apsw.Connection, look: Callable[[], bool]) -> None:
    cast("Any", connection).set_progress_handler(look, _STEPS_BETWEEN_LOOKS)


def _run(connection: apsw.Connection, statement: str) -> None:
    # The types of APSW name a class that Python 3.11 does not have, so pyright knows them in part only.
    cast("Any", connection).execute(statement)
