"""Install tiny distributions for tests: real dist-info folders in a folder of the import path."""

import sys
from pathlib import Path
from textwrap import dedent

import pytest


class SitePackages:
    """A folder that Python imports from while a test runs."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self._monkeypatch = monkeypatch
        folder.mkdir()
        monkeypatch.syspath_prepend(folder)

    def install(self, distribution: str, *, entry_points: dict[str, str], version: str = "1.0", code: str = "") -> Path:
        """Install a *distribution* with one module of its name; return the path of the module."""
        information = self.folder / f"{distribution}-{version}.dist-info"
        information.mkdir()
        (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
        lines = [f"{name} = {value}" for name, value in entry_points.items()]
        (information / "entry_points.txt").write_text("\n".join(["[microcosm.sqlite]", *lines, ""]))
        module = self.folder / f"{distribution}.py"
        module.write_text(dedent(code))
        # Whatever the test imports is forgotten with it.
        self._monkeypatch.delitem(sys.modules, distribution, raising=False)
        return module
