"""Show what an artifact says of itself."""

import json
from collections.abc import Iterator

import click

from microcosm_sqlite.artifacts.beside import manifest_path, manifests_beside
from microcosm_sqlite.artifacts.croissant import to_croissant
from microcosm_sqlite.artifacts.datapackage import to_document
from microcosm_sqlite.artifacts.features import Needs
from microcosm_sqlite.artifacts.inspection import Artifact
from microcosm_sqlite.artifacts.manifest import Builder, Licence, Manifest, Source, TableEntry
from microcosm_sqlite.cmd.options import debug_option, json_option
from microcosm_sqlite.cmd.tables import write_facts
from microcosm_sqlite.cmd.targets import artifact_at, target_of
from microcosm_sqlite.errors import ManifestError


@click.command("info")
@click.argument("name_or_path")
@click.option("--croissant", "as_croissant", is_flag=True, help="Print a Croissant document, for catalogues.")
@json_option
@debug_option
def describe(name_or_path: str, *, as_croissant: bool, as_json: bool) -> None:
    """Show the manifest of NAME_OR_PATH, a data set or a file: what it claims, which only `verify` checks.

    With --json, the whole document as a Frictionless Data Package.
    """
    if as_croissant and as_json:
        raise click.UsageError("--croissant is JSON already: leave out --json.")
    artifact = artifact_at(target_of(name_or_path))
    manifest = _complete_manifest(artifact)
    if as_croissant:
        if manifest.file_digest is None:
            # The warning above says why.
            raise ManifestError(
                path=manifest_path(artifact.path),
                expected="the manifest beside the file, which has its digest",
                found="none that can be read",
                remedy="Restore it from where the artifact came from.",
            )
        print(json.dumps(to_croissant(manifest), ensure_ascii=False, indent=2))
        return
    if as_json:
        print(json.dumps(to_document(manifest), ensure_ascii=False, indent=2, sort_keys=True))
        return
    write_facts([("path", artifact.path), *_facts(manifest)])


def _complete_manifest(artifact: Artifact) -> Manifest:
    try:
        manifest, *later = manifests_beside(artifact)
    except ManifestError as error:
        click.echo(f"Warning: {error} Shown is the part that lies inside the file.", err=True)
        return artifact.manifest
    # Two only where a publication was cut short: the later one is that of the file.
    return later[-1] if later else manifest


def _facts(manifest: Manifest) -> Iterator[tuple[str, object]]:
    facts = [
        ("name", manifest.name),
        ("version", manifest.version),
        ("title", manifest.title),
        ("description", manifest.description),
        ("created", manifest.created),
        *(("licence", _licence(licence)) for licence in manifest.licences),
        ("attribution", manifest.attribution),
        *(("contributor", contributor.title) for contributor in manifest.contributors),
        *(("source", _source(source)) for source in manifest.sources),
        ("certified", _certified(manifest)),
        *(("waived", f"{waiver.gate}: {waiver.reason}") for waiver in manifest.waivers),
        ("rows", manifest.rows),
        ("content", manifest.content_digest),
        ("schema", manifest.schema_fingerprint),
        ("file", manifest.file_digest),
        ("size", None if manifest.size_bytes is None else f"{manifest.size_bytes} bytes"),
        ("format", f"revision {manifest.format_revision}"),
        ("needs", None if manifest.needs is None else _needs(manifest.needs)),
        ("builder", None if manifest.builder is None else _builder(manifest.builder)),
        *((f"table {table.name}", _table(table)) for table in manifest.tables),
    ]
    return ((name, value) for name, value in facts if value is not None)


def _certified(manifest: Manifest) -> str | None:
    stores = dict.fromkeys(entry.store for entry in manifest.access)
    return f"{', '.join(stores)} ({len(manifest.access)} calls)" if stores else None


def _licence(licence: Licence) -> str:
    return " ".join(filter(None, (licence.name, licence.title, licence.path)))


def _source(source: Source) -> str:
    rows = None if source.rows is None else f"{source.rows} rows"
    if source.skipped:
        rows = f"{rows}, {source.skipped} left out"
    return ", ".join(filter(None, (source.title, source.version, source.path, rows, source.licence, source.sha256)))


def _needs(needs: Needs) -> str:
    return f"SQLite {needs.sqlite} or newer ({', '.join(needs.features)})"


def _builder(builder: Builder) -> str:
    return (
        f"microcosm-sqlite {builder.package}, SQLite {builder.sqlite}, APSW {builder.apsw}, "
        f"SQLAlchemy {builder.sqlalchemy}, Python {builder.python}"
    )


def _table(table: TableEntry) -> str:
    columns = ", ".join(
        f"{column.name} {column.type}{'' if column.is_required or column.name in table.key else '?'}"
        for column in table.columns
    )
    references = [
        f"{', '.join(reference.columns)} -> {reference.table} ({', '.join(reference.referred_columns)})"
        for reference in table.references
    ]
    return "; ".join([f"{table.rows} rows", columns, f"key {', '.join(table.key) or 'none'}", *references])
