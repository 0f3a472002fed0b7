"""Tell whoever watches how far a build has come.

    with watched(print), step("load", "cities.csv", of_bytes=1_000_000) as loading:
        loading.advance(rows=1000, bytes=52_000)

Nobody watches by default, and then nothing is told and nothing costs time.
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import Enum
from time import monotonic
from typing import Final, TypeAlias

#: How often a step tells how far it is, in seconds, so that those who show it need not hold back.
_TOLD_EVERY: Final = 0.1


class Kind(Enum):
    """What an event says of a step."""

    STARTED = "started"
    ADVANCED = "advanced"
    FINISHED = "finished"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """How far a step has come; what is not known, or makes no sense for it, is None."""

    kind: Kind
    #: What is done: "load", "extract", "write", "check", "publish".
    step: str
    #: With what: a source, a data set.
    subject: str
    seconds: float
    rows: int | None = None
    bytes: int | None = None
    of_bytes: int | None = None


Listener: TypeAlias = Callable[[Event], None]

_listener: ContextVar[Listener | None] = ContextVar("microcosm_sqlite_listener", default=None)

_step: ContextVar["Step | None"] = ContextVar("microcosm_sqlite_step", default=None)


class Step:
    """A step that is being done; belongs to the thread that does it."""

    def __init__(self, name: str, subject: str, *, of_bytes: int | None, listener: Listener | None) -> None:
        self._name = name
        self._subject = subject
        self._of_bytes = of_bytes
        self._listener = listener
        self._start = self._told = monotonic()
        self._rows: int | None = None
        self._bytes: int | None = None

    def advance(self, *, rows: int | None = None, bytes: int | None = None) -> None:  # noqa: A002 - as the event says
        """Say that so many rows, and so many bytes of the source, are done, counted from the begin of the step."""
        self._rows = self._rows if rows is None else rows
        self._bytes = self._bytes if bytes is None else bytes
        if self._listener is not None and (now := monotonic()) - self._told >= _TOLD_EVERY:
            self._told = now
            self.tell(Kind.ADVANCED)

    def tell(self, kind: Kind) -> None:
        """Tell the listener, if there is one."""
        if self._listener is not None:
            self._listener(
                Event(
                    kind=kind,
                    step=self._name,
                    subject=self._subject,
                    seconds=monotonic() - self._start,
                    rows=self._rows,
                    bytes=self._bytes,
                    of_bytes=self._of_bytes,
                )
            )


@contextmanager
def watched(listener: Listener) -> Generator[None]:
    """Let *listener* hear of every step that is done within the block, by this thread or task."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


@contextmanager
def step(name: str, subject: str, *, of_bytes: int | None = None) -> Generator[Step]:
    """Yield a step that takes as long as the block."""
    doing = Step(name, subject, of_bytes=of_bytes, listener=_listener.get())
    token = _step.set(doing)
    doing.tell(Kind.STARTED)
    try:
        yield doing
    except BaseException:
        doing.tell(Kind.FAILED)
        raise
    else:
        doing.tell(Kind.FINISHED)
    finally:
        _step.reset(token)


def advance(*, rows: int | None = None, bytes: int | None = None) -> None:  # noqa: A002 - as the event says
    """Say how far the innermost step is that is being done, if there is one; see `Step.advance`."""
    if (doing := _step.get()) is not None:
        doing.advance(rows=rows, bytes=bytes)
