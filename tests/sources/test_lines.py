import pytest

from microcosm_sqlite.sources.lines import Block, quoted_in


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a\nb\n", ["a\n", "b\n"]),
        ("a\nb", ["a\n", "b"]),
        ("a\r\nb\r\n", ["a\r\n", "b\r\n"]),
        ("a\rb\r", ["a\r", "b\r"]),
        ("a\x0bb\u2028c\n", ["a\x0bb\u2028c\n"]),
    ],
)
def test_a_block_has_the_lines_that_csv_sees(text: str, lines: list[str]) -> None:
    """Whatever ends them; what only Unicode calls a line break ends none."""
    block = Block(7, text)

    assert (block.first_line, block.count, list(block)) == (7, len(lines), lines)


def test_lines_that_were_given_may_end_where_the_text_does_not_say_so() -> None:
    """Or the text may say so more often."""
    assert Block(1, "a\nb").is_cut_at_ends
    assert Block(1, "a\nb\n", ["a\n", "b\n"]).is_cut_at_ends
    assert not Block(1, "ab", ["a", "b"]).is_cut_at_ends
    assert not Block(1, "a\nb\n", ["a\nb\n"]).is_cut_at_ends
    assert not Block(1, "a\nb\ncd\n", ["a\nb\n", "c", "d\n"]).is_cut_at_ends


def test_the_rest_of_a_block_knows_where_it_stands() -> None:
    """Whoever has read a header goes on after it."""
    rest = Block(3, "a\nb\nc\n").after(2)

    assert (rest.first_line, rest.text, rest.count, list(rest)) == (5, "c\n", 1, ["c\n"])


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("a,b\n", []),
        ('"a",b\n', ["a"]),
        ('a,"b\nc"\r\n"d"', ["b\nc", "d"]),
        ('a,"b\n', None),
        ('a"b"\n', None),
        ('a,"b"c\n', None),
        ('a","b\n', None),
    ],
)
def test_quotes_that_begin_and_end_cells_are_told_from_others(text: str, quoted: list[str] | None) -> None:
    """A quote in the middle of a cell stands for itself, or is a mistake."""
    assert quoted_in(text) == quoted
