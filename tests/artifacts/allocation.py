"""Tell which bytes of a database file are used: a second reading of the file format, slow and plain."""

from collections.abc import Iterator

HEADER_SIZES = {2: 12, 5: 12, 10: 8, 13: 8}


def used_bytes(data: bytes, roots: list[int]) -> bytearray:
    """Return for each byte of the database *data* 1 if it means something, otherwise 0."""
    return _Reading(data).mark(roots)


class _Reading:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.page_size = int.from_bytes(data[16:18]) if data[16:18] != b"\0\1" else 65536
        self.used = bytearray(len(data))

    def mark(self, roots: list[int]) -> bytearray:
        self._use(0, 100)
        for root in {1, *roots}:
            self._page(root)
        trunk = int.from_bytes(self.data[32:36])
        while trunk:
            start = (trunk - 1) * self.page_size
            self._use(start, 8 + 4 * int.from_bytes(self.data[start + 4 : start + 8]))
            trunk = int.from_bytes(self.data[start : start + 4])
        return self.used

    def _use(self, start: int, length: int) -> None:
        self.used[start : start + length] = b"\1" * length

    def _page(self, number: int) -> None:
        start = (number - 1) * self.page_size
        head = start + (100 if number == 1 else 0)
        kind, count = self.data[head], int.from_bytes(self.data[head + 3 : head + 5])
        self._use(head, HEADER_SIZES[kind] + 2 * count)
        free = int.from_bytes(self.data[head + 1 : head + 3])
        while free:
            self._use(start + free, 4)
            free = int.from_bytes(self.data[start + free : start + free + 2])
        for position in range(count):
            pointer = head + HEADER_SIZES[kind] + 2 * position
            self._cell(kind, start + int.from_bytes(self.data[pointer : pointer + 2]))
        if kind in {2, 5}:
            self._page(int.from_bytes(self.data[head + 8 : head + 12]))

    def _cell(self, kind: int, start: int) -> None:
        at = start
        if kind in {2, 5}:
            self._page(int.from_bytes(self.data[at : at + 4]))
            at += 4
        payload, at = self._number(at)
        if kind in {5, 13}:
            at = self._number(at)[1] if kind == 13 else at
        if kind == 5:
            self._use(start, at - start)
            return
        room = self.page_size
        most = room - 35 if kind == 13 else (room - 12) * 64 // 255 - 23
        least = (room - 12) * 32 // 255 - 23
        local = payload
        if payload > most:
            local = least + (payload - least) % (room - 4)
            local = local if local <= most else least
            self._overflow(int.from_bytes(self.data[at + local : at + local + 4]), payload - local)
            at += 4
        self._use(start, at + local - start)

    def _overflow(self, number: int, rest: int) -> None:
        while rest:
            start = (number - 1) * self.page_size
            here = min(rest, self.page_size - 4)
            self._use(start, 4 + here)
            rest -= here
            number = int.from_bytes(self.data[start : start + 4])

    def _number(self, at: int) -> tuple[int, int]:
        value = 0
        for position in range(9):
            byte = self.data[at + position]
            if position == 8:
                return value << 8 | byte, at + 9
            value = value << 7 | byte & 127
            if byte < 128:
                return value, at + position + 1
        raise AssertionError


def ranges(used: bytearray, wanted: int) -> Iterator[int]:
    """Yield the offsets whose mark is *wanted*."""
    return (offset for offset, mark in enumerate(used) if mark == wanted)
