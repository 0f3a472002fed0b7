"""Compute the identities of an artifact from `docs/format.md` alone, with the standard library: a second reader."""

import hashlib
import json
import re
import sqlite3
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote


def open_artifact(path: Path) -> sqlite3.Connection:
    """Return a connection to the artifact at *path*, as the page says."""
    return sqlite3.connect(f"file:{quote(str(path))}?mode=ro&immutable=1", uri=True)


def file_digest(path: Path) -> str:
    """Return the digest of the file."""
    return f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"


def content_digest(connection: sqlite3.Connection) -> str:
    """Return the digest of the rows with their schema."""
    return _json_digest(
        {
            "format": "microcosm-sqlite/content/1",
            "schema": schema_fingerprint(connection),
            "tables": [table_document(connection, name) for name in table_names(connection)],
        }
    )


def table_document(connection: sqlite3.Connection, name: str) -> dict[str, Any]:
    """Return what the content digest says of one table."""
    columns = [column["name"] for column in _columns(connection, name) if column["kind"] == "stored"]
    leaves = [_leaf(leaf) for leaf in _leaves(_rows(connection, name, columns))]
    return {
        "name": name,
        "columns": columns,
        "key": _key(connection, name),
        "rows": sum(len(leaf) for leaf in _leaves(_rows(connection, name, columns))),
        "root": f"sha256:{_root(leaves).hex()}",
    }


def table_names(connection: sqlite3.Connection) -> list[str]:
    """Return the names of the tables that count, sorted."""
    found = connection.execute("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'")
    names = (name for (name,) in found)
    return sorted(name for name in names if not name.lower().startswith("sqlite_") and name != "_microcosm_manifest")


def schema_fingerprint(connection: sqlite3.Connection) -> str:
    """Return the digest of what SQLite understood of the schema."""
    return _json_digest(
        {
            "format": "microcosm-sqlite/schema/1",
            "tables": [_table(connection, name) for name in table_names(connection)],
            "definitions": _definitions(connection),
        }
    )


def _rows(connection: sqlite3.Connection, name: str, columns: list[str]) -> Iterator[tuple[Any, ...]]:
    """Yield the rows in their order: by key, by all columns, by the types of all columns."""
    values = ", ".join(_quoted(column) for column in columns)
    terms = [f"{_quoted(column)} COLLATE BINARY" for column in (*_key(connection, name), *columns)]
    terms += [f"typeof({_quoted(column)})" for column in columns]
    for row in connection.execute(f"SELECT {values} FROM {_quoted(name)} ORDER BY {', '.join(terms)}"):
        yield tuple(0.0 if isinstance(value, float) and value == 0 else value for value in row)


def _leaves(rows: Iterator[tuple[Any, ...]]) -> list[list[tuple[Any, ...]]]:
    held = list(rows)
    return [held[start : start + 4096] for start in range(0, len(held), 4096)] or [[]]


def _leaf(rows: list[tuple[Any, ...]]) -> bytes:
    return hashlib.sha256(b"\0" + _packed_array(rows)).digest()


def _root(level: list[bytes]) -> bytes:
    while len(level) > 1:
        pairs = [level[start : start + 2] for start in range(0, len(level), 2)]
        level = [hashlib.sha256(b"\1" + b"".join(pair)).digest() if len(pair) == 2 else pair[0] for pair in pairs]
    return level[0]


def _packed_array(items: Any) -> bytes:
    head = _sized(len(items), fix=(0x90, 15), sizes=((0xDC, ">H"), (0xDD, ">I")))
    return head + b"".join(_packed_array(item) if isinstance(item, tuple) else _packed(item) for item in items)


def _packed(value: Any) -> bytes:
    match value:
        case None:
            return b"\xc0"
        case int():
            return _packed_integer(value)
        case float():
            return b"\xcb" + struct.pack(">d", value)
        case str():
            text = value.encode()
            sizes = ((0xD9, ">B"), (0xDA, ">H"), (0xDB, ">I"))
            return _sized(len(text), fix=(0xA0, 31), sizes=sizes) + text
    return _sized(len(value), fix=None, sizes=((0xC4, ">B"), (0xC5, ">H"), (0xC6, ">I"))) + bytes(value)


def _packed_integer(value: int) -> bytes:
    if -32 <= value < 128:
        return struct.pack(">b", value)
    kinds = (
        ((0xCC, ">B"), (0xCD, ">H"), (0xCE, ">I"), (0xCF, ">Q"))
        if value >= 0
        else ((0xD0, ">b"), (0xD1, ">h"), (0xD2, ">i"), (0xD3, ">q"))
    )
    for code, form in kinds:
        try:
            return bytes([code]) + struct.pack(form, value)
        except struct.error:
            continue
    raise OverflowError(value)


def _sized(size: int, *, fix: tuple[int, int] | None, sizes: tuple[tuple[int, str], ...]) -> bytes:
    if fix is not None and size <= fix[1]:
        return bytes([fix[0] | size])
    for code, form in sizes:
        if size < 256 ** struct.calcsize(form):
            return bytes([code]) + struct.pack(form, size)
    raise OverflowError(size)


def _table(connection: sqlite3.Connection, name: str) -> dict[str, Any]:
    query = "SELECT strict, wr FROM pragma_table_list WHERE schema = 'main' AND name = ?"
    ((is_strict, is_without_rowid),) = connection.execute(query, [name])
    columns = _columns(connection, name)
    is_generated = any(column["kind"].startswith("generated") for column in columns)
    indexes = _indexes(connection, name)
    return {
        "name": name,
        "is_strict": bool(is_strict),
        "is_without_rowid": bool(is_without_rowid),
        "columns": columns,
        "foreign_keys": sorted(
            _foreign_keys(connection, name), key=lambda key: (key["columns"], key["table"], key["referred_columns"])
        ),
        "indexes": sorted(
            indexes, key=lambda index: (index["name"] or "", index["origin"], _canonical(index["columns"]))
        ),
        "sql": _normalised(_sql(connection, name)) if is_generated else None,
    }


def _columns(connection: sqlite3.Connection, name: str) -> list[dict[str, Any]]:
    kinds = {0: "stored", 1: "hidden", 2: "generated-virtual", 3: "generated-stored"}
    collations = _collations(connection, name)
    query = 'SELECT name, type, "notnull", dflt_value, pk, hidden FROM pragma_table_xinfo(?)'
    return [
        {
            "name": column,
            "type": declared.upper(),
            "not_null": bool(not_null),
            "default": default,
            "key_position": position,
            "collation": collations[column],
            "kind": kinds[hidden],
        }
        for column, declared, not_null, default, position, hidden in connection.execute(query, [name])
    ]


def _collations(connection: sqlite3.Connection, name: str) -> dict[str, str]:
    """Return the collation of each column: that of an index on it in an empty table of the same definition."""
    empty = sqlite3.connect(":memory:")
    empty.execute(_sql(connection, name))
    found: dict[str, str] = {}
    for (column,) in empty.execute("SELECT name FROM pragma_table_xinfo(?)", [name]).fetchall():
        empty.execute(f"CREATE INDEX probe ON {_quoted(name)} ({_quoted(column)})")
        ((collation,),) = empty.execute("SELECT coll FROM pragma_index_xinfo('probe') WHERE seqno = 0")
        found[column] = collation.upper()
        empty.execute("DROP INDEX probe")
    empty.close()
    return found


def _key(connection: sqlite3.Connection, name: str) -> list[str]:
    found = connection.execute("SELECT name FROM pragma_table_xinfo(?) WHERE pk ORDER BY pk", [name])
    return [column for (column,) in found]


def _foreign_keys(connection: sqlite3.Connection, name: str) -> list[dict[str, Any]]:
    keys: dict[int, dict[str, Any]] = {}
    query = 'SELECT id, "table", "from", "to", on_update, on_delete FROM pragma_foreign_key_list(?) ORDER BY id, seq'
    for number, table, column, referred, on_update, on_delete in connection.execute(query, [name]):
        key = keys.setdefault(
            number,
            {"columns": [], "table": table, "referred_columns": [], "on_update": on_update, "on_delete": on_delete},
        )
        key["columns"].append(column)
        key["referred_columns"].append(referred)
    for key in keys.values():
        if None in key["referred_columns"]:
            key["referred_columns"] = _key(connection, key["table"])
    return list(keys.values())


def _indexes(connection: sqlite3.Connection, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    query = 'SELECT name, "unique", origin, partial FROM pragma_index_list(?)'
    query_parts = 'SELECT name, "desc", coll FROM pragma_index_xinfo(?) WHERE key ORDER BY seqno'
    for index, is_unique, origin, is_partial in connection.execute(query, [name]):
        parts = connection.execute(query_parts, [index])
        columns = [
            {"name": column, "is_descending": bool(descending), "collation": collation.upper()}
            for column, descending, collation in parts
        ]
        has_expression = any(column["name"] is None for column in columns)
        found.append(
            {
                "name": index if origin == "c" else None,
                "origin": origin,
                "is_unique": bool(is_unique),
                "is_partial": bool(is_partial),
                "columns": columns,
                "sql": _normalised(_sql(connection, index)) if is_partial or has_expression else None,
            }
        )
    return found


def _definitions(connection: sqlite3.Connection) -> list[dict[str, Any]]:
    query = """
        SELECT CASE type WHEN 'table' THEN 'virtual table' ELSE type END AS kind, name, sql FROM main.sqlite_schema
        WHERE type IN ('view', 'trigger')
           OR name IN (SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'virtual')
    """
    found = [{"kind": kind, "name": name, "sql": _normalised(sql)} for kind, name, sql in connection.execute(query)]
    return sorted(found, key=lambda definition: (definition["kind"], definition["name"]))


def _sql(connection: sqlite3.Connection, name: str) -> str:
    ((sql,),) = connection.execute("SELECT sql FROM main.sqlite_schema WHERE name = ?", [name])
    return str(sql)


_TOKENS = re.compile(
    r"""(?P<skipped>\s+|--[^\n]*|/\*.*?(?:\*/|\Z))
      | (?P<token>[xX]'[^']*' | '(?:[^']|'')*' | "(?:[^"]|"")*" | `(?:[^`]|``)*` | \[[^\]]*\] | [\w$]+ | .)""",
    re.DOTALL | re.VERBOSE,
)


def _normalised(sql: str) -> str:
    tokens = [found["token"] for found in _TOKENS.finditer(sql) if found["token"] is not None]
    while tokens and tokens[-1] == ";":
        tokens.pop()
    return " ".join(tokens)


def _canonical(document: Any) -> str:
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _json_digest(document: Any) -> str:
    return f"sha256:{hashlib.sha256(_canonical(document).encode()).hexdigest()}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
