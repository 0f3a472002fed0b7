"""What of SQLite an artifact needs."""

import apsw
import pytest

from microcosm_sqlite.artifacts.features import Needs, is_older, needs_of
from microcosm_sqlite.artifacts.schemas import read_schema


def needs(sql: str) -> Needs:
    """Return what the database needs that *sql* makes."""
    connection = apsw.Connection(":memory:")
    connection.execute(sql)
    return needs_of(read_schema(connection))


@pytest.mark.parametrize(
    ("sql", "version", "features"),
    [
        # The table of the manifest is STRICT in every artifact.
        ("CREATE TABLE t (a)", "3.37.0", ("STRICT",)),
        ("CREATE TABLE t (a TEXT) STRICT", "3.37.0", ("STRICT",)),
        ("CREATE TABLE t (a PRIMARY KEY) WITHOUT ROWID", "3.37.0", ("STRICT", "WITHOUT ROWID")),
        ("CREATE TABLE t (a, b AS (a + 1))", "3.37.0", ("STRICT", "generated columns")),
        ("CREATE TABLE t (a); CREATE INDEX i ON t (a) WHERE a > 1", "3.37.0", ("STRICT", "partial indexes")),
        ("CREATE TABLE t (a); CREATE INDEX i ON t (a + 1)", "3.37.0", ("STRICT", "indexes on expressions")),
        ("CREATE VIRTUAL TABLE t USING fts5(a)", "3.37.0", ("FTS5", "STRICT")),
        ("CREATE VIRTUAL TABLE 'a using b' USING \"fts5\"(a, tokenize = 'trigram')", "3.37.0", ("FTS5", "STRICT")),
        ("CREATE VIRTUAL TABLE t USING fts5(a, content='', contentless_delete=1)", "3.43.0", ("FTS5", "STRICT")),
        ("CREATE VIRTUAL TABLE t USING fts5(a, locale=1)", "3.47.0", ("FTS5", "STRICT")),
        ("CREATE VIRTUAL TABLE t USING rtree(id, a, b)", "3.37.0", ("RTREE", "STRICT")),
    ],
)
def test_features_are_read_from_the_schema(sql: str, version: str, features: tuple[str, ...]) -> None:
    """The newest feature in use decides which version is needed; modules are named, for a build may lack them."""
    assert needs(sql) == Needs(sqlite=version, features=features)


@pytest.mark.parametrize(
    ("version", "is_too_old"),
    [("3.37.0", False), ("3.54.1", False), ("3.9.0", True), ("3.36.9", True), ("three", True)],
)
def test_versions_are_compared_as_numbers(version: str, is_too_old: bool) -> None:  # noqa: FBT001 - A parameter.
    """3.9 is older than 3.37."""
    assert is_older(version, than=Needs(sqlite="3.37.0")) is is_too_old
