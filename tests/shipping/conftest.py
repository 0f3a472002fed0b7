"""Finished files to publish."""

from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from microcosm_sqlite.artifacts.beside import manifest_path
from microcosm_sqlite.artifacts.datapackage import to_text
from microcosm_sqlite.artifacts.digests import content_digest, file_digest
from microcosm_sqlite.artifacts.embedding import embed, stamp
from microcosm_sqlite.artifacts.manifest import Manifest, table_entries
from microcosm_sqlite.artifacts.schemas import read_schema

Stage = Callable[..., tuple[Path, Manifest]]


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """Return a function that makes a release of a data set, ready to be published."""

    def staged(version: str, *, name: str = "world", rows: int = 100) -> tuple[Path, Manifest]:
        path = tmp_path / "bench" / f"{name}-{version}"
        path.parent.mkdir(exist_ok=True)
        connection = apsw.Connection(str(path))
        connection.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT) STRICT")
        values = ((number, f"{version} {number} ".ljust(200, "x")) for number in range(rows))
        with connection:
            connection.executemany("INSERT INTO t VALUES (?, ?)", values)
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
        connection.close()
        complete = manifest.for_file(file_digest=file_digest(path), size_bytes=path.stat().st_size)
        manifest_path(path).write_text(to_text(complete), encoding="utf-8")
        return path, complete

    return staged


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return an empty folder to publish into."""
    path = tmp_path / "published"
    path.mkdir()
    return path
