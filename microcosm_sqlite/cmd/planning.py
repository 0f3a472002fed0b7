"""Show how stores find rows."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import click

from microcosm_sqlite.artifacts.beside import manifests_beside
from microcosm_sqlite.artifacts.certificate import AccessEntry
from microcosm_sqlite.artifacts.certifying import Finding, plan_access
from microcosm_sqlite.artifacts.headers import read_header
from microcosm_sqlite.checks import AccessCheck, access_checks
from microcosm_sqlite.cmd.databases import opened_database
from microcosm_sqlite.cmd.declarations import imported_data_set
from microcosm_sqlite.cmd.environment import data_set_paths
from microcosm_sqlite.cmd.failures import ExitCode
from microcosm_sqlite.cmd.options import debug_option, json_option
from microcosm_sqlite.cmd.tables import Form, form_for_stdout, write_json_array, write_rows
from microcosm_sqlite.cmd.targets import Target, artifact_at, target_of
from microcosm_sqlite.dataset import data_set_name
from microcosm_sqlite.errors import DataSetError, ManifestError

#: The verdicts that are bad ones.
_FAILED: Final = frozenset({"scans", "sorts", "fails"})

_COLUMNS: Final = ("store", "call", "verdict", "scanned", "sorted", "indexes", "missing")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Shown:
    """One line of what is printed."""

    entry: AccessEntry
    verdict: str
    missing: str | None = None

    def values(self) -> tuple[Any, ...]:
        plan = self.entry.plan
        found: tuple[Any, ...] = (None, None, ()) if plan is None else (plan.scanned, plan.sorted, plan.indexes)
        return (self.entry.store, self.entry.call, self.verdict, *found, self.missing)

    def cells(self) -> tuple[Any, ...]:
        *others, indexes, missing = self.values()
        return (*others, ", ".join(indexes), missing)


@click.command("plan")
@click.argument("name_or_path")
@click.argument("data_set", metavar="[MODULE:DATASET]", required=False)
@json_option
@debug_option
@click.pass_context
def plan(context: click.Context, *, name_or_path: str, data_set: str | None, as_json: bool) -> None:
    """Show how the stores of NAME_OR_PATH, a data set or a file, find rows, and which index is missing.

    What its certified stores ask is planned with the SQLite of this program. The stores are those of MODULE:DATASET, or
    of the installed distribution that announces the data set; without either, what was found when the file was sealed
    is shown. The exit code is 1 if a call scans or sorts more rows than it may.
    """
    target = target_of(name_or_path)
    checks = _checks(target, data_set)
    shown = list(_planned(name_or_path, checks) if checks else _recorded(target))
    form = form_for_stdout(as_json=as_json)
    if form is Form.JSON:
        write_json_array(dict(zip(_COLUMNS, one.values(), strict=True)) for one in shown)
    elif shown:
        write_rows(_COLUMNS, [line.cells() for line in shown], form)
    if not shown:
        click.echo("No store of it is certified.", err=True)
    context.exit(ExitCode.FAILED if any(one.verdict in _FAILED for one in shown) else ExitCode.OK)


def _checks(target: Target, data_set: str | None) -> tuple[AccessCheck, ...]:
    """Return what is asked of the data set, having imported the module that says so."""
    if data_set is not None:
        return access_checks(data_set_name(imported_data_set(data_set)))
    name = target.name
    if name is None and read_header(target.path).is_sealed:
        name = artifact_at(target).manifest.name
    if name is None:
        return ()
    # Only to import what announces it: where its file is, is known already.
    with suppress(DataSetError):
        data_set_paths().installed.locate(name)
    return access_checks(name)


def _planned(argument: str, checks: Iterable[AccessCheck]) -> Iterator[_Shown]:
    with opened_database(argument) as database:
        for check in checks:
            try:
                paths = list(check.paths())
            except Exception as error:  # noqa: BLE001 - The other stores can be shown all the same.
                click.echo(f"{check.store} cannot say what it asks: {type(error).__name__}: {error}", err=True)
                yield _Shown(entry=AccessEntry(store=check.store, call=""), verdict="fails")
            else:
                yield from map(_shown, plan_access(database.connection, paths))


def _shown(finding: Finding) -> _Shown:
    if finding.problem is None:
        return _Shown(entry=finding.entry, verdict="holds")
    if finding.entry.plan is None:
        click.echo(finding.problem, err=True)
    return _Shown(entry=finding.entry, verdict=_verdict(finding.entry) or "fails", missing=finding.remedy)


def _verdict(entry: AccessEntry) -> str | None:
    plan, most = entry.plan, entry.most_scanned
    if plan is None or entry.holds:
        return None
    return "scans" if most is not None and plan.scanned > most else "sorts"


def _recorded(target: Target) -> Iterator[_Shown]:
    if not read_header(target.path).is_sealed:
        return
    artifact = artifact_at(target)
    manifest = artifact.manifest
    with suppress(ManifestError):
        manifest = next(manifests_beside(artifact))
    if manifest.access:
        release = "" if manifest.builder is None else f" with SQLite {manifest.builder.sqlite}"
        click.echo(f"Its stores are not installed here. As it was sealed{release}:", err=True)
    for entry in manifest.access:
        yield _Shown(entry=entry, verdict=_verdict(entry) or ("unknown" if entry.plan is None else "holds"))
