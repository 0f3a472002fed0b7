from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from microcosm_sqlite.builders.dangling import count_dangling, find_dangling


@pytest.fixture
def connection() -> Iterator[sa.Connection]:
    """A connection to tables that refer to each other in every way SQLite knows."""
    engine = sa.create_engine("sqlite+apsw://")
    with engine.connect() as connection:
        for statement in (
            "CREATE TABLE pair (a TEXT COLLATE NOCASE, b INTEGER, PRIMARY KEY (a, b)) WITHOUT ROWID",
            """CREATE TABLE child (
                id INTEGER PRIMARY KEY, x TEXT, y INTEGER, up INTEGER REFERENCES child,
                FOREIGN KEY (x, y) REFERENCES pair)""",
            'CREATE TABLE "odd ""name" (k TEXT REFERENCES missing(k))',
            "INSERT INTO pair VALUES ('A', 1)",
        ):
            connection.exec_driver_sql(statement)
        yield connection
    engine.dispose()


def test_keys_that_lead_somewhere_are_not_found(connection: sa.Connection) -> None:
    """By the collation of the parent, with NULL in any column, and within a table."""
    connection.exec_driver_sql("INSERT INTO child VALUES (1, 'a', 1, NULL), (2, NULL, 7, 1), (3, 'zz', NULL, 3)")

    assert count_dangling(connection, ["child"]) == 0
    assert list(find_dangling(connection, ["child", "pair"])) == []


def test_keys_that_lead_nowhere_are_found(connection: sa.Connection) -> None:
    """With columns, parent, key, and what tells the row from others."""
    connection.exec_driver_sql("INSERT INTO child VALUES (1, 'b', 1, 9)")

    found = sorted(find_dangling(connection, ["child"]), key=lambda dangling: dangling.parent)

    assert count_dangling(connection, ["child"]) == 2
    assert [(key.columns, key.parent, key.key, key.primary_key) for key in found] == [
        (("up",), "child", (9,), ("id",)),
        (("x", "y"), "pair", ("b", 1), ("id",)),
    ]
    assert found[0].row == {"id": 1, "x": "b", "y": 1, "up": 9}


def test_a_missing_parent_table_leads_nowhere(connection: sa.Connection) -> None:
    """Whatever the names look like."""
    connection.exec_driver_sql('INSERT INTO "odd ""name" VALUES (\'x\'), (NULL)')

    (found,) = find_dangling(connection, ['odd "name'])

    assert count_dangling(connection, ['odd "name']) == 1
    assert (found.parent, found.key, found.primary_key) == ("missing", ("x",), ())
