"""Compute the two identities of a data set: that of its rows, that of its file."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any, Final

import apsw
import msgspec

from microcosm_sqlite.artifacts.canonical import json_digest
from microcosm_sqlite.artifacts.hashing import file_digest
from microcosm_sqlite.artifacts.queries import quoted, rows
from microcosm_sqlite.artifacts.schemas import Column, Schema, Table, fingerprint, read_schema
from microcosm_sqlite.errors import SourceError

__all__ = [
    "CONTENT_FORMAT",
    "LEAF_ROWS",
    "ContentDigest",
    "LeafRange",
    "TableDigest",
    "content_digest",
    "file_digest",
    "leaf_digests",
    "leaf_ranges",
    "select_in_order",
    "table_digest",
]

#: Names what is hashed, so that a later definition cannot be taken for this one.
CONTENT_FORMAT: Final = "microcosm-sqlite/content/1"

#: Rows hashed together: a difference can be narrowed down to so many, and no more are held in memory at once.
LEAF_ROWS: Final = 4096

_LEAF: Final = b"\x00"
_NODE: Final = b"\x01"

#: Declared types of a STRICT table whose values can be of one type only, whatever was inserted.
_FIXED_TYPES: Final = frozenset({"INT", "INTEGER", "REAL", "TEXT", "BLOB"})


@dataclass(frozen=True, kw_only=True, slots=True)
class TableDigest:
    """The identity of one table's rows: the root of a Merkle tree over its leaves."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    rows: int
    root: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LeafRange:
    """The identity of one leaf of a table, with the keys of its first and its last row; None where it has no rows."""

    rows: int
    digest: str
    first: tuple[Any, ...] | None
    last: tuple[Any, ...] | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ContentDigest:
    """The identity of all rows of a data set with that of their schema."""

    digest: str
    schema_fingerprint: str
    tables: tuple[TableDigest, ...]


def content_digest(connection: apsw.Connection, *, schema: Schema | None = None) -> ContentDigest:
    """Return the content digest of the main database of *connection*, as `docs/format.md` defines it.

    Memory does not grow with the number of rows. The database must not change meanwhile: hold a transaction on one
    that others may write.

    Args:
        connection: An open database whose text encoding is UTF-8.
        schema: Its schema, if it has been read already.

    Raises:
        SourceError: A TEXT value is not valid UTF-8.
        ValueError: The text encoding is UTF-16, in which BINARY sorts otherwise.
    """
    ((encoding,),) = rows(connection, "PRAGMA encoding")
    if encoding != "UTF-8":
        message = f"expected a database whose text encoding is UTF-8, found {encoding}"
        raise ValueError(message)
    schema = schema or read_schema(connection)
    tables = tuple(table_digest(connection, table) for table in schema.tables)
    schema_fingerprint = fingerprint(schema)
    document = {
        "format": CONTENT_FORMAT,
        "schema": schema_fingerprint,
        "tables": [asdict(table) for table in tables],
    }
    return ContentDigest(digest=json_digest(document), schema_fingerprint=schema_fingerprint, tables=tables)


def table_digest(connection: apsw.Connection, table: Table) -> TableDigest:
    """Return the digest of the rows of one table; see `content_digest`."""
    tree = _Tree()
    row_count = 0
    for count, leaf in leaf_digests(connection, table):
        row_count += count
        tree.add(leaf)
    return TableDigest(
        name=table.name,
        columns=tuple(column.name for column in table.stored_columns),
        key=table.key,
        rows=row_count,
        root=f"sha256:{tree.root().hex()}",
    )


def leaf_digests(connection: apsw.Connection, table: Table) -> Iterator[tuple[int, bytes]]:
    """Yield, for each leaf of *table* in order, how many rows it holds and its digest; a table without rows has one."""
    for leaf, digest in _digested(connection, table):
        yield len(leaf), digest


def leaf_ranges(connection: apsw.Connection, table: Table) -> Iterator[LeafRange]:
    """Yield what `leaf_digests` does, each with the keys between which its rows lie.

    Two parties who know these of one table know in which of its parts they differ, without having seen each other's
    rows. They compare the parts before the first difference; where rows were added or removed, all later ones differ.
    """
    names = [column.name for column in table.stored_columns]
    positions = [names.index(name) for name in table.key or names]
    for leaf, digest in _digested(connection, table):
        first, last = ([leaf[end][position] for position in positions] for end in (0, -1)) if leaf else (None, None)
        yield LeafRange(
            rows=len(leaf),
            digest=f"sha256:{digest.hex()}",
            first=None if first is None else tuple(first),
            last=None if last is None else tuple(last),
        )


def _digested(connection: apsw.Connection, table: Table) -> Iterator[tuple[list[tuple[Any, ...]], bytes]]:
    encoder = msgspec.msgpack.Encoder()
    buffer = bytearray()
    for leaf in _leaves(connection, table):
        encoder.encode_into(leaf, buffer)
        digest = hashlib.sha256(_LEAF)
        digest.update(buffer)
        yield leaf, digest.digest()


class _Tree:
    """A Merkle tree of which only the right-hand edge is kept."""

    def __init__(self) -> None:
        #: Roots of complete subtrees from left to right with the number of their leaves, always falling powers of two.
        self._edge: list[tuple[int, bytes]] = []

    def add(self, leaf: bytes) -> None:
        size, digest = 1, leaf
        while self._edge and self._edge[-1][0] == size:
            digest = _node(self._edge.pop()[1], digest)
            size *= 2
        self._edge.append((size, digest))

    def root(self) -> bytes:
        """Join what is left over from right to left: an odd node is carried up as it is until it finds a left one."""
        (_, digest), *others = reversed(self._edge)
        for _, left in others:
            digest = _node(left, digest)
        return digest


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(_NODE + left + right).digest()


def _leaves(connection: apsw.Connection, table: Table) -> Iterator[list[tuple[Any, ...]]]:
    try:
        found = rows(connection, select_in_order(table))
        leaf = list(islice(found, LEAF_ROWS))
        yield leaf
        while len(leaf) == LEAF_ROWS and (leaf := list(islice(found, LEAF_ROWS))):
            yield leaf
    except UnicodeDecodeError as error:
        raise SourceError(
            source=f"table {table.name!r}",
            expected="text in UTF-8",
            found=f"a TEXT value with the bytes {error.object[:40]!r}",
            remedy="Store it as a BLOB, or correct the rows and build again.",
        ) from error


def select_in_order(table: Table, *, database: str = "main") -> str:
    """Return the query on *database* whose rows, in its order, are what the digest of *table* hashes."""
    values = ", ".join(_value(table, column) for column in table.stored_columns)
    order = ", ".join(_order(table))
    return f"SELECT {values} FROM {database}.{quoted(table.name)} ORDER BY {order}"  # noqa: S608 - Names are quoted.


def _value(table: Table, column: Column) -> str:
    # Adding 0.0 turns -0.0 into 0.0 without touching any other number.
    name = quoted(column.name)
    if not table.is_strict or column.type == "ANY":
        return f"CASE typeof({name}) WHEN 'real' THEN {name} + 0.0 ELSE {name} END"
    return f"{name} + 0.0" if column.type == "REAL" else name


def _order(table: Table) -> Iterable[str]:
    """Return the terms that put any rows into one order.

    The key alone does if it cannot repeat. Otherwise every column follows, and the type of those that may hold the
    integer 1 in one row and the real 1.0, which compares equal, in another.
    """
    key = [f"{quoted(name)} COLLATE BINARY" for name in table.key]
    if key and _is_total(table):
        return key
    columns = table.stored_columns
    flexible = [column for column in columns if not (table.is_strict and column.type in _FIXED_TYPES)]
    return [
        *key,
        *(f"{quoted(column.name)} COLLATE BINARY" for column in columns),
        *(f"typeof({quoted(column.name)})" for column in flexible),
    ]


def _is_total(table: Table) -> bool:
    return table.has_integer_key or all(column.not_null for column in table.columns if column.key_position)
