"""Declare which columns of a model are found by words, in an index that reads the text from the table itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, ClassVar, Final
from weakref import WeakKeyDictionary

from sqlalchemy import Column, Integer, MetaData, Table, event
from sqlalchemy.schema import SchemaItem
from sqlalchemy.types import TypeDecorator

#: Words as Unicode has them, without case and without diacritics, also of characters that carry several:
#: https://sqlite.org/fts5.html, section 4.3.1.
FOLDED_WORDS: Final = "unicode61 remove_diacritics 2"

#: Names that FTS5 gives a meaning of its own.
_RESERVED: Final = frozenset({"rank", "rowid"})

#: The longest prefix that FTS5 indexes, in characters.
_LONGEST_PREFIX: Final = 999


@dataclass(frozen=True, kw_only=True, slots=True)
class FullTextIndex:
    """The full-text index of one table: an FTS5 table without text of its own (`content='<table>'`)."""

    name: str
    table: str
    #: The column by which the index numbers the rows: an integer key, or SQLite's own number of a row.
    row_column: str
    columns: tuple[str, ...]
    weights: tuple[float, ...]
    tokenizer: str
    prefix: tuple[int, ...]

    @property
    def create_statement(self) -> str:
        """The SQL that creates it, without any rows."""
        options = [f"content={_text(self.table)}", f"content_rowid={_text(self.row_column)}"]
        options.append(f"tokenize={_text(self.tokenizer)}")
        if self.prefix:
            options.append(f"prefix={_text(' '.join(map(str, self.prefix)))}")
        arguments = ", ".join([*map(quoted, self.columns), *options])
        return f"CREATE VIRTUAL TABLE {quoted(self.name)} USING fts5({arguments})"

    @property
    def refill_statements(self) -> tuple[str, str]:
        """The SQL that fills it anew from its table."""
        # Not 'rebuild', which takes rows as SQLite finds them, in the order of a covering index for instance: every
        # step back is a portion of its own, which takes long to merge.
        name, table = quoted(self.name), quoted(self.table)
        columns = ", ".join(map(quoted, self.columns))
        number = quoted(self.row_column)
        return (
            f"INSERT INTO {name} ({name}) VALUES ('delete-all')",  # noqa: S608 - Quoted.
            f"INSERT INTO {name} (rowid, {columns}) SELECT {number}, {columns} FROM {table} ORDER BY {number}",  # noqa: S608
        )

    @property
    def triggers(self) -> dict[str, str]:
        """The SQL of the triggers that keep it true while rows change, by name."""
        name, table = quoted(self.name), quoted(self.table)
        columns = ", ".join(("rowid", *map(quoted, self.columns)))
        added = f"INSERT INTO {name} ({columns}) VALUES ({self._values('new')});"  # noqa: S608 - Quoted.
        removed = f"INSERT INTO {name} ({name}, {columns}) VALUES ('delete', {self._values('old')});"  # noqa: S608
        actions = {"insert": added, "delete": removed, "update": f"{removed} {added}"}
        return {
            f"{self.name}_{action}": f"CREATE TRIGGER {quoted(f'{self.name}_{action}')} AFTER {action.upper()} "
            f"ON {table} BEGIN {statements} END"
            for action, statements in actions.items()
        }

    def _values(self, row: str) -> str:
        return ", ".join(f"{row}.{quoted(column)}" for column in (self.row_column, *self.columns))


#: By table. Not in `Table.info`, which alembic writes into migrations.
_indexes: Final[WeakKeyDictionary[Any, FullTextIndex]] = WeakKeyDictionary()


class FullText(SchemaItem):
    """Find the rows of a model by words of its text columns; goes into `__table_args__`.

        class City(World):
            __tablename__ = "city"
            __table_args__ = (FullText("name", "nicknames", weights=(10, 1), prefix=(2, 3)),)

    `Store.match` and `Store.complete` then work. The index is an FTS5 table called `<table>_text`.

    Args:
        *columns: names of text columns.
        tokenizer: what FTS5 takes words from text with: by default those of Unicode, without case and diacritics.
            "trigram" finds any three or more characters, also within words.
        prefix: how many first letters are indexed on their own, for prefixes of these lengths; others work too.
        weights: how much a word counts in each column; by default the same in all.
        name: another name for the index.

    Raises:
        ValueError: the declaration cannot be met: the table is WITHOUT ROWID, a column does not exist, and so on.
    """

    __visit_name__ = "full_text"

    inherit_cache: ClassVar[bool] = False

    def __init__(
        self,
        *columns: str,
        tokenizer: str = FOLDED_WORDS,
        prefix: Sequence[int] = (),
        weights: Sequence[float] | None = None,
        name: str | None = None,
    ) -> None:
        self.columns = columns
        self.tokenizer = tokenizer
        self.prefix = tuple(prefix)
        self.weights = (1.0,) * len(columns) if weights is None else tuple(float(weight) for weight in weights)
        self.name = name
        self._check()

    def _set_parent(self, parent: Any, **_: Any) -> None:
        # The columns of the table may come after this in its arguments, so all of it must be there first.
        event.listen(parent, "after_parent_attach", self._attach, once=True)

    def _attach(self, table: Table, _: Any) -> None:
        if table in _indexes:
            raise ValueError(f"table {table.name!r} has a FullText already: name all columns in one")
        name = self.name or f"{table.name}_text"
        for column in self.columns:
            if column not in table.columns:
                known = ", ".join(table.columns.keys())
                raise ValueError(f"FullText of table {table.name!r}: no column {column!r}; there are {known}")
            if column.lower() in {*_RESERVED, name.lower()}:
                raise ValueError(f"FullText of table {table.name!r}: FTS5 has another use for the name {column!r}")
        _indexes[table] = FullTextIndex(
            name=name,
            table=table.name,
            row_column=_row_column(table),
            columns=self.columns,
            weights=self.weights,
            tokenizer=self.tokenizer,
            prefix=self.prefix,
        )

    def _check(self) -> None:
        if not self.columns or len({column.lower() for column in self.columns}) != len(self.columns):
            raise ValueError(f"FullText needs names of columns, each once, not {self.columns!r}")
        if len(self.weights) != len(self.columns) or not all(isfinite(one) and one >= 0 for one in self.weights):
            raise ValueError(f"FullText needs a weight from 0 upwards for each of its columns, not {self.weights!r}")
        if not all(1 <= length <= _LONGEST_PREFIX for length in self.prefix):
            raise ValueError(f"a prefix has from 1 to {_LONGEST_PREFIX} characters, not {self.prefix!r}")
        if not self.tokenizer.strip():
            raise ValueError("FullText needs a tokenizer")


def full_text_of(table: Any) -> FullTextIndex | None:
    """Return the full-text index that *table* declares, if any."""
    return _indexes.get(table)


def full_text_indexes(metadata: MetaData) -> list[FullTextIndex]:
    """Return the full-text indexes that the tables of *metadata* declare, by name."""
    found = (full_text_of(table) for table in metadata.tables.values())
    return sorted((index for index in found if index is not None), key=lambda index: index.name)


def quoted(name: str) -> str:
    """Return *name* as SQL takes it for a name, whatever it is."""
    return '"{}"'.format(name.replace('"', '""'))


def _text(value: str) -> str:
    return "'{}'".format(value.replace("'", "''"))


def _row_column(table: Table) -> str:
    if tuple(table.dialect_kwargs).count("sqlite_with_rowid") and not table.dialect_kwargs["sqlite_with_rowid"]:
        raise ValueError(f"table {table.name!r} is WITHOUT ROWID: full text needs a table whose rows have numbers")
    key = list(table.primary_key.columns)
    if len(key) == 1 and _is_integer(key[0]):
        return key[0].name
    if any(column.name.lower() == "rowid" for column in table.columns):
        raise ValueError(f"table {table.name!r} has a column 'rowid', which hides the numbers of its rows")
    return "rowid"


def _is_integer(column: Column[Any]) -> bool:
    kind = column.type.impl_instance if isinstance(column.type, TypeDecorator) else column.type
    return isinstance(kind, Integer)
