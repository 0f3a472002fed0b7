"""Kill whoever builds, seals and publishes, at moments spread evenly over the work.

`kill` does it in a process of its own, which forks the victims, so that none of them spends its life with imports.
"""

import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict, dataclass, field
from itertools import cycle
from pathlib import Path
from random import Random
from time import perf_counter, sleep
from typing import NoReturn

from tests.sealing_faults.chronicle import PUBLISHED, publish, whole_release, write_rows

RELEASES = ("1.0", "2.0")

#: After so many kills someone lives, and must find his way through what the dead left.
_LIVES_AFTER = 10


@dataclass
class Toll:
    """What the kills left."""

    kills: int = 0
    #: How often which release was found.
    found: dict[str, int] = field(default_factory=dict[str, int])
    #: How many kills left anything but a release.
    untidy: int = 0
    wrong: list[str] = field(default_factory=list[str])


def kill(folder: Path, *, kills: int, seed: int) -> Toll:
    """Return what came of so many *kills* of publications within the new *folder*."""
    (folder / "tmp").mkdir(parents=True)
    ran = subprocess.run(
        [sys.executable, "-m", __name__, str(folder), str(kills), str(seed)],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "TMPDIR": str(folder / "tmp")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return Toll(**json.loads(ran.stdout))


def _kill_many(folder: Path, *, kills: int, random: Random) -> Toll:
    rows = {release: write_rows(folder / f"rows-{release}", release) for release in RELEASES}
    published = folder / "published"
    published.mkdir()
    seconds = max(_seconds_of(rows, published) for _ in range(3))
    toll = Toll()
    for number in range(1, kills + 1):
        toll.kills += 1
        try:
            _kill_one(rows, published, after_seconds=random.uniform(0, seconds), first=random.choice(RELEASES))
            release = whole_release(published)
            toll.found[release] = toll.found.get(release, 0) + 1
            toll.untidy += bool(_left(folder))
            if number % _LIVES_AFTER == 0:
                publish(rows[RELEASES[0]], published, RELEASES[0])
                assert not _left(folder), f"the next run leaves {_left(folder)}"
        except Exception as error:  # noqa: BLE001 - Whatever it is, it is what was looked for.
            toll.wrong.append(f"kill {number}: {type(error).__name__}: {error}")
    return toll


def _seconds_of(rows: dict[str, Path], published: Path) -> float:
    start = perf_counter()
    for release in RELEASES:
        publish(rows[release], published, release)
    return perf_counter() - start


def _kill_one(rows: dict[str, Path], published: Path, *, after_seconds: float, first: str) -> None:
    child = os.fork()
    if not child:
        _publish_for_ever(rows, published, first)
    sleep(after_seconds)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), "it could not go on from what the one before left"


def _publish_for_ever(rows: dict[str, Path], published: Path, first: str) -> NoReturn:
    try:
        for release in cycle(sorted(RELEASES, key=lambda release: release != first)):
            publish(rows[release], published, release)
    finally:
        # Not to go on with what the parent was about.
        os._exit(1)


def _left(folder: Path) -> list[str]:
    """Return what is there beside a release."""
    names = [path.name for path in (folder / "published").iterdir()]
    return [name for name in names if name not in PUBLISHED] + [path.name for path in (folder / "tmp").iterdir()]


def main() -> None:
    """Kill as often as the arguments say, and print what came of it."""
    folder, kills, seed = sys.argv[1:]
    json.dump(asdict(_kill_many(Path(folder), kills=int(kills), random=Random(int(seed)))), sys.stdout)


if __name__ == "__main__":
    main()
