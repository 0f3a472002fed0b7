"""Tell which features of SQLite a schema needs."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from microcosm_sqlite.artifacts.schemas import Definition, Schema, Table

#: The first version of SQLite with each feature: https://sqlite.org/changes.html.
_SINCE: Final = {
    "STRICT": (3, 37, 0),
    "WITHOUT ROWID": (3, 8, 2),
    "generated columns": (3, 31, 0),
    "partial indexes": (3, 8, 0),
    "indexes on expressions": (3, 9, 0),
    "FTS5": (3, 9, 0),
}

#: Words in the definition of an FTS5 table that older versions refuse: https://sqlite.org/fts5.html.
_FTS5_OPTIONS: Final = {
    "trigram": (3, 34, 0),
    "contentless_delete": (3, 43, 0),
    "contentless_unindexed": (3, 47, 0),
    "locale": (3, 47, 0),
}

#: How SQLite keeps the definition of a virtual table, after `normalise_sql`; a quoted name may hold anything.
_MODULE: Final = re.compile(
    r"""CREATE VIRTUAL TABLE (?:"(?:[^"]|"")*"|'(?:[^']|'')*'|`(?:[^`]|``)*`|\[[^\]]*\]|\S+) USING (?P<module>\S+)""",
    re.IGNORECASE,
)

#: Foreign keys, and with them every feature that is not listed, are older than this.
_OLDEST: Final = (3, 7, 0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Needs:
    """What of SQLite a reader must have: at least this version, with these features, sorted.

    A module of virtual tables is a feature called after it, `FTS5` for instance; some builds of SQLite lack it.
    """

    sqlite: str
    features: tuple[str, ...] = ()


def needs_of(schema: Schema) -> Needs:
    """Return what of SQLite an artifact with *schema* needs; the SQL of views and triggers is not looked into."""
    # The table of the manifest is STRICT, so every artifact needs that.
    features = {"STRICT", *_features(schema)}
    since = [_SINCE[feature] for feature in features if feature in _SINCE]
    since += [_FTS5_OPTIONS[word] for word in _fts5_words(schema)]
    version = max([_OLDEST, *since])
    return Needs(sqlite=".".join(map(str, version)), features=tuple(sorted(features)))


def is_older(version: str, *, than: Needs) -> bool:
    """Return whether SQLite of this *version* is older than what is needed; a version that is none is never met."""
    try:
        return _parts(version) < _parts(than.sqlite)
    except ValueError:
        return True


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _features(schema: Schema) -> Iterator[str]:
    for table in schema.tables:
        yield from _features_of_table(table)
    for definition in schema.definitions:
        if definition.kind == "virtual table":
            yield _module(definition)


def _features_of_table(table: Table) -> Iterator[str]:
    if table.is_strict:
        yield "STRICT"
    if table.is_without_rowid:
        yield "WITHOUT ROWID"
    if any(column.kind.startswith("generated") for column in table.columns):
        yield "generated columns"
    for index in table.indexes:
        if index.is_partial:
            yield "partial indexes"
        if any(column.name is None for column in index.columns):
            yield "indexes on expressions"


def _module(definition: Definition) -> str:
    found = _MODULE.match(definition.sql)
    return found["module"].strip("\"'`[]").upper() if found else "unknown module"


def _fts5_words(schema: Schema) -> Iterator[str]:
    for definition in schema.definitions:
        if definition.kind == "virtual table" and _module(definition) == "FTS5":
            words = set(definition.sql.lower().replace("'", " ").replace('"', " ").split())
            yield from words & _FTS5_OPTIONS.keys()
