"""Canonical JSON has one form."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microcosm_sqlite.artifacts.canonical import canonical_json, json_digest

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abcXYZ_", max_size=5), inner),
    max_leaves=20,
)


@pytest.mark.slow
@given(document=st.dictionaries(st.text("abcXYZ_", max_size=5), _VALUES))
def test_the_form_is_lossless_and_independent_of_order(document: dict[str, Any]) -> None:
    """Equal documents give equal bytes, from which the document can be read back."""
    backwards = dict(reversed(document.items()))

    text = canonical_json(document)

    assert text == canonical_json(backwards)
    assert msgspec.json.decode(text) == document


def test_the_form_is_that_of_the_rfc() -> None:
    """Keys are sorted, no space is added, only what must be escaped is escaped."""
    document = {"b": [1, True, None], "a": '\u20ac$\u000f\nA\'B"\\"/\x7f'}

    assert canonical_json(document) == ('{"a":"\u20ac$\\u000f\\nA\'B\\"\\\\\\"/\x7f","b":[1,true,null]}').encode()


def test_the_digest_is_that_of_the_text() -> None:
    """The digest of nothing is the SHA-256 of two braces."""
    assert json_digest({}) == "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"


@pytest.mark.parametrize("value", [1.0, b"x", {1, 2}, {1: 2}, {"é": 1}, float("nan")])
def test_values_without_a_defined_form_are_refused(value: object) -> None:
    """Numbers with a fraction and keys beyond ASCII are where implementations differ, so there are none."""
    with pytest.raises(TypeError):
        canonical_json({"a": [value]})


def test_text_that_is_not_unicode_is_refused() -> None:
    """A lone surrogate has no UTF-8 form."""
    with pytest.raises(ValueError, match="surrogates"):
        canonical_json({"a": "\ud800"})
