"""Kill, and let fail, every way there is: `python -m tests.sealing_faults.nightly --kills 2000`."""

import argparse
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from tests.sealing_faults.chronicle import publish, write_rows
from tests.sealing_faults.injecting import INJECTIONS, Before, Findings, inject
from tests.sealing_faults.interposing import compiled
from tests.sealing_faults.killing import kill
from tests.sealing_faults.meeting import meet


class Case(NamedTuple):
    """Which work is disturbed, and how, over which release."""

    work: str
    before: Before
    kind: str
    error: str

    def __str__(self) -> str:
        return f"{self.work}, over a release {self.before.value}: {self.kind} {self.error}".strip()


CASES = [
    Case(work, before, kind, error)
    for work, before in (("library", Before.SETTLED), ("library", Before.CUT_SHORT), ("command", Before.SETTLED))
    for kind, error in INJECTIONS
]


def _killed(folder: Path, kills: int, jobs: int) -> Iterator[str]:
    with ThreadPoolExecutor(jobs) as pool:
        shares = [kills // jobs + (number < kills % jobs) for number in range(jobs)]
        tolls = list(
            pool.map(lambda job: kill(folder / f"kills-{job[0]}", kills=job[1], seed=job[0]), enumerate(shares))
        )
    wrong = [line for toll in tolls for line in toll.wrong]
    print(f"kill -9 at random moments: {sum(toll.kills for toll in tolls)} kills, {len(wrong)} torn")
    yield from wrong


def _injected(folder: Path, step: int, jobs: int) -> Iterator[str]:
    library = compiled(folder)
    if library is None:
        print("No C compiler: no errors were injected")
        return
    with ThreadPoolExecutor(jobs) as pool:
        found = pool.map(lambda case: _inject(library, folder, case, step), CASES)
        faults = 0
        for case, findings in zip(CASES, found, strict=True):
            faults += findings.struck
            print(f"{case}: {findings.struck} of {findings.calls} calls struck, {len(findings.wrong)} wrong")
            yield from (f"{case}: {line}" for line in findings.wrong)
    print(f"{faults} faults injected in all")


def _inject(library: Path, folder: Path, case: Case, step: int) -> Findings:
    place = folder / str(case).replace(" ", "-")
    return inject(
        library, place, before=case.before, work=case.work, kind=case.kind, error=case.error, first=1, step=step
    )


def _met(folder: Path, times: int) -> Iterator[str]:
    place = folder / "met"
    place.mkdir()
    sealers = [(write_rows(folder / f"rows-{release}", release), release) for release in ("1.0", "2.0", "3.0")]
    publish(sealers[0][0], place, "1.0")
    seen = meet(place, sealers, times=times, readers=2)
    reads, wrong = sum(reader.reads for reader in seen), [line for reader in seen for line in reader.wrong]
    print(f"{3 * times} publications by three at once: {reads} reads, {len(wrong)} wrong")
    yield from wrong


def main() -> int:
    """Return 0 when nothing was torn, nothing reported falsely, and no reader refused."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=2000)
    parser.add_argument("--step", type=int, default=1, help="strike every call, every second ...")
    parser.add_argument("--times", type=int, default=500, help="how often each of three publishes")
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    with TemporaryDirectory() as name:
        folder = Path(name)
        wrong = [
            *_killed(folder, arguments.kills, arguments.jobs),
            *_injected(folder, arguments.step, arguments.jobs),
            *_met(folder, arguments.times),
        ]
    for line in wrong:
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
