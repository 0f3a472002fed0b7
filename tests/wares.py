"""A data set with a column of each kind that does not take every value, for the tests of wrong arguments."""

from datetime import date
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, Query, mapped_column, relationship

from microcosm_sqlite import DataSet, Store
from microcosm_sqlite.artifacts.inspection import Artifact
from microcosm_sqlite.full_text import FullText
from microcosm_sqlite.place import Place
from microcosm_sqlite.sealing import Release, seal
from microcosm_sqlite.shipping.folder import FolderChannel
from microcosm_sqlite.types import EnumType, Truthy
from microcosm_sqlite.workbench import Workbench


class Size(Enum):
    """How large a ware is."""

    SMALL = "s"
    LARGE = "l"


class Taste(Enum):
    """Something else."""

    SWEET = 1


class Wares(DataSet, DeclarativeBase):
    """Wares and who makes them."""

    __data_set__ = "wares"


class Maker(Wares):
    """Who makes wares."""

    __tablename__ = "maker"

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]


class Ware(Wares):
    """Something for sale somewhere."""

    __tablename__ = "ware"
    __table_args__ = (FullText("name"), Place("latitude", "longitude"))

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    maker_code: Mapped[str] = mapped_column(sa.ForeignKey(Maker.code), index=True)
    stock: Mapped[int | None]
    weight: Mapped[float | None]
    price: Mapped[Decimal | None] = mapped_column(sa.Numeric(10, 2))
    size: Mapped[Size | None] = mapped_column(sa.Enum(Size))
    pack: Mapped[Size | None] = mapped_column(EnumType(Size))
    colour: Mapped[str | None] = mapped_column(sa.Enum("red", "blue"))
    is_new: Mapped[bool | None] = mapped_column(Truthy)
    number: Mapped[UUID | None]
    picture: Mapped[bytes | None]
    since: Mapped[date | None]
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]

    maker: Mapped[Maker] = relationship()


class MakerStore(Store[Maker]):
    """Makers."""


class WareStore(Store[Ware]):
    """Wares by whatever they have."""

    auto_filter_fields = (
        Ware.name,
        Ware.maker_code,
        Ware.stock,
        Ware.weight,
        Ware.price,
        Ware.size,
        Ware.pack,
        Ware.colour,
        Ware.is_new,
        Ware.number,
        Ware.picture,
        Ware.since,
    )
    order_by = (Ware.stock,)


class HookedWareStore(WareStore):
    """The same, but SQLAlchemy answers: a hook is overridden."""

    def _filter(self, query: Query[Ware], *, heavier: float | None = None, **filters: Any) -> Query[Ware]:
        if heavier is not None:
            query = query.filter(Ware.weight > heavier)
        return super()._filter(query, **filters)


MAKERS: list[dict[str, Any]] = [{"code": "a", "name": "Ada"}, {"code": "b", "name": "Blaise"}]
WARES: list[dict[str, Any]] = [
    {
        "id": number,
        "name": name,
        "maker_code": maker,
        "stock": 10 * number,
        "weight": 0.5 * number,
        "price": Decimal("1.50"),
        "size": Size.SMALL,
        "pack": Size.LARGE,
        "colour": "red",
        "is_new": True,
        "number": UUID(int=number),
        "picture": b"x",
        "since": date(2026, 1, number),
        "latitude": 1.0 * number,
        "longitude": 2.0 * number,
    }
    for number, (name, maker) in enumerate([("Cup", "a"), ("Jug", "a"), ("Pot", "b")], start=1)
]


def seal_wares(folder: Path) -> Artifact:
    """Return the artifact of all rows, published in *folder*."""
    with Workbench(Wares) as bench:
        bench.load(Maker, MAKERS)
        bench.load(Ware, WARES)
        return seal(bench, FolderChannel(folder), Release(version="1.0"))


def fill_wares(graph: Any) -> None:
    """Create the tables in the database of *graph*, with all rows."""
    Wares.create_all(graph)
    with Wares.new_context(graph) as context:
        assert context.session is not None
        context.session.add_all([*(Maker(**values) for values in MAKERS), *(Ware(**values) for values in WARES)])
        context.commit()
