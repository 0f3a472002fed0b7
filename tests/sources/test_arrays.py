import json
import random
from io import BytesIO
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microcosm_sqlite.errors import SourceError
from microcosm_sqlite.sources.arrays import PIECE_BYTES, ArrayReader

#: Texts that look like what stands between elements.
TEXTS = st.sampled_from(["", "},{", '"]', '\\"},', "é€😀", '[{"a": 1}]', "\n\t\\"]) | st.text(max_size=20)

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)


class Dripping(BytesIO):
    """A stream that gives a few bytes at a time, as one that unpacks may."""

    def __init__(self, content: bytes, most: int) -> None:
        super().__init__(content)
        self._most = most

    def read(self, size: int | None = -1, /) -> bytes:
        """Return no more bytes than that."""
        del size
        return super().read(self._most)


def elements(content: bytes, most: int = PIECE_BYTES) -> list[Any]:
    """Return all elements, having checked what is said of each piece."""
    found: list[Any] = []
    for piece in ArrayReader(Dripping(content, most), name="rows.json"):
        assert piece.first == len(found) + 1
        some = [msgspec.json.decode(element) for element in piece.elements]
        assert msgspec.json.decode(piece.text) == some
        found += some
    return found


@settings(deadline=None)
@given(
    st.lists(VALUES, max_size=12),
    st.sampled_from([None, 1]),
    st.sampled_from([(",", ":"), (", ", ": "), (" ,\n", " : ")]),
    st.booleans(),
    st.integers(1, 60),
)
def test_pieces_are_all_elements(
    rows: list[Any],
    indent: int | None,
    separators: tuple[str, str],
    ensure_ascii: bool,  # noqa: FBT001
    most: int,
) -> None:
    """Whatever they hold, however they are written, wherever the reading is cut."""
    written = json.dumps(rows, indent=indent, separators=separators, ensure_ascii=ensure_ascii)

    assert elements(written.encode(), most) == msgspec.json.decode(written)


@pytest.mark.parametrize("seed", range(200))
def test_what_is_malformed_is_an_error_wherever_it_is(seed: int) -> None:
    """As it is for who reads the whole: nothing is left out, nothing is made up."""
    chance = random.Random(seed)
    written = json.dumps(
        [{"a": [number, {"b": "},{"}], "c": 1.5} for number in range(5)], indent=chance.choice([None, 1])
    )
    place = chance.randrange(len(written))
    changed = (written[:place] + chance.choice('[]{},:"x0 ') + written[place + chance.randrange(2) :]).encode()

    try:
        expected = msgspec.json.decode(changed, type=list[Any])
    except msgspec.DecodeError:
        with pytest.raises((SourceError, msgspec.DecodeError)):
            elements(changed, chance.randrange(1, 40))
    else:
        assert elements(changed, chance.randrange(1, 40)) == expected


def test_long_elements_and_many_are_read() -> None:
    """An element may be longer than a piece, and objects within hold objects of their own."""
    rows = [{"text": "x" * (3 * PIECE_BYTES)}, *({"id": number, "tags": [{"a": 1}] * 20} for number in range(5000))]

    assert elements(json.dumps(rows, separators=(",", ":")).encode()) == rows


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "expected an array of objects, found nothing"),
        (b'{"rows": []}', "expected an array of objects, found an object"),
        (b"7", "found something that starts with '7'"),
        (b'[{"a": 1},\n {"a": 01}]', "found expecting ',' delimiter on line 2 as byte 9 of it, in element 2"),
        (b'[{"a": 1}\n {"a": 1}]', "found no comma between two elements on line 2 as byte 2 of it, in element 2"),
        (b'[{"a": 1},]', "found expecting value on line 1 as byte 11 of it, in element 2"),
        (b'[{"a": 1}', "found the end of the file before the end of the array on line 1 as byte 10 of it"),
        (b'[{"a": 1},\n', "found the end of the file before the end of the array on line 2 as byte 1 of it"),
        (b'[{"a": "x', "found the end of the file before the end of the array on line 1 as byte 8 of it"),
        (b"[] []", "found something behind the end of the array on line 1 as byte 4 of it"),
    ],
)
def test_an_error_says_where_the_array_is_malformed(content: bytes, message: str) -> None:
    """By line and byte, and by how many elements came before."""
    with pytest.raises(SourceError) as caught:
        elements(content)

    assert message in str(caught.value)


def test_an_element_nested_too_deeply_is_an_error() -> None:
    """Rather than the end of the process, or of its stack."""
    with pytest.raises(SourceError, match="found an element nested too deeply on line 1 as byte 2 of it, in element 1"):
        elements(b"[" * 100_000 + b"]" * 100_000)
