from collections.abc import Iterator
from io import BytesIO, StringIO

import pytest

from microcosm_sqlite.errors import SourceError
from microcosm_sqlite.sources.blocks import (
    BLOCK_CHARACTERS,
    BLOCK_LINES,
    blocks_of_bytes,
    blocks_of_lines,
    looking_ahead,
)
from microcosm_sqlite.sources.lines import Block


def test_blocks_end_where_lines_end() -> None:
    """Bytes and text are cut alike; together the blocks are the file."""
    text = "".join(f"{number},é\n" for number in range(BLOCK_CHARACTERS // 2))

    for blocks in (
        list(blocks_of_bytes(BytesIO(text.encode()), name="x")),
        list(blocks_of_lines(StringIO(text, newline=""), name="x")),
    ):
        assert len(blocks) > 2
        assert "".join(block.text for block in blocks) == text
        assert all(block.text.endswith("\n") for block in blocks)
        assert [block.first_line for block in blocks[1:]] == [block.first_line + block.count for block in blocks[:-1]]


def test_lines_come_as_they_were_given() -> None:
    """Each is a line, also one without an end."""
    first, second = blocks_of_lines(["a"] * (BLOCK_LINES + 1), name="x")

    assert (first.count, second.first_line, list(second)) == (BLOCK_LINES, BLOCK_LINES + 1, ["a"])


def test_a_byte_order_mark_is_no_text() -> None:
    """At the beginning; anywhere else it is."""
    for blocks in (
        blocks_of_bytes(BytesIO("\ufeffa\ufeff\n".encode()), name="x"),
        blocks_of_lines(StringIO("\ufeffa\ufeff\n"), name="x"),
        blocks_of_lines(["\ufeffa\ufeff\n"], name="x"),
    ):
        (block,) = blocks
        assert (block.text, list(block)) == ("a\ufeff\n", ["a\ufeff\n"])


def test_a_byte_that_is_no_text_is_named() -> None:
    """With its line and its place in it."""
    with pytest.raises(
        SourceError, match="x, line 3: expected text in utf-8, found the byte 0xff as byte 2 of the line"
    ):
        list(blocks_of_bytes(BytesIO(b"a\nb\nc\xff\n"), name="x"))


def test_blocks_are_begun_before_they_are_wanted() -> None:
    """As many earlier as was said; what is wrong with one of them is told when it is its turn."""
    begun: list[str] = []
    blocks = looking_ahead(blocks_of_lines(list("abcdef"), name="x"), lambda block: begun.append(block.text), 1)
    assert next(blocks).text == "abcdef"
    assert next(blocks, None) is None

    def failing() -> Iterator[Block]:
        for number in range(1, 5):
            yield Block(number, str(number))
        raise SourceError(source="x", line=5, expected="text", found="none", remedy="None.")

    begun.clear()
    blocks = looking_ahead(failing(), lambda block: begun.append(block.text), 2)
    assert next(blocks).text == "1"
    assert begun == ["1", "2", "3"]
    assert [next(blocks).text for _ in range(3)] == ["2", "3", "4"]
    with pytest.raises(SourceError, match="x, line 5"):
        next(blocks)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_unicode_text_of_spreadsheets_is_recognised(encoding: str) -> None:
    """By the mark it begins with."""
    with pytest.raises(SourceError, match=r"found the byte .*\. It begins like UTF-16, which spreadsheets call"):
        list(blocks_of_bytes(BytesIO("\ufeffid,name\n".encode(encoding)), name="x"))
