"""Keep the instances that one thread asked for lately, within a bound."""

from sys import getsizeof
from typing import Any, Final, TypeAlias, cast

from microcosm_sqlite.engines.counting import Counters

#: A key as callers give it: the value of its column, or the tuple of the values of its columns.
Key: TypeAlias = Any

#: What an instance takes at most, in bytes beside its values: measured by tracemalloc with SQLAlchemy 2.1 on CPython
#: 3.11 to 3.13 and eight columns, 0.5 kB without a state and 1.1 to 1.4 kB with one, which anybody may ask for later.
_INSTANCE_BYTES: Final = 1400

#: One row in so many is measured, because measuring takes a tenth of the time of reading.
_SAMPLED: Final = 16

#: Beyond this size a row is large; where one was seen, every row is measured.
_LARGE_BYTES: Final = 8192


class Family:
    """The instances that are kept by one key of one model, in two generations."""

    __slots__ = ("asked", "counters", "has_large", "old", "young")

    def __init__(self, counters: Counters) -> None:
        self.young: dict[Key, Any] = {}
        self.old: dict[Key, Any] = {}
        #: Keys that were asked for once while there was no room.
        self.asked: set[Key] = set()
        #: What hits are counted by.
        self.counters = counters
        self.has_large = False


class Generations:
    """Bounds what one thread keeps: whatever nobody asked for since the bound was last reached goes.

    What is asked for is put among the young; when these come to half of the bound, the old are dropped and the young
    become old. That costs a hit nothing, unlike a list of who was asked for last. As long as there is room, whatever is
    asked for is kept; after that, what is asked for twice: reading a large table row by row would else drive out what
    is asked for again and again, and keep the collector of garbage busy with rows that nobody wants.
    """

    __slots__ = ("_bytes_left", "_families", "_is_full", "_most_bytes", "_most_rows", "_rows_left")

    def __init__(self, *, most_rows: int, most_bytes: int) -> None:
        self._most_rows, self._most_bytes = most_rows // 2, most_bytes // 2
        self._rows_left, self._bytes_left = self._most_rows, self._most_bytes
        #: Whether something had to be dropped.
        self._is_full = False
        self._families: list[Family] = []

    def family(self, counters: Counters) -> Family:
        """Return a new family within the bound."""
        family = Family(counters)
        self._families.append(family)
        return family

    def keep(self, family: Family, key: Key, instance: Any) -> None:
        """Put *instance* among the young of *family*, unless it is one of too many."""
        if self._is_full and key not in family.asked:
            if len(family.asked) >= self._most_rows:
                family.asked.clear()
            family.asked.add(key)
            return
        if (self._rows_left <= 0 or self._bytes_left <= 0) and not self._turn():
            return
        self._rows_left -= 1
        if family.has_large or not self._rows_left % _SAMPLED:
            size_bytes = sum(map(getsizeof, cast("dict[str, Any]", instance.__dict__).values()))
            family.has_large = family.has_large or size_bytes > _LARGE_BYTES
            self._bytes_left -= size_bytes * (1 if family.has_large else _SAMPLED)
            if size_bytes > self._most_bytes:
                return
        self._bytes_left -= _INSTANCE_BYTES
        family.young[key] = instance

    def keep_many(self, family: Family, keys: list[Key], instances: list[Any]) -> None:
        """Do what `keep` does with each of *instances*."""
        if self._is_full:
            again = family.asked.intersection(keys)
            if len(family.asked) >= self._most_rows:
                family.asked.clear()
            family.asked.update(keys)
            if not again:
                return
        else:
            again = set(keys)
        for key, instance in zip(keys, instances, strict=True):
            if key in again:
                self.keep(family, key, instance)

    def keep_again(self, family: Family, key: Key, instance: Any) -> None:
        """Put *instance*, one of the old of *family*, among the young."""
        if self._rows_left > 0 or self._turn():
            self._rows_left -= 1
            self._bytes_left -= _INSTANCE_BYTES
            family.young[key] = instance

    def _turn(self) -> bool:
        """Drop the old, let the young be old, and return whether anything may be kept at all."""
        self._is_full = any(family.old for family in self._families)
        self._rows_left, self._bytes_left = self._most_rows, self._most_bytes
        for family in self._families:
            family.old, family.young = family.young, {}
        return self._most_rows > 0 and self._most_bytes > 0

    def close(self) -> None:
        """Drop everything, and keep nothing any more. Any thread may call this while another one reads."""
        for family in self._families:
            family.old = family.young = _Nothing()
        self._most_rows = self._rows_left = 0


class _Nothing(dict[Key, Any]):
    """Stays empty."""

    def __setitem__(self, key: Key, value: Any) -> None:
        """Forget the *value*."""
