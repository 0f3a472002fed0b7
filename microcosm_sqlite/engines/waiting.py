"""Say what a statement on a database in memory waited for in vain."""

from typing import Any, cast

import apsw
from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import ExceptionContext
from sqlalchemy.exc import OperationalError


def explain_waits(engine: Engine, *, name: str) -> None:
    """Let "database is locked" from *engine*, whose database lies in memory, say whose lock that is.

    In a file, readers go on beside changes that are not committed yet; in memory (SQLite's VFS `memdb`) they wait for
    them, as a commit waits for readers in both.
    """

    def explain(context: ExceptionContext) -> OperationalError | None:
        error: Any = context.original_exception
        if getattr(error, "sqlite_errorcode", 0) & 0xFF not in {apsw.SQLITE_BUSY, apsw.SQLITE_LOCKED}:
            return None
        told: Any = type(error)(
            f"{error}: another session on data set {name!r}, which lies in memory, has changes that it did not commit, "
            "or a transaction in which it has read. Commit, roll back or close that one first, also where it is a "
            "context of this thread. In a file (sqlite.paths) readers do not wait for changes."
        )
        told.sqlite_errorcode, told.sqlite_errorname = error.sqlite_errorcode, error.sqlite_errorname
        return OperationalError(context.statement, cast("Any", context.parameters), told)

    event.listen(engine, "handle_error", explain, retval=True)
