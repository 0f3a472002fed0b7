"""Tell everything that is wrong with a build."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import click

from microcosm_sqlite.builders.reports import as_csv, as_json, as_table
from microcosm_sqlite.cmd.failures import report
from microcosm_sqlite.cmd.options import checked_output
from microcosm_sqlite.errors import SHOWN_PROBLEMS, BuildError, GatesFailedError, RowProblem, RowsRejectedError

_FORMS: Final[dict[str, Callable[[Iterable[RowProblem]], str]]] = {".csv": as_csv, ".json": as_json, ".txt": as_table}


def checked_report(context: click.Context, parameter: click.Parameter, path: Path | None) -> Path | None:
    """Return *path* if its suffix says in which form problems are written there, and a file may be written."""
    if path is not None and path.suffix.lower() not in _FORMS:
        raise click.BadParameter(f"expected a file called {', '.join(f'*{suffix}' for suffix in _FORMS)}")
    return checked_output(context, parameter, path)


def report_errors(context: click.Context, errors: Sequence[BuildError]) -> None:
    """Say on stderr what *errors* say, all problems that they know of included."""
    for error in errors:
        report(context, error)
        if isinstance(error, RowsRejectedError):
            _report_more("The next ones", error.problems, error.count)
        elif isinstance(error, GatesFailedError):
            for failure in error.failures:
                _report_more(f"The next ones of {failure.gate}", failure.problems, failure.total)


def write_report(path: Path, errors: Iterable[BuildError], skipped: Iterable[RowProblem] = ()) -> None:
    """Write every bad row to *path*, also those that were *skipped*, as its suffix says."""
    problems = [*skipped, *(problem for error in errors for problem in _problems_of(error))]
    path.write_text(_FORMS[path.suffix.lower()](problems), encoding="utf-8")


def _problems_of(error: BuildError) -> list[RowProblem]:
    found: list[Any] = []
    if isinstance(error, RowsRejectedError):
        found += error.problems
    elif isinstance(error, GatesFailedError):
        found += [problem for failure in error.failures for problem in failure.problems]
    return [problem for problem in found if isinstance(problem, RowProblem)]


def _report_more(head: str, problems: Sequence[object], total: int) -> None:
    if len(problems) > SHOWN_PROBLEMS:
        click.echo(f"{head}:", err=True)
        for problem in problems[SHOWN_PROBLEMS:]:
            click.echo(f"  {problem}", err=True)
        if total > len(problems):
            click.echo(f"  ... and {total - len(problems)} more", err=True)
