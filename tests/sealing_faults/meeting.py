"""Let several processes publish under one name at once, and several read what is there meanwhile."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from itertools import cycle
from pathlib import Path
from select import select
from time import time_ns

from sqlalchemy import text

from microcosm_sqlite.artifacts.remembering import Memory
from microcosm_sqlite.artifacts.trusting import Policy, Trust
from microcosm_sqlite.artifacts.verification import verify
from microcosm_sqlite.binding import bind
from microcosm_sqlite.constants import MANIFEST_TABLE
from microcosm_sqlite.engines.opening import EngineOptions
from tests.sealing_faults.chronicle import PUBLISHED, publish

_BOTH = text(f"SELECT DISTINCT release FROM line UNION ALL SELECT document FROM {MANIFEST_TABLE}")


@dataclass
class Reading:
    """What a reader saw."""

    reads: int = 0
    found: dict[str, int] = field(default_factory=dict[str, int])
    wrong: list[str] = field(default_factory=list[str])


def meet(folder: Path, sealers: Sequence[tuple[Path, str]], *, times: int, readers: int) -> list[Reading]:
    """Return what so many *readers* saw in *folder* while others published there.

    Args:
        folder: Where there is a release already.
        sealers: The folder of rows and the release of each who publishes.
        times: How often each does.
        readers: How many read.
    """
    with ExitStack() as running:
        reading = [running.enter_context(_started("read", folder)) for _ in range(readers)]
        sealing = [running.enter_context(_started("seal", rows, folder, release, times)) for rows, release in sealers]
        ended = [process.communicate() for process in sealing]
        seen = [process.communicate("") for process in reading]
        for process, (_, complaint) in zip((*sealing, *reading), (*ended, *seen), strict=True):
            assert process.returncode == 0, complaint
    return [Reading(**json.loads(found)) for found, _ in seen]


def _started(*arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", __name__, *map(str, arguments)],
        cwd=Path(__file__).parents[2],
        env=os.environ | {"MICROCOSM_SQLITE_CACHE": ""},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _read(folder: Path) -> Reading:
    """Bind in every way, look up and verify, over and over, until standard input ends."""
    reading = Reading()
    for policy in cycle(Policy):
        if select([sys.stdin], [], [], 0)[0]:
            break
        try:
            release = _bound_release(folder / PUBLISHED[0], policy)
            verify(folder / PUBLISHED[0])
        except Exception as error:  # noqa: BLE001 - Whatever it is, it is what was looked for.
            reading.wrong.append(f"{policy.value}: {type(error).__name__}: {error}")
        else:
            reading.reads += 1
            reading.found[release] = reading.found.get(release, 0) + 1
    return reading


def _bound_release(path: Path, policy: Policy) -> str:
    """Return the release that a service finds at *path*, once its rows and its manifest proved to agree."""
    trust = Trust(policy=policy, memory=Memory(None, now_ns=time_ns, known={}))
    engine = bind("chronicle", path, read_only=True, trust=trust, options=EngineOptions())
    try:
        with engine.connect() as connection:
            (release,), (document,) = connection.execute(_BOTH)
    finally:
        engine.dispose()
    version = json.loads(document)["version"]
    assert release == version, f"rows of {release} with the manifest of {version}"
    return str(release)


def main() -> None:
    """Do what the arguments say: `seal ROWS FOLDER RELEASE TIMES` or `read FOLDER`."""
    match sys.argv[1:]:
        case ["seal", rows, folder, release, times]:
            for _ in range(int(times)):
                publish(Path(rows), Path(folder), release)
        case ["read", folder]:
            json.dump(asdict(_read(Path(folder))), sys.stdout)
        case other:
            raise ValueError(other)


if __name__ == "__main__":
    main()
