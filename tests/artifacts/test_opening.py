"""A file under check can do nothing."""

from pathlib import Path

import apsw
import pytest

from microcosm_sqlite.artifacts.opening import opened
from microcosm_sqlite.errors import ArtifactCorruptError, ArtifactError


@pytest.mark.parametrize(
    "sql", ["INSERT INTO city VALUES (9, 'x', 'FR')", "DROP TABLE city", "VACUUM", "ATTACH ':memory:' AS other"]
)
def test_nothing_can_be_written_or_attached(artifact: Path, sql: str) -> None:
    """Neither the file nor another one is within reach."""
    with opened(artifact) as connection:
        try:
            connection.execute(sql)
        except apsw.Error:
            return

    pytest.fail("it was carried out")


def test_vacuum_into_another_file_is_refused(artifact: Path, tmp_path: Path) -> None:
    """A read-only file must not be able to write elsewhere."""
    with pytest.raises(ArtifactCorruptError), opened(artifact) as connection:
        connection.execute("VACUUM INTO ?", (str(tmp_path / "copy"),))

    assert not (tmp_path / "copy").exists()


def test_damage_is_reported_as_damage(artifact: Path) -> None:
    """What cannot read is passed on, with the path."""
    artifact.write_bytes(artifact.read_bytes()[:200].ljust(artifact.stat().st_size, b"\xff"))

    with (
        pytest.raises(ArtifactCorruptError, match=r"world\.sqlite.*cannot read") as caught,
        opened(artifact) as connection,
    ):
        list(connection.execute("SELECT * FROM city"))

    assert isinstance(caught.value.__cause__, apsw.Error)


def test_the_file_is_closed_afterwards(artifact: Path) -> None:
    """Nothing stays open behind the block."""
    with opened(artifact) as connection:
        pass

    with pytest.raises(apsw.ConnectionClosedError):
        connection.execute("SELECT 1")


@pytest.mark.parametrize(
    "name", ["a?mode=rwc", "a#b", "a%41", "100%", "new\nline", "é 🗺️", "file:x", ":memory:", "\udcff"]
)
def test_no_name_opens_or_creates_another_file(artifact: Path, name: str) -> None:
    """Every character of a name is part of the name."""
    path = artifact.rename(artifact.with_name(name))
    before = sorted(path.parent.iterdir())

    with opened(path) as connection:
        assert connection.execute("SELECT count(*) FROM city").get == 3

    assert sorted(path.parent.iterdir()) == before


def test_a_missing_file_is_not_created(tmp_path: Path) -> None:
    """Opening for a check leaves no trace."""
    with pytest.raises(ArtifactError), opened(tmp_path / "missing.sqlite"):
        pass

    assert not list(tmp_path.iterdir())
