"""What a statement says of one table is read from its text."""

import pytest

from microcosm_sqlite.artifacts.clauses import read_clauses, table_called

COLUMNS = ("id", "name", "country", "population", "order", "latitude")


@pytest.mark.parametrize(
    ("where", "matched", "ranged"),
    [
        ("city.country = ?", ["country"], []),
        ("? = city.country", ["country"], []),
        ("country = ?", ["country"], []),
        ("city.country IN (?, ?) AND city.name IS ?", ["country", "name"], []),
        ("city.population > ? AND ? >= city.id", [], ["population", "id"]),
        ("city.population BETWEEN ? AND ?", [], ["population"]),
        ("city.name LIKE ?", [], ["name"]),
        ("lower(city.name) = ?", ["lower(name)"], []),
        ("CAST(city.latitude * 16 AS INTEGER) IN (SELECT 1)", ["CAST(latitude * 16 AS INTEGER)"], []),
        ("city.name COLLATE NOCASE = ?", ["name COLLATE NOCASE"], []),
        ('city."order" = ?', ['"order"'], []),
        ("city.name NOT IN (?) AND city.name IS NOT NULL", [], []),
        ("country.code = city.country", ["country"], []),
        ("city.name = 'a = b' AND other.country = ?", ["name"], []),
        ("coalesce(city.name, ?) = ?", [], []),
        ("(city.name = ?)", ["name"], []),
    ],
)
def test_what_is_compared(where: str, matched: list[str], ranged: list[str]) -> None:
    """By equality, and by less and more, whichever side it is on, as an index would have it."""
    clauses = read_clauses(f"SELECT city.name FROM city WHERE {where}", name="city", columns=COLUMNS)

    assert (list(clauses.matched), list(clauses.ranged)) == (matched, ranged)


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("city.name, city.id", ["name", "id"]),
        ("city.name ASC, city.population DESC LIMIT ? OFFSET ?", ["name", "population DESC"]),
        ("lower(city.name), country.code, city.id", ["lower(name)"]),
        ("country.code, city.name", []),
        ("name COLLATE NOCASE DESC", ["name COLLATE NOCASE DESC"]),
    ],
)
def test_what_is_ordered_by(order: str, expected: list[str]) -> None:
    """As far as it is about the one table."""
    clauses = read_clauses(f"SELECT city.name FROM city ORDER BY {order}", name="city", columns=COLUMNS)

    assert list(clauses.ordered) == expected


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        ("WHERE city.country = ? AND ? = city.name ORDER BY city.id", ["country", "name"]),
        ("WHERE city.country = ?", ["country"]),
        ("WHERE city.country = ? OR city.name = ?", []),
        ("WHERE city.country = ? AND city.name > ? AND (city.id = ? OR city.name = ?)", ["country"]),
        ("WHERE city.country = ? AND other.name = ? AND other.id = city.id", ["country"]),
        ("WHERE city.id BETWEEN ? AND ? AND city.country = ?", []),
        ("WHERE city.id IN (SELECT id FROM city WHERE city.name = ?)", []),
        ("ORDER BY city.id", []),
    ],
)
def test_what_every_row_has(rest: str, expected: list[str]) -> None:
    """Only where nothing else can be meant."""
    clauses = read_clauses(f"SELECT city.name FROM city {rest}", name="city", columns=COLUMNS)

    assert list(clauses.equal) == expected


def test_names_are_compared_as_sql_does() -> None:
    """Without regard to case."""
    clauses = read_clauses("SELECT 1 FROM City WHERE CITY.Name = ?", name="City", columns=COLUMNS)

    assert clauses.equal == ("name",)
    assert table_called("C", "SELECT 1 FROM CITY c", ["city"]) == "city"


def test_a_table_by_another_name() -> None:
    """An alias leads to its table; the name of a subquery leads nowhere."""
    sql = 'SELECT 1 FROM city AS "the city", (SELECT 1) AS anon_1, country JOIN "city" AS city_1 ON 1'

    assert [table_called(name, sql, ["city", "country"]) for name in ("country", "the city", "city_1", "anon_1")] == [
        "country",
        "city",
        "city",
        None,
    ]


@pytest.mark.parametrize("sql", ["", "WHERE", "ORDER BY", "= = =", "((( ORDER BY )", "'", '"', "city.", "IN (", ") ="])
def test_any_text(sql: str) -> None:
    """What is no statement says nothing, and breaks nothing."""
    clauses = read_clauses(sql, name="city", columns=COLUMNS)

    assert clauses.matched == clauses.ordered == clauses.equal == ()
