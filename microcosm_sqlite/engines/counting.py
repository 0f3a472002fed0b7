"""Count what is read from an engine, thread by thread."""

import threading
from collections import deque
from typing import Any, Final
from weakref import WeakKeyDictionary, finalize

from microcosm_sqlite.engines.forking import call_in_child
from microcosm_sqlite.engines.watching import identity_of

#: One look-up by key in so many is timed, for all: asking the clock takes a twentieth of the time of a look-up.
TIMED: Final = 16


class Counters:
    """What one thread read. Nobody else writes to it, so that counting needs no lock."""

    __slots__ = ("hits", "misses", "nanoseconds", "scans", "searches")

    def __init__(self) -> None:
        #: Keys that were asked for and found in memory.
        self.hits = 0
        #: Keys that the database was asked for.
        self.misses = 0
        #: Statements that were run for anything but a key.
        self.searches = 0
        #: How many of these read a whole table, or an index from end to end.
        self.scans = 0
        #: Time that was spent on what the database was asked; for look-ups by key, told from a sample.
        self.nanoseconds = 0

    def add(self, other: "Counters") -> None:
        """Add what *other* counted."""
        for name in Counters.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


class Tally:
    """All counters of one engine; those of threads that are gone are kept as one."""

    def __init__(self) -> None:
        self._past = Counters()
        self._counters: dict[int, Counters] = {}
        #: Whose owner is gone. A finaliser may run anywhere, also while the lock is held: it must not want it.
        self._gone: deque[int] = deque()
        self._renew()
        # Whoever held the lock of the parent does not exist in a forked child.
        call_in_child(self, Tally._renew)

    def _renew(self) -> None:
        self._lock = threading.Lock()

    def counters(self, owner: Any) -> Counters:
        """Return new counters, which count for as long as *owner* lives."""
        counters = Counters()
        key = id(counters)
        with self._lock:
            self._settle()
            self._counters[key] = counters
        finalize(owner, self._gone.append, key).atexit = False
        return counters

    def total(self) -> Counters:
        """Return the sum of everything so far."""
        total = Counters()
        with self._lock:
            self._settle()
            for counters in (self._past, *self._counters.values()):
                total.add(counters)
        return total

    def _settle(self) -> None:
        while self._gone:
            self._past.add(self._counters.pop(self._gone.popleft()))


_tallies: WeakKeyDictionary[Any, Tally] = WeakKeyDictionary()


def tally_of(engine: Any) -> Tally:
    """Return the tally of *engine*, and of those that were derived from it."""
    known = identity_of(engine)
    tally = _tallies.get(known)
    return tally if tally is not None else _tallies.setdefault(known, Tally())
