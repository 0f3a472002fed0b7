"""Run the tests on every CPython from 3.11 that is found here, each in an environment of its own."""

import re
import subprocess
import sys
from collections.abc import Iterator
from os import environ
from pathlib import Path

ROOT = Path(__file__).parent.parent
OLDEST = (3, 11)

_VERSION_OF = "import platform, sys; print(platform.python_implementation(), *sys.version_info[:2])"


def candidates() -> Iterator[Path]:
    """Yield what looks like a Python: on the path, and where pyenv and uv keep theirs."""
    for folder in environ.get("PATH", "").split(":"):
        yield from sorted(Path(folder).glob("python3.*"))
    for pattern in (".pyenv/versions/*/bin/python3.*", ".local/share/uv/python/*/bin/python3.*"):
        yield from sorted(Path.home().glob(pattern))


def interpreters() -> dict[tuple[int, int], Path]:
    """Return one interpreter per version of CPython that the package supports, oldest first."""
    found: dict[tuple[int, int], Path] = {}
    for path in candidates():
        if re.fullmatch(r"python3\.\d+", path.name):
            ran = subprocess.run([path, "-c", _VERSION_OF], capture_output=True, text=True, check=False)
            match ran.stdout.split():
                case ["CPython", major, minor] if (int(major), int(minor)) >= OLDEST:
                    found.setdefault((int(major), int(minor)), path)
    return dict(sorted(found.items()))


def try_on(version: tuple[int, int], interpreter: Path) -> bool:
    """Return whether the tests pass on *interpreter*."""
    environment = ROOT / ".venvs" / "{}.{}".format(*version)
    python = environment / "bin" / "python"
    sets = [argument for path in sorted(ROOT.glob("datasets/*/")) for argument in ("--editable", str(path))]
    steps: list[list[str | Path]] = [
        [interpreter, "-m", "venv", environment],
        [python, "-m", "pip", "install", "--quiet", "--upgrade", "pip>=25.1"],
        [
            python,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--group",
            "dev",
            "--editable",
            ".[alembic,arrow,pandas,polars,telemetry]",
        ],
        [python, "-m", "pip", "install", "--quiet", "--no-deps", *sets],
        [python, "-m", "pytest", "-n", "auto", "--dist", "loadgroup"],
    ]
    print(f"--- CPython {version[0]}.{version[1]} ({interpreter})", flush=True)
    return all(subprocess.run(step, cwd=ROOT, check=False).returncode == 0 for step in steps)


def main() -> int:
    """Return 0 when the tests pass on every interpreter."""
    results = {version: try_on(version, interpreter) for version, interpreter in interpreters().items()}
    for version, passed in results.items():
        print(f"CPython {version[0]}.{version[1]}: {'passed' if passed else 'FAILED'}")
    return 0 if results and all(results.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
