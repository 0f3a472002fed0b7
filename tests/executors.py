"""Executors that show what a load may expect of any."""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from pickle import dumps, loads
from random import Random
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Inline(Executor):
    """Does everything at once, where it is asked to."""

    def __init__(self) -> None:
        self.submitted = 0
        self.is_shut_down = False

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Call *fn* and keep what comes of it."""
        self.submitted += 1
        future: Future[T] = Future()
        try:
            future.set_result(self.called(fn, *args, **kwargs))
        except Exception as error:  # noqa: BLE001 - as executors do
            future.set_exception(error)
        return future

    def called(self, fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what *fn* returns."""
        return fn(*args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002
        """Take note."""
        self.is_shut_down = True


class Posting(Inline):
    """Sends what it is asked to do, and what comes of it, the way processes do."""

    def called(self, fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what *fn* returns, through pickle and back."""
        posted, posted_args, posted_kwargs = loads(dumps((fn, args, kwargs)))
        return loads(dumps(posted(*posted_args, **posted_kwargs)))  # type: ignore[no-any-return]


class Disorderly(Posting):
    """Does things when somebody asks for any of them, in whatever order."""

    def __init__(self) -> None:
        super().__init__()
        self._random = Random(1)
        self._pending: list[tuple[_Lazy[Any], Callable[[], Any]]] = []
        self.cancelled = 0

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Promise to call *fn* some time."""
        self.submitted += 1
        future: _Lazy[T] = _Lazy(self)
        self._pending.append((future, lambda: self.called(fn, *args, **kwargs)))
        return future

    def work_on(self, wanted: Future[Any]) -> None:
        """Do what is pending until *wanted* is there."""
        while not wanted.done():
            self._do_one()

    def chosen(self, count: int) -> int:
        """Return which of *count* things comes next."""
        return self._random.randrange(count)

    def drain(self) -> None:
        """Do all that is pending."""
        while self._pending:
            self._do_one()

    def _do_one(self) -> None:
        future, call = self._pending.pop(self.chosen(len(self._pending)))
        if future.set_running_or_notify_cancel():
            future.set_result(call())
        else:
            self.cancelled += 1


class Lazy(Disorderly):
    """Does things in their order, and none before it is asked for."""

    def chosen(self, count: int) -> int:
        """Return 0."""
        return 0


class _Lazy(Future[T]):
    """A result that is worked on when it is asked for."""

    def __init__(self, executor: Disorderly) -> None:
        super().__init__()
        self._executor = executor

    def result(self, timeout: float | None = None) -> T:
        """Return it."""
        self._executor.work_on(self)
        return super().result(timeout)
