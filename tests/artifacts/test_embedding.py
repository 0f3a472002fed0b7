"""Mark and manifest lie inside the file."""

from pathlib import Path

import apsw

from microcosm_sqlite.artifacts.digests import content_digest
from microcosm_sqlite.artifacts.embedding import embed, stamp
from microcosm_sqlite.artifacts.headers import read_header
from microcosm_sqlite.artifacts.manifest import Manifest, table_entries
from microcosm_sqlite.artifacts.parsing import from_text
from microcosm_sqlite.artifacts.schemas import read_schema


def _database(path: Path) -> tuple[apsw.Connection, Manifest]:
    connection = apsw.Connection(str(path))
    connection.execute("CREATE TABLE t (a TEXT) STRICT; INSERT INTO t VALUES ('x')")
    schema = read_schema(connection)
    content = content_digest(connection, schema=schema)
    manifest = Manifest(
        name="world",
        version="1.0",
        content_digest=content.digest,
        schema_fingerprint=content.schema_fingerprint,
        tables=table_entries(schema, content),
    )
    return connection, manifest


def test_embedding_leaves_content_and_schema_alone(tmp_path: Path) -> None:
    """The manifest is no part of what it describes."""
    connection, manifest = _database(tmp_path / "a.db")

    embed(connection, manifest)

    assert content_digest(connection).digest == manifest.content_digest


def test_embedding_again_replaces(tmp_path: Path) -> None:
    """There is one manifest, the last, without what belongs beside the file."""
    connection, manifest = _database(tmp_path / "a.db")
    embed(connection, manifest)

    embed(connection, manifest.for_file(file_digest="sha256:00", size_bytes=1))

    ((text,),) = connection.execute("SELECT document FROM _microcosm_manifest")
    assert from_text(str(text), path=tmp_path) == manifest


def test_embedding_takes_part_in_a_transaction(tmp_path: Path) -> None:
    """Rolled back, there is no manifest."""
    connection, manifest = _database(tmp_path / "a.db")
    connection.execute("BEGIN")
    embed(connection, manifest)

    connection.execute("ROLLBACK")

    assert not connection.table_exists("main", "_microcosm_manifest")


def test_the_mark_is_carried_over_by_vacuum(tmp_path: Path) -> None:
    """A compacted copy is as sealed as the original."""
    connection, _ = _database(tmp_path / "a.db")
    stamp(connection)

    connection.execute("VACUUM INTO ?", (str(tmp_path / "b.db"),))

    assert read_header(tmp_path / "b.db").is_sealed
