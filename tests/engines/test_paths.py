"""Paths reach SQLite unchanged."""

import os
from pathlib import Path

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microcosm_sqlite.engines.paths import mutable_uri, read_only_uri, sealed_uri

_NAMES = [
    b"plain.db",
    b"a?b.db",
    b"a?mode=rwc",
    b"a#b.db",
    b"a%41.db",
    b"100%.db",
    b"with space.db",
    b"new\nline.db",
    b"tab\t.db",
    b"quote'\".db",
    b"semi;colon&and=.db",
    b"back\\slash.db",
    "emoji 🗺️ é.db".encode(),
    b"not utf-8 \xff\xfe.db",
    b"file:x.db",
    b":memory:",
    b"-dash.db",
    b"~",
    b"x" * 200,
]

_FLAGS = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE | apsw.SQLITE_OPEN_URI


def _make(path: Path) -> None:
    connection = apsw.Connection(mutable_uri(path), flags=_FLAGS)
    connection.execute("CREATE TABLE t (x); INSERT INTO t VALUES (42)")
    connection.close()


@pytest.mark.parametrize("name", _NAMES, ids=repr)
def test_every_name_opens_its_own_file(tmp_path: Path, name: bytes) -> None:
    """No character of a path changes which file is opened, how, or creates another one."""
    path = tmp_path / os.fsdecode(name)

    _make(path)
    for uri in (read_only_uri(path), sealed_uri(path)):
        connection = apsw.Connection(uri, flags=_FLAGS)
        assert connection.execute("SELECT x FROM t").get == 42
        with pytest.raises(apsw.ReadOnlyError):
            connection.execute("INSERT INTO t VALUES (1)")
        connection.close()

    assert os.listdir(os.fsencode(tmp_path)) == [name]


@given(name=st.binary(min_size=1, max_size=60).filter(lambda name: not set(name) & {0, ord("/")}))
def test_any_name_survives_the_uri(name: bytes) -> None:
    """Whatever bytes a name has, the URI is plain ASCII and has no part but path and mode."""
    uri = read_only_uri(Path("/folder") / os.fsdecode(b"x" + name))

    assert uri.isascii()
    assert uri.count("?") == 1
    assert uri.endswith("?mode=ro")
    assert "#" not in uri


@pytest.mark.parametrize("uri_of", [sealed_uri, read_only_uri])
def test_opening_for_reading_never_creates_a_file(tmp_path: Path, uri_of: object) -> None:
    """A mistyped path is an error and leaves nothing behind."""
    assert callable(uri_of)

    with pytest.raises(apsw.CantOpenError):
        apsw.Connection(uri_of(tmp_path / "missing.db"), flags=_FLAGS)

    assert not list(tmp_path.iterdir())


def test_relative_paths_count_from_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative path means what it means to every other program."""
    monkeypatch.chdir(tmp_path)

    assert sealed_uri(Path("a.db")) == sealed_uri(tmp_path / "a.db")


def test_two_leading_slashes_are_no_host_name(tmp_path: Path) -> None:
    """A path that starts with two slashes, which POSIX allows, is still a path."""
    _make(tmp_path / "a.db")

    connection = apsw.Connection(sealed_uri(Path(f"/{tmp_path}/a.db")), flags=_FLAGS)

    assert connection.execute("SELECT x FROM t").get == 42
    connection.close()


def test_nul_is_refused() -> None:
    """A NUL would end the path early and open another file."""
    with pytest.raises(ValueError, match="NUL"):
        sealed_uri(Path("a\0b"))
