"""Which file an argument means."""

import shutil
from pathlib import Path

import pytest

from microcosm_sqlite.artifacts.verification import verify
from microcosm_sqlite.cmd.targets import Target, artifact_at, is_path, target_of
from microcosm_sqlite.errors import DataSetNotFoundError, WrongArtifactError
from tests.cmd.conftest import Announce


@pytest.mark.parametrize("argument", ["./atlas", "/data/atlas", "atlas.sqlite", "atlas.db", "..", "sub/atlas"])
def test_what_looks_like_a_path_is_one(argument: str) -> None:
    """A separator or a usual suffix is enough, whether there is a file or not."""
    assert is_path(argument) is (argument != "..")


def test_an_existing_file_is_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file is meant by its bare name where there is one."""
    monkeypatch.chdir(tmp_path)
    Path("atlas").touch()

    assert target_of("atlas") == Target(path=Path("atlas"))


def test_a_folder_does_not_hide_a_data_set(tmp_path: Path, announce: Announce, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a repository the folder of a data set is often called as it is."""
    announce("atlas", "place = '/data/atlas.sqlite'", distribution="of-atlas")
    monkeypatch.chdir(tmp_path)
    Path("atlas").mkdir()

    assert target_of("atlas") == Target(path=Path("/data/atlas.sqlite"), name="atlas")


def test_anything_else_is_a_name(site: Path) -> None:
    """A name nobody announces is a data set that was not found, not a missing file."""
    with pytest.raises(DataSetNotFoundError, match="no-such-data-set"):
        target_of("no-such-data-set")


def test_an_artifact_is_checked_as_asked(atlas_path: Path) -> None:
    """Whoever asks for verification gets the complete manifest."""
    assert artifact_at(Target(path=atlas_path)).manifest.file_digest is None
    assert artifact_at(Target(path=atlas_path), verify).manifest.file_digest is not None


def test_an_artifact_must_be_that_of_the_name(atlas_path: Path) -> None:
    """A file under the name of another data set is refused, as a service would refuse it."""
    with pytest.raises(WrongArtifactError, match="expected an artifact of data set 'moon', found one of 'atlas'"):
        artifact_at(Target(path=atlas_path, name="moon"))


def test_a_path_may_have_any_name(atlas_path: Path) -> None:
    """A copy under another file name is still the artifact it is."""
    copy = Path(shutil.copy(atlas_path, atlas_path.with_name("copy.sqlite")))

    assert artifact_at(Target(path=copy)).manifest.name == "atlas"
