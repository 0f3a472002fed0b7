"""Find, or make, what files are rebuilt in: other releases of SQLite, other Pythons.

`python -m tests.canonical.environments` makes what is missing, as far as packages can be had; tests use what is there.
Each is a folder of packages that goes before those of an interpreter.
"""

import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

from tests.try_pythons import interpreters

ROOT = Path(__file__).parent.parent.parent
FOLDER = ROOT / ".venvs"

#: Releases of APSW, and so of SQLite, beside the one that is installed: the oldest and the newest of each line.
RELEASES = ("3.50.0.0", "3.50.4.0", "3.51.3.0", "3.53.4.0", "3.54.0.0")

#: What must not count, as different as it can be.
SURROUNDINGS = (
    {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C"},
    {"PYTHONHASHSEED": "1", "TZ": "Asia/Kathmandu", "LC_ALL": "C.UTF-8"},
    {"PYTHONHASHSEED": "4242", "TZ": "America/St_Johns", "LC_ALL": "tr_TR.UTF-8", "PYTHONUTF8": "1"},
    {"PYTHONHASHSEED": "random", "TZ": "Pacific/Chatham", "LC_ALL": "POSIX", "PYTHONOPTIMIZE": "2"},
)


@dataclass(frozen=True)
class Environment:
    """An interpreter with packages that go before its own."""

    name: str
    python: Path
    packages: Path | None = None

    @property
    def exists(self) -> bool:
        """Whether everything is there."""
        return self.packages is None or (self.packages / "apsw").is_dir()

    def run(self, *arguments: str, surroundings: dict[str, str] | None = None) -> str:
        """Return what the module named first of *arguments* prints."""
        path = [str(folder) for folder in (self.packages, ROOT) if folder]
        environment = {**os.environ, **(surroundings or {}), "PYTHONPATH": os.pathsep.join(path)}
        ran = subprocess.run(
            [self.python, "-W", "error", "-m", *arguments],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, f"{self.name}: {ran.stderr}"
        return ran.stdout


def present() -> list[Environment]:
    """Return the environments that are there, that of this process first."""
    return [environment for environment in _environments() if environment.exists]


def surroundings() -> Iterator[dict[str, str]]:
    """Yield environment variables that must not count, for ever."""
    return cycle(SURROUNDINGS)


def _environments() -> Iterator[Environment]:
    mine = sys.version_info[:2]
    yield Environment("this", Path(sys.executable))
    for release in RELEASES:
        yield Environment(f"APSW {release}", Path(sys.executable), FOLDER / f"apsw-{release}-{mine[0]}.{mine[1]}")
    for version, interpreter in interpreters().items():
        if version != mine:
            name = "{}.{}".format(*version)
            yield Environment(f"CPython {name}", interpreter, FOLDER / f"packages-{name}")


def _requirements(environment: Environment) -> Sequence[str]:
    if environment.name.startswith("APSW"):
        return ("--no-deps", environment.name.replace("APSW ", "apsw=="))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [str(requirement) for requirement in project["dependencies"]]


def _make(environment: Environment) -> bool:
    command = [sys.executable, "-m", "pip", "--python", str(environment.python), "install", "--quiet"]
    target = ["--only-binary", ":all:", "--target", str(environment.packages)]
    return subprocess.run([*command, *target, *_requirements(environment)], check=False).returncode == 0


def main() -> None:
    """Make the environments that are missing, and say which cannot be made."""
    for environment in _environments():
        if not environment.exists and not _make(environment):
            print(f"{environment.name} cannot be installed here: files will not be rebuilt with it")


if __name__ == "__main__":
    main()
