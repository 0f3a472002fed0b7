"""Remember how far the rows of a table were read from their source.

Marks are rows of an ordinary table of the workbench, so that they are written in the transaction of the rows they speak
of, are digested, sealed and verified with them, and can be read by any tool:

    sqlite3 shop.sqlite 'SELECT * FROM _microcosm_watermark'
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Column, Connection, MetaData, String, Table, delete, inspect, select

#: The table of marks; its name says that it is nobody's own.
WATERMARK_TABLE: Final = "_microcosm_watermark"

_MARKS: Final = Table(
    WATERMARK_TABLE,
    MetaData(),
    Column("source", String, primary_key=True),
    Column("table", String, primary_key=True),
    Column("columns", String, primary_key=True),
    Column("types", String, nullable=False),
    Column("mark", String, nullable=False),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

#: How a value of each type is written, and read again.
_WAYS: Final[Mapping[str, tuple[type[Any], Callable[[Any], Any], Callable[[Any], Any]]]] = {
    # A datetime is a date to Python, and so comes first.
    "datetime": (datetime, datetime.isoformat, datetime.fromisoformat),
    "date": (date, date.isoformat, date.fromisoformat),
    "time": (time, time.isoformat, time.fromisoformat),
    "integer": (int, int, int),
    "real": (float, float, float),
    "text": (str, str, str),
    "decimal": (Decimal, str, Decimal),
    "uuid": (UUID, str, UUID),
    "blob": (bytes, bytes.hex, bytes.fromhex),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Extraction:
    """What is read from where: marks are kept by it, so that no two extractions share one."""

    source: str
    table: str
    columns: tuple[str, ...]

    def __str__(self) -> str:
        return f"table {self.table!r} from {self.source} by {', '.join(self.columns)}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Watermark:
    """How far rows were read: the greatest values of the columns of *extraction* among those that were applied."""

    extraction: Extraction
    values: tuple[Any, ...]

    @property
    def types(self) -> tuple[str, ...]:
        """The types of the values by name.

        Raises:
            TypeError: one of them has a type that cannot be kept.
        """
        return tuple(map(_type_of, self.values))

    @property
    def text(self) -> str:
        """The values as JSON, as they are kept."""
        return json.dumps([_WAYS[name][1](value) for name, value in zip(self.types, self.values, strict=True)])


class Watermarks:
    """The marks in one database; takes part in the transaction of its connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __iter__(self) -> Any:
        """Yield all marks, by source, table and columns."""
        if self._exists():
            for row in self._connection.execute(select(_MARKS).order_by(*_MARKS.primary_key)).mappings():
                yield _mark(row)

    def get(self, extraction: Extraction) -> Watermark | None:
        """Return how far *extraction* has come, or None where it has not begun."""
        if not self._exists():
            return None
        row = self._connection.execute(select(_MARKS).where(*_is(extraction))).mappings().one_or_none()
        return None if row is None else _mark(row)

    def set(self, mark: Watermark) -> None:
        """Keep *mark* in the place of the one of its extraction."""
        extraction = mark.extraction
        self.reset(extraction)
        _MARKS.create(self._connection, checkfirst=True)
        self._connection.execute(
            _MARKS.insert().values(
                source=extraction.source,
                table=extraction.table,
                columns=_joined(extraction.columns),
                types=_joined(mark.types),
                mark=mark.text,
            )
        )

    def reset(self, extraction: Extraction) -> bool:
        """Forget how far *extraction* has come; return whether it was known."""
        if not self._exists():
            return False
        return bool(self._connection.execute(delete(_MARKS).where(*_is(extraction))).rowcount)

    def _exists(self) -> bool:
        return inspect(self._connection).has_table(WATERMARK_TABLE)


def values_of(texts: Sequence[str], types: Sequence[str]) -> tuple[Any, ...]:
    """Return the values that a person wrote, given the names of their *types*.

    Raises:
        ValueError: there are more or fewer, or one is no value of its type.
    """
    if len(texts) != len(types):
        raise ValueError(f"expected {len(types)} values ({', '.join(types)}), found {len(texts)}")
    return tuple(_read(text, name) for text, name in zip(texts, types, strict=True))


def type_names() -> Iterable[str]:
    """Return the names of all types that can be kept."""
    return _WAYS.keys()


def _read(text: Any, name: str) -> Any:
    try:
        return _WAYS[name][2](text)
    except (ArithmeticError, KeyError, TypeError, ValueError):
        raise ValueError(f"expected a value of type {name}, found {text!r}") from None


def _type_of(value: Any) -> str:
    name = next((name for name, (kind, _, _) in _WAYS.items() if isinstance(value, kind)), None)
    if name is None or isinstance(value, bool):
        raise TypeError(f"a mark is a number, text, date or time, UUID or bytes, not {type(value).__name__}: {value!r}")
    return name


def _is(extraction: Extraction) -> tuple[Any, ...]:
    return (
        _MARKS.c.source == extraction.source,
        _MARKS.c.table == extraction.table,
        _MARKS.c.columns == _joined(extraction.columns),
    )


def _mark(row: Mapping[Any, Any]) -> Watermark:
    extraction = Extraction(source=row["source"], table=row["table"], columns=tuple(row["columns"].split(", ")))
    return Watermark(extraction=extraction, values=values_of(json.loads(row["mark"]), row["types"].split(", ")))


def _joined(names: Iterable[str]) -> str:
    return ", ".join(names)
