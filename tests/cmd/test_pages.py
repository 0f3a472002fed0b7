"""The examples of the how-to page."""

import os
import re
import subprocess
import sys
from doctest import ELLIPSIS, OutputChecker
from pathlib import Path

import pytest

from microcosm_sqlite.cmd.program import COMMANDS, LazyCommand

DOCS = Path(__file__).parents[2] / "docs"

#: A fenced block with its language and, for a file, the last name in backticks before it.
_BLOCK = re.compile(r"(?:`(?P<file>[\w/]+\.\w+)`:\n\n)?```(?P<language>\w+)\n(?P<text>.*?)```\n", re.DOTALL)


def _console(text: str) -> list[tuple[str, str]]:
    """Return the commands of a console block, each with what it prints."""
    commands = re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]
    return [(command, output) for command, _, output in (part.partition("\n") for part in commands)]


@pytest.mark.slow
def test_the_how_to_page_does_what_it_says(tmp_path: Path) -> None:
    """Every command of the page prints what the page shows, run from top to bottom in one folder."""
    page = (DOCS / "how-to/browse-and-query.md").read_text(encoding="utf-8")
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    ran = 0
    for block in _BLOCK.finditer(page):
        if block["file"]:
            path = tmp_path / block["file"]
            path.parent.mkdir(exist_ok=True)
            path.write_text(block["text"], encoding="utf-8")
        for command, expected in _console(block["text"]) if block["language"] == "console" else []:
            if command.startswith("export "):
                name, _, value = command.removeprefix("export ").partition("=")
                environment[name] = value
                continue
            found = subprocess.run(
                command,
                shell=True,
                cwd=tmp_path,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                encoding="utf-8",
                check=False,
                timeout=60,
            )
            assert OutputChecker().check_output(expected, found.stdout, ELLIPSIS), f"$ {command}\n{found.stdout}"
            ran += 1

    assert ran >= len(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: str(command.name))
def test_the_reference_names_every_option(command: LazyCommand) -> None:
    """What a command accepts is described in its section."""
    page = (DOCS / "reference/command-line.md").read_text(encoding="utf-8")
    section = page.partition(f"### `{command.name}`\n")[2].partition("\n### ")[0]

    for parameter in command.load().params:
        if parameter.param_type_name == "option" and "--debug" not in parameter.opts:
            assert parameter.opts[0] in section
