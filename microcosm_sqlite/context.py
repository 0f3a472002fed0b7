"""Own the current session: per graph, per thread and per task.

Two kinds of session exist. A `SessionContext` opens one for a `with` block; open contexts form a stack that belongs to
the thread, or to the asyncio task, that opened them. A store that is used outside of any context gets the thread's own
session instead (`thread_session`), which lives as long as the thread and never holds a transaction open for a read.
After a fork the child starts with neither: the parent's sessions stay the parent's.
"""

import os
import threading
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from microcosm_sqlite.errors import DataSetBusyError, DuplicateModelError, ModelIntegrityError


@dataclass(frozen=True, slots=True, eq=False)
class _Opened:
    """One open context: compared by identity, because the same graph and data set may be opened twice."""

    graph: Any
    data_set: type[Any]
    session: Session
    thread: object


#: An immutable tuple, so that a task that inherits its parent's stack can grow its own without changing the parent's.
_stack: Final[ContextVar[tuple[_Opened, ...]]] = ContextVar("microcosm_sqlite_sessions", default=())

#: Returns the open contexts of this task, and of the thread it was begun in: nothing, where there are none here.
open_contexts: Final = _stack.get


class _ThreadSessions(threading.local):
    """The sessions of one thread, by graph and data set; a graph that is gone takes its sessions along."""

    def __init__(self) -> None:
        self.by_graph: WeakKeyDictionary[Any, dict[type[Any], Session]] = WeakKeyDictionary()
        #: Stands for the thread itself; its number would be given to another one later.
        self.thread = object()


_thread: _ThreadSessions = _ThreadSessions()


def _opened_here() -> tuple[_Opened, ...]:
    """Return the open contexts of this thread and task.

    Context variables may be carried into another thread (`asyncio.to_thread` does), where sessions must not go.
    """
    return tuple(opened for opened in _stack.get() if opened.thread is _thread.thread)


def current_session(data_set: type[Any], *, graph: Any = None) -> Session | None:
    """Return the innermost open session of *data_set* in this thread and task, or None.

    With a *graph*, only sessions that were opened on that graph count.
    """
    for opened in reversed(_opened_here()):
        if opened.data_set is data_set and (graph is None or opened.graph is graph):
            return opened.session
    return None


def thread_session(graph: Any, data_set: type[Any], *, engine: Any, make: Callable[[], Session]) -> Session:
    """Return this thread's own session of *data_set* on *graph*, made by *make* when there is none for *engine*."""
    sessions = _thread.by_graph.setdefault(graph, {})
    session = sessions.get(data_set)
    if session is not None and session.get_bind() is engine:
        if not session.is_active:
            # An earlier flush failed, and its caller heard of it. Nobody else would ever end that transaction.
            session.rollback()
        return session
    if session is not None:
        session.close()
    sessions[data_set] = session = make()
    return session


def sessions_here() -> list[Session]:
    """Return this thread's own sessions, of whatever data set and graph."""
    return [session for sessions in list(_thread.by_graph.values()) for session in sessions.values()]


def close_sessions(data_set: type[Any]) -> None:
    """Close every session of *data_set* that this thread and task hold, on whatever graph."""
    for opened in _opened_here():
        if opened.data_set is data_set:
            opened.session.close()
    _stack.set(tuple(opened for opened in _opened_here() if opened.data_set is not data_set))
    for sessions in _thread.by_graph.values():
        session = sessions.pop(data_set, None)
        if session is not None:
            session.close()


def _forget_parent_sessions() -> None:
    """Start a forked child without sessions; they are not closed, because closing would speak to the parent's file."""
    global _thread  # noqa: PLW0603 - a child must not run the finalisers that clearing the old value would start
    _inherited.extend((_thread, _stack.get()))
    _thread = _ThreadSessions()
    _stack.set(())


_inherited: Final[list[object]] = []

if hasattr(os, "register_at_fork"):  # Windows has no fork.
    os.register_at_fork(after_in_child=_forget_parent_sessions)


#: What to do about a constraint that is broken, by the beginning of what SQLite says.
_REMEDIES: Final = (
    ("UNIQUE", "Another row has these values: give this one others, or change or delete that one."),
    ("NOT NULL", "Give the row a value there, or declare the column Mapped[... | None]."),
    ("FOREIGN KEY", "Create the row that is referred to before, and delete those that refer to it before it."),
    ("CHECK", "Give the row values for which this holds."),
    ("cannot store", "Give the row a value of the type of the column."),
)

#: Primary result codes of SQLite that say that somebody else holds a lock (https://sqlite.org/rescode.html).
_LOCKED: Final = frozenset({5, 6})


def integrity_error(error: IntegrityError) -> ModelIntegrityError:
    """Return our error for SQLAlchemy's, telling a duplicate from every other broken constraint."""
    found = str(error.orig)
    remedy = next((words for beginning, words in _REMEDIES if found.startswith(beginning)), "Correct the row.")
    explanation = f"{found}; nothing was written. {remedy}"
    kind = DuplicateModelError if "UNIQUE constraint failed" in found else ModelIntegrityError
    return kind(error, explanation=explanation)


def busy_error(
    error: BaseException, *, name: str, engine: Callable[[], Engine], undone: str
) -> DataSetBusyError | None:
    """Return what *error* says of the data set *name* if it is that another connection holds a lock, else None.

    Args:
        error: What was raised.
        name: The name of the data set.
        engine: Returns its engine.
        undone: What was not done, as a clause.
    """
    code = getattr(error.orig, "sqlite_errorcode", 0) if isinstance(error, OperationalError) else 0
    if code & 0xFF not in _LOCKED:
        return None
    return DataSetBusyError(name=name, path=str(engine().url.database), undone=undone)


class SessionContext:
    """The session of a `with` block: opened on entry, closed on exit, never committed by itself.

    Work that was not committed inside the block is discarded. Contexts nest; closing the inner one brings the outer
    one back. A context may be used by the thread and task that opened it.
    """

    def __init__(
        self,
        graph: Any,
        data_set: type[Any],
        expire_on_commit: bool = False,  # noqa: FBT001, FBT002 - positional since 1.0
        defer_foreign_keys: bool = False,  # noqa: FBT001, FBT002
    ) -> None:
        self.graph = graph
        self.data_set = data_set
        self.expire_on_commit = expire_on_commit
        self.defer_foreign_keys = defer_foreign_keys
        self._opened: _Opened | None = None

    @property
    def session(self) -> Session | None:
        """This context's session while it is open, else whichever is current for its data set."""
        if self._opened is not None and self._opened in _opened_here():
            return self._opened.session
        return current_session(self.data_set, graph=self.graph)

    def open(self) -> Self:
        """Open a session as the current one; return self. Opening an open context changes nothing."""
        if self._opened is None or self._opened not in _opened_here():
            session = self.data_set.new_session(self.graph, expire_on_commit=self.expire_on_commit)
            self._opened = _Opened(self.graph, self.data_set, session, _thread.thread)
            _stack.set((*_opened_here(), self._opened))
        return self

    def close(self) -> None:
        """Close the session, discarding what was not committed; the one that was current before is current again."""
        opened, self._opened = self._opened, None
        if opened is None:
            return
        _stack.set(tuple(other for other in _opened_here() if other is not opened))
        opened.session.close()

    def commit(self) -> None:
        """Commit; do nothing when no session is open.

        Raises:
            DuplicateModelError: a unique constraint is broken; everything since the last commit is rolled back.
            ModelIntegrityError: any other constraint is broken, such as a deferred foreign key; rolled back as well.
            DataSetBusyError: another connection held a lock for too long; rolled back as well.
        """
        session = self.session
        if session is None:
            return
        try:
            session.commit()
        except IntegrityError as error:
            session.rollback()
            raise integrity_error(error) from error
        except BaseException as error:
            session.rollback()
            busy = busy_error(
                error,
                name=self.data_set.__data_set__,
                engine=lambda: session.get_bind().engine,
                undone="nothing was committed, and all changes were rolled back",
            )
            if busy is not None:
                raise busy from error
            raise

    def rollback(self) -> None:
        """Discard what was not committed; do nothing when no session is open."""
        session = self.session
        if session is not None:
            session.rollback()

    def __enter__(self) -> Self:
        self.open()
        if self.defer_foreign_keys and self.session is not None:
            # Until the first commit or rollback, at which SQLite switches it off by itself.
            self.session.execute(text("PRAGMA defer_foreign_keys=ON"))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
