"""Fill full-text indexes such that equal text gives equal bytes.

FTS5 collects words in memory and writes them in portions, and what is a portion differs between releases of SQLite. So
here everything becomes one portion, or, where that is too much, portions that are merged only at the end.
"""

import re
from typing import Any, Final

import apsw

from microcosm_sqlite.artifacts.queries import quoted, rows
from microcosm_sqlite.errors import SealError
from microcosm_sqlite.sealing.targets import Target

#: While it is filled: portions of up to 256 MB, never merged by themselves (1999 is the most `crisismerge` allows).
_FILLING: Final = {"automerge": 0, "crisismerge": 1999, "hashsize": 1 << 28}

#: https://sqlite.org/fts5.html, sections 6.1, 6.3 and 6.7: what an index has that was not configured.
_DEFAULTS: Final = {"automerge": 4, "crisismerge": 16, "hashsize": 1 << 20}

#: An index that keeps no text and names no table that does, whatever the quotes.
_CONTENTLESS: Final = re.compile(r"""\bcontent\s*=\s*(?:''|""|``|\[\])""", re.IGNORECASE)

#: What FTS5 keeps among the options for itself.
_VERSION: Final = "version"


def fill_full_text(connection: apsw.Connection, table: str, *, source: str, target: Target) -> None:
    """Fill the empty FTS5 *table* of the main database with the text of the one of that name in database *source*.

    An index over the content of another table (`content=`) is built from that table, which must be filled.

    Raises:
        SealError: The text cannot be read back: a contentless table, or one with `locale=1`.
    """
    options = _options(connection, source, table)
    _configure(connection, table, options | _FILLING)
    if _is_filled_from_elsewhere(connection, table):
        _fill_from_elsewhere(connection, table, target=target)
    else:
        _copy(connection, table, source=source, target=target)
    _command(connection, table, "optimize")
    _configure(connection, table, {key: options.get(key, _DEFAULTS[key]) for key in _FILLING})
    _forget(connection, table, _FILLING.keys() - options.keys())


def _options(connection: apsw.Connection, database: str, table: str) -> dict[str, Any]:
    query = f"SELECT k, v FROM {database}.{quoted(table + '_config')} WHERE k <> ? ORDER BY k"  # noqa: S608 - Quoted.
    return dict(rows(connection, query, _VERSION))


def _configure(connection: apsw.Connection, table: str, options: dict[str, Any]) -> None:
    for key, value in sorted(options.items()):
        _command(connection, table, key, value)


def _command(connection: apsw.Connection, table: str, command: str, value: Any = None) -> None:
    own = quoted(table)
    rows(connection, f"INSERT INTO main.{own} ({own}, rank) VALUES (?, ?)", command, value)  # noqa: S608 - Quoted.


def _forget(connection: apsw.Connection, table: str, keys: set[str]) -> None:
    for key in sorted(keys):
        rows(connection, f"DELETE FROM main.{quoted(table + '_config')} WHERE k = ?", key)  # noqa: S608 - Quoted.


def _is_filled_from_elsewhere(connection: apsw.Connection, table: str) -> bool:
    return not connection.table_exists("main", f"{table}_content")


def _fill_from_elsewhere(connection: apsw.Connection, table: str, *, target: Target) -> None:
    ((sql,),) = rows(connection, "SELECT sql FROM main.sqlite_schema WHERE type = 'table' AND name = ?", table)
    if _CONTENTLESS.search(sql):
        raise _unreadable(table, "it keeps no text", target=target)
    names, own = ", ".join(("rowid", *_columns(connection, table))), quoted(table)
    try:
        # Not 'rebuild', which takes rows as SQLite finds them, in the order of a covering index for instance: every
        # step back is a portion of its own, of which FTS5 allows 2000.
        rows(connection, f"INSERT INTO main.{own} ({names}) SELECT {names} FROM main.{own} ORDER BY rowid")  # noqa: S608 - Quoted.
    except apsw.SQLError as error:
        raise _unreadable(table, f"its text cannot be read ({error})", target=target) from error


def _copy(connection: apsw.Connection, table: str, *, source: str, target: Target) -> None:
    shadow = list(rows(connection, "SELECT name FROM pragma_table_xinfo(?, 'main')", f"{table}_content"))
    columns = _columns(connection, table)
    if len(shadow) != len(columns) + 1:
        raise _unreadable(table, "its text has locales, which cannot be read back", target=target)
    names = ", ".join(("rowid", *columns))
    own = quoted(table)
    rows(connection, f"INSERT INTO main.{own} ({names}) SELECT {names} FROM {source}.{own} ORDER BY rowid")  # noqa: S608 - Quoted.


def _columns(connection: apsw.Connection, table: str) -> list[str]:
    query = "SELECT name FROM pragma_table_xinfo(?, 'main') WHERE hidden = 0 ORDER BY cid"
    return [quoted(column) for (column,) in rows(connection, query, table)]


def _unreadable(table: str, reason: str, *, target: Target) -> SealError:
    return target.refused(
        f"the full-text index {table!r} cannot be written anew: {reason}",
        remedy="Let it keep its text, or index the text of an ordinary table with content='that table'.",
    )
