"""Telling how far a build has come."""

import threading

import pytest

from microcosm_sqlite import progress
from microcosm_sqlite.progress import Event, Kind, advance, step, watched


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[Event]:
    """Return what will be heard; every advance is told at once."""
    monkeypatch.setattr(progress, "_TOLD_EVERY", 0.0)
    return []


def test_nobody_watches() -> None:
    """Then nothing happens."""
    with step("load", "x") as doing:
        doing.advance(rows=1)
        advance(rows=2)
    advance(rows=3)


def test_a_step_is_told_from_its_begin_to_its_end(heard: list[Event]) -> None:
    """What is not said again stays as it was said."""
    with watched(heard.append), step("load", "x.csv", of_bytes=100) as doing:
        doing.advance(rows=1, bytes=10)
        advance(rows=2)

    assert [(event.kind, event.rows, event.bytes) for event in heard] == [
        (Kind.STARTED, None, None),
        (Kind.ADVANCED, 1, 10),
        (Kind.ADVANCED, 2, 10),
        (Kind.FINISHED, 2, 10),
    ]
    assert {(event.step, event.subject, event.of_bytes) for event in heard} == {("load", "x.csv", 100)}
    assert [event.seconds for event in heard] == sorted(event.seconds for event in heard)


def test_advances_are_not_told_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few a second are enough for anybody."""
    monkeypatch.setattr(progress, "_TOLD_EVERY", 3600.0)
    heard: list[Event] = []
    with watched(heard.append), step("load", "x"):
        for number in range(1000):
            advance(rows=number)

    assert [(event.kind, event.rows) for event in heard] == [(Kind.STARTED, None), (Kind.FINISHED, 999)]


def test_a_step_that_fails(heard: list[Event]) -> None:
    """It is told as such, and the error goes on."""
    with pytest.raises(ZeroDivisionError), watched(heard.append), step("load", "x"):
        _ = 1 / 0

    assert [event.kind for event in heard] == [Kind.STARTED, Kind.FAILED]


def test_steps_within_steps(heard: list[Event]) -> None:
    """The innermost one advances."""
    with watched(heard.append), step("build", "x"):
        with step("load", "y"):
            advance(rows=1)
        advance(rows=2)

    assert [(event.step, event.rows) for event in heard if event.kind is Kind.ADVANCED] == [("load", 1), ("build", 2)]


def test_only_what_is_done_here_is_heard(heard: list[Event]) -> None:
    """Neither that of another thread, nor what comes after the block."""
    with watched(heard.append):
        thread = threading.Thread(target=lambda: step("load", "x").__enter__())
        thread.start()
        thread.join()
    with step("load", "y"):
        pass

    assert heard == []
