"""Make artifacts for tests that only read them."""

import shutil
from pathlib import Path

import apsw

from microcosm_sqlite.artifacts.beside import manifest_path
from microcosm_sqlite.artifacts.datapackage import to_text
from microcosm_sqlite.artifacts.digests import content_digest, file_digest
from microcosm_sqlite.artifacts.embedding import embed, stamp
from microcosm_sqlite.artifacts.manifest import Manifest, table_entries
from microcosm_sqlite.artifacts.schemas import read_schema


def seal_file(source: Path, target: Path, *, name: str, version: str = "1.0") -> Path:
    """Seal the database at *source* as the artifact *target* of data set *name*; return *target*."""
    connection = apsw.Connection(str(source))
    try:
        schema = read_schema(connection)
        content = content_digest(connection, schema=schema)
        manifest = Manifest(
            name=name,
            version=version,
            content_digest=content.digest,
            schema_fingerprint=content.schema_fingerprint,
            tables=table_entries(schema, content),
        )
        embed(connection, manifest)
        stamp(connection)
        connection.execute("VACUUM INTO ?", (str(target),))
    finally:
        connection.close()
    complete = manifest.for_file(file_digest=file_digest(target), size_bytes=target.stat().st_size)
    manifest_path(target).write_text(to_text(complete), encoding="utf-8")
    return target


def copy_artifact(source: Path, target: Path) -> Path:
    """Copy the artifact at *source* with its manifest to *target*; return *target*."""
    shutil.copy(source, target)
    shutil.copy(manifest_path(source), manifest_path(target))
    return target


def move_artifact(source: Path, target: Path) -> Path:
    """Move the artifact at *source* with its manifest to *target*; return *target*."""
    manifest_path(source).rename(manifest_path(target))
    return source.rename(target)
