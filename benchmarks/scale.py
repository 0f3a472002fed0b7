"""Do look-ups stay what they are in large artifacts, in several processes and threads, and for a long time?

python benchmarks/scale.py                    # ten million rows: 2 GB of disk, some minutes
python benchmarks/scale.py --rows 1000000
"""

import argparse
import subprocess
import sys
import threading
from pathlib import Path
from random import Random
from resource import getpagesize
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from towns import TownStore, graph_on, sealed

SMALL = 10_000
ROUNDS = 5
KEYS = 20_000
LONG = 1_000_000


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--work", nargs=2, metavar=("PATH", "ROWS"), help="say how fast this process is")
    parser.add_argument("--memory", nargs=2, metavar=("PATH", "ROWS"), help="say how far this process grows")
    arguments = parser.parse_args()
    for asked, answer in ((arguments.work, look_ups_a_second), (arguments.memory, megabytes)):
        if asked:
            print(answer(Path(asked[0]), int(asked[1])))
            return
    with TemporaryDirectory() as name:
        folder = Path(name)
        small, large = sealed(folder, SMALL), sealed(folder, arguments.rows)
        print(f"Artifacts of {small.stat().st_size / 2**20:,.0f} MB and {large.stat().st_size / 2**20:,.0f} MB")
        sizes(small, large, arguments.rows)
        memory(large, arguments.rows)
        processes(large, arguments.rows)
        threads(large, arguments.rows)


def microseconds(store: Any, rows: int, *, seed: int) -> float:
    """Return how long a row takes that nobody asked for before; nothing is kept, so that none is seen twice."""
    random = Random(seed)
    times: list[float] = []
    for _ in range(ROUNDS):
        keys = [random.randrange(1, rows + 1) for _ in range(KEYS)]
        start = perf_counter()
        for key in keys:
            store.retrieve(key)
        times.append((perf_counter() - start) / KEYS * 1e6)
    return median(times)


def sizes(small: Path, large: Path, rows: int) -> None:
    """Random keys in a small and in a large artifact."""
    few = microseconds(TownStore(graph_on(small, kept_rows=0)), SMALL, seed=1)
    many = microseconds(TownStore(graph_on(large, kept_rows=0)), rows, seed=1)
    print(f"\nA random row of {SMALL:,}: {few:.2f} us; of {rows:,}: {many:.2f} us")
    verdict("times", many / few, 2)


def megabytes(path: Path, rows: int) -> float:
    """Return how far the resident memory of this process grows by random look-ups."""
    store, random = TownStore(graph_on(path)), Random(2)
    store.retrieve(1)
    before = resident()
    for _ in range(LONG):
        store.retrieve(random.randrange(1, rows + 1))
    return (resident() - before) / 2**20


def resident() -> int:
    """Return how many bytes of this process are in memory now."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * getpagesize()


def memory(path: Path, rows: int) -> None:
    """Resident memory after a million random look-ups."""
    command = [sys.executable, __file__, "--memory", str(path), str(rows)]
    ran = subprocess.run(command, check=True, capture_output=True, text=True)
    print(f"\nResident memory after {LONG:,} random look-ups with the default settings")
    verdict("MB above the start", float(ran.stdout), 64)


def look_ups_a_second(path: Path, rows: int) -> float:
    """Return how many random rows this process looks up in a second."""
    store, random = TownStore(graph_on(path)), Random()
    keys = [random.randrange(1, rows + 1) for _ in range(200_000)]
    store.retrieve(1)
    start = perf_counter()
    for key in keys:
        store.retrieve(key)
    return len(keys) / (perf_counter() - start)


def processes(path: Path, rows: int) -> None:
    """As many processes as there are cores, up to four, against one."""

    def together(count: int) -> float:
        command = [sys.executable, __file__, "--work", str(path), str(rows)]
        running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(count)]
        return sum(float(process.communicate()[0]) for process in running)

    one, four = (median(together(count) for _ in range(3)) for count in (1, 4))
    print(f"\nLook-ups a second in one process: {one:,.0f}; in four: {four:,.0f}")
    print(f"  -> {'times':<60} {four / one:10.2f} (at least 3.2) {'reached' if four / one >= 3.2 else 'MISSED'}")


def threads(path: Path, rows: int) -> None:
    """Eight threads against one: they share one interpreter lock, and must not be slower for it."""
    store = TownStore(graph_on(path))

    def work(share: int, seed: int) -> None:
        random = Random(seed)
        for _ in range(share):
            store.retrieve(random.randrange(1, rows + 1))

    def together(count: int) -> float:
        running = [threading.Thread(target=work, args=(160_000 // count, number)) for number in range(count)]
        start = perf_counter()
        for thread in running:
            thread.start()
        for thread in running:
            thread.join()
        return 160_000 / (perf_counter() - start)

    one, eight = (median(together(count) for _ in range(3)) for count in (1, 8))
    print(f"\nLook-ups a second in one thread: {one:,.0f}; in eight together: {eight:,.0f}")
    print(f"  -> {'times':<60} {eight / one:10.2f} (at least 1) {'reached' if eight >= one else 'MISSED'}")


def verdict(name: str, found: float, limit: float) -> None:
    """Print whether *found* keeps *limit*."""
    print(f"  -> {name:<60} {found:10.2f} (at most {limit:g}) {'reached' if found <= limit else 'MISSED'}")


if __name__ == "__main__":
    main()
