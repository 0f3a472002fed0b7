"""Check how a database is put together, before its rows are read."""

from pathlib import Path
from typing import Final

import apsw

from microcosm_sqlite.artifacts.queries import rows
from microcosm_sqlite.artifacts.schemas import Schema, Table
from microcosm_sqlite.constants import MANIFEST_TABLE
from microcosm_sqlite.engines.complaints import error_of
from microcosm_sqlite.engines.hardening import forbid_views
from microcosm_sqlite.faults import damages

#: Findings that are told; where there is one, there are many.
_TOLD: Final = 3

_FINE: Final = [("ok",)]


def check_structure(connection: apsw.Connection, schema: Schema, *, path: Path) -> None:
    """Check that the tables of *schema* are trees of pages, each page used once, and that this SQLite can read them.

    Nothing that the file defines is computed. Whoever reads rows without this check may go round in a circle of pages
    for ever.

    Raises:
        ArtifactCorruptError: They are not.
        ArtifactError: A view or a virtual table needs what this SQLite does not have, or may not do.
    """
    # A CHECK constraint is an expression of the file, and so is a generated column.
    rows(connection, "PRAGMA ignore_check_constraints = ON")
    names = [MANIFEST_TABLE, *(table.name for table in schema.tables if not _computes(table))]
    for name in names:
        found = list(rows(connection, f"PRAGMA main.quick_check({_quoted(name)})"))
        if found != _FINE:
            findings = "; ".join(text for (text,) in found[:_TOLD])
            raise damages.CORRUPT_PAGE.at(path, complaint=" ".join(findings.split()))
    # Compiled they must be, to know whether they can be; what they come to was limited before.
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_VIEW, 1)
    for definition in schema.definitions:
        if definition.kind != "trigger":
            _check_can_be_read(connection, definition.name, path=path)
    forbid_views(connection)


def _check_can_be_read(connection: apsw.Connection, name: str, *, path: Path) -> None:
    try:
        # Compiles the statement, runs nothing of it.
        rows(connection, f"EXPLAIN SELECT * FROM main.{_quoted(name)}")  # noqa: S608 - The name is quoted.
    except apsw.Error as error:
        raise error_of(path, code=getattr(error, "extendedresult", apsw.SQLITE_ERROR), message=str(error)) from error


def _computes(table: Table) -> bool:
    return any(column.kind.startswith("generated") for column in table.columns)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
