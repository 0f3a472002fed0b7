"""A data set of villages that are found by words and by place, with as many rows as a benchmark asks for."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter
from typing import Any

import apsw
from microcosm.api import create_object_graph, load_from_dict
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from microcosm_sqlite import DataSet, Store
from microcosm_sqlite.full_text import FullText
from microcosm_sqlite.place import Place
from microcosm_sqlite.sealing import Release, seal
from microcosm_sqlite.shipping.folder import FolderChannel
from microcosm_sqlite.workbench import Workbench

SYLLABLES = "pa ris lon don ber lin são pau lo zü rich new york san fran cis co mar seille lyon por to ro ma ki el"


class Villages(DataSet, DeclarativeBase):
    """Villages."""

    __data_set__ = "villages"


class Village(Villages):
    """A village."""

    __tablename__ = "village"
    __table_args__ = (FullText("name", "district", weights=(10, 1), prefix=(2, 3)), Place("latitude", "longitude"))

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    district: Mapped[str]
    population: Mapped[int]
    latitude: Mapped[float]
    longitude: Mapped[float]


class VillageStore(Store[Village]):
    """Villages by district, in the order of their keys."""

    auto_filter_fields = (Village.district,)


def rows(count: int) -> Iterator[tuple[Any, ...]]:
    """Yield villages: most of them near one of some towns, as people live, the others anywhere."""
    random = Random(count)
    towns = [(random.uniform(-55, 70), random.uniform(-180, 180)) for _ in range(count // 50)]
    syllables = SYLLABLES.split()
    words = ["".join(random.choices(syllables, k=random.choice((1, 2, 2, 3)))) for _ in range(20_000)]
    for number in range(1, count + 1):
        latitude, longitude = random.choice(towns)
        latitude, longitude = latitude + random.gauss(0, 0.3), longitude + random.gauss(0, 0.3)
        name = " ".join(random.choices(words, k=random.choice((1, 1, 2, 3))))
        yield (
            number,
            name.title(),
            random.choice(words),
            random.randrange(10_000),
            max(-90.0, min(90.0, latitude)),
            (longitude + 540) % 360 - 180,
        )


def sealed(folder: Path, count: int) -> Path:
    """Return an artifact with *count* villages in *folder*."""
    with Workbench(Villages, folder=folder / "bench") as bench:
        bench.native.executemany("INSERT INTO village VALUES (?, ?, ?, ?, ?, ?)", rows(count))
        return seal(bench, FolderChannel(folder), Release(version="1")).path


def store_on(path: Path) -> VillageStore:
    """Return a store on the artifact at *path*."""
    graph: Any = create_object_graph(
        "x", testing=True, loader=load_from_dict(sqlite={"paths": {"villages": str(path)}})
    )
    return VillageStore(graph)


def connection_on(path: Path) -> apsw.Connection:
    """Return what the engine alone reads *path* with."""
    return apsw.Connection(f"file:{path}?mode=ro&immutable=1", flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI)


def microseconds(asks: Sequence[Callable[[], object]], *, seconds: float = 2.0) -> float:
    """Return the median microseconds of *asks*, run once before, then for at most so many seconds."""
    asks[0]()
    taken: list[float] = []
    end = perf_counter() + seconds
    for ask in asks:
        start = perf_counter()
        ask()
        now = perf_counter()
        taken.append(now - start)
        if now > end:
            break
    return median(taken) * 1e6


def table(title: str, columns: Sequence[str], lines: Sequence[tuple[str, Sequence[float]]]) -> None:
    """Print a table of microseconds; the first line is ours, and the others say how many times as long they take."""
    print(f"\n{title}")
    print(f"  {'':<44}" + "".join(f"{column:>24}" for column in columns))
    ours = lines[0][1]
    for number, (name, figures) in enumerate(lines):
        cells = [
            f"{figure:,.0f} µs"
            if not number
            else f"{figure:,.0f} µs ({figure / own:.2f} x{' WINS' if figure < own else ''})"
            for figure, own in zip(figures, ours, strict=True)
        ]
        print(f"  {name:<44}" + "".join(f"{cell:>24}" for cell in cells))
