"""What is to be created does not depend on the order in which the workbench created it."""

from pathlib import Path

import apsw
import pytest

from microcosm_sqlite.artifacts.schemas import fingerprint, read_schema
from microcosm_sqlite.errors import SealError
from microcosm_sqlite.sealing.definitions import Definitions, read_definitions
from microcosm_sqlite.sealing.targets import Target

TARGET = Target(name="test", path=Path("test.sqlite"))

STATEMENTS = (
    "CREATE TABLE b (id INTEGER PRIMARY KEY AUTOINCREMENT,\n\tx TEXT UNIQUE) STRICT",
    "CREATE TABLE a (y TEXT, z REAL DEFAULT (1 +   2)) STRICT",
    "CREATE INDEX a_on_b ON b (x DESC)",
    "CREATE INDEX b_on_a ON a (y) WHERE z > 0",
    "CREATE VIEW w AS SELECT 1",
    "CREATE VIEW v AS SELECT * FROM w",
    "CREATE TRIGGER g AFTER INSERT ON a BEGIN DELETE FROM b; END",
    "CREATE VIRTUAL TABLE f USING fts5 (y, content='a')",
    "CREATE VIRTUAL TABLE \"the words\" USING fts5vocab('f', 'row')",
)


def database(*statements: str) -> apsw.Connection:
    """Return a database for which *statements* have run."""
    connection = apsw.Connection(":memory:")
    for sql in statements:
        connection.execute(sql)
    return connection


def definitions_of(*statements: str) -> Definitions:
    """Return the definitions of a database for which *statements* have run."""
    return read_definitions(database(*statements), target=TARGET)


def test_the_order_of_creation_does_not_count() -> None:
    """Each kind is sorted by name, and indexes first by their table."""
    turned = sorted(STATEMENTS, key=lambda sql: (not sql.startswith("CREATE TABLE"), STATEMENTS.index(sql) * -1))

    assert definitions_of(*turned) == definitions_of(*STATEMENTS)
    assert definitions_of(*STATEMENTS).indexes == (
        ("a", "CREATE INDEX b_on_a ON a (y) WHERE z > 0"),
        ("b", "CREATE INDEX a_on_b ON b (x DESC)"),
    )


def test_they_make_the_same_schema() -> None:
    """Created from its definitions, a database has the schema that it had, but for space in defaults."""
    definitions = definitions_of(*STATEMENTS)
    original = database(*(sql.replace("   ", " ") for sql in STATEMENTS))
    copy = apsw.Connection(":memory:")

    definitions.create_tables(copy)
    definitions.create_indexes(copy, {"a", "b"})
    definitions.create_others(copy)

    assert fingerprint(read_schema(copy)) == fingerprint(read_schema(original))


def test_what_sqlite_makes_by_itself_is_left_out() -> None:
    """Its own tables, those behind virtual tables, automatic indexes, statistics."""
    definitions = definitions_of(*STATEMENTS, "INSERT INTO b VALUES (1, 'x')", "ANALYZE")

    assert len(definitions.tables) == 2
    assert [*definitions.full_text] == ["f"]
    assert len(definitions.vocabularies) == 1


@pytest.mark.parametrize(
    ("sql", "module"),
    [
        ("CREATE VIRTUAL TABLE r USING rtree (id, x0, x1)", "rtree"),
        ("CREATE VIRTUAL TABLE `my ``using`` r` USING 'rtree_i32' (id, x0, x1)", "rtree_i32"),
        ('CREATE VIRTUAL TABLE "using fts5(x)" USING fts4 (x)', "fts4"),
    ],
)
def test_what_is_not_alike_everywhere_is_refused_by_name(sql: str, module: str) -> None:
    """R-Trees, for one, are laid out by the order in which boxes came."""
    with pytest.raises(SealError, match=f"module '{module}'"):
        definitions_of("CREATE TABLE t (x)", sql)
