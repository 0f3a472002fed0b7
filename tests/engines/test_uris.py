"""Paths as URIs."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import apsw
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from microcosm_sqlite.engines.uris import file_uri


@given(
    st.binary(min_size=1, max_size=40).filter(lambda name: not set(name) & set(b"\0/") and name not in {b".", b".."})
)
@example(b"?mode=memory")
@example(b"%00")
@example(b"a#b")
@example(b"\xff\xfe")
def test_any_file_name_is_opened_as_itself(name: bytes) -> None:
    """Whatever bytes a name is made of, SQLite opens the file of that name."""
    with TemporaryDirectory() as folder:
        path = os.fsencode(folder) + b"/" + name
        flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE | apsw.SQLITE_OPEN_URI

        apsw.Connection(file_uri(os.fsdecode(path)), flags).execute("CREATE TABLE t (a)")

        assert [os.fsencode(file.name) for file in Path(folder).iterdir()] == [name]


def test_parameters_become_the_query() -> None:
    """Parameters follow the path, encoded."""
    assert file_uri("/a?b", mode="ro", immutable=1) == "file:///a%3Fb?mode=ro&immutable=1"


@pytest.mark.parametrize(
    ("path", "uri"),
    [("x.db", "file:x.db"), (Path("/x"), "file:///x"), ("//tmp/x", "file:////tmp/x"), (b"\xff", "file:%FF")],
)
def test_paths_keep_their_kind(path: Any, uri: str) -> None:
    """Relative paths stay relative, and two leading slashes are no host name."""
    assert file_uri(path) == uri


def test_null_characters_are_refused() -> None:
    """A null would end the name for SQLite, so it is the caller's mistake."""
    with pytest.raises(ValueError, match="null"):
        file_uri("a" + os.fsdecode(b"\0"))
