"""How much longer does sealing take than compacting and checking the same file, which proves nothing?"""

from collections.abc import Iterator
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import apsw
from measuring import report, verdict
from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from microcosm_sqlite.dataset import DataSet
from microcosm_sqlite.sealing import Release, seal
from microcosm_sqlite.shipping.folder import FolderChannel
from microcosm_sqlite.workbench import Workbench

COUNTRIES, CITIES, WORDS, EVENTS = 250, 300_000, 200_000, 300_000
ROUNDS = 5


class Atlas(DataSet, DeclarativeBase):
    """Tables as data sets have them: integer and text keys, references, indexes, a few long values."""

    __data_set__ = "atlas"


class Country(Atlas):
    """Keyed by text."""

    __tablename__ = "country"

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]


class City(Atlas):
    """Keyed by number, with an index."""

    __tablename__ = "city"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(index=True)
    country: Mapped[str] = mapped_column(ForeignKey("country.code"))
    latitude: Mapped[float]
    longitude: Mapped[float]
    population: Mapped[int]


class Word(Atlas):
    """Keyed by text, loaded in no order."""

    __tablename__ = "word"

    word: Mapped[str] = mapped_column(primary_key=True)
    gloss: Mapped[str]
    weight: Mapped[float | None]


class Event(Atlas):
    """With a UNIQUE constraint, an index, and some values longer than a page."""

    __tablename__ = "event"
    __table_args__ = (UniqueConstraint("city_id", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    city_id: Mapped[int] = mapped_column(ForeignKey("city.id"))
    kind: Mapped[str] = mapped_column(index=True)
    note: Mapped[str | None]
    picture: Mapped[bytes | None]


def main() -> None:
    """Print the figures."""
    plain: list[float] = []
    sealing: list[float] = []
    with TemporaryDirectory() as name, Workbench(Atlas) as bench:
        folder = Path(name)
        size = _fill(bench)
        for number in range(ROUNDS):
            plain.append(_seconds_of_plain(bench, folder / f"{number}.sqlite"))
            start = perf_counter()
            seal(bench, FolderChannel(folder), Release(version="1"))
            sealing.append(perf_counter() - start)
    report(
        f"A workbench of {size / 1e6:.0f} MB",
        {"VACUUM INTO, integrity_check": median(plain), "seal": median(sealing)},
        unit="s",
    )
    verdict("ratio", median(sealing) / median(plain), limit=2.5)


def _fill(bench: Workbench) -> int:
    random = Random(1)
    bench.load(Country, ({"code": f"C{number}", "name": f"Country {number}"} for number in range(COUNTRIES)))
    bench.load(City, _cities(random))
    bench.load(
        Word,
        (
            {"word": f"{random.getrandbits(48):x}{number}", "gloss": f"the gloss of word {number} " * 2, "weight": None}
            for number in range(WORDS)
        ),
    )
    bench.load(Event, _events(random))
    return bench.path.stat().st_size


def _cities(random: Random) -> Iterator[dict[str, object]]:
    for number in range(1, CITIES + 1):
        yield {
            "id": number,
            "name": f"{random.getrandbits(40):x} ville {number}",
            "country": f"C{random.randrange(COUNTRIES)}",
            "latitude": random.uniform(-90, 90),
            "longitude": random.uniform(-180, 180),
            "population": random.randrange(10**7),
        }


def _events(random: Random) -> Iterator[dict[str, object]]:
    for number in range(1, EVENTS + 1):
        yield {
            "id": number,
            "city_id": number,
            "kind": f"kind {number % 7}",
            "note": f"note {number} " * 6,
            "picture": None if number % 2000 else random.randbytes(6000),
        }


def _seconds_of_plain(bench: Workbench, path: Path) -> float:
    start = perf_counter()
    bench.native.execute("VACUUM INTO ?", (str(path),))
    connection = apsw.Connection(str(path))
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()
    seconds = perf_counter() - start
    path.unlink()
    return seconds


if __name__ == "__main__":
    main()
