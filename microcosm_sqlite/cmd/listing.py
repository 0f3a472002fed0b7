"""List the data sets that can be bound here."""

from dataclasses import asdict, dataclass
from importlib.metadata import entry_points
from typing import Final

import click

from microcosm_sqlite.artifacts.headers import read_header
from microcosm_sqlite.cmd.environment import data_set_paths, path_of
from microcosm_sqlite.cmd.failures import ExitCode
from microcosm_sqlite.cmd.options import debug_option, json_option
from microcosm_sqlite.cmd.tables import Form, form_for_stdout, write_json_array, write_rows
from microcosm_sqlite.cmd.targets import Target, artifact_at
from microcosm_sqlite.constants import DATA_SET_GROUP
from microcosm_sqlite.errors import SQLiteError
from microcosm_sqlite.paths import DataSetPaths

#: Characters of a content digest that tell the releases of one data set apart.
_SHORT: Final = len("sha256:") + 12


@dataclass(frozen=True, kw_only=True, slots=True)
class Listed:
    """What is known of a data set without reading its rows; what is not known is None."""

    name: str
    distribution: str | None
    path: str | None = None
    is_sealed: bool | None = None
    version: str | None = None
    rows: int | None = None
    content_digest: str | None = None
    error: str | None = None


@click.command("list")
@click.option("--check", is_flag=True, help="Exit with 1 if any of them cannot be bound.")
@json_option
@debug_option
@click.pass_context
def list_data_sets(context: click.Context, *, check: bool, as_json: bool) -> None:
    """List the data sets that can be bound here: what the environment configures, and what is installed.

    A service finds the same ones. Files are not verified: that is what `verify --all` does.
    """
    paths = data_set_paths()
    owners = _owners(paths)
    found = [_listed(name, owners.get(name), paths) for name in sorted(paths)]
    form = form_for_stdout(as_json=as_json)
    if form is Form.JSON:
        write_json_array(map(asdict, found))
    elif found:
        _write(found, form)
    broken = [item for item in found if item.error]
    for item in broken:
        click.echo(f"Warning: {item.error}", err=True)
    if not found:
        click.echo(f"No distribution announces a data set (entry points of group {DATA_SET_GROUP}).", err=True)
    context.exit(ExitCode.FAILED if check and broken else ExitCode.OK)


def _owners(paths: DataSetPaths) -> dict[str, str]:
    """Return the distributions that announce each name which is not configured otherwise."""
    owners: dict[str, list[str]] = {}
    for entry_point in entry_points(group=DATA_SET_GROUP):
        if entry_point.dist is not None and paths.configured(entry_point.name) is None:
            owner = f"{entry_point.dist.name} {entry_point.dist.version}"
            owners.setdefault(entry_point.name, []).append(owner)
    return {name: ", ".join(sorted(set(claims))) for name, claims in owners.items()}


def _listed(name: str, owner: str | None, paths: DataSetPaths) -> Listed:
    path = None
    try:
        path = path_of(name, paths)
        if not read_header(path).is_sealed:
            return Listed(name=name, distribution=owner, path=str(path), is_sealed=False)
        manifest = artifact_at(Target(path=path, name=name)).manifest
    except SQLiteError as error:
        return Listed(name=name, distribution=owner, path=None if path is None else str(path), error=str(error))
    return Listed(
        name=name,
        distribution=owner,
        path=str(path),
        is_sealed=True,
        version=manifest.version,
        rows=manifest.rows,
        content_digest=manifest.content_digest,
    )


def _write(found: list[Listed], form: Form) -> None:
    rows = [
        (
            item.name,
            item.version or "-",
            "-" if item.rows is None else item.rows,
            "broken" if item.error else ("sealed" if item.is_sealed else "not sealed"),
            (item.content_digest or "-")[:_SHORT],
            item.distribution or "configured",
            item.path or "-",
        )
        for item in found
    ]
    write_rows(("name", "version", "rows", "state", "content", "distribution", "path"), rows, form)
