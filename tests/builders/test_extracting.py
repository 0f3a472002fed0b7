"""Taking the rows of a database that are new."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from microcosm_sqlite.builders import extracting
from microcosm_sqlite.builders.extracting import Extract, Extracted, extract_all, extract_new
from microcosm_sqlite.builders.watermarks import Watermarks
from microcosm_sqlite.errors import RowsRejectedError
from microcosm_sqlite.sources.sql import SQLSource
from microcosm_sqlite.workbench import Workbench
from tests.shop import ORDERS, Order, Shop, expected, order, put, stored


@pytest.fixture
def shop(tmp_path: Path) -> sa.Engine:
    """Return a shop without orders."""
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'shop.sqlite'}")
    ORDERS.metadata.create_all(engine)
    return engine


@pytest.fixture
def bench() -> Iterator[Workbench]:
    """Return a workbench."""
    with Workbench(Shop) as bench:
        yield bench


def by(shop: sa.Engine, watermark: Any, **options: Any) -> Extract:
    """Return an extraction of the orders."""
    return Extract.of(
        Order, SQLSource(shop, "orders"), watermark=watermark, **({"initial": None, "lag": None} | options)
    )


@pytest.mark.parametrize("watermark", ["id", ORDERS.c.id, Order.id, ("id",), (ORDERS.c.id,)])
def test_one_column_or_several(shop: sa.Engine, watermark: Any) -> None:
    """By name, column or attribute."""
    extract = by(shop, watermark, initial=3)

    assert (extract.watermark, extract.initial) == (("id",), (3,))
    assert extract.extraction.table == "shop_order"


def test_the_caller_decides_what_stays(shop: sa.Engine, bench: Workbench) -> None:
    """Rows and mark are undone together."""
    put(shop, [order(1)])
    connection = bench.connection

    taken = extract_new(connection, by(shop, "id"))
    assert taken.rows == len(stored(connection)) == 1
    connection.rollback()

    assert stored(connection) == []
    assert Watermarks(connection).get(by(shop, "id").extraction) is None


def test_nothing_there_yet(shop: sa.Engine, bench: Workbench) -> None:
    """Then there is no mark either; rows that come later are taken."""
    assert extract_new(bench.connection, by(shop, "id")) == Extracted(rows=0, mark=None)
    put(shop, [order(1)])

    assert extract_new(bench.connection, by(shop, "id")).rows == 1


def test_all_anew(shop: sa.Engine, bench: Workbench) -> None:
    """What is gone from the source is gone; a failure leaves the transaction to the caller."""
    put(shop, [order(1), order(2)])
    extract_new(bench.connection, by(shop, "id"))
    with shop.begin() as connection:
        connection.execute(sa.delete(ORDERS).where(ORDERS.c.id == 1))

    assert extract_all(bench.connection, by(shop, "id")).rows == 1
    assert stored(bench.connection) == expected([order(2)])
    bench.commit()
    put(shop, [order(3, code="code 2")])
    with pytest.raises(RowsRejectedError):
        extract_all(bench.connection, by(shop, "id"))
    bench.connection.rollback()
    assert stored(bench.connection) == expected([order(2)])


def test_new_rows_go_through_a_file_where_they_are_many(
    shop: sa.Engine, bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Old rows with their keys all go before the first new one comes."""
    monkeypatch.setattr(extracting, "_KEPT_BYTES", 1000)
    put(shop, [order(number) for number in range(1, 2501)])
    extract_new(bench.connection, by(shop, ("updated_at", "id")))
    # Each gets the code of the one before it.
    changed = [order(number, minute=1, code=f"code {number % 2500 + 1}") for number in range(1, 2501)]
    put(shop, changed)

    assert extract_new(bench.connection, by(shop, ("updated_at", "id"))).rows == 2500
    assert stored(bench.connection) == expected(changed)


@pytest.mark.parametrize(
    ("mark", "lag", "earlier"),
    [
        (10, 3, 7),
        (1.5, 0.5, 1.0),
        (date(2026, 1, 5), timedelta(days=2), date(2026, 1, 3)),
        (date(2026, 1, 5), timedelta(hours=1), date(2026, 1, 4)),
        ("2026-01-05 12:30:00", timedelta(minutes=10), "2026-01-05 12:20:00"),
        ("2026-01-05T12:30:00.75", timedelta(minutes=10), "2026-01-05 12:20:00"),
        ("2026-01-05", timedelta(hours=1), "2026-01-04"),
    ],
)
def test_a_lag_is_of_the_unit_of_the_mark(mark: Any, lag: Any, earlier: Any) -> None:
    """A part of a day is a whole one where only days are known."""
    assert extracting._earlier(mark, lag) == earlier


def test_a_lag_of_another_kind_is_told_the_first_time(shop: sa.Engine, bench: Workbench) -> None:
    """Not with the second build, when rows are late."""
    put(shop, [order(1)])

    for watermark, lag in (("id", timedelta(1)), ("updated_at", 5), ("updated_at", "5m")):
        with pytest.raises(TypeError, match=r"a lag of .* cannot be taken from a mark of"):
            extract_new(bench.connection, by(shop, watermark, lag=lag))
        bench.connection.rollback()


def test_what_makes_no_sense(shop: sa.Engine) -> None:
    """Said before anything is read."""
    with pytest.raises(ValueError, match="expected a column that grows as the watermark, found none"):
        by(shop, ())
    with pytest.raises(ValueError, match="expected a lag of 0 or more"):
        by(shop, "updated_at", lag=timedelta(-1))
