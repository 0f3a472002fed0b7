"""Build a data set from a folder of files with rows."""

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final, cast

import click
from sqlalchemy import MetaData, Table

from microcosm_sqlite.artifacts.inspection import Artifact
from microcosm_sqlite.artifacts.manifest import Licence, Waiver
from microcosm_sqlite.builders.options import LoadOptions
from microcosm_sqlite.cmd.declarations import imported_data_set
from microcosm_sqlite.cmd.failures import ExitCode
from microcosm_sqlite.cmd.identities import identity_of, write_identity
from microcosm_sqlite.cmd.options import debug_option, json_option
from microcosm_sqlite.cmd.progress import shown, tell_unchanged
from microcosm_sqlite.cmd.reporting import checked_report, report_errors, write_report
from microcosm_sqlite.cmd.rows import file_of, strays_told
from microcosm_sqlite.cmd.tables import json_text
from microcosm_sqlite.cmd.unchanged import published_same
from microcosm_sqlite.cmd.waiving import unneeded_told, waiver_options, waivers_of
from microcosm_sqlite.cmd.workers import workers_for, workers_option
from microcosm_sqlite.dataset import DataSet
from microcosm_sqlite.engines.refusals import Refusal, telling_refusals
from microcosm_sqlite.errors import (
    SHOWN_PROBLEMS,
    BuildError,
    ConfigurationError,
    GatesFailedError,
    SealError,
    SourceError,
    WorkbenchFailedError,
    WorkersFailedError,
)
from microcosm_sqlite.sealing import Release, seal
from microcosm_sqlite.shipping.durability import make_folder
from microcosm_sqlite.shipping.folder import FolderChannel
from microcosm_sqlite.workbench import Workbench

_MAX_ERRORS: Final = "Name so many problems of a file (100); with --skip-bad, leave out so many rows at most."
_REPORT: Final = click.Path(path_type=Path, dir_okay=False, writable=True)


def _licences(_: click.Context, __: click.Parameter, names: Iterable[str]) -> tuple[Licence, ...]:
    try:
        return tuple(Licence(name=name) for name in names)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def _version(_: click.Context, __: click.Parameter, version: str) -> str:
    if not version.strip():
        raise click.BadParameter("expected a version such as '2026.1', found nothing")
    return version


@click.command("build")
@click.argument("data_set", metavar="MODULE:DATASET")
@click.argument("rows_folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--output", type=click.Path(path_type=Path, file_okay=False), required=True, help="Publish here.")
@click.option("--version", required=True, callback=_version, help="Version of the data.")
@click.option("--title", help="What the data is, in a few words.")
@click.option("--description", help="What the data is, in a few sentences.")
@click.option("--licence", "licences", multiple=True, callback=_licences, help="SPDX identifier; may be repeated.")
@click.option("--attribution", help="Whom those who use the data have to name.")
@click.option("--allow-missing", is_flag=True, help="Leave a table empty that has no file.")
@click.option("--skip-bad", is_flag=True, help="Leave out rows that do not fit; the manifest says how many.")
@click.option("--max-errors", type=click.IntRange(min=0), metavar="N", help=_MAX_ERRORS)
@click.option("--report", type=_REPORT, callback=checked_report, help="Write every bad row here: *.csv, *.json, *.txt.")
@click.option("--explain", is_flag=True, help="Say what fills each column before a file is loaded.")
@click.option("--force", is_flag=True, help="Build although nothing changed since what is published.")
@click.option("--quiet", is_flag=True, help="Say nothing but what is wrong.")
@workers_option
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

    Files may also be <table>.tsv, .jsonl or .json, packed or not.

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
        report=options.pop("report"),
        explains=options.pop("explain"),
        workers=options.pop("workers"),
        loading=_loading(skip_bad=options.pop("skip_bad"), max_errors=options.pop("max_errors")),
        # The other options are what the curator says of the release.
        release=Release(created=_source_date(), **options),
    )
    with shown(quiet=quiet, as_json=as_json):
        same = None if force else _published(work)
        artifact = same or _build(context, work)
    if same is not None and not quiet:
        tell_unchanged(same, as_json=as_json)
    if as_json:
        print(json_text({**identity_of(artifact), "published": same is None}))
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
    report: Path | None
    explains: bool
    workers: int | None
    loading: LoadOptions

    @property
    def tables(self) -> list[Table]:
        """The tables, those that others refer to first."""
        return cast("MetaData", cast("Any", self.data_set).metadata).sorted_tables

    def file_of(self, table: Table) -> Path | None:
        """Return where the rows of *table* are, or None if they are nowhere."""
        return file_of(self.rows, table.name)


def _loading(*, skip_bad: bool, max_errors: int | None) -> LoadOptions:
    options = LoadOptions(skip_bad=skip_bad)
    return options if max_errors is None else LoadOptions(skip_bad=skip_bad, max_errors=max_errors)


def _published(work: _Work) -> Artifact | None:
    files = [work.file_of(table) for table in work.tables]
    sources = [path for path in files if path is not None]
    if len(sources) < len(files) and not work.allow_missing:
        return None
    same = published_same(work.data_set, sources, work.output, asked=work.release, waivers=work.waivers)
    if (
        same is not None
        and any(source.skipped for source in same.manifest.sources)
        and not work.loading.get("skip_bad")
    ):
        # What was left out then would be an error now.
        return None
    return same


def _build(context: click.Context, work: _Work) -> Artifact:
    errors: list[BuildError] = []
    with Workbench(work.data_set) as bench:
        try:
            errors += _load(bench, work)
            if not errors:
                return _seal(bench, work)
            report_errors(context, errors)
            click.echo("Nothing was published.", err=True)
        except GatesFailedError as error:
            errors.append(error)
            report_errors(context, errors)
        finally:
            if work.report is not None:
                write_report(work.report, errors, bench.skipped)
        raise click.exceptions.Exit(ExitCode.FAILED)


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
    with workers_for(work.workers) as workers:
        for table in work.tables:
            path = work.file_of(table)
            if path is None:
                if not work.allow_missing:
                    errors.append(_missing(work.rows / f"{table.name}.csv", table))
                continue
            if table not in models:
                raise click.UsageError(f"table {table.name!r} has no model, so {path} cannot be loaded: use a script.")
            try:
                if work.explains:
                    options = work.loading.copy()
                    options["executor"] = workers.executor_for(path)
                    click.echo(bench.explain(models[table], path, **options), err=True)
                workers.load(bench, models[table], path, work.loading)
            except (WorkbenchFailedError, WorkersFailedError):
                # Nothing else can be looked at.
                raise
            except BuildError as error:
                errors.append(error)
    for warning in strays_told(work.rows, [table.name for table in work.tables]):
        click.echo(warning, err=True)
    _tell_skipped(bench)
    return errors


def _tell_skipped(bench: Workbench) -> None:
    skipped = sum(source.skipped or 0 for source in bench.sources)
    if skipped:
        click.echo(f"Warning: {skipped} row(s) that do not fit were left out, the first ones:", err=True)
        for problem in bench.skipped[:SHOWN_PROBLEMS]:
            click.echo(f"  {problem}", err=True)


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
