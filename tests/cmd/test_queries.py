"""How arguments become statements."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import click
import pytest

from microcosm_sqlite.artifacts.schemas import Schema, Table, read_schema
from microcosm_sqlite.cmd.queries import (
    Condition,
    Query,
    Request,
    parse_condition,
    row_by_key,
    rows_matching,
    table_called,
)


@pytest.fixture
def connection(plain_path: Path) -> Iterator[apsw.Connection]:
    """Yield an open database of cities."""
    connection = apsw.Connection(str(plain_path))
    yield connection
    connection.close()


@pytest.fixture
def schema(connection: apsw.Connection) -> Schema:
    """Return its schema."""
    return read_schema(connection)


@pytest.fixture
def city(schema: Schema) -> Table:
    """Return its largest table."""
    return table_called("city", schema)


def _rows(connection: apsw.Connection, query: Query) -> list[tuple[Any, ...]]:
    return list(connection.execute(query.sql, query.parameters))


def _ids(connection: apsw.Connection, table: Table, *conditions: str, **request: Any) -> list[Any]:
    request.setdefault("columns", ["id"])
    asked = Request(conditions=[parse_condition(text) for text in conditions], **request)
    return [row[0] for row in _rows(connection, rows_matching(table, asked))]


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("name=Paris", ("name", "=", "Paris")),
        ("name=", ("name", "=", "")),
        ("name=a=b", ("name", "=", "a=b")),
        ("name=<b>", ("name", "=", "<b>")),
        ("population>=5", ("population", ">=", "5")),
        ("population<=5", ("population", "<=", "5")),
        ("population>5", ("population", ">", "5")),
        ("population<-5", ("population", "<", "-5")),
        ("name!=Paris", ("name", "!=", "Paris")),
        ("name~P%", ("name", "~", "P%")),
        ("name=two\nlines", ("name", "=", "two\nlines")),
    ],
)
def test_conditions_are_read(text: str, condition: tuple[str, str, str]) -> None:
    """The first operator divides the column from the value."""
    column, operator, value = condition

    assert parse_condition(text) == Condition(column=column, operator=operator, text=value)


@pytest.mark.parametrize("text", ["Paris", "", "=Paris"])
def test_what_is_no_condition_is_refused(text: str) -> None:
    """The error says what one looks like."""
    with pytest.raises(click.UsageError, match="expected column=value"):
        parse_condition(text)


@pytest.mark.parametrize(
    ("conditions", "ids"),
    [
        ([], [1, 2, 3, 4, 5]),
        (["country_code=FR"], [1, 2]),
        (["country_code=FR", "country_code=DE"], [1, 2, 3]),
        (["country_code=FR", "country_code=DE", "name=Berlin"], [3]),
        (["name="], [4]),
        (["population>500000"], [1, 3]),
        (["population>=500000", "population<3600000"], [1, 2]),
        (["population<=500000"], [2]),
        (["country_code!=FR"], [3, 4, 5]),
        (["country_code!=FR", "country_code!=DE"], [4, 5]),
        (["name~%y%"], [2]),
        (["population~21%"], [1]),
        (["area=105.4"], [1]),
        (["flag=00ff"], [1]),
        (["name='; DROP TABLE city; --"], []),
    ],
)
def test_rows_match_all_conditions(
    connection: apsw.Connection, city: Table, conditions: list[str], ids: list[int]
) -> None:
    """Several "=" of one column are alternatives, everything else must hold together."""
    assert _ids(connection, city, *conditions) == ids


def test_null_can_be_asked_for(connection: apsw.Connection, city: Table) -> None:
    """No value is a value that text could be mistaken for, so there are words of their own for it."""
    assert _ids(connection, city, null=["population"]) == [4, 5]
    assert _ids(connection, city, null=["area"], not_null=["population"]) == [3]


def test_order_ends_with_the_key(connection: apsw.Connection, city: Table) -> None:
    """Rows that are equal in what was asked for come in one order, so that pages never overlap."""
    assert _ids(connection, city, order=["-country_code"]) == [1, 2, 3, 4, 5]
    assert _ids(connection, city, order=["country_code", "-id"]) == [5, 4, 3, 2, 1]


def test_pages_follow_each_other(connection: apsw.Connection, city: Table) -> None:
    """A limit and an offset cut the same sequence."""
    assert _ids(connection, city, limit=2) == [1, 2]
    assert _ids(connection, city, limit=2, offset=4) == [5]
    assert _ids(connection, city, offset=3) == [4, 5]


def test_columns_come_as_asked(city: Table, connection: apsw.Connection) -> None:
    """In the order asked for; all of them by default."""
    query = rows_matching(city, Request(columns=["name", "id"], limit=1))

    assert query.columns == ("name", "id")
    assert _rows(connection, query) == [("Paris", 1)]
    assert rows_matching(city, Request()).columns == ("id", "name", "country_code", "population", "area", "flag")


def test_a_key_finds_its_row(connection: apsw.Connection, schema: Schema) -> None:
    """Keys of several columns are given in their order."""
    query = row_by_key(table_called("twinning", schema), ["2", "3"])

    assert _rows(connection, query) == [(2, 3)]


def test_a_key_needs_all_its_values(schema: Schema) -> None:
    """The error names the columns of the key."""
    with pytest.raises(click.UsageError, match=r"2 \(city_id, twin_id\); found 1"):
        row_by_key(table_called("twinning", schema), ["2"])


def test_unknown_tables_are_refused_with_a_suggestion(schema: Schema) -> None:
    """The error says what there is."""
    with pytest.raises(click.UsageError, match=r"no table is called 'citi'\. Did you mean 'city'\? There are: city, "):
        table_called("citi", schema)


@pytest.mark.parametrize(
    "request_",
    [
        Request(conditions=[parse_condition("nmae=x")]),
        Request(order=["-nmae"]),
        Request(columns=["nmae"]),
        Request(null=["nmae"]),
        Request(not_null=["nmae"]),
    ],
)
def test_unknown_columns_are_refused_with_a_suggestion(city: Table, request_: Request) -> None:
    """Wherever a column is named, a slip is answered with what was probably meant."""
    with pytest.raises(click.UsageError, match=r"no column of table 'city' is called 'nmae'\. Did you mean 'name'\?"):
        rows_matching(city, request_)


def test_names_are_quoted() -> None:
    """A table may be called anything; nothing in a name acts."""
    connection = apsw.Connection(":memory:")
    connection.execute('CREATE TABLE "select ""x""; --" ("order" TEXT, "group by" TEXT) STRICT')
    connection.execute('INSERT INTO "select ""x""; --" VALUES (?, ?)', ("b", "1"))
    table = read_schema(connection).tables[0]

    query = rows_matching(table, Request(conditions=[parse_condition("group by=1")], order=["-order"]))

    assert _rows(connection, query) == [("b", "1")]
    connection.close()


@pytest.mark.parametrize("columns", ["word TEXT", "rowid TEXT, word TEXT", "rowid TEXT, _rowid_ TEXT, oid TEXT"])
def test_tables_without_a_key_come_as_they_were_filled(columns: str) -> None:
    """Their rows have a number, unless columns hide it."""
    connection = apsw.Connection(":memory:")
    connection.execute(f"CREATE TABLE line ({columns}) STRICT")
    count = columns.count("TEXT")
    for word in "cab":
        connection.execute(f"INSERT INTO line VALUES ({', '.join('?' * count)})", (word,) * count)

    found = _rows(connection, rows_matching(read_schema(connection).tables[0], Request()))

    assert [row[0] for row in found] == ["c", "a", "b"]
    connection.close()


def test_a_table_without_a_key_has_no_row_by_key() -> None:
    """The error says so."""
    connection = apsw.Connection(":memory:")
    connection.execute("CREATE TABLE line (word TEXT) STRICT")

    with pytest.raises(click.UsageError, match="none: the table has no primary key; found 1"):
        row_by_key(read_schema(connection).tables[0], ["x"])
    connection.close()


def test_tables_that_are_not_strict_compare_as_sqlite_does() -> None:
    """The declared type of a column converts the text it is compared with."""
    connection = apsw.Connection(":memory:")
    connection.execute("CREATE TABLE line (number INT, word VARCHAR(10)); INSERT INTO line VALUES (5, '05')")
    table = read_schema(connection).tables[0]

    assert _rows(connection, rows_matching(table, Request(conditions=[parse_condition("number=5")])))
    assert _rows(connection, rows_matching(table, Request(conditions=[parse_condition("word=05")])))
    assert not _rows(connection, rows_matching(table, Request(conditions=[parse_condition("word=5")])))
    connection.close()


def test_generated_columns_are_shown() -> None:
    """They are read like any other."""
    connection = apsw.Connection(":memory:")
    connection.execute("CREATE TABLE line (a INTEGER PRIMARY KEY, b INTEGER AS (a * 2) VIRTUAL) STRICT")
    connection.execute("INSERT INTO line (a) VALUES (4)")
    query = rows_matching(read_schema(connection).tables[0], Request(conditions=[parse_condition("b=8")]))

    assert (query.columns, _rows(connection, query)) == (("a", "b"), [(4, 8)])
    connection.close()
