"""Layout of SQL does not count."""

import pytest

from microcosm_sqlite.artifacts.statements import normalise_sql


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
