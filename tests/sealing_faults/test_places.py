"""Folders that cannot be published into, or built in, are named with what to do; nothing is torn or left."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from microcosm_sqlite.errors import SealError, WorkbenchFailedError
from microcosm_sqlite.sealing import Release, seal
from microcosm_sqlite.shipping.folder import FolderChannel
from microcosm_sqlite.workbench import Workbench
from tests.sealing_faults.chronicle import PUBLISHED, Chapter, Chronicle, publish, whole_release, write_rows

#: Runs the command line on disks that were mounted before, in a name space of its own.
OnDisks: TypeAlias = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """Return the rows of release 2.0."""
    return write_rows(tmp_path / "rows", "2.0")


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """Return a folder with release 1.0."""
    folder = tmp_path / "published"
    folder.mkdir()
    publish(write_rows(tmp_path / "earlier", "1.0"), folder, "1.0")
    return folder


@pytest.fixture
def build(tmp_path: Path, rows: Path) -> OnDisks:
    """Return a function that builds release 2.0 into a folder once some mounts are made, or skips the test."""

    def run(folder: Path, *mounts: str, scratch: Path = tmp_path) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "microcosm_sqlite", "build", f"{Chronicle.__module__}:Chronicle", str(rows)]
        command += ["--output", str(folder), "--version", "2.0"]
        return subprocess.run(
            ["unshare", "--user", "--map-root-user", "--mount", "sh", "-ec", "\n".join((*mounts, shlex.join(command)))],
            env={**os.environ, "TMPDIR": str(scratch), "MICROCOSM_SQLITE_CACHE": ""},
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            check=False,
        )

    if shutil.which("unshare") is None or _without(run(tmp_path / "tried", "exit 77")):
        pytest.skip("this user may not mount anything in a name space of its own")
    return run


def _without(ran: "subprocess.CompletedProcess[str]") -> bool:
    return ran.returncode != 77


def _mounted(folder: Path, options: str) -> str:
    return f"mount -t tmpfs -o {options} none {shlex.quote(str(folder))}"


def _read_only(folder: Path) -> str:
    quoted = shlex.quote(str(folder))
    return f"mount --bind {quoted} {quoted}\nmount -o remount,bind,ro {quoted}"


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_folder_on_another_file_system_is_as_good(build: OnDisks, tmp_path: Path, published: Path) -> None:
    """The file is put together on one disk and copied to the other before anything is renamed."""
    (scratch := tmp_path / "scratch").mkdir()

    done = build(published, _mounted(scratch, "size=10m"), scratch=scratch)

    assert (done.returncode, done.stderr.count("Error")) == (0, 0)
    assert whole_release(published) == "2.0"
    assert _names(published) == PUBLISHED


def test_a_read_only_folder_is_named(build: OnDisks, published: Path) -> None:
    """The release before stays."""
    done = build(published, _read_only(published))

    assert done.returncode == 1
    assert f"was not sealed to {published / PUBLISHED[0]}" in done.stderr
    assert "The file system is read-only: work in another folder, then seal again." in done.stderr
    assert "Traceback" not in done.stderr
    assert whole_release(published) == "1.0"
    assert _names(published) == PUBLISHED


def test_a_folder_that_cannot_be_made_is_named(build: OnDisks, tmp_path: Path, published: Path) -> None:
    """It is not a mistake in the code."""
    done = build(published / "new" / "er", _read_only(published))

    assert done.returncode == 1
    assert f"was not sealed to {published / 'new' / 'er'}: the folder cannot be made" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("kilobytes", [16, 64, 100, 160])
def test_a_full_disk_under_the_workbench_is_named(
    build: OnDisks, tmp_path: Path, published: Path, kilobytes: int
) -> None:
    """Whether rows are loaded or the file is put together when it happens."""
    (scratch := tmp_path / "scratch").mkdir()

    done = build(published, _mounted(scratch, f"size={kilobytes}k"), scratch=scratch)

    assert done.returncode == 1
    assert str(scratch) in done.stderr
    assert "The disk is full: free some space" in done.stderr
    assert "Traceback" not in done.stderr
    assert whole_release(published) == "1.0"
    assert _names(published) == PUBLISHED


def test_a_missing_folder_is_not_made_by_a_script(tmp_path: Path, rows: Path) -> None:
    """A mistyped name is told."""
    with pytest.raises(SealError, match="Create the folder, then seal again"):
        publish(rows, tmp_path / "typo", "2.0")


def test_a_file_in_place_of_the_folder_is_told(tmp_path: Path, rows: Path) -> None:
    """It stays as it is."""
    (tmp_path / "file").write_text("mine")

    with pytest.raises(SealError, match="Name a folder, then seal again"):
        publish(rows, tmp_path / "file", "2.0")

    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_folder_under_the_final_name_is_told(tmp_path: Path, rows: Path, name: str) -> None:
    """Before anything is replaced, also where it would stand in the way of the manifest only."""
    published = tmp_path / "published"
    (published / name / "mine").mkdir(parents=True)

    with pytest.raises(
        SealError, match=f"there is a folder called {name}. Move it away, then seal again. What was pub"
    ):
        publish(rows, published, "2.0")

    assert _names(published) == [name]
    assert (published / name / "mine").is_dir()


def test_a_link_under_the_final_name_is_replaced(tmp_path: Path, rows: Path, published: Path) -> None:
    """What it leads to stays as it is, for whoever keeps it there."""
    store, before = tmp_path / "store", (published / PUBLISHED[0]).read_bytes()
    published.rename(store)
    published.mkdir()
    for name in PUBLISHED:
        (published / name).symlink_to(store / name)
    assert whole_release(published) == "1.0"

    publish(rows, published, "2.0")

    assert whole_release(published) == "2.0"
    assert whole_release(store) == "1.0"
    assert (store / PUBLISHED[0]).read_bytes() == before
    assert not (published / PUBLISHED[0]).is_symlink()


def test_a_folder_that_is_a_link_is_followed(tmp_path: Path, rows: Path, published: Path) -> None:
    """As every program does."""
    (tmp_path / "link").symlink_to(published)

    publish(rows, tmp_path / "link", "2.0")

    assert whole_release(published) == "2.0"


def test_a_workbench_in_no_folder_is_told(tmp_path: Path) -> None:
    """Not as a traceback of the operating system."""
    (tmp_path / "file").touch()

    with (
        pytest.raises(WorkbenchFailedError, match=r"'chronicle' could not be built in .*file"),
        Workbench(Chronicle, folder=tmp_path / "file"),
    ):
        pass


def test_what_a_killed_seal_left_is_removed_by_the_next(tmp_path: Path) -> None:
    """Beside a workbench that is kept; what other workbenches keep there is theirs."""
    path = tmp_path / "kept" / "chronicle.db"
    with Workbench(Chronicle, path) as bench:
        bench.load(Chapter, [{"id": 1, "release": "2.0"}])
    left = path.with_name(".chronicle.db.sealing")
    left.mkdir()
    (left / "chronicle.sqlite").write_text("half of a file")
    (path.parent / ".other.db.sealing").mkdir()

    with Workbench(Chronicle, path) as bench:
        seal(bench, FolderChannel(tmp_path), Release(version="2.0"))

    assert _names(path.parent) == [".other.db.sealing", "chronicle.db"]
