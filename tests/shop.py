"""A data set whose rows come from a database that grows, and that database."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from microcosm_sqlite import DataSet


class Shop(DataSet, DeclarativeBase):
    """What analysts see of a shop."""

    __data_set__ = "shop"


class Order(Shop):
    """An order, with attributes that are not all called as their columns are."""

    __tablename__ = "shop_order"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    total: Mapped[Decimal] = mapped_column("amount")
    updated_at: Mapped[datetime]
    note: Mapped[str | None]


#: The table of the shop itself.
ORDERS = sa.Table(
    "orders",
    sa.MetaData(),
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("amount", sa.Numeric(12, 2), nullable=False),
    sa.Column("updated_at", sa.DateTime),
    sa.Column("note", sa.Text),
)


def order(number: int, *, minute: int = 0, code: str | None = None, note: str | None = None) -> dict[str, Any]:
    """Return an order that was last changed in this *minute*."""
    return {
        "id": number,
        "code": code or f"code {number}",
        "amount": Decimal(number) / 4,
        "updated_at": datetime(2026, 1, 5, 12 + minute // 60, minute % 60, 0, number),  # noqa: DTZ001
        "note": note,
    }


def put(engine: sa.Engine, rows: Iterable[Mapping[str, Any]]) -> None:
    """Put *rows* into the shop, in the place of those with their keys."""
    wanted = [dict(row) for row in rows]
    with engine.begin() as connection:
        connection.execute(sa.delete(ORDERS).where(ORDERS.c.id.in_([row["id"] for row in wanted])))
        if wanted:
            connection.execute(ORDERS.insert(), wanted)


def stored(connection: sa.Connection) -> list[tuple[Any, ...]]:
    """Return what a workbench has of the orders, by key."""
    columns = (Order.id, Order.code, Order.total, Order.updated_at, Order.note)
    return [tuple(row) for row in connection.execute(sa.select(*columns).order_by(Order.id))]


def expected(rows: Iterable[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
    """Return what a workbench should have once *rows* were taken."""
    return sorted((row["id"], row["code"], row["amount"], row["updated_at"], row["note"]) for row in rows)
