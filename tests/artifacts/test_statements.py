"""Layout of SQL does not count."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microcosm_sqlite.artifacts.statements import name_of, normalise_sql, single_spaced, tokens_of


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE VIEW v AS SELECT a,b FROM t WHERE a='x  y'",
        "CREATE VIEW v  AS\n\tSELECT a , b FROM t WHERE a = 'x  y' ;",
        "CREATE VIEW v AS -- why; 'quoted'\nSELECT a, b /* ; */ FROM t WHERE a='x  y';;",
        "CREATE VIEW v AS SELECT a,b FROM t WHERE a='x  y' /* open",
    ],
)
def test_space_and_comments_do_not_count(sql: str) -> None:
    """However it is laid out, it is one statement."""
    assert normalise_sql(sql) == "CREATE VIEW v AS SELECT a , b FROM t WHERE a = 'x  y'"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SELECT 'a b'", "SELECT 'a  b'"),
        ("SELECT 'it''s -- no comment'", "SELECT 'it''s'"),
        ('SELECT "a  b"', 'SELECT "a b"'),
        ("SELECT [a  b]", "SELECT [a b]"),
        ("SELECT `a  b`", "SELECT `a b`"),
        ("SELECT x'00'", "SELECT x '00'"),
        ("SELECT ab", "SELECT a b"),
    ],
)
def test_what_is_quoted_counts(one: str, other: str) -> None:
    """Space inside quotes and between words is meaning."""
    assert normalise_sql(one) != normalise_sql(other)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("CREATE TABLE t (\n\tid INT, \n\tname TEXT\n)\n STRICT;\n", "CREATE TABLE t (id INT, name TEXT) STRICT"),
        ("CREATE VIEW v AS -- why\n SELECT 1/* one */+2 , 'a  b'", "CREATE VIEW v AS SELECT 1 +2, 'a  b'"),
        ("SELECT a - -1, 1.5e-3, x || y, b>=c", "SELECT a - -1, 1.5e-3, x || y, b>=c"),
        ("CREATE TRIGGER g BEGIN\n DELETE FROM t;\nEND;", "CREATE TRIGGER g BEGIN DELETE FROM t; END"),
    ],
)
def test_layout_becomes_single_spaces(sql: str, expected: str) -> None:
    """The statement can still be run."""
    assert single_spaced(sql) == expected


_PIECES = st.sampled_from(
    ["a", "1.5", "(", ")", ",", " ", "\n\t", "-- c\n", "/* c */", "'x  y'", '"q  q"', "-", "||", ";", "x'00'", "é"]
)


@given(st.lists(_PIECES).map("".join))
def test_single_spacing_changes_nothing_but_layout(sql: str) -> None:
    """The normal form of a statement, by which schemas are compared, stays as it is; doing it twice does no more."""
    spaced = single_spaced(sql)

    assert normalise_sql(spaced) == normalise_sql(sql)
    assert single_spaced(spaced) == spaced


def test_a_statement_has_tokens() -> None:
    """Each as it is written, comments left out."""
    assert tokens_of('SELECT "a b"."c"/* d */FROM [e]') == ["SELECT", '"a b"', ".", '"c"', "FROM", "[e]"]


@pytest.mark.parametrize("token", ["City", '"cITY"', "[city]", "`city`", "'city'"])
def test_names_are_compared_without_quotes_or_case(token: str) -> None:
    """As SQLite compares them."""
    assert name_of(token) == "city"


def test_doubled_quotes_within_a_name_are_one() -> None:
    """As SQLite reads them."""
    assert name_of('"a""b"') == 'a"b'
