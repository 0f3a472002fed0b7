"""A folder holds a whole old or a whole new release, never anything between."""

import os
import random
import re
import shlex
import shutil
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from microcosm_sqlite.artifacts.beside import manifest_path, pending_manifest_path
from microcosm_sqlite.artifacts.manifest import Manifest
from microcosm_sqlite.artifacts.verification import verify, verify_file
from microcosm_sqlite.errors import ArtifactError, ArtifactNotFoundError, SealError
from microcosm_sqlite.shipping.folder import FolderChannel

Stage = Callable[..., tuple[Path, Manifest]]

_PUBLISH = """
import sys
from itertools import cycle
from pathlib import Path
from microcosm_sqlite.artifacts.beside import manifest_path, read_manifest
from microcosm_sqlite.shipping.folder import FolderChannel

channel = FolderChannel(Path(sys.argv[1]))
releases = [(Path(name), read_manifest(manifest_path(Path(name)))) for name in sys.argv[2:]]
print("ready", flush=True)
for staged, manifest in cycle(releases):
    channel.publish(staged, manifest)
"""

_PUBLISH_WITHIN_A_LIMIT = """
import resource, signal, sys
from pathlib import Path
from microcosm_sqlite.artifacts.beside import manifest_path, read_manifest
from microcosm_sqlite.errors import SealError
from microcosm_sqlite.shipping.folder import FolderChannel

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))
staged = Path(sys.argv[2])
try:
    FolderChannel(Path(sys.argv[1])).publish(staged, read_manifest(manifest_path(staged)))
except SealError as error:
    sys.exit(str(error))
"""

_PUBLISH_INTO_A_FULL_DISK = """
import sys
from pathlib import Path
from microcosm_sqlite.artifacts.beside import manifest_path, read_manifest
from microcosm_sqlite.artifacts.verification import verify
from microcosm_sqlite.errors import SealError
from microcosm_sqlite.shipping.folder import FolderChannel

folder, small, large = map(Path, sys.argv[1:])
channel = FolderChannel(folder)
channel.publish(small, read_manifest(manifest_path(small)))
try:
    channel.publish(large, read_manifest(manifest_path(large)))
except SealError as error:
    print(verify(channel.locate("world")).manifest.version, sorted(path.name for path in folder.iterdir()))
    sys.exit(str(error))
"""


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


_WORLD = ["world.sqlite", "world.sqlite.datapackage.json"]


def test_a_published_artifact_is_found_and_sound(stage: Stage, folder: Path) -> None:
    """What was published is where its name says, with its manifest, and verifies."""
    staged, manifest = stage("1.0")
    channel = FolderChannel(folder)

    artifact = channel.publish(staged, manifest)

    assert artifact.path == channel.locate("world") == folder / "world.sqlite"
    assert verify(artifact.path) == artifact
    assert _names(folder) == _WORLD


def test_a_new_release_replaces_the_old(stage: Stage, folder: Path) -> None:
    """There is one artifact per name, the last."""
    channel = FolderChannel(folder)
    channel.publish(*stage("1.0"))

    channel.publish(*stage("2.0"))

    assert verify(channel.locate("world")).manifest.version == "2.0"
    assert _names(folder) == _WORLD


def test_publishing_the_same_again_changes_nothing(stage: Stage, folder: Path) -> None:
    """It may be repeated without harm."""
    channel = FolderChannel(folder)
    release = stage("1.0")

    assert channel.publish(*release) == channel.publish(*release)

    assert _names(folder) == _WORLD


def test_what_was_staged_is_left_to_its_owner(stage: Stage, folder: Path) -> None:
    """The file is copied, not moved."""
    staged, manifest = stage("1.0")
    content = staged.read_bytes()

    FolderChannel(folder).publish(staged, manifest)

    assert staged.read_bytes() == content


def test_everyone_may_read_what_was_published(stage: Stage, folder: Path) -> None:
    """Also when the process that published keeps its files to itself."""
    before = os.umask(0o077)
    try:
        path = FolderChannel(folder).publish(*stage("1.0")).path
    finally:
        os.umask(before)

    assert {stat.S_IMODE(file.stat().st_mode) for file in (path, manifest_path(path))} == {0o644}


def test_whoever_has_the_old_release_open_keeps_it(stage: Stage, folder: Path) -> None:
    """The old file lives on for those who read it."""
    channel = FolderChannel(folder)
    old, manifest = stage("1.0")
    channel.publish(old, manifest)

    with channel.locate("world").open("rb") as file:
        channel.publish(*stage("2.0"))
        found = file.read()

    assert found == old.read_bytes()


def test_a_missing_name_is_answered_with_names_like_it(stage: Stage, folder: Path) -> None:
    """A misspelt data set is found by its likeness."""
    channel = FolderChannel(folder)
    channel.publish(*stage("1.0"))

    with pytest.raises(ArtifactNotFoundError, match=r"folder holds world\.sqlite"):
        channel.locate("wrold")


@pytest.mark.parametrize("name", ["", ".", "..", ".hidden", "a/b", "../a", "a\\b", "a\0b"])
def test_names_that_lead_elsewhere_are_refused(folder: Path, name: str) -> None:
    """A name is a file name, not a path."""
    with pytest.raises(ValueError, match="file name"):
        FolderChannel(folder).locate(name)


@pytest.mark.parametrize("name", ["a?b#c", "ünï cödé", "new\nline", "a.b-c_d", "100%"])
def test_any_other_name_will_do(stage: Stage, folder: Path, name: str) -> None:
    """Nothing else in a name is special."""
    channel = FolderChannel(folder)

    channel.publish(*stage("1.0", name=name))

    assert verify(channel.locate(name)).manifest.name == name


# ---------------------------------------------------------------------------------------------- refusals


def test_the_manifest_of_another_file_is_refused(stage: Stage, folder: Path) -> None:
    """A mistake of the builder does not reach the reader."""
    channel = FolderChannel(folder)
    channel.publish(*stage("1.0"))
    staged, _ = stage("2.0")
    _, manifest = stage("3.0")

    with pytest.raises(SealError, match="file digest"):
        channel.publish(staged, manifest)

    assert verify(channel.locate("world")).manifest.version == "1.0"
    assert _names(folder) == _WORLD


def test_a_manifest_without_the_file_digest_is_refused(stage: Stage, folder: Path) -> None:
    """The embedded form is not for publishing."""
    staged, manifest = stage("1.0")

    with pytest.raises(ValueError, match="digest"):
        FolderChannel(folder).publish(staged, manifest.embedded())

    assert _names(folder) == []


def test_a_missing_staged_file_is_named(stage: Stage, folder: Path) -> None:
    """It is told from a missing folder."""
    staged, manifest = stage("1.0")
    staged.unlink()

    with pytest.raises(ArtifactNotFoundError, match=staged.name):
        FolderChannel(folder).publish(staged, manifest)


def test_a_missing_folder_is_not_created(stage: Stage, folder: Path) -> None:
    """A mistyped folder is an error of its own."""
    with pytest.raises(SealError, match="Create the folder"):
        FolderChannel(folder / "typo").publish(*stage("1.0"))

    assert _names(folder) == []


def test_a_file_someone_writes_is_not_replaced(stage: Stage, folder: Path) -> None:
    """A journal beside the old file would be taken for one of the new file."""
    channel = FolderChannel(folder)
    path = channel.publish(*stage("1.0")).path
    path.with_name("world.sqlite-journal").touch()

    with pytest.raises(SealError, match=r"world\.sqlite-journal"):
        channel.publish(*stage("2.0"))

    path.with_name("world.sqlite-journal").unlink()
    assert verify(path).manifest.version == "1.0"


@pytest.mark.parametrize("blocked", ["world.sqlite", ".world.sqlite.datapackage.json.next"])
def test_a_failure_between_the_steps_leaves_nothing_behind(stage: Stage, folder: Path, blocked: str) -> None:
    """A rename that is refused takes back what came before it."""
    (folder / blocked / "in the way").mkdir(parents=True)

    with pytest.raises(SealError, match="untouched"):
        FolderChannel(folder).publish(*stage("1.0"))

    assert _names(folder) == [blocked]


@pytest.mark.parametrize("limit_bytes", [0, 1, 5000, 20_000])
def test_a_disk_too_small_leaves_the_old_release(stage: Stage, folder: Path, limit_bytes: int) -> None:
    """Running out of space is a clear error, and readers notice nothing."""
    channel = FolderChannel(folder)
    channel.publish(*stage("1.0"))
    staged, _ = stage("2.0")

    done = subprocess.run(
        [sys.executable, "-c", _PUBLISH_WITHIN_A_LIMIT, folder, staged, str(limit_bytes)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert re.search("'world' was not sealed to .*File too large.*What was published before is untouched", done.stderr)
    assert verify(channel.locate("world")).manifest.version == "1.0"
    assert _names(folder) == _WORLD


def _on_a_tiny_disk(folder: Path, *command: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a command that finds a disk of 64 KiB at *folder*, in a name space of its own."""
    mounted = f"mount -t tmpfs -o size=64k none {shlex.quote(str(folder))} && exec {shlex.join(map(str, command))}"
    return subprocess.run(
        ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mounted],
        capture_output=True,
        text=True,
        check=False,
    )


def _can_make_disks(folder: Path) -> bool:
    return shutil.which("unshare") is not None and _on_a_tiny_disk(folder, "true").returncode == 0


def test_a_full_disk_is_called_full(stage: Stage, folder: Path) -> None:
    """The message says what to do about it, and nothing stays behind."""
    if not _can_make_disks(folder):
        pytest.skip("this user may not mount a disk in a name space of its own")
    small, _ = stage("1.0", rows=50)
    large, _ = stage("2.0", rows=5000)
    script = _PUBLISH_INTO_A_FULL_DISK

    done = _on_a_tiny_disk(folder, sys.executable, "-c", script, folder, small, large)

    assert (done.stdout, done.returncode) == (f"1.0 {_WORLD}\n", 1)
    assert "The disk is full: free some space" in done.stderr


# ------------------------------------------------------------------------------------------------ crashes


def _states(path: Path) -> str:
    try:
        return verify_file(path).manifest.version
    except ArtifactError as error:
        return str(error)


def _kill_while_publishing(folder: Path, staged: Iterable[Path], *, after_seconds: float) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _PUBLISH, folder, *staged], stdout=subprocess.PIPE, text=True
    ) as publishing:
        assert publishing.stdout is not None
        publishing.stdout.readline()
        try:
            publishing.wait(after_seconds)
        except subprocess.TimeoutExpired:
            publishing.send_signal(signal.SIGKILL)
        assert publishing.wait() == -signal.SIGKILL


@pytest.mark.slow
def test_killed_at_any_moment_a_whole_release_remains(stage: Stage, folder: Path) -> None:
    """Forty kills: what is found is one release or the other, whole, and the next publication cleans up."""
    (one, manifest), (other, _) = stage("1.0", rows=3000), stage("2.0", rows=3000)
    channel = FolderChannel(folder)
    channel.publish(one, manifest)
    chance = random.Random(7)

    for _ in range(40):
        _kill_while_publishing(folder, (other, one), after_seconds=chance.uniform(0.0, 0.06))
        assert _states(channel.locate("world")) in {"1.0", "2.0"}

    channel.publish(one, manifest)
    assert _names(folder) == _WORLD


def test_what_dead_publications_left_is_removed(stage: Stage, folder: Path) -> None:
    """Copies under other names stay, those of this data set go."""
    for name in (
        ".world.sqlite.1.stage",
        ".world.sqlite.datapackage.json.99.stage",
        ".world.sqlite.datapackage.json.next",
    ):
        (folder / name).write_text("left over", encoding="utf-8")
    kept = [".worlds.sqlite.1.stage", ".world.sqlite.one.stage"]
    for name in kept:
        (folder / name).touch()

    FolderChannel(folder).publish(*stage("1.0"))

    assert _names(folder) == sorted([*kept, *_WORLD])


def test_a_publication_cut_short_is_finished_by_the_next(stage: Stage, folder: Path) -> None:
    """If the next one fails, the release that was cut short is still complete."""
    channel = FolderChannel(folder)
    channel.publish(*stage("1.0"))
    staged, manifest = stage("2.0")
    path = channel.locate("world")
    path.write_bytes(staged.read_bytes())
    pending_manifest_path(path).write_bytes(manifest_path(staged).read_bytes())

    with pytest.raises(SealError):
        channel.publish(staged, stage("3.0")[1])

    assert verify(path).manifest == manifest
    assert _names(folder) == _WORLD


# -------------------------------------------------------------------------------------------- concurrency


@pytest.mark.slow
def test_readers_see_whole_releases_while_others_publish(stage: Stage, folder: Path) -> None:
    """Four publishers at once, and a reader that never sees anything but a whole release."""
    releases = [stage(f"{number}.0") for number in range(1, 5)]
    channel = FolderChannel(folder)
    channel.publish(*releases[0])
    threads = [
        threading.Thread(target=lambda release=release: [channel.publish(*release) for _ in range(10)])
        for release in releases
    ]

    for thread in threads:
        thread.start()
    seen = set()
    while any(thread.is_alive() for thread in threads):
        seen.add(_states(channel.locate("world")))
    for thread in threads:
        thread.join()

    assert seen <= {"1.0", "2.0", "3.0", "4.0"}
    assert verify(channel.locate("world"))
    assert _names(folder) == _WORLD


def test_a_pending_manifest_that_cannot_be_read_is_kept(stage: Stage, folder: Path) -> None:
    """It may be the only one of the file that is published, which nobody could verify without it."""
    channel = FolderChannel(folder)
    path = channel.publish(*stage("1.0")).path
    pending = pending_manifest_path(path)
    pending.symlink_to(pending)

    with pytest.raises(SealError, match=r"Too many levels of symbolic links.*untouched"):
        channel.publish(*stage("2.0"))

    assert pending.is_symlink()
    pending.unlink()
    assert verify(path).manifest.version == "1.0"


def test_a_damaged_pending_manifest_is_cleared(stage: Stage, folder: Path) -> None:
    """It was flushed before it got its name, so nothing of ours looks like that."""
    channel = FolderChannel(folder)
    path = channel.publish(*stage("1.0")).path
    pending_manifest_path(path).write_text("{")

    channel.publish(*stage("2.0"))

    assert _names(folder) == _WORLD
