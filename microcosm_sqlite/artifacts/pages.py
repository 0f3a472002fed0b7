"""Tell which bytes of a b-tree page SQLite uses.

What is known here of the file format is in https://sqlite.org/fileformat2.html, sections 1.5 and 1.6.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from operator import sub
from struct import Struct
from typing import Final

#: The first byte of a page says which kind of b-tree it is part of.
TABLE_LEAF: Final = 13
TABLE_INTERIOR: Final = 5
INDEX_LEAF: Final = 10
INDEX_INTERIOR: Final = 2
INTERIOR: Final = frozenset({TABLE_INTERIOR, INDEX_INTERIOR})

#: Kind, first freeblock, number of cells, where cells begin (0 means 65536), bytes of fragments.
PAGE_HEADER: Final = Struct(">BHHHB")

_LEAF_HEADER_BYTES: Final = 8
_INTERIOR_HEADER_BYTES: Final = 12
_CHILD_BYTES: Final = 4
_FREEBLOCK_HEADER_BYTES: Final = 4
_LONGEST_VARINT: Final = 9

#: The largest number in one byte; the high bit says that more bytes follow.
_ONE_BYTE_VARINT: Final = 0x7F


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """A cell: where it ends, and what of its payload lies elsewhere.

    `overflow` is the number of the first page of the rest, 0 without one; `spilled_bytes` is the length of that rest.
    """

    end: int
    overflow: int = 0
    spilled_bytes: int = 0


@cache
def _pointers(count: int) -> Struct:
    return Struct(f">{count}H")


def header_bytes(kind: int) -> int:
    """Return the length of the header of a page of *kind*."""
    return _INTERIOR_HEADER_BYTES if kind in INTERIOR else _LEAF_HEADER_BYTES


def cell_offsets(page: bytes, *, at: int) -> tuple[int, ...]:
    """Return where the cells of *page* begin; its header is *at* 0, or behind that of the file."""
    kind, _, count, _, _ = PAGE_HEADER.unpack_from(page, at)
    return _pointers(count).unpack_from(page, at + header_bytes(kind))


def children(page: bytes, *, at: int) -> list[int]:
    """Return the numbers of the pages below an interior *page*."""
    first = [int.from_bytes(page[offset : offset + _CHILD_BYTES]) for offset in cell_offsets(page, at=at)]
    last = at + _INTERIOR_HEADER_BYTES
    return [*first, int.from_bytes(page[last - _CHILD_BYTES : last])]


def cell(page: bytes, offset: int, *, kind: int, usable_bytes: int) -> Cell:
    """Return the cell at *offset* of a page of *kind*, of whose pages *usable_bytes* are usable."""
    if kind in INTERIOR:
        offset += _CHILD_BYTES
    payload_bytes, offset = _varint(page, offset)
    if kind == TABLE_INTERIOR:
        return Cell(end=offset)
    if kind == TABLE_LEAF:
        _, offset = _varint(page, offset)
    local_bytes = _local_bytes(payload_bytes, kind=kind, usable_bytes=usable_bytes)
    end = offset + local_bytes
    if local_bytes == payload_bytes:
        return Cell(end=end)
    return Cell(
        end=end + _CHILD_BYTES,
        overflow=int.from_bytes(page[end : end + _CHILD_BYTES]),
        spilled_bytes=payload_bytes - local_bytes,
    )


def spilling_cells(page: bytes, *, at: int, usable_bytes: int) -> list[Cell]:
    """Return the cells of *page* whose payload goes on elsewhere."""
    kind = page[at]
    starts = sorted(cell_offsets(page, at=at))
    if kind == TABLE_INTERIOR or not starts:
        return []
    shortest = smallest_local_bytes(usable_bytes)
    lengths = list(map(sub, [*starts[1:], usable_bytes], starts))
    # Taking cells apart is slow, and most pages hold short ones only.
    if max(lengths) < shortest:
        return []
    long = [start for start, length in zip(starts, lengths, strict=True) if length >= shortest]
    found = [cell(page, start, kind=kind, usable_bytes=usable_bytes) for start in long]
    return [one for one in found if one.overflow]


def unused_between_cells(page: bytes, *, at: int, usable_bytes: int) -> list[tuple[int, int]]:
    """Return the ranges behind the beginning of the cells of *page* that belong neither to cells nor to lists."""
    kind, freeblock, _, position, _ = PAGE_HEADER.unpack_from(page, at)
    # Of most index entries the first byte tells the length, and there are many of them.
    short = min(_ONE_BYTE_VARINT, _largest_local_bytes(kind, usable_bytes)) if kind == INDEX_LEAF else -1
    used = [
        (offset, offset + 1 + page[offset])
        if page[offset] <= short
        else (offset, cell(page, offset, kind=kind, usable_bytes=usable_bytes).end)
        for offset in cell_offsets(page, at=at)
    ]
    while freeblock:
        used.append((freeblock, freeblock + _FREEBLOCK_HEADER_BYTES))
        freeblock = int.from_bytes(page[freeblock : freeblock + 2])
    return _between(sorted(used), start=position or usable_bytes, end=usable_bytes)


def smallest_local_bytes(usable_bytes: int) -> int:
    """Return how much of a payload that goes on elsewhere is kept at least."""
    return (usable_bytes - 12) * 32 // 255 - 23


def _largest_local_bytes(kind: int, usable_bytes: int) -> int:
    return usable_bytes - 35 if kind == TABLE_LEAF else (usable_bytes - 12) * 64 // 255 - 23


def _local_bytes(payload_bytes: int, *, kind: int, usable_bytes: int) -> int:
    largest = _largest_local_bytes(kind, usable_bytes)
    if payload_bytes <= largest:
        return payload_bytes
    smallest = smallest_local_bytes(usable_bytes)
    fitting = smallest + (payload_bytes - smallest) % (usable_bytes - 4)
    return fitting if fitting <= largest else smallest


def _varint(page: bytes, at: int) -> tuple[int, int]:
    value = 0
    for offset in range(at, at + _LONGEST_VARINT - 1):
        byte = page[offset]
        value = value << 7 | byte & _ONE_BYTE_VARINT
        if byte <= _ONE_BYTE_VARINT:
            return value, offset + 1
    return value << 8 | page[at + _LONGEST_VARINT - 1], at + _LONGEST_VARINT


def _between(used: Sequence[tuple[int, int]], *, start: int, end: int) -> list[tuple[int, int]]:
    ranges: list[tuple[int, int]] = []
    for first, last in (*used, (end, end)):
        if start < first:
            ranges.append((start, first))
        start = max(start, last)
    return ranges
