"""How the database of a command is opened."""

import shutil
from pathlib import Path

import apsw
import pytest

from microcosm_sqlite.artifacts.queries import rows
from microcosm_sqlite.cmd.databases import opened_database
from microcosm_sqlite.errors import (
    ArtifactCorruptError,
    ArtifactError,
    ArtifactNotFoundError,
    NotAnArtifactError,
    WrongArtifactError,
)
from tests.cmd.conftest import Announce


def test_artifacts_are_opened_without_a_word(atlas_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A sealed file needs no warning; its manifest is none of its tables."""
    with opened_database(str(atlas_path)) as database:
        names = [table.name for table in database.schema.tables]

    assert names == ["city", "country", "twinning"]
    assert capsys.readouterr().err == ""


def test_plain_databases_are_opened_with_a_warning(plain_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What was never sealed can be read, and the reader is told."""
    with opened_database(str(plain_path)) as database:
        assert database.schema.tables

    assert capsys.readouterr().err == f"Warning: {plain_path} was never sealed; nothing vouches for its rows.\n"


@pytest.mark.parametrize("fixture", ["plain_path", "atlas_path"])
def test_nothing_can_be_written(fixture: str, request: pytest.FixtureRequest) -> None:
    """The commands that read cannot write, even by mistake."""
    path = request.getfixturevalue(fixture)

    with pytest.raises(ArtifactError, match="readonly database"), opened_database(str(path)) as database:
        rows(database.connection, "DELETE FROM city")


@pytest.mark.parametrize("name", ["a?b.db", "a#b.db", "a%41.db", "two words.db", "line\nbreak.db"])
def test_any_file_name_is_opened_as_it_is(plain_path: Path, name: str) -> None:
    """No character of a path means anything but itself, and nothing is created beside it."""
    path = Path(shutil.move(plain_path, plain_path.with_name("inner"))).rename(plain_path.with_name(name))

    with opened_database(str(path)) as database:
        assert len(database.schema.tables) == 3
    assert [entry.name for entry in path.parent.iterdir()] == [name]


def test_installed_data_sets_are_opened_by_name(atlas_path: Path, announce: Announce) -> None:
    """A name leads to the artifact that a distribution announces."""
    announce("atlas", f"place = {str(atlas_path)!r}", distribution="of-atlas")

    with opened_database("atlas") as database:
        assert len(database.schema.tables) == 3


def test_a_data_set_under_a_wrong_name_is_refused(atlas_path: Path, announce: Announce) -> None:
    """A service would refuse it too."""
    announce("moon", f"place = {str(atlas_path)!r}", distribution="of-moon")

    with pytest.raises(WrongArtifactError), opened_database("moon"):
        pass


def test_missing_files_are_not_created(tmp_path: Path) -> None:
    """Looking for a file leaves none behind."""
    with pytest.raises(ArtifactNotFoundError), opened_database(str(tmp_path / "none.db")):
        pass

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "found"), [(b"", "an empty file"), (b"id,name\n1,Paris\n", "no SQLite"), (b"{}", "a JSON document")]
)
def test_what_is_no_database_is_named(tmp_path: Path, content: bytes, found: str) -> None:
    """The error says what the file seems to be."""
    path = tmp_path / "atlas.db"
    path.write_bytes(content)

    with pytest.raises(NotAnArtifactError, match=found), opened_database(str(path)):
        pass


def test_damage_of_a_plain_database_is_reported(plain_path: Path) -> None:
    """SQLite's complaint is passed on with the path and what to do."""
    damaged = bytearray(plain_path.read_bytes())
    damaged[100:4096] = b"\x55" * 3996
    plain_path.write_bytes(damaged)

    complaint = r"of which SQLite says: .*restore or build it again"
    with pytest.raises(ArtifactError, match=complaint), opened_database(str(plain_path)):
        pass


def test_damage_of_an_artifact_is_reported(atlas_path: Path) -> None:
    """A sealed file that SQLite cannot read is corrupt, whoever notices."""
    size = atlas_path.stat().st_size
    with atlas_path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\x55" * (size - 4096))

    with pytest.raises(ArtifactCorruptError), opened_database(str(atlas_path)) as database:
        list(rows(database.connection, "SELECT * FROM city"))


def test_text_that_is_no_utf8_is_reported(plain_path: Path) -> None:
    """A value that Python cannot read is shown as the bytes it is."""
    connection = apsw.Connection(str(plain_path))
    connection.execute("INSERT INTO country VALUES ('XX', CAST(x'ff41' AS TEXT))")
    connection.close()

    complaint = r"a TEXT value with the bytes b'\\xffA'"
    with pytest.raises(ArtifactError, match=complaint), opened_database(str(plain_path)) as database:
        list(rows(database.connection, "SELECT name FROM country"))
