"""Showing how far a build has come."""

import json
import os
import pty
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from microcosm_sqlite import progress
from microcosm_sqlite.artifacts.verification import verify
from microcosm_sqlite.cmd.progress import shown, tell_unchanged
from microcosm_sqlite.progress import advance, step


def two_steps() -> None:
    """Load a file, and publish."""
    with step("load", "a.csv", of_bytes=2_000_000):
        advance(rows=1000, bytes=1_000_000)
        advance(rows=2000, bytes=2_000_000)
    with step("publish", "world"):
        pass


def test_nothing_at_all(capsys: pytest.CaptureFixture[str]) -> None:
    """Neither on stdout nor on stderr."""
    with shown(quiet=True, as_json=False):
        two_steps()

    assert capsys.readouterr() == ("", "")


def test_a_line_for_each_step(capsys: pytest.CaptureFixture[str]) -> None:
    """When it is done, with its rows."""
    with shown(quiet=False, as_json=False):
        two_steps()

    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == ["Loading a.csv: 2000 rows, 0.0 s", "Publishing world: 0.0 s"]


def test_events(capsys: pytest.CaptureFixture[str]) -> None:
    """Each a JSON object; what is not known is left out."""
    with shown(quiet=False, as_json=True):
        two_steps()

    events = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [event["kind"] for event in events] == ["started", "finished"] * 2
    assert set(events[-1]) == {"kind", "step", "subject", "seconds"}


@pytest.mark.parametrize("as_json", [False, True])
def test_nothing_changed(atlas_path: Path, capsys: pytest.CaptureFixture[str], *, as_json: bool) -> None:
    """A line for a person, an event with the same message for a program."""
    tell_unchanged(verify(atlas_path), as_json=as_json)

    out, err = capsys.readouterr()
    message = f"Nothing changed since version 2026.1: {atlas_path} stays. --force builds it anew."
    event = {"kind": "finished", "step": "unchanged", "subject": "atlas", "seconds": 0.0, "message": message}
    assert out == ""
    assert (json.loads(err) == event) if as_json else (err == f"{message}\n")


def test_a_terminal_shows_it_live(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line for each step, with rows and bytes; names are shown as they are, whatever they hold."""
    monkeypatch.setattr(progress, "_TOLD_EVERY", 0.0)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    main, terminal = pty.openpty()
    pieces: list[bytes] = []
    reading = threading.Thread(target=lambda: pieces.extend(everything_from(main)))
    reading.start()
    with os.fdopen(terminal, "w") as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        with shown(quiet=False, as_json=False):
            two_steps()
            with pytest.raises(ZeroDivisionError), step("load", "[red]b.csv"):
                _ = 1 / 0
        monkeypatch.undo()
    reading.join()
    os.close(main)
    text = b"".join(pieces).decode()

    assert "Loading a.csv" in text
    assert "2,000 rows  2.0 MB" in text
    assert "Publishing world" in text
    assert "[red]b.csv" in text


def everything_from(terminal: int) -> Iterator[bytes]:
    """Yield what is written to the other end until that is closed."""
    with suppress(OSError):  # Linux says so that it was.
        while piece := os.read(terminal, 4096):
            yield piece
