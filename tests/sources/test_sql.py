"""Rows of databases."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from microcosm_sqlite.errors import SourceError
from microcosm_sqlite.sources.sql import SQLSource
from tests.shop import ORDERS, order, put


@pytest.fixture
def shop(tmp_path: Path) -> sa.Engine:
    """Return a shop with ten orders."""
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'shop.sqlite'}")
    ORDERS.metadata.create_all(engine)
    put(engine, [order(number) for number in range(1, 11)])
    return engine


@pytest.mark.parametrize(
    "rows", ["orders", "main.orders", ORDERS, sa.select(ORDERS), sa.select(ORDERS).where(sa.true())]
)
def test_rows_of_a_table_or_a_query(shop: sa.Engine, rows: object) -> None:
    """By the names of their columns, with the types of the database."""
    with SQLSource(shop, rows).connect() as found:  # type: ignore[arg-type]
        assert list(found.columns) == ["id", "code", "amount", "updated_at", "note"]
        assert [row for batch in found.stream() for row in batch] == [order(number) for number in range(1, 11)]


def test_conditions_go_around_a_query(shop: sa.Engine) -> None:
    """Whatever it has itself: a limit, an order, groups."""
    query = sa.select((ORDERS.c.id % 3).label("rest"), sa.func.count().label("number")).group_by("rest").limit(2)
    with SQLSource(shop, query).connect() as found:
        rows = found.columns
        assert list(found.marked([rows["rest"]], rows["number"] > 0, order_by=[rows["rest"].desc()], limit=1)) == [
            ([{"rest": 1, "number": 4}], [(1,)])
        ]


def test_rows_come_some_at_a_time(shop: sa.Engine) -> None:
    """However many there are."""
    put(shop, [order(number) for number in range(1, 2501)])

    with SQLSource(shop, "orders").connect() as found:
        assert [len(batch) for batch in found.stream()] == [1000, 1000, 500]


def test_what_a_column_cannot_hold_is_told_with_what_it_might_be(shop: sa.Engine) -> None:
    """Databases that keep anything anywhere: in which of the rows, and of which columns there are values of a type."""
    put(shop, [order(number) for number in range(1, 1501)])
    with shop.begin() as connection:
        connection.exec_driver_sql("UPDATE orders SET updated_at = 'x' WHERE id = 1200")

    wanted = r"types of its columns: .*updated_at \(DATETIME\).*, found .*'x'.*, in one of the rows from 1001 to 2000"
    with pytest.raises(SourceError, match=wanted), SQLSource(shop, "orders").connect() as rows:
        list(rows.batches())


def test_the_name_tells_no_secret(shop: sa.Engine) -> None:
    """Neither user nor password, as it is kept with the rows; an own name is better where hosts change."""
    assert SQLSource("postgresql+psycopg://me:hunter2@db.example:5433/shop?sslmode=require", "public.orders").name == (
        "postgresql://db.example:5433/shop/public.orders"
    )
    assert SQLSource("sqlite:////srv/shop.sqlite", sa.select(ORDERS.c.id)).name == "sqlite:///srv/shop.sqlite/orders"
    assert SQLSource(shop, "orders", name="the shop").name == "the shop"


def test_what_is_no_url() -> None:
    """The text is not repeated: it may hold a password."""
    with pytest.raises(SourceError, match="expected a URL such as postgresql") as raised:
        SQLSource("me:hunter2@nowhere", "orders")
    assert "hunter2" not in str(raised.value)


def test_no_such_table(shop: sa.Engine) -> None:
    """It is named, and where it was looked for."""
    expected = r"shop\.sqlite/nope: expected rows, found no table nope\. Correct the name"
    with pytest.raises(SourceError, match=expected), SQLSource(shop, "nope").connect():
        pass


def test_a_query_that_fails(shop: sa.Engine) -> None:
    """What the database says is said."""
    query: sa.Select[tuple[object]] = sa.select(sa.column("nope")).select_from(ORDERS)

    expected = r"found no such column: nope\. See that the database runs"
    with pytest.raises(SourceError, match=expected), SQLSource(shop, query).connect() as rows:
        list(rows.stream())


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """None is made in its place."""
    source = SQLSource(f"sqlite:///{tmp_path / 'none.db'}", "orders")
    with pytest.raises(SourceError, match=r"expected a database at .*none\.db, found nothing there"), source.connect():
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_nobody_knows() -> None:
    """Its name is said."""
    source = SQLSource("mysqlx://host/db", "orders")
    with pytest.raises(SourceError, match="expected a database that SQLAlchemy knows, found mysqlx"), source.connect():
        pass


def test_values_that_are_none_of_their_types(shop: sa.Engine) -> None:
    """The value is shown."""
    with shop.begin() as connection:
        connection.exec_driver_sql("UPDATE orders SET updated_at = 'yesterday' WHERE id = 3")

    with pytest.raises(SourceError, match="yesterday"), SQLSource(shop, "orders").connect() as rows:
        list(rows.stream())


def test_what_is_neither_table_nor_query(shop: sa.Engine) -> None:
    """Text of SQL says nothing of its columns."""
    with pytest.raises(TypeError, match=r"expected the name of a table, a Table or a select\(\), found TextClause"):
        SQLSource(shop, sa.text("SELECT 1"))  # type: ignore[arg-type]


def test_a_database_that_cannot_be_reached(tmp_path: Path) -> None:
    """Nothing is made where there is none."""
    source = SQLSource(sa.create_engine(f"sqlite:///{tmp_path / 'none' / 'shop.sqlite'}"), "orders")
    with pytest.raises(SourceError, match="unable to open database file"), source.connect():
        pass


def test_a_driver_that_is_not_installed() -> None:
    """It is named."""
    expected = r"expected a driver for mysql\+pymysql, found no module pymysql\. Install"
    with pytest.raises(SourceError, match=expected), SQLSource("mysql+pymysql://db/shop", "orders").connect():
        pass


def test_an_engine_of_the_caller_stays_open(shop: sa.Engine) -> None:
    """Who made it disposes of it."""
    kept = shop.connect()

    with SQLSource(shop, "orders").connect():
        pass

    assert kept.execute(sa.select(1)).scalar() == 1
    kept.close()
