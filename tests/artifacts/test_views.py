"""Views that multiply are refused before SQLite begins to compile them."""

from pathlib import Path

import apsw
import pytest

from microcosm_sqlite.artifacts.views import check_views
from microcosm_sqlite.errors import ArtifactError


def check(*statements: str) -> None:
    """Check the views of the database that *statements* make."""
    connection = apsw.Connection(":memory:")
    for statement in statements:
        connection.execute(statement)
    check_views(connection, path=Path("world.sqlite"))


def chain(length: int, *, reads: int) -> list[str]:
    """Return views each of which reads the one before so many times."""
    views = [
        f'CREATE VIEW "v {i}" AS ' + " UNION ALL ".join([f'SELECT a FROM "V {i - 1}"'] * reads)
        for i in range(1, length)
    ]
    return ['CREATE VIEW "v 0" AS SELECT 1 AS a', *views]


def test_ordinary_views_pass() -> None:
    """Views that read tables, each other, themselves recursively, or common table expressions."""
    check(
        "CREATE TABLE city (id, name, country)",
        "CREATE VIEW french AS SELECT * FROM city WHERE country = 'FR'",
        "CREATE VIEW named AS SELECT name FROM french UNION SELECT name FROM city",
        "CREATE VIEW counted AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 9), "
        "f AS NOT MATERIALIZED (SELECT * FROM named, n) SELECT count(*) FROM f, f AS g",
        *chain(30, reads=1),
        *(f"CREATE VIEW flat{i} AS SELECT * FROM french" for i in range(1000)),
    )


def test_no_views_pass() -> None:
    """Most artifacts have none."""
    check("CREATE TABLE city (id)")


def test_a_long_chain_of_expressions_passes() -> None:
    """Each of forty reads the one before once: that is what people write."""
    links = ", ".join(f"c{i} AS (SELECT * FROM c{i - 1})" for i in range(1, 40))

    check(f"CREATE VIEW v AS WITH c0(a) AS (SELECT 1), {links} SELECT * FROM c39")


@pytest.mark.parametrize(
    "statements",
    [
        chain(12, reads=2),
        chain(5, reads=8),
        chain(600, reads=1),
        [
            "CREATE VIEW v AS WITH c0 AS (SELECT 1 AS a), "
            + ", ".join(f"c{i}(a) AS MATERIALIZED (SELECT 1 FROM c{i - 1}, C{i - 1} AS x)" for i in range(1, 12))
            + " SELECT * FROM c11"
        ],
        [
            "CREATE VIEW v AS WITH a AS (WITH b AS (SELECT 1 AS x), c AS (SELECT 1 FROM "
            + ", ".join(f"b AS b{i}" for i in range(30))
            + ") SELECT 1 FROM "
            + ", ".join(f"c AS c{i}" for i in range(30))
            + ") SELECT * FROM a"
        ],
    ],
    ids=["doubling", "eightfold", "too long", "expressions", "nested expressions"],
)
def test_views_that_multiply_are_refused(statements: list[str]) -> None:
    """The error names the first one."""
    with pytest.raises(ArtifactError, match=r"view 'v.*' comes to more than 500 copies of others") as caught:
        check(*statements)

    assert caught.value.code == "MSQ-TOO-BIG"


def test_the_check_takes_no_longer_than_the_text_is_long() -> None:
    """It is itself safe from what it is there for."""
    nested = "SELECT " + "(" * 300 + "1" + ")" * 300

    check(f"CREATE VIEW v AS {nested} AS a, " + ", ".join(["f(f(f(1)))"] * 1900))
