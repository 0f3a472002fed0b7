"""A data set of towns, with as many rows as a benchmark asks for."""

from pathlib import Path
from random import Random
from typing import Any

from microcosm.api import create_object_graph, load_from_dict
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from microcosm_sqlite import DataSet, Store
from microcosm_sqlite.sealing import Release, seal
from microcosm_sqlite.shipping.folder import FolderChannel
from microcosm_sqlite.workbench import Workbench

#: Towns of one district: what a search finds.
PER_DISTRICT = 20

COLUMNS = "id, code, name, district, population, latitude, longitude, note"


class Towns(DataSet, DeclarativeBase):
    """Integers, reals, texts, and one that is mostly missing."""

    __data_set__ = "towns"


class Town(Towns):
    """A town."""

    __tablename__ = "town"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    district: Mapped[int] = mapped_column(index=True)
    population: Mapped[int]
    latitude: Mapped[float]
    longitude: Mapped[float]
    note: Mapped[str | None]


class TownStore(Store[Town]):
    """Towns by district, the smallest first."""

    auto_filter_fields = (Town.district,)
    order_by = (Town.population,)


class PlainTownStore(Store[Town]):
    """Towns in the order of their key."""


def sealed(folder: Path, rows: int) -> Path:
    """Return an artifact with *rows* towns in *folder*, made if it is not there yet."""
    path = folder / f"{rows}" / "towns.sqlite"
    if not path.exists():
        path.parent.mkdir(parents=True)
        random = Random(rows)
        with Workbench(Towns, folder=path.parent / "bench") as bench:
            bench.native.executemany(
                f"INSERT INTO town ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    (
                        number,
                        f"T{number:08}",
                        f"Town number {number}",
                        number % max(1, rows // PER_DISTRICT),
                        random.randrange(10_000_000),
                        random.uniform(-90, 90),
                        random.uniform(-180, 180),
                        None if number % 3 else "a note about the town",
                    )
                    for number in range(1, rows + 1)
                ),
            )
            seal(bench, FolderChannel(path.parent), Release(version="1"))
    return path


def graph_on(path: Path, **settings: Any) -> Any:
    """Return a graph that is bound to the artifact at *path*."""
    graph: Any = create_object_graph(
        "towns", testing=True, loader=load_from_dict(sqlite={"paths": {"towns": str(path)}, **settings})
    )
    graph.use("sqlite")
    graph.lock()
    return graph
