"""Build a data set from a folder of CSV files."""

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
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
from microcosm_sqlite.cmd.tables import json_text
from microcosm_sqlite.cmd.waiving import unneeded_told, waiver_options, waivers_of
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
    allow_missing: bool,
    as_json: bool,
    **release: Any,
) -> None:
    """Build the data set MODULE:DATASET from the files <table>.csv in ROWS_FOLDER, seal it, publish it.

    Every row that does not fit is named with its file, line and column, every gate that does not hold with what was
    expected and found; nothing is published then. Modules in the current folder are found. SOURCE_DATE_EPOCH dates
    the release; without it, it has no date.
    """
    base = imported_data_set(data_set)
    waivers = waivers_of(base, waive=release.pop("waive"), reason=release.pop("reason"))
    asked = Release(created=_source_date(), **release)
    with Workbench(base) as bench:
        errors = _load(bench, rows_folder, allow_missing=allow_missing)
        for error in errors:
            _report(context, error)
        if errors:
            click.echo("Nothing was published.", err=True)
            context.exit(ExitCode.FAILED)
        try:
            artifact = _seal(bench, output, asked, waivers)
        except GatesFailedError as error:
            _report(context, error)
            context.exit(ExitCode.FAILED)
    if as_json:
        print(json_text(identity_of(artifact)))
    else:
        write_identity(artifact)


def _seal(bench: Workbench, output: Path, asked: Release, waivers: tuple[Waiver, ...]) -> Artifact:
    is_new = not output.exists()
    with telling_refusals(partial(_no_folder, bench.name, output)):
        make_folder(output)
    try:
        with unneeded_told():
            return seal(bench, FolderChannel(output), asked, waivers=waivers)
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


def _load(bench: Workbench, folder: Path, *, allow_missing: bool) -> list[BuildError]:
    """Load each table's file and return all that is wrong with them by themselves; sealing looks at the rest."""
    metadata = cast("MetaData", cast("Any", bench.data_set).metadata)
    models = _models(bench.data_set)
    errors: list[BuildError] = []
    for table in metadata.sorted_tables:
        path = folder / f"{table.name}.csv"
        if not path.exists():
            if not allow_missing:
                errors.append(_missing(path, table))
            continue
        if table not in models:
            raise click.UsageError(f"table {table.name!r} has no model, so {path} cannot be loaded: use a script.")
        try:
            count = bench.csv(models[table], path)
        except WorkbenchFailedError:
            # Nothing else can be looked at.
            raise
        except BuildError as error:
            errors.append(error)
        else:
            click.echo(f"{path}: {count} rows", err=True)
    _warn_of_strays(folder, metadata)
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


def _warn_of_strays(folder: Path, metadata: MetaData) -> None:
    names = [table.name for table in metadata.sorted_tables]
    for path in sorted(folder.glob("*.csv")):
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
