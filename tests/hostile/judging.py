"""Have images faced by processes that may die of it, and judge what came of each."""

import json
import os
import select
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.hostile.images import WRITTEN, Image

#: A call that takes longer hangs.
SECONDS = 2.0

#: Memory that one image may take.
GROWN_KB = 200 * 1024

#: How long the process may be silent: more than all calls together take.
_SILENT_SECONDS = 60.0


class Facing:
    """A process that faces images; another one takes its place when it dies or hangs."""

    def __init__(self, cache: Path) -> None:
        self._cache = cache
        self._process: subprocess.Popen[str] | None = None

    def face(self, path: Path) -> dict[str, Any]:
        """Return what came of the image at *path*."""
        process = self._process or self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        with suppress(BrokenPipeError):
            process.stdin.write(f"{path}\n")
            process.stdin.flush()
        ready, _, _ = select.select([process.stdout], [], [], _SILENT_SECONDS)
        line = process.stdout.readline() if ready else ""
        if line:
            found: dict[str, Any] = json.loads(line)
            return found
        self.close()
        return {"died": "hung" if not ready else f"exit status {process.returncode}"}

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _start(self) -> subprocess.Popen[str]:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.hostile.facing"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "XDG_CACHE_HOME": str(self._cache)},
        )
        return self._process


def judged(images: Iterable[Image], cache: Path) -> Iterator[str]:
    """Yield what is wrong with how the *images* were faced: nothing, if all is well."""
    facing = Facing(cache)
    try:
        for image in images:
            before = _state(image.path.parent)
            found = facing.face(image.path)
            yield from (f"{image.name}: {wrong}" for wrong in _wrong(found))
            if _state(image.path.parent) != before:
                yield f"{image.name}: something was written"
            if found.get("grown_kb", 0) > GROWN_KB:
                # Memory is only given back with the process, and would hide the next one's.
                facing.close()
    finally:
        facing.close()


def _wrong(found: dict[str, Any]) -> Iterator[str]:
    if "died" in found:
        yield f"the process died: {found['died']}"
        return
    if found["seconds"] > SECONDS:
        yield f"{found['call']} took {found['seconds']:.1f} s"
    if found["grown_kb"] > GROWN_KB:
        yield f"memory grew by {found['grown_kb'] // 1024} MB"
    yield from found["unclear"]


def _state(folder: Path) -> list[tuple[str, bytes, int]]:
    """Return what is in *folder*, and whether an image wrote where it says that it would."""
    paths = [*folder.iterdir(), *(path for path in (WRITTEN,) if path.exists())]
    return sorted((path.name, path.read_bytes(), path.stat().st_mtime_ns) for path in paths)
