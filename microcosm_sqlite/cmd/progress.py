"""Show how far a build has come: live on a terminal, else as one line a step, as JSON, or not at all."""

import json
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

import click

from microcosm_sqlite.artifacts.inspection import Artifact
from microcosm_sqlite.progress import Event, Kind, watched

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

#: What each step is called.
_WORDS: Final = {
    "load": "Loading",
    "extract": "Extracting",
    "write": "Writing",
    "check": "Checking",
    "publish": "Publishing",
}


@contextmanager
def shown(*, quiet: bool, as_json: bool) -> Generator[None]:
    """Show on stderr what is done within the block, in the form that fits where it goes."""
    if quiet:
        yield
    elif as_json:
        with watched(_write_json):
            yield
    elif sys.stderr.isatty():
        with _live() as live, watched(live):
            yield
    else:
        with watched(_write_line):
            yield


def tell_unchanged(artifact: Artifact, *, as_json: bool) -> None:
    """Say on stderr that *artifact* stays what is published, because a build would give the same."""
    version = artifact.manifest.version
    message = f"Nothing changed since version {version}: {artifact.path} stays. --force builds it anew."
    if as_json:
        event = Event(kind=Kind.FINISHED, step="unchanged", subject=artifact.manifest.name, seconds=0.0)
        _write_json(event, message=message)
    else:
        click.echo(message, err=True)


def _write_json(event: Event, *, message: str | None = None) -> None:
    facts = {name: value.value if isinstance(value, Enum) else value for name, value in asdict(event).items()}
    facts |= {"seconds": round(event.seconds, 3), "message": message}
    click.echo(json.dumps({name: value for name, value in facts.items() if value is not None}), err=True)


def _write_line(event: Event) -> None:
    if event.kind is Kind.FINISHED:
        rows = "" if event.rows is None else f" {event.rows} rows,"
        click.echo(f"{_title(event)}:{rows} {event.seconds:.1f} s", err=True)


def _title(event: Event) -> str:
    return f"{_WORDS.get(event.step, event.step)} {event.subject}"


@contextmanager
def _live() -> Generator["_Live"]:
    from rich.console import Console  # noqa: PLC0415 - 30 ms that only a terminal pays
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    progress = Progress(
        SpinnerColumn(finished_text="[green]✓"),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[facts]}", markup=False),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
    with progress:
        yield _Live(progress)


class _Live:
    """A line for each step, which moves while it is done."""

    def __init__(self, progress: "Progress") -> None:
        self._progress = progress
        self._tasks: dict[tuple[str, str], TaskID] = {}

    def __call__(self, event: Event) -> None:
        """Show *event*."""
        key = event.step, event.subject
        if event.kind is Kind.STARTED or key not in self._tasks:
            self._tasks[key] = self._progress.add_task(_title(event), total=event.of_bytes, facts="")
        changes: dict[str, Any] = {"facts": _facts(event)}
        if event.kind is Kind.FINISHED:
            total = event.of_bytes or 1
            changes |= {"total": total, "completed": total}
        elif event.of_bytes is not None:
            changes["completed"] = min(event.bytes or 0, event.of_bytes)
        self._progress.update(self._tasks[key], **changes)
        if event.kind is Kind.FAILED:
            self._progress.stop_task(self._tasks[key])


def _facts(event: Event) -> str:
    """Return rows, how many a second, and bytes, as far as they are known."""
    parts: list[str] = []
    if event.rows is not None:
        parts.append(f"{event.rows:,} rows")
        if event.seconds >= 1:
            parts.append(f"{event.rows / event.seconds:,.0f}/s")
    if event.bytes is not None:
        parts.append(f"{event.bytes / 1e6:,.1f} MB")
    if event.kind is Kind.FINISHED:
        parts.append(f"{event.seconds:.1f} s")
    return "  ".join(parts)
