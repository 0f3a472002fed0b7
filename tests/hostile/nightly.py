"""Face hostile images and damaged artifacts: `python -m tests.hostile.nightly --images 15000`."""

import argparse
import os
import shutil
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import islice
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from tests.hostile.damaging import damaged, flipped
from tests.hostile.images import NAME, Image, claim, hostile, mutated, seeds
from tests.hostile.judging import judged


def mutants(folder: Path, *, first: int, count: int) -> Iterator[Image]:
    """Yield mutated artifacts, one at a time, each of which claims to be sound."""
    originals = seeds(folder / "seeds")
    for number in range(first, first + count):
        random = Random(number)
        place = folder / f"mutant-{number}"
        place.mkdir()
        path = place / f"{NAME}.sqlite"
        seed = random.choice(originals)
        claim(path, mutated(seed.content, random), seed)
        yield Image(f"mutant {number}", path)
        shutil.rmtree(place)


def _mutants_judged(work: tuple[int, int]) -> list[str]:
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "cache").mkdir()
        return list(judged(mutants(folder, first=work[0], count=work[1]), folder / "cache"))


def main() -> int:
    """Return 0 when no image did any harm, and no damage was accepted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=15_000)
    parser.add_argument("--flips", type=int, default=20_000)
    parser.add_argument("--damages", type=int, default=5_000)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    arguments = parser.parse_args()
    wrong: list[str] = []
    with TemporaryDirectory() as name:
        (Path(name) / "cache").mkdir()
        found = list(judged(hostile(Path(name)), Path(name) / "cache"))
        print(f"images made by hand: {len(found)} did harm")
        wrong += found
    share = 250
    works = [(start, min(share, arguments.images - start)) for start in range(0, arguments.images, share)]
    with ProcessPoolExecutor(arguments.jobs) as pool:
        found = [line for lines in pool.map(_mutants_judged, works) for line in lines]
        print(f"mutated images: {len(found)} of {arguments.images} did harm")
        wrong += found
        for title, make, count in (
            ("bit flips", flipped, arguments.flips),
            ("other damage", damaged, arguments.damages),
        ):
            shares = [count // arguments.jobs + (job < count % arguments.jobs) for job in range(arguments.jobs)]
            accepted = [line for lines in pool.map(partial(make), range(arguments.jobs), shares) for line in lines]
            print(f"{title}: {len(accepted)} of {count} accepted")
            wrong += accepted
    for line in islice(wrong, 100):
        print(" ", line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
