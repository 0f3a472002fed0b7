"""Rebuild random cases in every environment that is there: `python -m tests.canonical.nightly --cases 3000`."""

import argparse
import os
import sys
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from tests.canonical.environments import Environment, present, surroundings

#: Cases per process: enough that starting it does not count.
_BATCH = 100


def digests_of(first: int, cases: int, *, jobs: int) -> dict[int, dict[str, set[str]]]:
    """Return for each case, by the digests of its files, the environments that made them.

    Each environment loads the rows in another order, this one twice.
    """
    found: dict[int, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    with ThreadPoolExecutor(jobs) as pool:
        for name, printed in pool.map(
            lambda work: (work[0].name, work[0].run(*work[1], surroundings=work[2])), _works(first, cases)
        ):
            for line in printed.splitlines():
                number, digest = line.split()
                found[int(number)][digest].add(name)
    return found


def _works(first: int, cases: int) -> Iterator[tuple[Environment, list[str], dict[str, str]]]:
    environments = present()
    for (shuffle, environment), variables in zip(
        enumerate([environments[0], *environments]), surroundings(), strict=False
    ):
        for start in range(first, first + cases, _BATCH):
            size = min(_BATCH, first + cases - start)
            arguments = ["tests.canonical.rebuilding", str(start), str(size), str(shuffle * 1_000_003)]
            yield environment, arguments, variables


def main() -> int:
    """Return 0 when every case gave one file everywhere."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=3000)
    parser.add_argument("--first", type=int, default=0, help="the number of the first case")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    arguments = parser.parse_args()
    print("Environments:", ", ".join(environment.name for environment in present()))
    found = digests_of(arguments.first, arguments.cases, jobs=arguments.jobs)
    different = {number: files for number, files in sorted(found.items()) if len(files) > 1}
    for number, files in different.items():
        print(
            f"case {number}:",
            *(f"{digest} by {', '.join(sorted(names))}" for digest, names in files.items()),
            sep="\n  ",
        )
    print(f"{len(different)} of {len(found)} cases differ")
    return 1 if different or len(found) != arguments.cases else 0


if __name__ == "__main__":
    sys.exit(main())
