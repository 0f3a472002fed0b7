"""Overwrite with zeros what SQLite left behind in a database file and does not use.

Pages that were written, moved and cut keep pieces of what they held before, and other releases of SQLite leave other
pieces. No reader ever looks at them, but they make files differ that hold the same.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from microcosm_sqlite.artifacts.headers import HEADER_BYTES, read_header
from microcosm_sqlite.artifacts.pages import (
    INDEX_LEAF,
    INTERIOR,
    PAGE_HEADER,
    cell_offsets,
    children,
    header_bytes,
    spilling_cells,
    unused_between_cells,
)

#: Where locks are kept: the page that holds this byte is never used, https://sqlite.org/fileformat2.html#the_lock_byte_page.
LOCK_BYTE: Final = 0x40000000

#: The largest page, so the longest range that can be unused.
_ZEROS: Final = bytes(65_536)

#: How much is read at once.
_BLOCK_BYTES: Final = 1 << 20

#: The beginning of a cell so short that SQLite pads it: a payload of two bytes of which two are its header.
_SHORTEST_CELL: Final = b"\x02\x02"

_LINK_BYTES: Final = 4

#: How far from the page that refers to it a long value is looked for first.
_NEAR_PAGES: Final = 8


@dataclass(kw_only=True, slots=True)
class _Database:
    """A database file open for overwriting, with the kind of each page: 1 part of a b-tree, 0 anything else."""

    file: BinaryIO
    page_bytes: int
    usable_bytes: int
    page_count: int
    kinds: bytearray

    def read(self, number: int, *, length: int | None = None) -> bytes:
        self.file.seek((number - 1) * self.page_bytes)
        return self.file.read(length or self.page_bytes)

    def wipe(self, number: int, start: int, end: int) -> None:
        self.file.seek((number - 1) * self.page_bytes + start)
        self.file.write(_ZEROS[: end - start])


def scrub(path: Path, *, roots: Iterable[int]) -> None:
    """Overwrite with zeros every byte of the database at *path* that is not allocated.

    These are: the gap between the pointers and the cells of a page, free blocks and fragments between cells, the rest
    of the last page of a long value, pages on the free list.

    Args:
        path: A database without auto-vacuum that nobody has open.
        roots: The numbers of the root pages of all its tables and indexes.
    """
    header = read_header(path)
    with path.open("r+b", buffering=0) as file:
        database = _Database(
            file=file,
            page_bytes=header.page_bytes,
            usable_bytes=header.page_bytes - header.beginning[20],
            page_count=header.page_count,
            kinds=bytearray(header.page_count + 1),
        )
        starts = {1, *roots}
        for root in starts:
            _mark(database, root)
        free = list(_free_pages(database, int.from_bytes(header.beginning[32:36])))
        for number, page in _pages(database):
            _scrub_page(database, number, page)
        _scrub_overflow(database, starts, _count_others(database) - len(free))
        for number, start in free:
            database.wipe(number, start, database.page_bytes)


def _mark(database: _Database, root: int) -> None:
    """Mark all pages of a b-tree; its leaves are all at the same depth, so one of them tells of all."""
    level = [root]
    while level:
        below: list[int] = []
        for number in level:
            database.kinds[number] = 1
        if database.read(level[0])[_header_at(level[0])] in INTERIOR:
            for number in level:
                below += children(database.read(number), at=_header_at(number))
        level = below


def _free_pages(database: _Database, trunk: int) -> Iterator[tuple[int, int]]:
    """Yield each page of the free list with the offset from which it is unused."""
    while trunk:
        page = database.read(trunk)
        count = int.from_bytes(page[4:8])
        yield trunk, 8 + 4 * count
        for offset in range(8, 8 + 4 * count, 4):
            yield int.from_bytes(page[offset : offset + 4]), 0
        trunk = int.from_bytes(page[:4])


def _count_others(database: _Database) -> int:
    """Return the number of pages outside b-trees, without the one for locks."""
    lock_page = LOCK_BYTE // database.page_bytes + 1
    return database.kinds.count(0) - 1 - (lock_page <= database.page_count)


def _pages(database: _Database) -> Iterator[tuple[int, bytes]]:
    """Yield number and content of the pages of b-trees, in the order of the file."""
    page_bytes, kinds = database.page_bytes, database.kinds
    step = max(1, _BLOCK_BYTES // page_bytes)
    for first in range(1, database.page_count + 1, step):
        block = database.read(first, length=step * page_bytes)
        for number in range(first, min(first + step, database.page_count + 1)):
            if kinds[number]:
                start = (number - first) * page_bytes
                yield number, block[start : start + page_bytes]


def _scrub_page(database: _Database, number: int, page: bytes) -> None:
    at = _header_at(number)
    kind, freeblock, count, cells_start, fragment_bytes = PAGE_HEADER.unpack_from(page, at)
    start, end = at + header_bytes(kind) + 2 * count, cells_start or len(_ZEROS)
    if page[start:end] != _ZEROS[: end - start]:
        database.wipe(number, start, end)
    if freeblock or fragment_bytes or (kind == INDEX_LEAF and _has_padding(page, at)):
        for first, last in unused_between_cells(page, at=at, usable_bytes=database.usable_bytes):
            database.wipe(number, first, last)


def _has_padding(page: bytes, at: int) -> bool:
    # The first look saves the second nearly always.
    return _SHORTEST_CELL in page and any(page.startswith(_SHORTEST_CELL, cell) for cell in cell_offsets(page, at=at))


def _scrub_overflow(database: _Database, roots: set[int], page_count: int) -> None:
    """Wipe the rest of the last page of every long value, which together have *page_count* pages of their own.

    Taking all pages apart to find these values would take longer than all else here, so first come those where they
    nearly always are: close by, and in tables of one page.
    """
    near = {number for number in range(1, database.page_count + 1) if _is_near_others(database, number)} | roots
    for is_first_look in (True, False):
        for number, page in _pages(database) if page_count else ():
            if (number in near) is is_first_look:
                page_count -= _wipe_tails(database, number, page)


def _is_near_others(database: _Database, number: int) -> bool:
    return database.kinds.find(0, max(1, number - _NEAR_PAGES), number + _NEAR_PAGES + 1) >= 0


def _wipe_tails(database: _Database, number: int, page: bytes) -> int:
    """Wipe behind the values that go on from *page* on other pages; return how many these are."""
    room = database.usable_bytes - _LINK_BYTES
    count = 0
    for cell in spilling_cells(page, at=_header_at(number), usable_bytes=database.usable_bytes):
        last, rest = cell.overflow, cell.spilled_bytes
        count += -(-rest // room)
        while rest > room:
            last, rest = int.from_bytes(database.read(last, length=_LINK_BYTES)), rest - room
        database.wipe(last, _LINK_BYTES + rest, database.usable_bytes)
    return count


def _header_at(number: int) -> int:
    return HEADER_BYTES if number == 1 else 0
