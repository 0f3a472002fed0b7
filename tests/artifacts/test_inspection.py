"""A look at a file tells an artifact from everything else."""

import os
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from microcosm_sqlite.artifacts.beside import manifest_path
from microcosm_sqlite.artifacts.headers import read_header
from microcosm_sqlite.artifacts.inspection import inspect
from microcosm_sqlite.errors import (
    ArtifactCorruptError,
    ArtifactNotFoundError,
    ManifestError,
    NotAnArtifactError,
    UnsupportedRevisionError,
)

Seal = Callable[..., Path]


def _change(path: Path, *statements: str) -> None:
    """Run SQL on an artifact as if it were any database."""
    connection = apsw.Connection(str(path))
    for statement in statements:
        connection.execute(statement)
    connection.close()


def _overwrite(path: Path, offset: int, content: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(content)


def test_a_sound_artifact_tells_what_it_is(artifact: Path) -> None:
    """Name, version and tables are known without reading the rows."""
    found = inspect(artifact)

    assert (found.path, found.manifest.name, found.manifest.version) == (artifact, "world", "1.0")
    assert {table.name: table.rows for table in found.manifest.tables} == {"country": 2, "city": 3}
    assert found.manifest.file_digest is None


def test_the_manifest_beside_the_file_is_not_needed(artifact: Path) -> None:
    """What lies inside is enough for a look."""
    manifest_path(artifact).unlink()

    assert inspect(artifact).manifest.name == "world"


@pytest.mark.parametrize("name", ["a?b#c%41.sqlite", "new\nline.sqlite", "🗺️.sqlite", "\udcff\udcfe.sqlite"])
def test_any_path_will_do(seal: Seal, name: str) -> None:
    """Nothing in a path changes what is opened."""
    path = seal(file_name=name)

    assert inspect(path).manifest.version == "1.0"
    assert len(list(path.parent.iterdir())) == 2


def test_it_works_where_nothing_may_be_written(artifact: Path) -> None:
    """A read-only file in a read-only folder is enough."""
    artifact.chmod(0o444)
    artifact.parent.chmod(0o555)

    try:
        assert inspect(artifact).manifest.name == "world"
    finally:
        artifact.parent.chmod(0o755)


def test_a_missing_file_is_not_created(tmp_path: Path) -> None:
    """Looking for a file leaves no trace."""
    with pytest.raises(ArtifactNotFoundError):
        inspect(tmp_path / "world.sqlite")

    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"", "an empty file"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12345\n", "Git LFS pointer"),
        (b"<!doctype html><title>404</title>", "HTML"),
        (b"\x1f\x8b\x08\x00" + b"\0" * 200, "gzip"),
        (b"SQLite format 3\0", "only the first 16 bytes"),
        (bytes(range(1, 256)) * 20, "5100 bytes that are no SQLite database"),
    ],
    ids=["empty", "lfs", "html", "gzip", "stump", "noise"],
)
def test_other_files_are_named(tmp_path: Path, content: bytes, named: str) -> None:
    """What was mistaken for an artifact is said."""
    path = tmp_path / "world.sqlite"
    path.write_bytes(content)

    with pytest.raises(NotAnArtifactError, match=named):
        inspect(path)


def test_a_database_that_was_never_sealed_is_refused(tmp_path: Path) -> None:
    """It may be opened as a database that changes, not as an artifact."""
    path = tmp_path / "world.sqlite"
    _change(path, "CREATE TABLE t (a)")

    with pytest.raises(NotAnArtifactError, match="never sealed"):
        inspect(path)


@pytest.mark.parametrize("revision", [0, 2, -1])
def test_another_format_revision_is_refused(artifact: Path, revision: int) -> None:
    """A newer or older format is told from damage."""
    _overwrite(artifact, 60, revision.to_bytes(4, signed=True))

    with pytest.raises(UnsupportedRevisionError, match=f"revision {revision}"):
        inspect(artifact)


@pytest.mark.parametrize("missing_bytes", [1, 100, 4096, 8192])
def test_a_file_cut_off_says_by_how_much(artifact: Path, missing_bytes: int) -> None:
    """A broken download is recognised by its length."""
    os.truncate(artifact, artifact.stat().st_size - missing_bytes)

    with pytest.raises(ArtifactCorruptError, match=f"cut off by {missing_bytes} bytes"):
        inspect(artifact)


@pytest.mark.parametrize("extra_bytes", [1, 4096])
def test_bytes_at_the_end_are_refused(artifact: Path, extra_bytes: int) -> None:
    """SQLite and its integrity check would not notice them."""
    with artifact.open("ab") as file:
        file.write(b"\0" * extra_bytes)

    with pytest.raises(ArtifactCorruptError, match=f"{extra_bytes} bytes too many"):
        inspect(artifact)


@pytest.mark.parametrize("suffix", ["-wal", "-journal", "-shm"])
def test_unfinished_work_is_refused(artifact: Path, suffix: str) -> None:
    """A journal beside the file means that someone writes or died writing."""
    artifact.with_name(artifact.name + suffix).touch()

    with pytest.raises(ArtifactCorruptError, match=suffix):
        inspect(artifact)


def test_a_write_ahead_log_is_refused(artifact: Path) -> None:
    """A file shipped without its log silently lacks rows."""
    _change(artifact, "PRAGMA journal_mode = WAL")

    with pytest.raises(ArtifactCorruptError, match="write-ahead log"):
        inspect(artifact)


def test_another_text_encoding_is_refused(artifact: Path) -> None:
    """Artifacts hold UTF-8."""
    _overwrite(artifact, 56, (2).to_bytes(4))

    with pytest.raises(ArtifactCorruptError, match="UTF-16le"):
        inspect(artifact)


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("DROP TABLE _microcosm_manifest", "none"),
        ("DELETE FROM _microcosm_manifest", "none"),
        ("INSERT INTO _microcosm_manifest SELECT document FROM _microcosm_manifest", "2"),
        ("UPDATE _microcosm_manifest SET document = '{}'", "resources|version"),
        ("UPDATE _microcosm_manifest SET document = 'x'", "not JSON"),
        (
            "DROP TABLE _microcosm_manifest; CREATE TABLE _microcosm_manifest (other)",
            "another make",
        ),
    ],
)
def test_a_manifest_that_is_not_one_is_refused(artifact: Path, sql: str, found: str) -> None:
    """Missing, doubled, emptied or overwritten: it is an error of the manifest, or of the file."""
    _change(artifact, sql)

    with pytest.raises((ManifestError, ArtifactCorruptError), match=found):
        inspect(artifact)


def test_damage_of_the_schema_is_an_error_of_ours(artifact: Path) -> None:
    """Whatever SQLite stumbles over, the error says which file."""
    _overwrite(artifact, 100, b"\xff" * (read_header(artifact).page_bytes - 100))

    with pytest.raises(ArtifactCorruptError, match=r"world\.sqlite"):
        inspect(artifact)
