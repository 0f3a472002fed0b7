"""List what must be created anew to have the schema of a workbench, in the order in which it is."""

import re
from collections.abc import Container, Iterable
from dataclasses import dataclass
from typing import Final

import apsw

from microcosm_sqlite.artifacts.queries import rows
from microcosm_sqlite.artifacts.statements import single_spaced
from microcosm_sqlite.constants import MANIFEST_TABLE
from microcosm_sqlite.sealing.targets import Target

#: Virtual tables whose files are known to come out alike: full-text indexes, and views of the words in them.
_FULL_TEXT: Final = "fts5"
_VOCABULARY: Final = "fts5vocab"

_MODULE: Final = re.compile(
    r"""CREATE\ VIRTUAL\ TABLE\s+ (?:"(?:[^"]|"")*" | `(?:[^`]|``)*` | \[[^\]]*\] | '(?:[^']|'')*' | [\w$]+)
        \s*(?:\.\s*\S+\s*)? \bUSING\s+["'`\[]?(?P<module>[\w$]+)""",
    re.VERBOSE | re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Definitions:
    """The statements that define a database, each group sorted by name, indexes by table and name."""

    tables: tuple[str, ...]
    #: By the name of the virtual table.
    full_text: dict[str, str]
    vocabularies: tuple[str, ...]
    #: With the table of each.
    indexes: tuple[tuple[str, str], ...]
    views: tuple[str, ...]
    triggers: tuple[str, ...]

    def create_tables(self, connection: apsw.Connection) -> None:
        """Create all tables, the virtual ones after the others."""
        for sql in (*self.tables, *self.full_text.values(), *self.vocabularies):
            rows(connection, sql)

    def create_indexes(self, connection: apsw.Connection, tables: Container[str]) -> None:
        """Create all indexes of *tables*."""
        for table, sql in self.indexes:
            if table in tables:
                rows(connection, sql)

    def create_others(self, connection: apsw.Connection) -> None:
        """Create views, then triggers, which only work, or must not work, when the rows are there."""
        for sql in (*self.views, *self.triggers):
            rows(connection, sql)


def read_definitions(connection: apsw.Connection, *, target: Target) -> Definitions:
    """Return the definitions of the main database of *connection*.

    SQLite's own tables, those behind virtual tables and a manifest are not among them; SQLite and sealing make them.

    Args:
        connection: The workbench.
        target: The artifact that is to be made of it, for the error.

    Raises:
        SealError: There is a virtual table of a kind whose bytes depend on more than its rows.
    """
    kinds = dict(rows(connection, "SELECT name, type FROM pragma_table_list WHERE schema = 'main'"))
    hidden = {table for table, kind in kinds.items() if kind == "shadow"} | {MANIFEST_TABLE}
    query = "SELECT type, tbl_name, name, sql FROM main.sqlite_schema WHERE sql IS NOT NULL"
    found = [
        (kind, table, own, single_spaced(sql))
        for kind, table, own, sql in rows(connection, query)
        if table not in hidden and not own.lower().startswith("sqlite_")
    ]
    virtual = {own: sql for kind, _, own, sql in sorted(found) if kind == "table" and kinds[own] == "virtual"}
    modules = {own: _module(own, sql, target=target) for own, sql in virtual.items()}
    return Definitions(
        tables=_sorted((own, sql) for kind, _, own, sql in found if kind == "table" and own not in virtual),
        full_text={own: sql for own, sql in virtual.items() if modules[own] == _FULL_TEXT},
        vocabularies=_sorted((own, sql) for own, sql in virtual.items() if modules[own] == _VOCABULARY),
        indexes=tuple((table, sql) for kind, table, _, sql in sorted(found) if kind == "index"),
        views=_sorted((own, sql) for kind, _, own, sql in found if kind == "view"),
        triggers=_sorted((own, sql) for kind, _, own, sql in found if kind == "trigger"),
    )


def _sorted(found: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(sql for *_, sql in sorted(found))


def _module(table: str, sql: str, *, target: Target) -> str:
    match = _MODULE.match(sql)
    module = match["module"].lower() if match else "unknown"
    if module not in {_FULL_TEXT, _VOCABULARY}:
        raise target.refused(
            f"{table!r} is a virtual table of module {module!r}, whose bytes depend on the release of SQLite "
            "or on the order in which its rows came",
            remedy=f"Keep its rows in an ordinary table, or its text in an {_FULL_TEXT} table.",
        )
    return module
