"""The header of a database file is read without SQLite."""

import os
from pathlib import Path

import apsw
import pytest

from microcosm_sqlite.artifacts.headers import parse_header, read_header, sidecars_of
from microcosm_sqlite.constants import APPLICATION_ID, FORMAT_REVISION
from microcosm_sqlite.errors import ArtifactNotFoundError, NotAnArtifactError


def _database(path: Path, *statements: str) -> Path:
    connection = apsw.Connection(str(path))
    for statement in statements:
        connection.execute(statement)
    connection.close()
    return path


def test_a_sealed_file_says_so(artifact: Path) -> None:
    """Marker, revision and size stand in the first hundred bytes."""
    header = read_header(artifact)

    assert header.is_sealed
    assert (header.application_id, header.user_version) == (APPLICATION_ID, FORMAT_REVISION)
    assert header.size_bytes == header.expected_bytes == artifact.stat().st_size
    assert header.encoding == "UTF-8"
    assert not header.is_write_ahead_logged


@pytest.mark.parametrize("page_bytes", [512, 4096, 65536])
def test_every_page_size_is_understood(tmp_path: Path, page_bytes: int) -> None:
    """65536 does not fit its two bytes and is written as one."""
    path = _database(tmp_path / "a.db", f"PRAGMA page_size = {page_bytes}", "CREATE TABLE t (x)")

    header = read_header(path)

    assert header.page_bytes == page_bytes
    assert header.expected_bytes == path.stat().st_size


def test_a_plain_database_is_not_sealed(tmp_path: Path) -> None:
    """Being SQLite is not enough, nor is a negative application id."""
    path = _database(tmp_path / "a.db", "CREATE TABLE t (x)", "PRAGMA application_id = -1")

    header = read_header(path)

    assert header.is_sqlite
    assert not header.is_sealed
    assert header.application_id == -1


def test_a_write_ahead_log_is_seen_in_the_header(tmp_path: Path) -> None:
    """Journal mode WAL is written into the file itself."""
    path = _database(tmp_path / "a.db", "PRAGMA journal_mode = WAL", "CREATE TABLE t (x)")

    assert read_header(path).is_write_ahead_logged


def test_encodings_have_their_names(tmp_path: Path) -> None:
    """UTF-16 is told from UTF-8, and by its byte order."""
    path = _database(tmp_path / "a.db", "PRAGMA encoding = 'UTF-16be'", "CREATE TABLE t (x)")

    assert read_header(path).encoding == "UTF-16be"


@pytest.mark.parametrize("beginning", [b"", b"SQLite format 3\0", b"x" * 100])
def test_anything_else_has_no_header(beginning: bytes) -> None:
    """A short or foreign beginning yields a header that claims nothing."""
    header = parse_header(beginning, size_bytes=len(beginning))

    assert not header.is_sealed
    assert header.expected_bytes == 0


def test_a_missing_file_is_reported_with_names_like_it(artifact: Path) -> None:
    """A misspelt name is answered with the right one."""
    with pytest.raises(ArtifactNotFoundError, match=r"world\.sqlite") as caught:
        read_header(artifact.with_name("wrold.sqlite"))

    assert isinstance(caught.value, FileNotFoundError)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    """Whoever mistyped a folder learns that it is the folder."""
    with pytest.raises(ArtifactNotFoundError, match="no folder"):
        read_header(tmp_path / "nowhere" / "world.sqlite")


def test_a_dangling_link_is_followed_in_words(tmp_path: Path) -> None:
    """A link to nothing is reported with where it leads."""
    (tmp_path / "link").symlink_to("gone")

    with pytest.raises(ArtifactNotFoundError, match="symbolic link to gone"):
        read_header(tmp_path / "link")


def test_a_file_in_place_of_a_folder_is_not_found(artifact: Path) -> None:
    """A path that goes through a file leads nowhere."""
    with pytest.raises(ArtifactNotFoundError):
        read_header(artifact / "world.sqlite")


def test_a_directory_is_no_artifact(tmp_path: Path) -> None:
    """A directory is named as one."""
    with pytest.raises(NotAnArtifactError, match="a directory"):
        read_header(tmp_path)


def test_a_pipe_is_refused_without_waiting(tmp_path: Path) -> None:
    """Opening a pipe would wait for a writer for ever."""
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(NotAnArtifactError, match="regular file"):
        read_header(tmp_path / "pipe")


def test_unfinished_work_beside_a_file_is_found(artifact: Path) -> None:
    """Logs and journals are recognised by their names; other neighbours are not."""
    journal = artifact.with_name("world.sqlite-journal")
    journal.touch()
    artifact.with_name("other.sqlite-wal").touch()

    assert sidecars_of(artifact) == [journal]
