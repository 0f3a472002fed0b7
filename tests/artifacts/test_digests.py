"""The content digest is the identity of the rows, whatever the file."""

import hashlib
import json
import random
from functools import cmp_to_key
from pathlib import Path
from typing import Any

import apsw
import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from microcosm_sqlite.artifacts.digests import (
    LEAF_ROWS,
    ContentDigest,
    content_digest,
    file_digest,
    leaf_digests,
    table_digest,
)
from microcosm_sqlite.artifacts.schemas import read_schema
from microcosm_sqlite.errors import SourceError

Row = tuple[Any, ...]

_COLUMNS = ("k", "i", "r", "t", "b", "x")
_STRICT = "CREATE TABLE t (k INTEGER {key}, i INTEGER, r REAL, t TEXT, b BLOB, x ANY) STRICT{more}"
_LOOSE = "CREATE TABLE t (k {key}, i, r, t, b, x){more}"

_INTEGERS = st.none() | st.integers(-(2**63), 2**63 - 1) | st.integers(-3, 3)
_REALS = st.none() | st.floats(allow_nan=False) | st.sampled_from([0.0, -0.0, 1.0, 2.0])
_TEXTS = st.none() | st.text(max_size=40) | st.sampled_from(["a", "A", "é", "\0", "😀", "\uffff"])
_BLOBS = st.none() | st.binary(max_size=300)
_ROWS = st.lists(
    st.tuples(st.integers(-5, 40), _INTEGERS, _REALS, _TEXTS, _BLOBS, _INTEGERS | _REALS | _TEXTS | _BLOBS),
    max_size=12,
)


def _database(ddl: str, rows: list[Row], *, page_bytes: int = 4096) -> apsw.Connection:
    connection = apsw.Connection(":memory:")
    connection.execute(f"PRAGMA page_size = {page_bytes}")
    connection.execute(ddl)
    for row in rows:
        connection.execute(f"INSERT INTO t VALUES ({', '.join('?' * len(row))})", row)
    return connection


def _unique(rows: list[Row]) -> list[Row]:
    return list({row[0]: row for row in rows}.values())


# ------------------------------------------------- a second implementation, written from docs/format.md


def _class(value: Any) -> int:
    return 0 if value is None else 1 if isinstance(value, int | float) else 2 if isinstance(value, str) else 3


def _compare(one: Any, other: Any) -> int:
    if _class(one) != _class(other):
        return _class(one) - _class(other)
    if one is None:
        return 0
    one, other = (value.encode() if isinstance(value, str) else value for value in (one, other))
    return int(one > other) - int(one < other)


def _compare_rows(one: Row, other: Row) -> int:
    values = [_compare(*pair) for pair in zip(one, other, strict=True)]
    kinds = [int(isinstance(a, float)) - int(isinstance(b, float)) for a, b in zip(one, other, strict=True)]
    return next((difference for difference in values + kinds if difference), 0)


def _naive_root(rows: list[Row], key: list[int]) -> str:
    def compare(one: Row, other: Row) -> int:
        keyed = [(*(row[position] for position in key), *row) for row in (one, other)]
        return _compare_rows(*keyed)

    ordered = sorted(rows, key=cmp_to_key(compare))
    plain = [[0.0 if value == 0 and isinstance(value, float) else value for value in row] for row in ordered]
    leaves = [plain[start : start + 4096] for start in range(0, len(plain), 4096)] or [[]]
    level = [hashlib.sha256(b"\0" + msgspec.msgpack.encode(leaf)).digest() for leaf in leaves]
    while len(level) > 1:
        pairs = [level[start : start + 2] for start in range(0, len(level), 2)]
        level = [hashlib.sha256(b"\1" + b"".join(pair)).digest() if len(pair) == 2 else pair[0] for pair in pairs]
    return f"sha256:{level[0].hex()}"


def _stored(rows: list[Row]) -> list[Row]:
    """SQLite keeps a REAL column's numbers as reals and everything else of these tables as it is given."""
    return [(k, i, None if r is None else float(r), t, b, x) for k, i, r, t, b, x in rows]


@settings(deadline=None)
@given(rows=_ROWS)
@example(rows=[(1, None, -0.0, None, None, -0.0), (1, None, 0.0, None, None, 0.0)])
@example(rows=[(1, None, None, None, None, 1), (1, None, None, None, None, 1.0)])
@example(rows=[(1, None, 1.0, "a", b"", 1.0), (1, None, 1.0, "b", b"", 1)])
def test_a_second_implementation_agrees_without_a_key(rows: list[Row]) -> None:
    """Without a key all columns, then their types, put equal rows and unequal ones into one order."""
    found = content_digest(_database(_STRICT.format(key="", more=""), rows)).tables[0]

    assert (found.root, found.rows, found.key) == (_naive_root(_stored(rows), []), len(rows), ())


@settings(deadline=None)
@given(rows=_ROWS.map(_unique), more=st.sampled_from(["", ", WITHOUT ROWID"]))
def test_a_second_implementation_agrees_with_a_key(rows: list[Row], more: str) -> None:
    """With a key the rows are in its order, wherever SQLite keeps them."""
    found = content_digest(_database(_STRICT.format(key="PRIMARY KEY", more=more), rows)).tables[0]

    assert (found.root, found.rows, found.key) == (_naive_root(_stored(rows), [0]), len(rows), ("k",))


def test_a_second_implementation_agrees_on_the_data_set() -> None:
    """The digest of the whole is that of canonical JSON over the parts."""
    connection = _database(_STRICT.format(key="PRIMARY KEY", more=""), [(1, 2, 3.0, "x", b"y", None)])
    connection.execute("CREATE TABLE a (z TEXT) STRICT")
    found = content_digest(connection)

    tables = [
        {"name": "a", "columns": ["z"], "key": [], "rows": 0, "root": _naive_root([], [])},
        {
            "name": "t",
            "columns": list(_COLUMNS),
            "key": ["k"],
            "rows": 1,
            "root": _naive_root([(1, 2, 3.0, "x", b"y", None)], [0]),
        },
    ]
    document = {"format": "microcosm-sqlite/content/1", "schema": found.schema_fingerprint, "tables": tables}
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert found.digest == f"sha256:{hashlib.sha256(text).hexdigest()}"


# ------------------------------------------------------------------------------ what it does not depend on


def _content(ddl: str, rows: list[Row], **options: int) -> ContentDigest:
    return content_digest(_database(ddl, rows, **options))


@settings(deadline=None)
@given(
    rows=_ROWS.map(_unique),
    ddl=st.sampled_from(
        [
            _STRICT.format(key="PRIMARY KEY", more=""),
            _STRICT.format(key="PRIMARY KEY DESC", more=""),
            _STRICT.format(key="", more=""),
            _LOOSE.format(key="TEXT PRIMARY KEY", more=""),
            _LOOSE.format(key="PRIMARY KEY", more=" WITHOUT ROWID"),
        ]
    ),
    seed=st.randoms(use_true_random=False),
    page_bytes=st.sampled_from([512, 1024, 65536]),
)
def test_layout_does_not_count(rows: list[Row], ddl: str, seed: random.Random, page_bytes: int) -> None:
    """The order of insertion, the page size, deleted rows and VACUUM leave the digest alone."""
    shuffled = seed.sample(rows, len(rows))
    other = _database(ddl, [*shuffled, (99, 1, 2.0, "gone", b"gone", None)], page_bytes=page_bytes)
    other.execute("DELETE FROM t WHERE k = 99; VACUUM")

    assert content_digest(other) == _content(ddl, rows)


def test_keys_that_may_be_null_do_not_tie() -> None:
    """A key that is NULL in several rows, which SQLite allows, leaves one order all the same."""
    ddl = "CREATE TABLE t (k INTEGER PRIMARY KEY DESC, v TEXT)"
    rows: list[Row] = [(None, "b"), (None, "a"), (None, None), (1, "c")]

    assert _content(ddl, rows) == _content(ddl, rows[::-1])


def test_collations_do_not_count() -> None:
    """A key that SQLite sorts without regard to case is hashed in the order of its bytes."""
    ddl = "CREATE TABLE t (k TEXT COLLATE NOCASE PRIMARY KEY NOT NULL) STRICT"
    rows: list[Row] = [("b",), ("A",), ("C",)]

    assert _content(ddl, rows).tables[0].root == _naive_root([("A",), ("C",), ("b",)], [0])


# -------------------------------------------------------------------------------------- what it depends on


@settings(deadline=None)
@given(rows=_ROWS.map(_unique).filter(bool), data=st.data())
def test_any_changed_cell_changes_the_digest(rows: list[Row], data: st.DataObject) -> None:
    """There is no cell that may be changed unseen, not even from 1 to 1.0."""
    ddl = _STRICT.format(key="PRIMARY KEY", more="")
    row = data.draw(st.integers(0, len(rows) - 1))
    column = data.draw(st.integers(1, 5))
    value = data.draw([_INTEGERS, _REALS, _TEXTS, _BLOBS, _INTEGERS | _REALS | _TEXTS | _BLOBS][column - 1])
    changed = [list(cells) for cells in rows]
    changed[row][column] = value
    is_same = value == rows[row][column] and type(value) is type(rows[row][column])

    found = _content(ddl, [tuple(cells) for cells in changed]).digest == _content(ddl, rows).digest

    assert found == is_same


def test_schema_and_names_count() -> None:
    """Equal rows under another schema are other content."""
    ddls = ["CREATE TABLE t (a)", "CREATE TABLE t (b)", "CREATE TABLE t (a); CREATE INDEX i ON t (a)"]

    assert len({_content(ddl, [(1,)]).digest for ddl in ddls}) == len(ddls)


def test_generated_columns_hold_no_data() -> None:
    """What SQLite computes is covered by the schema, not by the rows."""
    found = _content("CREATE TABLE t (a INTEGER PRIMARY KEY, g AS (a * 2), v AS (a) STORED)", []).tables[0]

    assert found.columns == ("a",)


# -------------------------------------------------------------------------------------------------- leaves


@pytest.mark.parametrize("count", [0, 1, LEAF_ROWS - 1, LEAF_ROWS, LEAF_ROWS + 1, 3 * LEAF_ROWS, 7 * LEAF_ROWS + 5])
def test_many_leaves_make_one_tree(count: int) -> None:
    """However many leaves there are, the streamed tree is the one that is defined level by level."""
    connection = apsw.Connection(":memory:")
    connection.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT) STRICT")
    connection.executemany("INSERT INTO t VALUES (?, ?)", ((number, f"v{number}") for number in range(count)))
    (table,) = read_schema(connection).tables

    found = table_digest(connection, table)

    assert found.rows == count
    assert found.root == _naive_root([(number, f"v{number}") for number in range(count)], [0])


def test_leaves_narrow_a_difference_down() -> None:
    """One changed row changes one leaf."""
    connection = apsw.Connection(":memory:")
    connection.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT) STRICT")
    connection.executemany("INSERT INTO t VALUES (?, 'x')", ((number,) for number in range(3 * LEAF_ROWS)))
    (table,) = read_schema(connection).tables
    before = list(leaf_digests(connection, table))

    connection.execute("UPDATE t SET b = 'y' WHERE a = ?", (LEAF_ROWS + 7,))

    changed = [one != other for one, other in zip(before, leaf_digests(connection, table), strict=True)]
    assert changed == [False, True, False]


# ------------------------------------------------------------------------------------------------- refusals


def test_text_that_is_not_utf8_is_refused() -> None:
    """Nobody could write a second reader for it."""
    connection = _database("CREATE TABLE t (a TEXT)", [])
    connection.execute("INSERT INTO t VALUES (CAST(x'ff' AS TEXT))")

    with pytest.raises(SourceError, match="UTF-8"):
        content_digest(connection)


def test_utf16_databases_are_refused() -> None:
    """BINARY sorts them in another order."""
    connection = apsw.Connection(":memory:")
    connection.execute("PRAGMA encoding = 'UTF-16le'; CREATE TABLE t (a TEXT)")

    with pytest.raises(ValueError, match="UTF-16le"):
        content_digest(connection)


def test_the_file_digest_is_the_sha256_of_the_bytes(tmp_path: Path) -> None:
    """Any tool can check it."""
    path = tmp_path / "file"
    path.write_bytes(b"abc")

    assert file_digest(path) == "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
