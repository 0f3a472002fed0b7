"""Build, seal and publish over an earlier release, once for each system call, which fails or is the last.

`inject` does it in a process of its own, which has the interposer.
"""

import errno
import gc
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import asdict, dataclass, field
from enum import Enum
from io import StringIO
from pathlib import Path
from typing import Any

import click

from microcosm_sqlite.artifacts.places import manifest_path, pending_manifest_path
from microcosm_sqlite.cmd.failures import ExitCode
from microcosm_sqlite.cmd.program import program
from microcosm_sqlite.errors import SQLiteError
from tests.sealing_faults.chronicle import PUBLISHED, Chronicle, publish, whole_release, write_rows
from tests.sealing_faults.interposing import Kind, arm, disarm, environment, victim

EARLIEST, OLD, NEW, NEXT = "0.9", "1.0", "2.0", "3.0"


class Before(Enum):
    """How the release before was left."""

    SETTLED = "settled"
    #: Its publication ended right after the file was replaced: the manifest still has its pending name.
    CUT_SHORT = "cut short"


#: What is said where the new release can be read already, but may not outlive a power cut.
IN_PLACE = "the new file is in place"


@dataclass
class Findings:
    """What came of the calls that were tried."""

    #: How many the work makes when all is well, and to how many something was done.
    calls: int = 0
    struck: int = 0
    outcomes: dict[str, int] = field(default_factory=dict[str, int])
    wrong: list[str] = field(default_factory=list[str])


class Failed(Exception):  # noqa: N818 - It is what was hoped for.
    """The work reported an error as it should."""


Work = Callable[[Path, Path, str], None]


def by_library(rows: Path, folder: Path, release: str) -> None:
    """Publish as a script does."""
    try:
        publish(rows, folder, release)
    except SQLiteError as error:
        raise Failed(str(error)) from error


def by_command(rows: Path, folder: Path, release: str) -> None:
    """Publish as somebody does who types the command."""
    told = StringIO()
    arguments = ["build", f"{Chronicle.__module__}:Chronicle", str(rows), "--output", str(folder), "--version", release]
    with redirect_stdout(StringIO()), redirect_stderr(told):
        try:
            code = program.main(arguments, "microcosm-sqlite", standalone_mode=False)
        except click.UsageError as error:
            raise Failed(error.format_message()) from error
    if code == ExitCode.FAILED and told.getvalue().count("Error: ") == 1:
        raise Failed(told.getvalue())
    if code:
        raise AssertionError(f"exit code {code}: {told.getvalue()}")


@dataclass
class Injection:
    """Work that is repeated in *place*, each time with another call that is struck."""

    place: Path
    work: Work
    kind: Kind
    error: int
    before: Before = Before.SETTLED
    findings: Findings = field(default_factory=Findings)

    def run(self, first: int, step: int) -> Findings:
        """Strike every call whose number is *first*, from the end if that is negative, plus a multiple of *step*."""
        self._prepare()
        # What is imported, found out or kept for later is not the work's own.
        for _ in range(2):
            self._reset()
            self.work(self.rows, self.published, NEW)
        self._reset()
        arm(self.place, Kind.NOTHING, 0)
        self.work(self.rows, self.published, NEW)
        self.findings.calls = disarm()
        number = first if first > 0 else self.findings.calls + first
        while self._strike(number):
            number += step
        return self.findings

    @property
    def rows(self) -> Path:
        """The rows of the new release."""
        return self.place / "rows"

    @property
    def published(self) -> Path:
        """Where it is published."""
        return self.place / "published"

    def _prepare(self) -> None:
        write_rows(self.rows, NEW)
        write_rows(self.place / "next", NEXT)
        template = self.place / "template"
        template.mkdir()
        publish(write_rows(self.place / "earliest", EARLIEST), template, EARLIEST)
        path = template / PUBLISHED[0]
        earlier = manifest_path(path).read_bytes()
        publish(write_rows(self.place / "before", OLD), template, OLD)
        if self.before is Before.CUT_SHORT:
            manifest_path(path).rename(pending_manifest_path(path))
            manifest_path(path).write_bytes(earlier)

    def _reset(self) -> None:
        shutil.rmtree(self.published, ignore_errors=True)
        shutil.copytree(self.place / "template", self.published)
        for left in (self.place / "tmp").iterdir():
            shutil.rmtree(left)

    def _strike(self, number: int) -> bool:
        """Strike one call, judge what came of it, and return whether there was one."""
        self._reset()
        outcome, struck = (self._die if self.kind >= Kind.KILL else self._fail)(number)
        # Where nothing was done, the call was of a kind that cannot be struck so, or there was none.
        if struck:
            self.findings.struck += 1
            self.findings.outcomes[outcome] = self.findings.outcomes.get(outcome, 0) + 1
        try:
            self._judge(outcome)
            self._continue()
        except Exception as error:  # noqa: BLE001 - Whatever it is, it is what was looked for.
            self.findings.wrong.append(f"{struck or number}: {outcome}: {type(error).__name__}: {error}")
        return bool(struck) or number <= self.findings.calls

    def _fail(self, number: int) -> tuple[str, str]:
        arm(self.place, self.kind, number, self.error)
        try:
            self.work(self.rows, self.published, NEW)
            outcome = "published"
        except Failed as error:
            outcome = f"told: {error}"
        except BaseException as error:  # noqa: BLE001 - As above.
            outcome = f"not told: {type(error).__name__}: {error}"
        disarm()
        # What was left open in the frames of the error is closed now, not in the middle of the next attempt.
        gc.collect()
        return outcome, victim()

    def _die(self, number: int) -> tuple[str, str]:
        child = os.fork()
        if not child:
            try:
                arm(self.place, self.kind, number)
                self.work(self.rows, self.published, NEW)
                os._exit(0)
            finally:
                os._exit(1)
        _, status = os.waitpid(child, 0)
        code = os.waitstatus_to_exitcode(status)
        if code == -signal.SIGKILL:
            return "killed", f"call {number}"
        return ("not told" if code else "published"), ""

    def _judge(self, outcome: str) -> None:
        """Check that what is under the final name is whole, and what was said about it."""
        release = whole_release(self.published)
        if outcome == "published":
            assert release == NEW, f"success was reported, but {release} is published"
        elif outcome == "killed":
            assert release in {OLD, NEW}
        elif IN_PLACE in outcome:
            assert release == NEW, f"the new file is said to be in place, but {release} is"
        else:
            assert outcome.startswith("told"), "the error is none of ours"
            assert release == OLD, f"nothing is said to be published, but {release} is"

    def _continue(self) -> None:
        """Check that the next run gets through, and leaves nothing of the one before."""
        self.work(self.place / "next", self.published, NEXT)
        assert whole_release(self.published) == NEXT
        names = sorted(path.name for path in self.published.iterdir())
        assert names == PUBLISHED, f"the next run leaves {names}"
        left = [path.name for path in (self.place / "tmp").iterdir()]
        assert not left, f"the next run leaves {left} of the workbench"


WORKS: dict[str, Work] = {"library": by_library, "command": by_command}

#: What is tried of everything, by the names of `Kind` and of `errno`.
INJECTIONS = (
    ("FAIL", "EIO"),
    ("FAIL", "ENOSPC"),
    ("FAIL", "EACCES"),
    ("FAIL", "EINTR"),
    ("FAIL", "EMFILE"),
    ("FAIL_FROM", "EIO"),
    ("FAIL_FROM", "EROFS"),
    ("FULL_FROM", "ENOSPC"),
    ("FAIL_AND_FULL", "EIO"),
    ("HALVE", ""),
    ("KILL", ""),
    ("KILL_HALFWAY", ""),
)


def inject(library: Path, folder: Path, *, before: Before = Before.SETTLED, **options: Any) -> Findings:
    """Return what an injection with these *options* finds, made in the new *folder* by a process of its own."""
    (folder / "tmp").mkdir(parents=True)
    ran = subprocess.run(
        [sys.executable, "-m", __name__, json.dumps({"place": str(folder), "before": before.value, **options})],
        cwd=Path(__file__).parents[2],
        env={**environment(library), "TMPDIR": str(folder / "tmp"), "MICROCOSM_SQLITE_CACHE": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return Findings(**json.loads(ran.stdout))


def main() -> None:
    """Make the injection that the argument asks for, and print what it finds."""
    asked = json.loads(sys.argv[1])
    injection = Injection(
        place=Path(asked["place"]),
        work=WORKS[asked["work"]],
        kind=Kind[asked["kind"]],
        error=getattr(errno, asked["error"]) if asked.get("error") else 0,
        before=Before(asked["before"]),
    )
    json.dump(asdict(injection.run(asked["first"], asked["step"])), sys.stdout)


if __name__ == "__main__":
    main()
