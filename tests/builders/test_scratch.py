"""Temporary folders go with their build, and those of the dead with the next one."""

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from microcosm_sqlite.builders.scratch import remove_folder, scratch_folder

_HOLD = """
import sys
from pathlib import Path
from microcosm_sqlite.builders.scratch import scratch_folder

with scratch_folder(Path(sys.argv[1])) as folder:
    (folder / "rows").write_text("some", encoding="utf-8")
    print(folder, flush=True)
    sys.stdin.read()
"""


def _started(place: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", _HOLD, place], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def _folder_of(process: "subprocess.Popen[str]") -> Path:
    assert process.stdout is not None
    return Path(process.stdout.readline().strip())


def test_a_folder_is_there_for_its_block(tmp_path: Path) -> None:
    """With all that was put into it, however the block ends."""
    with scratch_folder(tmp_path) as folder:
        (folder / "deep" / "er").mkdir(parents=True)
        assert folder.parent == tmp_path
    with pytest.raises(ZeroDivisionError), scratch_folder(tmp_path):
        _ = 1 / 0

    assert list(tmp_path.iterdir()) == []


def test_by_default_it_is_among_the_temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system keeps them, or this user wants them."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    with scratch_folder() as folder:
        assert folder.parent == tmp_path


def test_what_the_dead_left_is_removed_and_the_living_keep_theirs(tmp_path: Path) -> None:
    """A lock tells them apart, not the age; folders of other programs are not touched."""
    (tmp_path / "others").mkdir()
    with _started(tmp_path) as dead, _started(tmp_path) as alive:
        left, kept = _folder_of(dead), _folder_of(alive)
        dead.kill()
        dead.wait()
        assert left.exists()

        with scratch_folder(tmp_path) as mine:
            found = {path.name for path in tmp_path.iterdir()}

        assert found == {"others", kept.name, mine.name}
        assert (kept / "rows").exists()
        alive.communicate("")

    assert [path.name for path in tmp_path.iterdir()] == ["others"]


def test_threads_do_not_take_each_others_folders(tmp_path: Path) -> None:
    """The lock belongs to the open folder, not to the process."""
    with scratch_folder(tmp_path) as one, scratch_folder(tmp_path) as other:
        assert one.exists()
        assert one != other


def test_a_link_of_that_name_is_left_alone(tmp_path: Path) -> None:
    """What it leads to is nobody's to remove."""
    (tmp_path / "kept").mkdir()
    (tmp_path / "microcosm-sqlite-build-linklink").symlink_to(tmp_path / "kept")

    with scratch_folder(tmp_path):
        pass

    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept", "microcosm-sqlite-build-linklink"]


def test_removing_what_is_not_there_is_no_error(tmp_path: Path) -> None:
    """Nor is a file of that name, which stays."""
    (tmp_path / "file").touch()

    remove_folder(tmp_path / "missing")
    remove_folder(tmp_path / "file")

    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_folders_of_other_names_stay(tmp_path: Path) -> None:
    """Also where they begin alike: they are somebody else's."""
    names = ["microcosm-sqlite-mine", "microcosm-sqlite-migration-abcdefgh", "microcosm-sqlite-build-of-mine"]
    for name in names:
        (tmp_path / name).mkdir()

    with scratch_folder(tmp_path):
        pass

    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)
