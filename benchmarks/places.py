"""How long does it take to find what is nearby, beside an R-Tree and a scan of the table?

`python benchmarks/places.py [rows]`. Every line computes the same distances and gives the same rows in the same order.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import apsw
from villages import Village, VillageStore, connection_on, microseconds, rows, sealed, store_on, table

from microcosm_sqlite.lookups.distances import kilometres_between
from microcosm_sqlite.lookups.places import box_around
from microcosm_sqlite.place import Box, place_of

#: How far is looked, and around how many places.
DISTANCES = (1, 10, 100, 1000)
PLACES = 200

_COLUMNS = "id, name, district, population, latitude, longitude"

Around = Callable[[Box], list[Any]]


def with_rtree(path: Path, count: int) -> Path:
    """Return a database with the same rows and an R-Tree; no artifact, because its bytes depend on more than these."""
    connection = apsw.Connection(str(path))
    connection.execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")
    connection.execute(
        "CREATE TABLE village (id INTEGER PRIMARY KEY, name TEXT NOT NULL, district TEXT NOT NULL,"
        " population INTEGER NOT NULL, latitude REAL NOT NULL, longitude REAL NOT NULL) STRICT;"
        "CREATE VIRTUAL TABLE place USING rtree(id, south, north, west, east)"
    )
    with connection:
        connection.executemany("INSERT INTO village VALUES (?, ?, ?, ?, ?, ?)", rows(count))
        connection.execute("INSERT INTO place SELECT id, latitude, latitude, longitude, longitude FROM village")
    connection.close()
    return path


def by_bands(connection: apsw.Connection) -> Around:
    """Return what reads the rows inside a box by our index, as tuples."""
    place = place_of(Village.__table__)
    assert place is not None
    sql = (
        f"SELECT {_COLUMNS} FROM village WHERE CAST(latitude * 16 AS INTEGER) IN (SELECT value FROM json_each(?))"
        " AND longitude BETWEEN ? AND ? AND latitude BETWEEN ? AND ?"
    )

    def around(box: Box) -> list[Any]:
        bands = json.dumps(list(place.bands(box)))
        return [
            row
            for west, east in box.longitudes
            for row in connection.execute(sql, (bands, west, east, box.south, box.north))
        ]

    return around


def by_rtree(connection: apsw.Connection) -> Around:
    """Return what reads the same rows by an R-Tree, which keeps 32 bits of a coordinate, rounded outwards."""
    sql = (
        f"SELECT {', '.join(f'village.{column}' for column in _COLUMNS.split(', '))} FROM place"
        " JOIN village USING (id) WHERE west <= ? AND east >= ? AND south <= ? AND north >= ?"
        " AND longitude BETWEEN ? AND ? AND latitude BETWEEN ? AND ?"
    )

    def around(box: Box) -> list[Any]:
        return [
            row
            for west, east in box.longitudes
            for row in connection.execute(sql, (east, west, box.north, box.south, west, east, box.south, box.north))
        ]

    return around


def by_scan(connection: apsw.Connection) -> Around:
    """Return what reads the same rows by looking at all."""
    sql = f"SELECT {_COLUMNS} FROM village NOT INDEXED WHERE longitude BETWEEN ? AND ? AND latitude BETWEEN ? AND ?"

    def around(box: Box) -> list[Any]:
        return [
            row for west, east in box.longitudes for row in connection.execute(sql, (west, east, box.south, box.north))
        ]

    return around


def near(around: Around, latitude: float, longitude: float, kilometres: float) -> list[tuple[float, Any]]:
    """Return distance and row of all that is so near, the nearest first."""
    found = [
        (away, row)
        for row in around(box_around(latitude, longitude, kilometres=kilometres))
        if (away := kilometres_between(latitude, longitude, row[4], row[5])) <= kilometres
    ]
    found.sort(key=lambda one: (one[0], one[1][0]))
    return found


def check(store: VillageStore, ways: dict[str, Around], places: list[tuple[float, float]]) -> None:
    """Check that all ways find the same."""
    for place in places[:5]:
        ours = [(one.kilometres, one.row.id) for one in store.near(*place, kilometres=100)]
        for name, around in ways.items():
            assert [(away, row[0]) for away, row in near(around, *place, 100)] == ours, name


def main() -> None:
    """Print the tables."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with TemporaryDirectory() as folder:
        path = sealed(Path(folder), count)
        tree = with_rtree(Path(folder) / "tree.sqlite", count)
        store = store_on(path)
        ways = {
            "our index, tuples": by_bands(connection_on(path)),
            "R-Tree, tuples": by_rtree(connection_on(tree)),
            "a scan, tuples": by_scan(connection_on(path)),
        }
        random = Random(1)
        keys = [random.randrange(1, count) for _ in range(PLACES)]
        places = [(row.latitude, row.longitude) for row in store.retrieve_many(keys)]
        check(store, ways, places)
        ours, theirs = (one.stat().st_size / 1e6 for one in (path, tree))
        print(f"{count:,} rows; artifact with words and places {ours:.0f} MB, file with an R-Tree only {theirs:.0f} MB")
        found = [sum(len(store.near(*p, kilometres=km)) for p in places[:20]) // 20 for km in DISTANCES]
        columns = [f"{km} km ({rows_:,} rows)" for km, rows_ in zip(DISTANCES, found, strict=True)]
        lines = [("near, instances", [microseconds([_near(store, p, km) for p in places]) for km in DISTANCES])]
        for name, around in ways.items():
            lines.append((name, [microseconds([_by(around, p, km) for p in places]) for km in DISTANCES]))
        table("All within so many kilometres, median of one question", columns, lines)
        nearest = [microseconds([_nearest(store, p, limit) for p in places]) for limit in (1, 10)]
        print(f"\nThe nearest, or ten, however far: {nearest[0]:,.0f} µs, {nearest[1]:,.0f} µs")


def _near(store: VillageStore, place: tuple[float, float], kilometres: float) -> Callable[[], object]:
    return lambda: store.near(*place, kilometres=kilometres)


def _nearest(store: VillageStore, place: tuple[float, float], limit: int) -> Callable[[], object]:
    return lambda: store.near(*place, limit=limit)


def _by(around: Around, place: tuple[float, float], kilometres: float) -> Callable[[], object]:
    return lambda: near(around, *place, kilometres)


if __name__ == "__main__":
    main()
