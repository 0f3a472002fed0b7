"""Cursors: texts that say where a page ended."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microcosm_sqlite.errors import CursorError, StaleCursorError
from microcosm_sqlite.lookups.cursors import Seal, name_of, seal_of

SECRET = "correct horse battery staple"
QUESTION = name_of("towns by name")
VALUES = st.lists(
    st.none() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text() | st.binary(), max_size=4
)
SEALS = [Seal(release="1", secret=""), Seal(release="1", secret=SECRET), Seal(release="", secret="")]


def read(seal: Seal, cursor: Any, question: bytes = QUESTION, size: int = 1) -> list[Any]:
    """Return the values in *cursor*."""
    return seal.read(cursor, question, size=size, store="TownStore of Town")


@given(values=VALUES, seal=st.sampled_from(SEALS))
def test_what_is_written_can_be_read(values: list[Any], seal: Seal) -> None:
    """All that SQLite stores comes back, types and all; the text can be part of a URL."""
    cursor = seal.write(QUESTION, values)

    assert read(seal, cursor, size=len(values)) == values
    assert [type(value) for value in read(seal, cursor, size=len(values))] == [type(value) for value in values]
    assert cursor.replace("-", "").replace("_", "").isalnum()
    assert cursor.isascii()


def test_it_is_the_same_in_every_process() -> None:
    """What one worker wrote, another one reads: the text follows from its parts."""
    assert Seal(release="sha256:1", secret="").write(QUESTION, [7, "Ulm"]) == (
        Seal(release="sha256:1", secret="").write(QUESTION, [7, "Ulm"])
    )


@given(data=st.data(), seal=st.sampled_from(SEALS[:2]))
def test_no_changed_one_is_taken(data: st.DataObject, seal: Seal) -> None:
    """One character more, less or another: refused, and where it could be of another release, as that."""
    cursor = seal.write(QUESTION, [1234, "Ulm"])
    at = data.draw(st.integers(0, len(cursor) - 1))
    put = data.draw(st.sampled_from(["", "A", "_", "=", " ", "é", "\x00", "AA"]))
    changed = cursor[:at] + put + cursor[at + data.draw(st.integers(0, 1)) :]
    if changed != cursor:
        with pytest.raises(CursorError):
            read(seal, changed, size=2)


@pytest.mark.parametrize("cursor", ["", "x", "A" * 100, 5, b"abc", None, [], "🐕", "A" * 1_000_000, "-" * 24 + "wA"])
def test_what_is_no_cursor(cursor: Any) -> None:
    """It is shown, though not all of a long one, and what to give is said."""
    with pytest.raises(CursorError) as raised:
        read(SEALS[1], cursor)

    assert type(raised.value) is CursorError
    assert raised.value.status_code == 400
    assert str(raised.value).startswith(
        "TownStore of Town: expected a cursor that page() gave for the same order, filters and expressions, found "
    )
    assert str(raised.value).endswith(
        ", which was not written here, or was changed since. "
        "Give back `next` of a page as it is, or None for the first page."
    )
    assert len(str(raised.value)) < 320


def test_of_another_question() -> None:
    """A cursor is good for what was asked when it was written."""
    cursor = SEALS[0].write(QUESTION, [1])

    for question, size in ((name_of("towns by height"), 1), (QUESTION, 2)):
        with pytest.raises(CursorError, match=r"found one of another look-up\. Give it to the look-up") as raised:
            read(SEALS[0], cursor, question, size)
        assert type(raised.value) is CursorError


@pytest.mark.parametrize("secret", ["", SECRET])
def test_of_another_release(secret: str) -> None:
    """Told apart from what was changed: whoever pages starts again."""
    cursor = Seal(release="1", secret=secret).write(QUESTION, [1])

    with pytest.raises(
        StaleCursorError, match=r"found one of another release\. .* Start again .*: after=None"
    ) as raised:
        read(Seal(release="2", secret=secret), cursor)
    assert raised.value.status_code == 409


def test_under_another_secret() -> None:
    """A cursor that was written without the secret is refused."""
    for other in (Seal(release="1", secret=""), Seal(release="1", secret="another " + SECRET)):
        with pytest.raises(CursorError, match="not written here"):
            read(SEALS[1], other.write(QUESTION, [1]))


def test_the_seal_of_an_engine(graph: Any, sealed_graph: Any, make_graph: Any) -> None:
    """It is made once; what it signs with is the release, or the secret that is configured."""
    graph.use("sqlite")
    mutable, sealed = graph.sqlite("kennel")[0], sealed_graph.sqlite("kennel")[0]
    secret = make_graph(paths={"kennel": sealed.url.database}, cursor_secret=SECRET)
    secret.use("sqlite")

    assert seal_of(sealed) is seal_of(sealed)
    cursor = seal_of(sealed).write(QUESTION, [1])
    with pytest.raises(StaleCursorError):
        read(seal_of(mutable), cursor)
    with pytest.raises(CursorError, match="not written here"):
        read(seal_of(secret.sqlite("kennel")[0]), cursor)


@pytest.mark.parametrize(
    ("cursor", "found"),
    [("made-up", "'made-up'"), ("x" * 100, f"'{'x' * 40}...'"), (b"x", "b'x'"), (7, "7"), ("y" * 40, f"'{'y' * 40}'")],
)
def test_a_cursor_is_shown_in_short(cursor: Any, found: str) -> None:
    """Within its quotes."""
    with pytest.raises(CursorError, match=rf"expressions, found {re.escape(found)}, which was not written here"):
        read(SEALS[0], cursor)
