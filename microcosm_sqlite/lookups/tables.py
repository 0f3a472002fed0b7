"""Read the rows of one model by their keys, and by statements that are compiled already."""

from collections.abc import Iterator, Sequence
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any, Final

import apsw
from sqlalchemy import Column, bindparam, select

from microcosm_sqlite.engines.counting import TIMED
from microcosm_sqlite.lookups.generations import Key
from microcosm_sqlite.lookups.layouts import Layout
from microcosm_sqlite.lookups.plans import Plan
from microcosm_sqlite.lookups.rows import Rows, Values

if TYPE_CHECKING:
    from microcosm_sqlite.lookups.readers import Reader

#: Keys in one statement, at most.
_KEYS_AT_ONCE: Final = 512

#: Rows that a stream takes from the driver at a time.
_STREAM_ROWS: Final = 200

#: Results up to this size are kept for the next caller; larger ones would drive out everything else.
_KEPT_ROWS: Final = 200


class TableReader:
    """Reads the rows of one model for one reader."""

    def __init__(self, reader: "Reader", layout: Layout) -> None:
        self.reader = reader
        self.layout = layout
        self.rows = Rows(layout, reader.session, reader.identities, path=reader.engine.url.database or "")
        self.by_key = KeyReader(self, layout.key_columns)
        self._by_other: dict[tuple[Column[Any], ...], KeyReader] = {}
        self._is_keeping = layout.is_cacheable and not self.by_key.has_processors

    def by(self, columns: tuple[Column[Any], ...]) -> "KeyReader":
        """Return what reads by the unique key that *columns* make."""
        try:
            return self._by_other[columns]
        except KeyError:
            reader = self._by_other[columns] = KeyReader(self, columns)
            return reader

    def scans(self, plan: Plan) -> bool:
        """Tell whether *plan* reads a whole table here, or an index from end to end."""
        try:
            steps = self.reader.native.execute(f"EXPLAIN QUERY PLAN {plan.sql}", [None] * plan.places).fetchall()
        except apsw.Error:
            # Whoever runs the plan will hear of it.
            return False
        return any(str(detail).startswith("SCAN") for *_, detail in steps)

    def select(self, plan: Plan, values: Sequence[Any]) -> list[Any]:
        """Return the instances of all rows that *plan* gives for *values*."""
        counters = self.reader.counters
        start = perf_counter_ns()
        found = self.reader.native.execute(plan.sql, plan.parameters(values)).fetchall()
        counters.searches += 1
        counters.scans += plan.scans
        instances = self.instances(found)
        counters.nanoseconds += perf_counter_ns() - start
        return instances

    def values(self, plan: Plan, values: Sequence[Any]) -> list[Values]:
        """Return all rows that *plan* gives for *values*, as the driver has them."""
        counters = self.reader.counters
        start = perf_counter_ns()
        found: list[Values] = self.reader.native.execute(plan.sql, plan.parameters(values)).fetchall()
        counters.searches += 1
        counters.scans += plan.scans
        counters.nanoseconds += perf_counter_ns() - start
        return found

    def beside(self, plan: Plan, values: Sequence[Any]) -> list[tuple[Any, Values]]:
        """Return the instances of all rows that *plan* gives for *values*, each with what it gives beside them."""
        found, size = self.values(plan, values), len(self.layout.columns)
        instances = self.instances([row[:size] for row in found])
        return [(instance, row[size:]) for instance, row in zip(instances, found, strict=True)]

    def scalar(self, plan: Plan, values: Sequence[Any]) -> Any:
        """Return the first value of the first row that *plan* gives for *values*, or None."""
        counters = self.reader.counters
        start = perf_counter_ns()
        # All of them, though there is one at most: whoever watches the statement hears at once that it is over.
        found = self.reader.native.execute(plan.sql, plan.parameters(values)).fetchall()
        counters.searches += 1
        counters.scans += plan.scans
        counters.nanoseconds += perf_counter_ns() - start
        return found[0][0] if found else None

    def stream(self, plan: Plan, values: Sequence[Any]) -> Iterator[list[Any]]:
        """Yield the instances of all rows that *plan* gives for *values*, some at a time."""
        self.reader.counters.searches += 1
        self.reader.counters.scans += plan.scans
        # A cursor of the DB-API, which tells the watch over long statements that its reader gets on.
        cursor = self.reader.connection.cursor()
        try:
            cursor.execute(plan.sql, plan.parameters(values))
            while found := cursor.fetchmany(_STREAM_ROWS):
                yield self.rows.instances(found)
        finally:
            cursor.close()

    def stream_values(self, plan: Plan, values: Sequence[Any]) -> Iterator[list[Values]]:
        """Yield the rows that *plan* gives for *values* as the driver has them, some at a time."""
        self.reader.counters.searches += 1
        self.reader.counters.scans += plan.scans
        cursor = self.reader.connection.cursor()
        try:
            cursor.execute(plan.sql, plan.parameters(values))
            while found := cursor.fetchmany(_STREAM_ROWS):
                yield found
        finally:
            cursor.close()

    def adopt(self, held: list[dict[str, Any]]) -> list[Any]:
        """Return the instances of rows that another thread read, given what they hold; keep them if they are few."""
        keys, instances = self.rows.adopted(held)
        if len(held) <= _KEPT_ROWS and self._is_keeping:
            self.by_key.keep_unknown(keys, instances)
        return instances

    def adopt_in_passing(self, held: list[dict[str, Any]]) -> list[Any]:
        """Return the instances of rows that another thread read, given what they hold; keep nothing of a stream."""
        return self.rows.adopted(held)[1]

    def instances(self, found: list[Values]) -> list[Any]:
        """Return the instances of these rows, and keep them if they are not many."""
        if len(found) > _KEPT_ROWS or not self._is_keeping:
            return self.rows.instances(found)
        return self.by_key.instances(found)


def batches(keys: Sequence[Key]) -> Iterator[Sequence[Key]]:
    """Yield *keys* in parts of few sizes, so that few statements are compiled: the last is filled up with one of them.

    To look for a key a second time costs less than another statement.
    """
    for start in range(0, len(keys), _KEYS_AT_ONCE):
        part = keys[start : start + _KEYS_AT_ONCE]
        size = 1 << (len(part) - 1).bit_length()
        yield [*part, *([part[-1]] * (size - len(part)))] if size > len(part) else part


class KeyReader:
    """Reads rows of one model by one of its keys."""

    def __init__(self, table: TableReader, columns: tuple[Column[Any], ...]) -> None:
        layout, self._reader = table.layout, table.reader
        self._rows = table.rows
        self.family = self._reader.generations.family(self._reader.counters)
        self._columns = columns
        self._layout = layout
        self._positions = tuple(layout.columns.index(column) for column in columns)
        self._only = self._positions[0] if len(columns) == 1 else None
        #: Whether a key is a value rather than a tuple of values.
        self.is_single = self._only is not None
        dialect = self._reader.engine.dialect
        processors = [column.type.dialect_impl(dialect).bind_processor(dialect) for column in columns]
        self._processors = processors if any(processors) else None
        self.has_processors = any(position in self._positions for position, _ in layout.processors)
        self._is_keeping = layout.is_cacheable
        #: Whether many keys are one statement: they are what the driver takes, and gives.
        self.can_read_many = self.is_single and self._processors is None and not self.has_processors
        self._statements: dict[int, str] = {}
        self._sql = self._statement(1)
        self._cursor = self._reader.native.cursor()

    def key_of(self, values: Values) -> Key:
        """Return the key of the row that has these values."""
        only = self._only
        return tuple([values[position] for position in self._positions]) if only is None else values[only]

    def find(self, key: Key) -> Any:
        """Return the instance with this key, or None. A key of one column is its value, of several a tuple."""
        family, counters = self.family, self._reader.counters
        instance = family.young.get(key)
        if instance is None:
            instance = family.old.get(key)
            if instance is None:
                counters.misses += 1
                if counters.misses % TIMED:
                    return self._read(key)
                start = perf_counter_ns()
                instance = self._read(key)
                counters.nanoseconds += (perf_counter_ns() - start) * TIMED
                return instance
            self._reader.generations.keep_again(family, key, instance)
        counters.hits += 1
        return instance

    def instances(self, found: list[Values]) -> list[Any]:
        """Return the instances of these rows, where a key is what the driver gives, and keep them."""
        keys = [values[self._only] for values in found] if self._only is not None else [*map(self.key_of, found)]
        instances = [*map(self.family.young.get, keys)]
        unseen = [number for number, instance in enumerate(instances) if instance is None]
        if unseen:
            made = self._rows.instances([found[number] for number in unseen])
            for number, instance in zip(unseen, made, strict=True):
                instances[number] = instance
            self._reader.generations.keep_many(self.family, [keys[number] for number in unseen], made)
        return instances

    def keep_unknown(self, keys: list[Key], instances: list[Any]) -> None:
        """Keep those of *instances*, which have these *keys*, that are not kept."""
        young = self.family.young
        if not all(map(young.__contains__, keys)):
            new = [number for number, key in enumerate(keys) if key not in young]
            kept = [instances[number] for number in new]
            self._reader.generations.keep_many(self.family, [keys[number] for number in new], kept)

    def find_many(self, keys: Sequence[Key]) -> list[Any]:
        """Return the instances with these keys in their order, None where there is none."""
        instances = [*map(self.family.young.get, keys)]
        unseen = [key for key, instance in zip(keys, instances, strict=True) if instance is None]
        self._reader.counters.hits += len(keys) - len(unseen)
        if not unseen:
            return instances
        found: dict[Key, Any] = {}
        if self.can_read_many and len(unseen) > 1:
            found = self._read_many([*dict.fromkeys(unseen)])
        # A key may be equal in SQL but not in Python ("5" and 5); such a one is looked up on its own.
        return [
            instance if instance is not None else found[key] if key in found else self.find(key)
            for key, instance in zip(keys, instances, strict=True)
        ]

    def _read_many(self, unseen: list[Key]) -> dict[Key, Any]:
        execute, name = self._reader.native.execute, self._layout.names[self._positions[0]]
        start = perf_counter_ns()
        instances: list[Any] = []
        for keys in batches(unseen):
            # Row by row: a list of all would be as many tuples for the collector of garbage to look at.
            instances += self._rows.instances(execute(self._statement(len(keys)), keys))
        keys = [instance.__dict__[name] for instance in instances]
        if self._is_keeping:
            self._reader.generations.keep_many(self.family, keys, instances)
        self._reader.counters.misses += len(unseen)
        self._reader.counters.nanoseconds += perf_counter_ns() - start
        return dict(zip(keys, instances, strict=True))

    def _read(self, key: Key) -> Any:
        only, processors = self._only, self._processors
        parameters = key if only is None else (key,)
        if processors is not None:
            parameters = tuple(
                value if processor is None else processor(value)
                for processor, value in zip(processors, parameters, strict=True)
            )
        # To ask whether there is another row takes a sixth of the time, and lets go of the interpreter once more.
        values = self._cursor.execute(self._sql, parameters).fetchone()
        if values is None:
            return None
        if values[only] != parameters[0] if only is not None else self.key_of(values) != parameters:
            return self._read_other(parameters)
        instance = self._rows.instance(values)
        if self._is_keeping:
            self._reader.generations.keep(self.family, key, instance)
        return instance

    def _read_other(self, parameters: Values) -> Any:
        """Return the instance whose key is equal to these parameters in SQL, but not in Python.

        Or the cursor was used for something else meanwhile, by a signal handler or a finaliser.
        """
        values = self._reader.native.execute(self._sql, parameters).fetchone()
        return None if values is None else self._rows.instance(values)

    def _statement(self, size: int) -> str:
        """Return the statement for so many keys."""
        known = self._statements.get(size)
        if known is None:
            statement = select(*self._layout.columns)
            if size == 1:
                statement = statement.where(*(column == bindparam(None, type_=column.type) for column in self._columns))
            else:
                markers = [bindparam(None, type_=self._columns[0].type) for _ in range(size)]
                statement = statement.where(self._columns[0].in_(markers))
            known = self._statements[size] = str(statement.compile(dialect=self._reader.engine.dialect))
        return known
