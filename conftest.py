"""Set the tests up, and run every Python example of the documentation, each page in a folder of its own."""

from os import chdir, environ
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, settings
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser

# How fast examples are drawn says something about the machine and what else it does, nothing about the code.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

# What one test verified, or one run of the tests, is no business of the next.
environ["MICROCOSM_SQLITE_CACHE"] = ""


def _enter_folder(namespace: dict[str, Any]) -> None:
    namespace["_left"] = Path.cwd()
    namespace["_folder"] = TemporaryDirectory()
    chdir(namespace["_folder"].name)


def _leave_folder(namespace: dict[str, Any]) -> None:
    chdir(namespace["_left"])
    namespace["_folder"].cleanup()


pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser(), SkipParser()],
    patterns=["README.md", "docs/*.md", "docs/**/*.md"],
    setup=_enter_folder,
    teardown=_leave_folder,
).pytest()
