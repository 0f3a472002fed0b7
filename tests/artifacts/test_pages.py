"""Pages are taken apart as the file format says."""

import pytest

from microcosm_sqlite.artifacts.pages import (
    INDEX_INTERIOR,
    INDEX_LEAF,
    TABLE_INTERIOR,
    TABLE_LEAF,
    Cell,
    cell,
    cell_offsets,
    children,
    header_bytes,
    smallest_local_bytes,
    spilling_cells,
    unused_between_cells,
)

USABLE = 512


def page_of(kind: int, cells: dict[int, bytes], *, freeblock: int = 0, fragments: int = 0, right: int = 0) -> bytes:
    """Return a page of *kind* with *cells* by their offsets."""
    page = bytearray(USABLE)
    page[0:8] = (
        bytes([kind])
        + b"".join(number.to_bytes(2) for number in (freeblock, len(cells), min(cells, default=0)))
        + bytes([fragments])
    )
    start = header_bytes(kind)
    if start == 12:
        page[8:12] = right.to_bytes(4)
    for offset, content in cells.items():
        page[start : start + 2] = offset.to_bytes(2)
        page[offset : offset + len(content)] = content
        start += 2
    return bytes(page)


def test_cells_are_found_in_the_order_of_their_pointers() -> None:
    """Which need not be that in which they lie."""
    page = page_of(TABLE_LEAF, {500: b"\2\1ab", 480: b"\2\2cd"})

    assert cell_offsets(page, at=0) == (500, 480)


@pytest.mark.parametrize("kind", [TABLE_INTERIOR, INDEX_INTERIOR])
def test_the_page_to_the_right_is_a_child_too(kind: int) -> None:
    """Interior pages have one more child than cells."""
    page = page_of(kind, {500: b"\0\0\0\7\1", 480: b"\0\0\1\0\1"}, right=9)

    assert children(page, at=0) == [7, 256, 9]


@pytest.mark.parametrize(
    ("kind", "content", "length"),
    [
        (TABLE_LEAF, b"\3\1abc", 5),
        (TABLE_LEAF, b"\3\x81\1abc", 6),
        (TABLE_LEAF, b"\3" + b"\xff" * 9 + b"abc", 13),
        (TABLE_INTERIOR, b"\0\0\0\7\x81\1", 6),
        (INDEX_LEAF, b"\3abc", 4),
        (INDEX_INTERIOR, b"\0\0\0\7\3abc", 8),
    ],
)
def test_a_cell_ends_where_its_payload_ends(kind: int, content: bytes, length: int) -> None:
    """Whatever comes before the payload in its kind of page."""
    page = page_of(kind, {400: content})

    assert cell(page, 400, kind=kind, usable_bytes=USABLE) == Cell(end=400 + length)


def test_a_long_payload_goes_on_elsewhere() -> None:
    """What is kept is as much as fills the last page of the rest, and it is followed by the number of the first one."""
    payload_bytes, least = 1200, smallest_local_bytes(USABLE)
    local = least + (payload_bytes - least) % (USABLE - 4)
    content = b"\x89\x30\1" + b"p" * local + b"\0\0\0\5"
    page = page_of(TABLE_LEAF, {300: content, 100: b"\2\1ab"})

    assert spilling_cells(page, at=0, usable_bytes=USABLE) == [
        Cell(end=300 + len(content), overflow=5, spilled_bytes=payload_bytes - local)
    ]


@pytest.mark.parametrize("page", [page_of(TABLE_LEAF, {}), page_of(TABLE_INTERIOR, {500: b"\0\0\0\7\1"}, right=9)])
def test_most_pages_hold_nothing_that_goes_on_elsewhere(page: bytes) -> None:
    """Those without cells, and those that only lead the way."""
    assert spilling_cells(page, at=0, usable_bytes=USABLE) == []


def test_what_lies_between_cells_is_told() -> None:
    """Fragments, and free blocks but for the four bytes in which these are listed."""
    freeblock = b"\0\0\0\12" + b"x" * 6
    page = page_of(INDEX_LEAF, {508: b"\3abc", 480: b"\3abc"}, freeblock=490, fragments=3)
    page = page[:490] + freeblock + page[500:]

    assert unused_between_cells(page, at=0, usable_bytes=USABLE) == [(484, 490), (494, 508)]
