"""What was verified once is remembered, by its owner only, and never of another state of the file."""

import json
import os
import stat
from pathlib import Path

import pytest

from microcosm_sqlite.artifacts.claims import Claims
from microcosm_sqlite.artifacts.identity import Identity
from microcosm_sqlite.artifacts.remembering import TICK_NS, Memory

IDENTITY = Identity(device=1, inode=2, size_bytes=3, modified_ns=4, changed_ns=5)
CLAIMS = Claims("world", "2026.9", "sha256:ab")


def new_memory(folder: Path | None) -> Memory:
    """Return the memory of a process that remembers nothing itself."""
    return Memory(folder, now_ns=lambda: 0, known={})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a cache folder in which one file is remembered."""
    folder = tmp_path / "home" / "cache"
    new_memory(folder).remember(IDENTITY, CLAIMS)
    return folder


def only_entry(folder: Path) -> Path:
    """Return the only entry in *folder*."""
    (entry,) = (path for path in folder.rglob("*") if path.is_file())
    return entry


def test_the_next_process_recalls(folder: Path) -> None:
    """The folder is made when it is missing, and what is in it is as it was put there."""
    assert new_memory(folder).recall(IDENTITY) == CLAIMS


def test_a_process_recalls_what_it_remembered_itself() -> None:
    """Without a folder the process still remembers."""
    memory = new_memory(None)
    memory.remember(IDENTITY, CLAIMS)

    assert memory.recall(IDENTITY) == CLAIMS


def test_what_was_recalled_is_remembered_in_the_process(folder: Path) -> None:
    """The folder is read once."""
    memory = new_memory(folder)
    memory.recall(IDENTITY)
    only_entry(folder).unlink()

    assert memory.recall(IDENTITY) == CLAIMS


@pytest.mark.parametrize("field", Identity._fields)
def test_another_state_is_not_recalled(folder: Path, field: str) -> None:
    """A difference in any part of the identity means another file, or another state of it."""
    assert new_memory(folder).recall(IDENTITY._replace(**{field: 9})) is None


def test_a_later_state_replaces_an_earlier_one(folder: Path) -> None:
    """A file that is written again and again takes the room of one."""
    later = IDENTITY._replace(changed_ns=6)
    new_memory(folder).remember(later, CLAIMS._replace(version="2026.10"))

    assert only_entry(folder)
    assert new_memory(folder).recall(later) == CLAIMS._replace(version="2026.10")
    assert new_memory(folder).recall(IDENTITY) is None


def test_only_the_owner_may_look(folder: Path) -> None:
    """Folder and entry are closed to others, and nothing half-written remains."""
    entry = only_entry(folder)

    assert [stat.S_IMODE(path.stat().st_mode) for path in (folder, entry.parent, entry)] == [0o700, 0o700, 0o600]


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777])
def test_a_folder_that_others_may_write_is_not_believed(folder: Path, mode: int) -> None:
    """Nor is anything written to it."""
    place = only_entry(folder).parent
    place.chmod(mode)
    memory = new_memory(folder)

    assert memory.recall(IDENTITY) is None
    memory.remember(IDENTITY._replace(inode=3), CLAIMS)
    assert len(list(place.iterdir())) == 1


def test_an_entry_that_others_may_write_is_not_believed(folder: Path) -> None:
    """What someone else could have put there proves nothing."""
    only_entry(folder).chmod(0o666)

    assert new_memory(folder).recall(IDENTITY) is None


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may give files away")
@pytest.mark.parametrize("whose", ["folder", "entry"])
def test_what_belongs_to_someone_else_is_not_believed(folder: Path, whose: str) -> None:
    """A cache folder left in the environment by sudo is another user's."""
    entry = only_entry(folder)
    os.chown(entry.parent if whose == "folder" else entry, 12345, 12345)

    assert new_memory(folder).recall(IDENTITY) is None


def test_a_symbolic_link_is_not_followed(folder: Path) -> None:
    """An entry is a file, not the way to one."""
    entry = only_entry(folder)
    entry.symlink_to(entry.rename(entry.with_name("elsewhere")))

    assert new_memory(folder).recall(IDENTITY) is None


@pytest.mark.parametrize("content", ["", "{", "[]", "null", "{}", '{"identity": [1, 2, 3, 4, 5]}', "[" * 4000, "\0"])
def test_a_damaged_entry_is_forgotten(folder: Path, content: str) -> None:
    """Whatever it holds, it is no error, and the next verification replaces it."""
    only_entry(folder).write_text(content, encoding="utf-8")

    assert new_memory(folder).recall(IDENTITY) is None
    new_memory(folder).remember(IDENTITY, CLAIMS)
    assert new_memory(folder).recall(IDENTITY) == CLAIMS


def test_a_folder_that_cannot_be_made_is_no_error(tmp_path: Path) -> None:
    """The process remembers by itself, the next one verifies again."""
    (tmp_path / "file").write_bytes(b"")
    memory = new_memory(tmp_path / "file" / "cache")
    memory.remember(IDENTITY, CLAIMS)

    assert memory.recall(IDENTITY) == CLAIMS
    assert new_memory(tmp_path / "file" / "cache").recall(IDENTITY) is None


def test_claims_that_are_too_long_are_not_kept(tmp_path: Path) -> None:
    """An entry is read in one piece; what would not fit is not written."""
    new_memory(tmp_path).remember(IDENTITY, CLAIMS._replace(version="9" * 5000))

    assert new_memory(tmp_path).recall(IDENTITY) is None


def test_the_oldest_entries_are_removed(tmp_path: Path) -> None:
    """The folder does not grow for ever."""
    memory = new_memory(tmp_path)
    for number in range(600):
        memory.remember(IDENTITY._replace(inode=number), CLAIMS)

    assert len(list(tmp_path.rglob("*.json"))) <= 512
    assert new_memory(tmp_path).recall(IDENTITY._replace(inode=599)) == CLAIMS


@pytest.mark.parametrize(("now_ns", "is_settled"), [(TICK_NS + 6, True), (TICK_NS + 5, False), (0, False)])
def test_a_file_is_settled_when_the_clock_has_ticked(now_ns: int, is_settled: bool) -> None:  # noqa: FBT001
    """A file changed within the same tick, or in what is still the future, may change again unseen."""
    assert Memory(None, now_ns=lambda: now_ns, known={}).is_settled(IDENTITY) is is_settled


def test_an_entry_says_what_it_is_about(folder: Path) -> None:
    """A person who looks can read it."""
    assert json.loads(only_entry(folder).read_text()) == {
        "identity": [1, 2, 3, 4, 5],
        "name": "world",
        "version": "2026.9",
        "file_digest": "sha256:ab",
    }
