"""Locks end with their holder."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from microcosm_sqlite.shipping.durability import flush_file, flush_folder, locked, make_folder

_HOLD = """
import sys
from pathlib import Path
from microcosm_sqlite.shipping.durability import locked

with locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_only_one_holds_a_folder(tmp_path: Path) -> None:
    """Threads of one process exclude each other too."""
    inside: list[int] = []
    most: list[int] = []

    def hold() -> None:
        for _ in range(50):
            with locked(tmp_path):
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=hold) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert max(most) == 1


def test_a_killed_holder_holds_nothing(tmp_path: Path) -> None:
    """No lock survives its process, and no file of it."""
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        holder.kill()

    with locked(tmp_path):
        assert not list(tmp_path.iterdir())


def test_the_lock_is_given_back_after_an_error(tmp_path: Path) -> None:
    """Whatever happens in the block, the next one gets in."""
    with pytest.raises(ZeroDivisionError), locked(tmp_path):
        _ = 1 / 0

    with locked(tmp_path):
        pass


def test_what_was_written_is_flushed(tmp_path: Path) -> None:
    """Content that Python still buffers reaches the file."""
    with (tmp_path / "file").open("wb") as file:
        file.write(b"x")
        flush_file(file)

        assert (tmp_path / "file").read_bytes() == b"x"

    flush_folder(tmp_path)


def test_flushing_what_is_missing_is_an_error(tmp_path: Path) -> None:
    """Nobody is told that something is safe which does not exist."""
    with pytest.raises(FileNotFoundError):
        flush_folder(tmp_path / "missing")


def test_folders_are_made_with_their_parents(tmp_path: Path) -> None:
    """Those that are there stay as they are."""
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "file").touch()

    make_folder(tmp_path / "one" / "two" / "three")
    make_folder(tmp_path / "one")

    assert (tmp_path / "one" / "two" / "three").is_dir()
    assert (tmp_path / "one" / "file").exists()


def test_a_file_in_the_way_of_a_folder_is_an_error(tmp_path: Path) -> None:
    """It is not replaced."""
    (tmp_path / "file").touch()

    with pytest.raises(NotADirectoryError):
        make_folder(tmp_path / "file" / "below")
