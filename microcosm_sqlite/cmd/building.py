"""Build a data set from a folder of CSV files."""

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any, cast

import click
from sqlalchemy import MetaData, Table

from microcosm_sqlite.artifacts.inspection import Artifact
from microcosm_sqlite.artifacts.manifest import Licence, Waiver
from microcosm_sqlite.cmd.declarations import imported_data_set
from microcosm_sqlite.cmd.failures import ExitCode, report
from microcosm_sqlite.cmd.identities import identity_of, write_identity
from microcosm_sqlite.cmd.options import debug_option, json_option
from microcosm_sqlite.cmd.progress import shown
from microcosm_sqlite.cmd.tables import json_text
from microcosm_sqlite.cmd.unchanged import published_same
from microcosm_sqlite.cmd.waiving import unneeded_told, waiver_options, waivers_of
from microcosm_sqlite.dataset import DataSet
from microcosm_sqlite.engines.refusals import Refusal, telling_refusals
from microcosm_sqlite.errors import (
    SHOWN_PROBLEMS,
    BuildError,
    ConfigurationError,
    GatesFailedError,
    RowsRejectedError,
    SealError,
    SourceError,
    WorkbenchFailedError,
)
from microcosm_sqlite.sealing import Release, seal
from microcosm_sqlite.shipping.durability import make_folder
from microcosm_sqlite.shipping.folder import FolderChannel
from microcosm_sqlite.workbench import Workbench


def _licences(_: click.Context, __: click.Parameter, names: Iterable[str]) -> tuple[Licence, ...]:
    try:
        return tuple(Licence(name=name) for name in names)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


@click.command("build")
@click.argument("data_set", metavar="MODULE:DATASET")
@click.argument("rows_folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--output", type=click.Path(path_type=Path, file_okay=False), required=True, help="Publish here.")
@click.option("--version", required=True, help="Version of the data.")
@click.option("--title", help="What the data is, in a few words.")
@click.option("--description", help="What the data is, in a few sentences.")
@click.option("--licence", "licences", multiple=True, callback=_licences, help="SPDX identifier; may be repeated.")
@click.option("--attribution", help="Whom those who use the data have to name.")
@click.option("--allow-missing", is_flag=True, help="Leave a table empty that has no file.")
@click.option("--force", is_flag=True, help="Build although nothing changed since what is published.")
@click.option("--quiet", is_flag=True, help="Say nothing but what is wrong.")
@waiver_options
@json_option
@debug_option
@click.pass_context
def build(
    context: click.Context,
    /,
    *,
    data_set: str,
    rows_folder: Path,
    output: Path,
    quiet: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Build the data set MODULE:DATASET from the files <table>.csv in ROWS_FOLDER, seal it, publish it.

    Every row that does not fit is named with its file, line and column, every gate that does not hold with what was
    expected and found; nothing is published then. Modules in the current folder are found. SOURCE_DATE_EPOCH dates
    the release; without it, it has no date. Where rows, models and what the options say of the release are those of
    what is published, but for version and date, nothing is done.

    How far it is, is shown on stderr: live on a terminal, else in one line a step, with --json as events.
    """
    base = imported_data_set(data_set)
    force = options.pop("force")
    work = _Work(
        data_set=base,
        rows=rows_folder,
        output=output,
        waivers=waivers_of(base, waive=options.pop("waive"), reason=options.pop("reason")),
        allow_missing=options.pop("allow_missing"),
        # The other options are what the curator says of the release.
        release=Release(created=_source_date(), **options),
    )
    with shown(quiet=quiet, as_json=as_json):
        same = None if force else _published(work)
        artifact = same or _build(context, work)
    if same is not None and not quiet:
        version = same.manifest.version
        click.echo(f"Nothing changed since version {version}: {same.path} stays. --force builds it anew.", err=True)
    if as_json:
        print(json_text(identity_of(artifact)))
    elif not quiet:
        write_identity(artifact)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Work:
    """What is asked for."""

    data_set: type[DataSet]
    rows: Path
    output: Path
    release: Release
    waivers: tuple[Waiver, ...]
    allow_missing: bool

    @property
    def tables(self) -> list[Table]:
        """The tables, those that others refer to first."""
        return cast("MetaData", cast("Any", self.data_set).metadata).sorted_tables

    def file_of(self, table: Table) -> Path:
        """Return where the rows of *table* are."""
        return self.rows / f"{table.name}.csv"


def _published(work: _Work) -> Artifact | None:
    files = [work.file_of(table) for table in work.tables]
    sources = [path for path in files if path.exists()]
    if len(sources) < len(files) and not work.allow_missing:
        return None
    return published_same(work.data_set, sources, work.output, asked=work.release, waivers=work.waivers)


def _build(context: click.Context, work: _Work) -> Artifact:
    with Workbench(work.data_set) as bench:
        errors = _load(bench, work)
        for error in errors:
            _report(context, error)
        if errors:
            click.echo("Nothing was published.", err=True)
            context.exit(ExitCode.FAILED)
        try:
            return _seal(bench, work)
        except GatesFailedError as error:
            _report(context, error)
            context.exit(ExitCode.FAILED)


def _seal(bench: Workbench, work: _Work) -> Artifact:
    output = work.output
    is_new = not output.exists()
    with telling_refusals(partial(_no_folder, bench.name, output)):
        make_folder(output)
    try:
        with unneeded_told():
            return seal(bench, FolderChannel(output), work.release, waivers=work.waivers)
    except BaseException:
        if is_new:
            with suppress(OSError):
                output.rmdir()
        raise


def _no_folder(name: str, output: Path, refusal: Refusal) -> SealError:
    remedy = f"{refusal.remedy}, then build again. Nothing was published."
    return SealError(name=name, path=output, reason=f"the folder cannot be made: {refusal.reason}", remedy=remedy)


def _source_date() -> str | None:
    """Return the date that https://reproducible-builds.org/specs/source-date-epoch sets, as RFC 3339 writes it."""
    seconds = os.environ.get("SOURCE_DATE_EPOCH")
    if not seconds:
        return None
    try:
        return datetime.fromtimestamp(int(seconds), tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError) as error:
        raise ConfigurationError(key="SOURCE_DATE_EPOCH", found=seconds, expected="seconds since 1970") from error


def _load(bench: Workbench, work: _Work) -> list[BuildError]:
    """Load each table's file and return all that is wrong with them by themselves; sealing looks at the rest."""
    models = _models(bench.data_set)
    errors: list[BuildError] = []
    for table in work.tables:
        path = work.file_of(table)
        if not path.exists():
            if not work.allow_missing:
                errors.append(_missing(path, table))
            continue
        if table not in models:
            raise click.UsageError(f"table {table.name!r} has no model, so {path} cannot be loaded: use a script.")
        try:
            bench.csv(models[table], path)
        except WorkbenchFailedError:
            # Nothing else can be looked at.
            raise
        except BuildError as error:
            errors.append(error)
    _warn_of_strays(work)
    return errors


def _models(data_set: Any) -> dict[Table, type[Any]]:
    models: dict[Table, type[Any]] = {}
    for mapper in data_set.registry.mappers:
        table = cast("Table", mapper.local_table)
        # Classes that share a table: the one the others inherit from has all that they have in common.
        if table not in models or issubclass(models[table], mapper.class_):
            models[table] = mapper.class_
    return models


def _missing(path: Path, table: Table) -> SourceError:
    return SourceError(
        source=str(path),
        expected=f"the rows of table {table.name!r}",
        found="no such file",
        remedy="Write it, or leave the table empty with --allow-missing.",
    )


def _warn_of_strays(work: _Work) -> None:
    names = [table.name for table in work.tables]
    for path in sorted(work.rows.glob("*.csv")):
        if path.stem not in names:
            alike = get_close_matches(path.stem, names, n=1)
            hint = f" Is it that of {alike[0]!r}?" if alike else ""
            click.echo(f"Warning: {path} was not read: no table is called {path.stem!r}.{hint}", err=True)


def _report(context: click.Context, error: BuildError) -> None:
    """Say on stderr what *error* says; its message names only some of the problems that it knows, so add the others."""
    report(context, error)
    if isinstance(error, RowsRejectedError):
        _report_more("The next ones", error.problems, error.count)
    elif isinstance(error, GatesFailedError):
        for failure in error.failures:
            _report_more(f"The next ones of {failure.gate}", failure.problems, failure.total)


def _report_more(head: str, problems: Sequence[object], total: int) -> None:
    if len(problems) > SHOWN_PROBLEMS:
        click.echo(f"{head}:", err=True)
        for problem in problems[SHOWN_PROBLEMS:]:
            click.echo(f"  {problem}", err=True)
        if total > len(problems):
            click.echo(f"  ... and {total - len(problems)} more", err=True)
