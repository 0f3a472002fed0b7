"""Who has only the page about the format comes to the same digests."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from microcosm_sqlite.artifacts.verification import verify
from tests.canonical.drawing import draw
from tests.canonical.rebuilding import rebuild
from tests.format.second_reader import content_digest, file_digest, open_artifact, schema_fingerprint, table_document

DATA_SETS = sorted(Path(__file__).parents[2].glob("datasets/*/*/*.sqlite"))

pytestmark = pytest.mark.skipif(sqlite3.sqlite_version_info < (3, 37), reason="this Python's SQLite knows no STRICT")


def check(path: Path) -> None:
    """Check that the second reader agrees with the manifest of the artifact at *path*."""
    manifest = verify(path).manifest
    with closing(open_artifact(path)) as connection:
        assert file_digest(path) == manifest.file_digest
        assert schema_fingerprint(connection) == manifest.schema_fingerprint
        for table in manifest.tables:
            found = table_document(connection, table.name)
            assert (found["rows"], found["root"]) == (table.rows, table.root), table.name
        assert content_digest(connection) == manifest.content_digest


@pytest.mark.slow
@pytest.mark.parametrize("path", DATA_SETS, ids=lambda path: path.stem)
def test_the_data_sets(path: Path) -> None:
    """With full text, views, and tens of thousands of rows."""
    check(path)


@pytest.mark.parametrize("number", range(30))
def test_random_artifacts(number: int, tmp_path: Path) -> None:
    """With every kind of table, key, index, type and value there is."""
    check(rebuild(draw(number), tmp_path, shuffle=number))
