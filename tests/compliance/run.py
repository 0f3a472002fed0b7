"""Run SQLAlchemy's compliance suite on our driver, with the standard library's as the yardstick.

    python tests/compliance/run.py

prints the counts of every target, then every test that passes on `sqlite3` but not on ours. Each target runs in a
pytest process of its own, because SQLAlchemy's machinery takes pytest over.
"""

import os
import re
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

HERE: Final = Path(__file__).parent

#: The tag of dialect, driver and version that the machinery puts into the name of each class.
_TAG: Final = re.compile(r"_sqlite\+\w+?_[\d_]+$")

TIMEOUT_SECONDS: Final = 300


@dataclass(frozen=True, kw_only=True)
class Target:
    """One dialect on one driver."""

    name: str
    dialect: str
    module: str = ""


BASELINE: Final = Target(name="built-in dialect on sqlite3", dialect="sqlite")
OURS: Final = (
    Target(name="sqlite+apsw", dialect="sqlite+apsw"),
    Target(name="built-in dialect on our module", dialect="sqlite", module="ours"),
)
STORAGES: Final = {"memory": ":memory:", "file": "compliance.db"}


def run(target: Target, storage: str) -> dict[str, str]:
    """Return the outcome of every test of the suite by its name: passed, failed or skipped."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        command = [sys.executable, "-m", "pytest", "-c", str(HERE / "setup.cfg"), str(HERE / "suite.py"), "-n", "4"]
        command += ["--dburi", f"{target.dialect}:///{STORAGES[storage]}", f"--junitxml={report}"]
        # Inside a run of our own tests, their pytest has left variables that would confuse this one.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        environment["COMPLIANCE_MODULE"] = target.module
        finished = subprocess.run(  # noqa: PLW1510 - failing tests are a result, not an error
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=TIMEOUT_SECONDS
        )
        if not report.exists():
            raise RuntimeError(finished.stdout + finished.stderr)
        return _outcomes(report)


def worse(baseline: Mapping[str, str], ours: Mapping[str, str]) -> list[str]:
    """Return the tests that pass in *baseline* but not in *ours*."""
    return sorted(test for test, outcome in baseline.items() if outcome == "passed" and ours.get(test) != "passed")


def known_differences() -> dict[str, str]:
    """Return the reason for each test that may differ."""
    entries = tomllib.loads((HERE / "differences.toml").read_text(encoding="utf-8"))["difference"]
    return {entry["test"]: entry["reason"] for entry in entries}


def _outcomes(report: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for case in ET.parse(report).getroot().iter("testcase"):
        kinds = {child.tag for child in case}
        outcome = "failed" if kinds & {"failure", "error"} else "skipped" if "skipped" in kinds else "passed"
        name = f"{_TAG.sub('', case.attrib['classname'])}.{case.attrib['name']}"
        # A test whose clean-up fails is reported twice: the worse outcome counts.
        found[name] = "failed" if found.get(name) == "failed" else outcome
    return found


def main() -> int:
    """Print what was found; return 1 when ours is worse anywhere without a reason."""
    status = 0
    for storage in STORAGES:
        baseline = run(BASELINE, storage)
        print(storage, BASELINE.name, dict(Counter(baseline.values())))
        for target in OURS:
            ours = run(target, storage)
            print(storage, target.name, dict(Counter(ours.values())))
            for test in worse(baseline, ours):
                print("  worse:", test, ours.get(test, "missing"), known_differences().get(test, "no reason given"))
                status |= test not in known_differences()
    return status


if __name__ == "__main__":
    sys.exit(main())
