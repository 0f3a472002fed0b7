"""Sealed files to look at and to damage."""

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

WORLD = """
CREATE TABLE country (code TEXT PRIMARY KEY NOT NULL, name TEXT NOT NULL, area REAL) STRICT;
CREATE TABLE city (id INTEGER PRIMARY KEY NOT NULL, name TEXT, country_code TEXT REFERENCES country (code)) STRICT;
CREATE INDEX city_name ON city (name);
INSERT INTO country VALUES ('FR', 'France', 551695.0), ('JP', 'Japan', 377975.0);
INSERT INTO city VALUES (1, 'Paris', 'FR'), (2, 'Lyon', 'FR'), (3, '東京', 'JP');
"""

Seal = Callable[..., Path]


@pytest.fixture
def seal(tmp_path: Path) -> Seal:
    """Return a function that seals the database some SQL makes, with its manifest beside it, and returns its path."""

    def sealed(sql: str = WORLD, *, file_name: str = "world.sqlite", version: str = "1.0") -> Path:
        path = tmp_path / file_name
        with apsw.Connection(":memory:") as connection:
            connection.execute(sql)
            schema = read_schema(connection)
            content = content_digest(connection, schema=schema)
            manifest = Manifest(
                name="world",
                version=version,
                content_digest=content.digest,
                schema_fingerprint=content.schema_fingerprint,
                tables=table_entries(schema, content),
            )
            embed(connection, manifest)
            stamp(connection)
        # SQLite takes names in UTF-8 only; the file's own name may hold any bytes.
        connection.execute("VACUUM INTO ?", (str(tmp_path / "sealing"),))
        connection.close()
        (tmp_path / "sealing").rename(path)
        complete = manifest.for_file(file_digest=file_digest(path), size_bytes=path.stat().st_size)
        manifest_path(path).write_text(to_text(complete), encoding="utf-8")
        return path

    return sealed


@pytest.fixture
def artifact(seal: Seal) -> Path:
    """Return the path of a sound artifact of two tables."""
    return seal()
