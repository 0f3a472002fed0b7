"""What a person typed is read as words, whatever it is."""

import apsw
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from microcosm_sqlite.lookups.words import (
    MOST_CHARACTERS,
    MOST_WORDS,
    Words,
    begun_words_of,
    to_beginning,
    to_query,
    words_of,
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("são pau*", [Words("são"), Words("pau", is_begun=True)]),
        ('"new york" state', [Words("new york"), Words("state")]),
        ('"new yo"*', [Words("new yo", is_begun=True)]),
        ('"new york', [Words("new york")]),
        ('new"york"', [Words("new"), Words("york")]),
        ("name:paris AND NOT NEAR(a, 2)", [Words(one) for one in ["name:paris", "AND", "NOT", "NEAR(a,", "2)"]]),
        ("pa*ris***", [Words("pa*ris", is_begun=True)]),
        ("a\x00b \ud800c", [Words("a"), Words("b"), Words("c")]),
        ('* ** "" " " ""*', []),
        ("", []),
    ],
)
def test_words_of(text: str, words: list[Words]) -> None:
    """Quotes hold words together, a star at the end begins one; anything else is a word."""
    assert words_of(text) == words


def test_begun_words_of() -> None:
    """Only the last word may go on; quotes and stars mean nothing while somebody types."""
    assert begun_words_of('new "yor*') == [Words("new"), Words("yor", is_begun=True)]
    assert begun_words_of('"*') == []


def test_queries() -> None:
    """Every word is quoted, so that FTS5 sees no operators."""
    words = [Words("new"), Words('y"o', is_begun=True)]

    assert to_query(words) == '"new" "y""o"*'
    assert to_query(words, columns=["a b", 'c"']) == '{"a b" "c"""} : ("new" "y""o"*)'
    assert to_beginning(words) == '^"new y""o"*'


def test_no_more_is_read_than_anybody_types() -> None:
    """What follows is not looked at."""
    assert len(words_of("a " * MOST_CHARACTERS)) == MOST_WORDS
    assert words_of("a" * MOST_CHARACTERS + "b") == [Words("a" * MOST_CHARACTERS)]
    assert len(begun_words_of("a " * MOST_CHARACTERS)) == MOST_WORDS


@pytest.mark.parametrize("read", [words_of, begun_words_of])
@pytest.mark.parametrize("text", [None, 7, b"paris"])
def test_what_is_no_text_is_refused(read: object, text: object) -> None:
    """None is no "find everything"."""
    with pytest.raises(TypeError, match="text: expected text, found "):
        read(text)  # type: ignore[operator]


CONNECTION = apsw.Connection(":memory:")
for tokenizer in ("unicode61 remove_diacritics 2", "trigram", "porter ascii"):
    CONNECTION.execute(f"CREATE VIRTUAL TABLE \"{tokenizer}\" USING fts5(a, b, tokenize='{tokenizer}')")
    CONNECTION.execute(f"INSERT INTO \"{tokenizer}\" VALUES ('São Paulo', 'NEAR a AND b'), ('Paris', 'x')")

#: Text as it comes, and text made of what FTS5 gives a meaning.
ANYTHING = st.text() | st.lists(
    st.sampled_from(
        [*"\"'*^:(){}+-,.a\x00\ud800 \t", "NEAR", "AND", "OR", "NOT", "name", "São", "\ufdfa", "\U0001d538"]
    )
).map("".join)


@given(text=ANYTHING, tokenizer=st.sampled_from(["unicode61 remove_diacritics 2", "trigram", "porter ascii"]))
@example(text='"', tokenizer="trigram")
@example(text="\x00", tokenizer="trigram")
@example(text="NEAR(a b)", tokenizer="unicode61 remove_diacritics 2")
@example(text="b: a OR", tokenizer="unicode61 remove_diacritics 2")
@example(text='a"' * 5000, tokenizer="unicode61 remove_diacritics 2")
def test_no_text_is_an_error(text: str, tokenizer: str) -> None:
    """Whatever is typed, FTS5 gets a query that it understands."""
    found = [words_of(text), begun_words_of(text)]

    for words in filter(None, found):
        for query in (to_query(words), to_query(words, columns=["b", "a"]), to_beginning(words, columns=["a"])):
            CONNECTION.execute(f'SELECT rowid FROM "{tokenizer}" WHERE "{tokenizer}" MATCH ?', (query,)).fetchall()


@given(st.text(alphabet="abcdeé12", min_size=1, max_size=8))
def test_every_word_finds_itself(word: str) -> None:
    """A text is found by each of its words, in any case, and by its first letters."""
    connection = apsw.Connection(":memory:")
    connection.execute("CREATE VIRTUAL TABLE f USING fts5(a, tokenize='unicode61 remove_diacritics 2')")
    connection.execute("INSERT INTO f VALUES (?)", (f"before {word}, after",))

    for text in (word, word.capitalize(), f'"{word} after"', f"{word[0]}*", f"{word} !!!"):
        query = to_query(words_of(text))
        assert connection.execute("SELECT count(*) FROM f WHERE f MATCH ?", (query,)).fetchall() == [(1,)], text
