"""Keep a child process from touching the databases its parent has open.

SQLite forbids carrying a connection across `fork`: closing it in the child rolls back and deletes the parent's journal.
So in the child every connection is abandoned: its C objects are never finalised, not even when the interpreter exits,
and the Python objects around them refuse to work. On platforms without `fork` nothing here ever runs.
"""

import os
from collections.abc import Callable
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

Watched = TypeVar("Watched")

_watched: WeakKeyDictionary[Any, Callable[[Any], None]] = WeakKeyDictionary()


def call_in_child(watched: Watched, action: Callable[[Watched], None]) -> None:
    """Have *action* called with *watched* in every process forked from this one while *watched* is alive."""
    _watched[watched] = action


def make_immortal(thing: object) -> None:
    """Take a reference that nobody gives back, so that *thing* is never finalised."""
    import ctypes  # noqa: PLC0415 - a millisecond that only a forked child pays

    ctypes.pythonapi.Py_IncRef(ctypes.py_object(thing))


def _run_in_child() -> None:
    for watched, action in list(_watched.items()):
        action(watched)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_run_in_child)
