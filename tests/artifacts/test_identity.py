"""The identity of a file changes with every change of it."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from microcosm_sqlite.artifacts.identity import identity_if_any, identity_of, while_unchanged
from microcosm_sqlite.errors import ArtifactCorruptError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the path of a file that was last written long ago."""
    path = tmp_path / "file"
    path.write_bytes(b"old")
    os.utime(path, ns=(1, 1))
    return path


def _append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"x")


def _rewrite_and_set_back(path: Path) -> None:
    path.write_bytes(b"new")
    os.utime(path, ns=(1, 1))


def _replace(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(b"new")
    os.utime(other, ns=(1, 1))
    other.replace(path)


@pytest.mark.parametrize("change", [_append, _rewrite_and_set_back, _replace])
def test_every_change_shows(path: Path, change: Callable[[Path], None]) -> None:
    """Not even one that hides itself by setting the time back goes unseen."""
    before = identity_of(path)

    change(path)

    assert identity_of(path) != before


def test_reading_does_not_show(path: Path) -> None:
    """A file that is only read stays the same."""
    before = identity_of(path)

    path.read_bytes()

    assert identity_of(path) == before


def test_no_file_has_no_identity(tmp_path: Path) -> None:
    """Where nothing is, there is nothing to tell apart."""
    assert identity_if_any(tmp_path / "none") is None


def test_a_check_of_a_file_that_was_replaced_meanwhile_begins_anew(path: Path) -> None:
    """What failed halfway between two releases is tried again on the new one."""
    tries: list[bytes] = []

    def check(at: Path) -> int:
        tries.append(at.read_bytes())
        if len(tries) == 1:
            _replace(at)
            raise ArtifactCorruptError(path=at, expected="", found="", remedy="")
        return len(tries)

    assert while_unchanged(path, check) == 2
    assert tries == [b"old", b"new"]


def test_a_check_of_a_file_that_stays_fails_at_once(path: Path) -> None:
    """A failure that is nobody's publication is the answer."""
    tries: list[Path] = []

    def check(at: Path) -> int:
        tries.append(at)
        raise ArtifactCorruptError(path=at, expected="", found="", remedy="")

    with pytest.raises(ArtifactCorruptError):
        while_unchanged(path, check)
    assert len(tries) == 1
