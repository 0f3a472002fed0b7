"""What the name of a data set leads to is opened in the way that fits what is there."""

import os
from pathlib import Path
from time import time_ns
from typing import Any

import pytest
from sqlalchemy import inspect
from sqlalchemy.pool import NullPool

from microcosm_sqlite.artifacts.hashing import file_digest
from microcosm_sqlite.artifacts.remembering import Memory
from microcosm_sqlite.artifacts.trusting import Policy, Trust
from microcosm_sqlite.binding import Kind, bind, kind_of, location_of, pool_class
from microcosm_sqlite.engines.opening import EngineOptions, never_changes
from microcosm_sqlite.errors import (
    ArtifactCorruptError,
    ArtifactError,
    ConfigurationError,
    DataSetNotFoundError,
    NotAnArtifactError,
    PinnedReleaseError,
    WrongArtifactError,
)
from tests.sealed import move_artifact, seal_file

OPTIONS = EngineOptions(looked=lambda: ("here", "there"))
TRUST = Trust(policy=Policy.ONCE, memory=Memory(None, now_ns=time_ns, known={}))


class TestLocationOf:
    @pytest.mark.parametrize("path", ["", ":memory:", Path(":memory:")])
    def test_memory(self, path: Any) -> None:
        """An empty path means memory, as it always did."""
        assert location_of(path) == ":memory:"

    @pytest.mark.parametrize("path", ["/srv/a.db", Path("/srv/a.db"), b"/srv/a.db"])
    def test_every_kind_of_path(self, path: Any) -> None:
        """Text, `Path` and bytes name a file."""
        assert location_of(path) == Path("/srv/a.db")

    def test_bytes_that_are_no_utf_8(self) -> None:
        """A path of any bytes keeps them."""
        assert os.fsencode(location_of(b"/srv/caf\xe9.db")) == b"/srv/caf\xe9.db"

    def test_home_folder(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A leading `~` is expanded."""
        monkeypatch.setenv("HOME", "/home/ada")

        assert location_of("~/a.db") == Path("/home/ada/a.db")

    def test_uri(self) -> None:
        """A `file:` URI stays text."""
        assert location_of("file:/srv/a.db?mode=ro") == "file:/srv/a.db?mode=ro"

    @pytest.mark.parametrize("path", [7, None, True, ["a.db"]])
    def test_what_is_no_path(self, path: Any) -> None:
        """The message shows what was configured."""
        with pytest.raises(ConfigurationError) as raised:
            location_of(path)

        assert str(raised.value) == (
            f"configuration sqlite.paths: expected a path, found {path!r}. Correct the value or remove the key."
        )

    def test_path_with_nul(self) -> None:
        """A path that no file can have is refused."""
        with pytest.raises(ConfigurationError, match="without a NUL character"):
            location_of("a\0b")


class TestKindOf:
    def test_memory_and_uri(self) -> None:
        """Text is recognised by its beginning."""
        assert (kind_of(":memory:"), kind_of("file:a.db")) == (Kind.MEMORY, Kind.URI)

    def test_missing_and_empty_files_are_databases_to_be_made(self, tmp_path: Path) -> None:
        """Both are where create_all and migrations start from."""
        (tmp_path / "empty").touch()

        assert [kind_of(tmp_path / name) for name in ("none", "empty")] == [Kind.PLAIN, Kind.PLAIN]

    def test_database_and_artifact(self, kennel_path: Path, artifact_path: Path) -> None:
        """The mark of a seal makes the difference."""
        assert (kind_of(kennel_path), kind_of(artifact_path)) == (Kind.PLAIN, Kind.SEALED)

    def test_link_to_an_artifact(self, tmp_path: Path, artifact_path: Path) -> None:
        """What a link leads to counts."""
        link = tmp_path / "link.sqlite"
        link.symlink_to(artifact_path)

        assert kind_of(link) is Kind.SEALED


class TestBadInput:
    def test_directory(self, tmp_path: Path) -> None:
        """A folder in the place of a file is told from everything else."""
        with pytest.raises(NotAnArtifactError) as raised:
            bind("kennel", tmp_path, read_only=False, trust=TRUST, options=OPTIONS)

        assert str(raised.value) == (
            f"{tmp_path}: expected a sealed artifact, found a directory. Name the file itself. [MSQ-DIRECTORY]"
        )

    def test_pipe(self, tmp_path: Path) -> None:
        """What would block for ever is refused at once."""
        os.mkfifo(tmp_path / "pipe")

        with pytest.raises(NotAnArtifactError, match="not a regular file"):
            bind("kennel", tmp_path / "pipe", read_only=False, trust=TRUST, options=OPTIONS)

    @pytest.mark.parametrize(
        ("content", "found", "remedy"),
        [
            (b"id,name\n1,Rex\n", "a text that is no SQLite database", "Correct the path"),
            (b"version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer", "git lfs pull"),
            (b"PK\x03\x04" + bytes(200), "a zip archive", "Unpack it"),
            (b"\x1f\x8b\x08" + bytes(200), "a gzip archive", "Unpack it"),
            (b"<!DOCTYPE html><title>Not found</title>", "a page of HTML", "download again"),
            (b"SQLite format 3", "only the first 15 bytes of a database", "Copy the file again"),
        ],
        ids=["csv", "git-lfs", "zip", "gzip", "html", "short"],
    )
    def test_not_sqlite(self, tmp_path: Path, content: bytes, found: str, remedy: str) -> None:
        """The message says where, what was expected, what is there, and what to do."""
        path = tmp_path / "kennel.sqlite"
        path.write_bytes(content)

        with pytest.raises(NotAnArtifactError) as raised:
            bind("kennel", path, read_only=False, trust=TRUST, options=OPTIONS)

        message = str(raised.value)
        assert message.startswith(f"{path}: expected an SQLite database, found {found}")
        assert remedy in message
        assert path.read_bytes() == content

    def test_artifact_of_another_data_set(self, tmp_path: Path, kennel_path: Path) -> None:
        """The message names both data sets and the version that was found."""
        path = seal_file(kennel_path, tmp_path / "cattery.sqlite", name="cattery", version="2.1")

        with pytest.raises(WrongArtifactError) as raised:
            bind("kennel", path, read_only=False, trust=TRUST, options=OPTIONS)

        assert str(raised.value) == (
            f"{path}: expected an artifact of data set 'kennel', found one of 'cattery', version 2.1. "
            "Correct sqlite.paths.kennel or the entry point, or bind it under its own name. "
            "[MSQ-OTHER-DATA-SET]"
        )

    def test_artifact_that_is_cut_off(self, artifact_path: Path) -> None:
        """A copy that stopped half way is refused at bind."""
        os.truncate(artifact_path, artifact_path.stat().st_size - 4096)

        with pytest.raises(ArtifactCorruptError, match="cut off by 4096 bytes"):
            bind("kennel", artifact_path, read_only=False, trust=TRUST, options=OPTIONS)

    @pytest.mark.parametrize("suffix", ["-journal", "-wal"])
    def test_artifact_with_unfinished_work_beside_it(self, artifact_path: Path, suffix: str) -> None:
        """A sidecar means that someone wrote: the file is not to be trusted."""
        artifact_path.with_name(artifact_path.name + suffix).write_bytes(b"x")

        with pytest.raises(ArtifactCorruptError, match=f"found kennel.sqlite{suffix}"):
            bind("kennel", artifact_path, read_only=False, trust=TRUST, options=OPTIONS)

    def test_name_that_no_file_can_have(self, tmp_path: Path) -> None:
        """The refusal of the operating system is inside our error."""
        with pytest.raises(ArtifactError, match="File name too long"):
            bind("kennel", tmp_path / ("x" * 300), read_only=False, trust=TRUST, options=OPTIONS)

    @pytest.mark.parametrize("missing", [":memory:", "none.sqlite"])
    def test_nothing_to_read(self, tmp_path: Path, missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """With read_only there must be something: otherwise the message says where was looked and what to do."""
        monkeypatch.chdir(tmp_path)

        with pytest.raises(DataSetNotFoundError) as raised:
            bind("kennel", missing, read_only=True, trust=TRUST, options=OPTIONS)

        assert str(raised.value) == (
            "data set 'kennel' was not found. Looked at: here; there. "
            f"sqlite.read_only is set, and {missing} holds nothing to read. "
            "Install the distribution that carries 'kennel', or configure sqlite.paths.kennel."
        )
        assert list(tmp_path.iterdir()) == []


class TestBind:
    def test_artifact_is_sealed_whatever_read_only_says(self, artifact_path: Path) -> None:
        """An artifact is recognised by itself."""
        engines = [
            bind("kennel", artifact_path, read_only=flag, trust=TRUST, options=OPTIONS) for flag in (False, True)
        ]

        assert all(never_changes(engine) for engine in engines)

    def test_works_from_a_folder_that_nobody_may_write(self, artifact_path: Path) -> None:
        """Reading needs no right to write: the folder shows no trace afterwards."""
        before = {path: path.stat().st_mtime_ns for path in artifact_path.parent.iterdir()}
        artifact_path.chmod(0o444)
        artifact_path.parent.chmod(0o555)
        try:
            engine = bind("kennel", artifact_path, read_only=False, trust=TRUST, options=OPTIONS)
            assert inspect(engine).has_table("dog")
            engine.dispose()
        finally:
            artifact_path.parent.chmod(0o755)

        assert {path: path.stat().st_mtime_ns for path in artifact_path.parent.iterdir()} == before

    def test_artifact_at_a_path_of_strange_characters(self, artifact_path: Path) -> None:
        """An artifact is found under any name a file can have."""
        strange = move_artifact(artifact_path, artifact_path.with_name("?a#b%41 \n🐕.sqlite"))
        engine = bind("kennel", strange, read_only=False, trust=TRUST, options=OPTIONS)

        assert inspect(engine).has_table("dog")
        engine.dispose()


class TestReplacedFile:
    """Connections are opened as long as the process lives; each reads a file that was checked."""

    def test_a_new_release_is_checked_before_it_is_read(self, artifact_path: Path, kennel_path: Path) -> None:
        """A sound one is read by the next connection."""
        engine = bind("kennel", artifact_path, read_only=False, trust=TRUST, options=OPTIONS)
        engine.connect().close()
        new = seal_file(kennel_path, kennel_path.with_name("new.sqlite"), name="kennel", version="2.0")
        move_artifact(new, artifact_path)

        engine.dispose()
        assert inspect(engine).has_table("dog")
        engine.dispose()

    def test_damage_is_refused_by_the_next_connection(self, artifact_path: Path) -> None:
        """What was sound when it was bound need not be sound now."""
        engine = bind("kennel", artifact_path, read_only=False, trust=TRUST, options=OPTIONS)
        with artifact_path.open("r+b") as file:
            file.seek(5000)
            file.write(b"damage")

        with pytest.raises(ArtifactCorruptError, match="the file digest"):
            engine.connect()
        engine.dispose()

    def test_an_artifact_of_another_data_set_is_refused(self, artifact_path: Path, kennel_path: Path) -> None:
        """A deployment that mixes up files is noticed."""
        engine = bind("kennel", artifact_path, read_only=False, trust=TRUST, options=OPTIONS)
        move_artifact(seal_file(kennel_path, kennel_path.with_name("new.sqlite"), name="cattery"), artifact_path)

        with pytest.raises(WrongArtifactError):
            engine.connect()
        engine.dispose()


class TestPins:
    @pytest.mark.parametrize("policy", Policy)
    def test_the_pinned_release_is_bound(self, artifact_path: Path, policy: Policy) -> None:
        """By version or by digest, whatever else is checked."""
        for pin in ("1.0", file_digest(artifact_path)):
            trust = Trust(policy=policy, memory=TRUST.memory, pin=pin)
            assert never_changes(bind("kennel", artifact_path, read_only=False, trust=trust, options=OPTIONS))

    @pytest.mark.parametrize("policy", Policy)
    def test_another_version_is_refused(self, artifact_path: Path, policy: Policy) -> None:
        """The message says which one is wanted, which one is there, and where it says so."""
        trust = Trust(policy=policy, memory=TRUST.memory, pin="1.1")

        with pytest.raises(PinnedReleaseError) as raised:
            bind("kennel", artifact_path, read_only=False, trust=trust, options=OPTIONS)

        digest = "" if policy is Policy.SIZE else f" ({file_digest(artifact_path)})"
        assert str(raised.value) == (
            f"{artifact_path}: expected the release of data set 'kennel' that sqlite.pins.kennel names, 1.1, "
            f"found version 1.0{digest}. Ship that release, or change the pin if another one is wanted. "
            "[MSQ-OTHER-RELEASE]"
        )

    @pytest.mark.parametrize("policy", Policy)
    def test_other_bytes_are_refused(self, artifact_path: Path, policy: Policy) -> None:
        """A digest names one file, whatever version it says it is."""
        trust = Trust(policy=policy, memory=TRUST.memory, pin="sha256:" + "0" * 64)

        with pytest.raises(PinnedReleaseError, match=file_digest(artifact_path)):
            bind("kennel", artifact_path, read_only=False, trust=trust, options=OPTIONS)

    @pytest.mark.parametrize("path", [":memory:", "none.sqlite"])
    def test_what_is_not_sealed_is_no_release(self, path: str) -> None:
        """Nor is nothing at all: a pinned data set does not silently become an empty one."""
        trust = Trust(policy=Policy.ONCE, memory=TRUST.memory, pin="1.0")

        with pytest.raises(PinnedReleaseError, match="found no sealed artifact"):
            bind("kennel", path, read_only=False, trust=trust, options=OPTIONS)


class TestPoolClass:
    @pytest.mark.parametrize("configured", [NullPool, "NullPool", "sqlalchemy.pool.NullPool"])
    def test_every_form(self, configured: Any) -> None:
        """A class, its name, or its dotted path mean the class."""
        assert pool_class(configured) is NullPool

    @pytest.mark.parametrize("configured", [None, ""])
    def test_nothing(self, configured: Any) -> None:
        """Nothing configured leaves the choice to us."""
        assert pool_class(configured) is None

    @pytest.mark.parametrize("configured", ["NoPool", "no.module.Pool", "os.path", 7, int])
    def test_other_things(self, configured: Any) -> None:
        """The message names the key, what was found and an example."""
        with pytest.raises(ConfigurationError) as raised:
            pool_class(configured)

        assert str(raised.value) == (
            "configuration sqlite.poolclass: expected a pool class of sqlalchemy.pool, such as NullPool, "
            f"found {configured!r}. Correct the value or remove the key."
        )
