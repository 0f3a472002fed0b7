"""Run commands side by side and print their medians with the ratio."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from os import environ
from statistics import median
from time import perf_counter

#: Bytecode is cached, as it is for anything that was installed; some environments switch that off.
_ENVIRONMENT = {name: value for name, value in environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def seconds_of(command: Sequence[str]) -> float:
    """Return how long *command* takes as a whole process, from its start to its end."""
    start = perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=_ENVIRONMENT)
    return perf_counter() - start


def side_by_side(commands: Mapping[str, Sequence[str]], *, rounds: int) -> dict[str, float]:
    """Return the median seconds of each command, run in turn so that a slow moment meets all of them."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(rounds + 1):
        for name, command in commands.items():
            taken = seconds_of(command)
            if number:  # The first round fills the caches.
                times[name].append(taken)
    return {name: median(taken) for name, taken in times.items()}


def python(code: str) -> list[str]:
    """Return the command that runs *code* in a fresh interpreter."""
    return [sys.executable, "-c", code]


def report(title: str, figures: Mapping[str, float], *, unit: str, scale: float = 1.0) -> None:
    """Print *figures* as a table."""
    print(title)
    for name, figure in figures.items():
        print(f"  {name:<58} {figure * scale:10.2f} {unit}")


def verdict(name: str, found: float, *, limit: float, unit: str = "") -> None:
    """Print whether *found* keeps the *limit*."""
    print(f"  {name:<58} {found:10.2f} {unit:<2} (at most {limit:g}) {'reached' if found <= limit else 'MISSED'}\n")
