"""In which rows, and in what else, two databases differ."""

from typing import Any

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microcosm_sqlite.artifacts.differences import Differences, TableDifference, differences
from microcosm_sqlite.artifacts.schemas import read_schema

CITY = "CREATE TABLE city (id INTEGER PRIMARY KEY, name TEXT NOT NULL, population INTEGER) STRICT"


def database(*statements: str, rows: Any = (), table: str = "city") -> apsw.Connection:
    """Return a database for which *statements* have run, with *rows* in its table."""
    connection = apsw.Connection(":memory:")
    for sql in statements:
        connection.execute(sql)
    for row in rows:
        connection.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)
    return connection


def found(before: apsw.Connection, after: apsw.Connection, **options: Any) -> Differences:
    """Return in what two databases differ."""
    return differences(before, after, schemas=(read_schema(before), read_schema(after)), **options)


def only_table(differences: Differences) -> TableDifference:
    """Return the difference of the only table that differs."""
    (table,) = differences.tables
    return table


def test_equal_rows_are_equal() -> None:
    """In whatever order they came."""
    rows = [(1, "Paris", 2), (2, "Lyon", None), (3, "Nice", 5)]

    assert found(database(CITY, rows=rows), database(CITY, rows=rows[::-1])).is_equal


def test_rows_that_were_added_removed_and_changed() -> None:
    """Each with its key and its values, in the order of the keys."""
    before = database(CITY, rows=[(1, "Paris", 2), (2, "Lyon", None), (5, "Nice", 5)])
    after = database(CITY, rows=[(1, "Paris", 3), (3, "Lille", 1), (5, "Nice", 5)])

    table = only_table(found(before, after))

    assert (table.rows_before, table.rows_after, table.added, table.removed, table.changed) == (3, 3, 1, 1, 1)
    assert (table.first_key, table.last_key) == ((1,), (3,))
    assert [(row.kind, row.before, row.after) for row in table.examples] == [
        ("changed", (1, "Paris", 2), (1, "Paris", 3)),
        ("removed", (2, "Lyon", None), None),
        ("added", None, (3, "Lille", 1)),
    ]


def test_only_some_examples_are_kept() -> None:
    """All are counted."""
    after = database(CITY, rows=[(number, "x", None) for number in range(1000)])
    table = only_table(found(database(CITY), after, examples=3))

    assert (len(table.examples), table.added) == (3, 1000)
    assert (table.first_key, table.last_key) == ((0,), (999,))


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([CITY, "CREATE TABLE river (id INTEGER PRIMARY KEY) STRICT"], ["table river: added"]),
        ([CITY, "CREATE INDEX by_name ON city (name)"], ["table city, indexes: changed"]),
        ([CITY.replace("population INTEGER", "population TEXT")], ["table city, column population: changed"]),
        (
            [CITY.replace("population", "people")],
            ["table city, column people: added", "table city, column population: removed"],
        ),
        ([CITY, "CREATE VIEW v AS SELECT 1"], ["view v: added"]),
        ([CITY.replace(" STRICT", "")], ["table city, strict: changed"]),
    ],
)
def test_schemas(statements: list[str], expected: list[str]) -> None:
    """What is defined otherwise is named; the rows are compared all the same."""
    differences = found(database(CITY), database(*statements))

    assert list(differences.schema) == expected
    assert not differences.is_equal


def test_columns_that_both_have_are_compared() -> None:
    """A new column does not hide which rows changed."""
    before = database(CITY, rows=[(1, "Paris", 2), (2, "Lyon", 3)])
    wider = CITY.replace("population INTEGER", "population INTEGER, mayor TEXT")
    after = database(wider, rows=[(1, "Paris", 2, "A"), (2, "Lyon", 4, "B")])

    table = only_table(found(before, after))

    assert table.columns == ("id", "name", "population")
    assert (table.changed, table.first_key) == (1, (2,))


def test_tables_without_a_key() -> None:
    """All values of a row are its key; the same row twice counts twice."""
    sql = "CREATE TABLE city (name TEXT, x ANY) STRICT"
    before = database(sql, rows=[("b", 1), ("a", None), ("a", None)])
    after = database(sql, rows=[("a", None), ("b", 1.0), ("b", b"1")])

    table = only_table(found(before, after))

    assert (table.added, table.removed, table.changed) == (2, 2, 0)
    assert [(row.kind, row.before or row.after) for row in table.examples] == [
        ("removed", ("a", None)),
        ("removed", ("b", 1)),
        ("added", ("b", 1.0)),
        ("added", ("b", b"1")),
    ]


def test_keys_that_may_be_null() -> None:
    """Such a key does not tell rows apart."""
    sql = "CREATE TABLE city (name TEXT, code TEXT PRIMARY KEY)"
    before = database(sql, rows=[("a", None), ("b", None), ("c", "x")])
    after = database(sql, rows=[("b", None), ("a", None), ("d", "x")])

    table = only_table(found(before, after))

    assert (table.added, table.removed) == (1, 1)
    assert table.key == ("code", "name")


def test_tables_whose_keys_differ_are_not_compared_row_by_row() -> None:
    """No row of one is a row of the other."""
    other = "CREATE TABLE city (id INTEGER, name TEXT PRIMARY KEY, population INTEGER) STRICT"
    differences = found(database(CITY), database(other))

    assert differences.tables == ()
    assert "table city, column name: changed" in differences.schema


KEYS = st.one_of(
    st.integers(-5, 5), st.sampled_from([0.5, 1.0, -2.5]), st.text("aÄ🔨", max_size=2), st.binary(max_size=2)
)
ROWS = st.dictionaries(
    KEYS, st.one_of(st.none(), st.integers(0, 3), st.just(1.0), st.text("xy", max_size=1)), max_size=12
)


@given(before=ROWS, after=ROWS)
def test_every_difference_is_found_and_no_other(before: dict[Any, Any], after: dict[Any, Any]) -> None:
    """Whatever the types of keys and values."""
    sql = "CREATE TABLE city (code ANY PRIMARY KEY NOT NULL, x ANY) STRICT"
    one, other = database(sql, rows=before.items()), database(sql, rows=after.items())
    stored = [{row[0]: row for row in base.execute("SELECT * FROM city")} for base in (one, other)]

    result = found(one, other, examples=100)

    kinds = {(row.kind, (row.before or row.after or ())[0]) for table in result.tables for row in table.examples}
    expected = {("removed", key) for key in stored[0].keys() - stored[1].keys()}
    expected |= {("added", key) for key in stored[1].keys() - stored[0].keys()}
    expected |= {
        ("changed", key)
        for key in stored[0].keys() & stored[1].keys()
        if repr(stored[0][key][1]) != repr(stored[1][key][1])
    }
    same_but_type = {
        key for key in stored[0].keys() & stored[1].keys() if type(stored[0][key][0]) is not type(stored[1][key][0])
    }
    assert {item for item in kinds if item[1] not in same_but_type} == {
        item for item in expected if item[1] not in same_but_type
    }
