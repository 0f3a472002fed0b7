"""Know the connections of an engine, to look at what they run."""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, cast
from weakref import WeakSet

from sqlalchemy import Engine, event

from microcosm_sqlite.errors import ArgumentError

if TYPE_CHECKING:
    from microcosm_sqlite.engines.connections import Connection

#: Execution option that holds the connections of an engine; engines that were derived from one share them.
_CONNECTIONS: Final = "microcosm_sqlite_connections"

#: Characters of what is no engine that a message shows.
_SHOWN: Final = 100

#: What is called with APSW's account of a statement that came to its end:
#: https://rogerbinns.github.io/apsw/connection.html#apsw.Connection.trace_v2.
Watcher = Callable[[dict[str, Any]], None]


class Connections:
    """The connections of one engine that are open, and who watches them; may be used by several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: WeakSet[Connection] = WeakSet()
        self._watchers: dict[object, Watcher] = {}

    def add(self, connection: "Connection", _: object = None) -> None:
        """Take in a new connection."""
        with self._lock:
            self._open.add(connection)
            watchers = list(self._watchers.items())
        for key, watcher in watchers:
            connection.watch(watcher, key=key)

    def watch(self, watcher: Watcher) -> object:
        """Have *watcher* called with each statement that ends from now on; return what `leave` takes.

        What it raises, whoever ran the statement gets.
        """
        key = object()
        with self._lock:
            self._watchers[key] = watcher
            connections = list(self._open)
        for connection in connections:
            connection.watch(watcher, key=key)
        return key

    def leave(self, key: object) -> None:
        """Watch no more."""
        with self._lock:
            del self._watchers[key]
            connections = list(self._open)
        for connection in connections:
            connection.watch(None, key=key)


def know_connections(engine: Engine) -> None:
    """Keep track of the connections of a new *engine*."""
    connections = Connections()
    event.listen(engine, "connect", connections.add)
    engine.update_execution_options(**{_CONNECTIONS: connections})


def connections_of(engine: Engine) -> Connections:
    """Return the connections of *engine*, which this package has opened.

    Raises:
        ArgumentError: it was opened by somebody else, or is no engine.
    """
    found = engine.get_execution_options().get(_CONNECTIONS) if isinstance(cast("Any", engine), Engine) else None
    if found is None:
        raise ArgumentError(
            where="a guard of queries",
            argument="engine",
            expected="an engine of a data set",
            found=repr(engine)[:_SHOWN],
            remedy='Write graph.sqlite("<name>")[0], with the name of the data set.',
        )
    return cast("Connections", found)


def identity_of(engine: Any) -> object:
    """Return what stands for *engine*, and for those that were derived from it."""
    options: Any = engine.get_execution_options() if isinstance(engine, Engine) else {}
    return options.get(_CONNECTIONS, engine)
