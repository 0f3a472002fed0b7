"""The command `dump`."""

import csv
import json
import os
import shutil
import subprocess
import sys
from io import StringIO
from pathlib import Path

import apsw
import pytest

from tests.cmd.conftest import Invoke, Run

CITIES = """\
id,name,country_code,population,area,flag
1,Paris,FR,2100000,105.4,00ff
2,Lyon,FR,500000,47.9,
3,Berlin,DE,3600000,,
4,"",CI,,,
5,"\t""quoted"", \x1b[31m
",CI,,,
"""


def test_a_table_is_written_in_the_order_of_its_key(atlas_path: Path, invoke: Invoke) -> None:
    """Empty text has quotes, NULL has none."""
    result = invoke("dump", atlas_path, "city")

    assert result.exit_code == 0
    assert result.stdout == CITIES


def test_what_is_written_is_csv(atlas_path: Path, invoke: Invoke) -> None:
    """Python's own reader reads the same rows."""
    result = invoke("dump", atlas_path, "city")

    assert list(csv.reader(StringIO(result.stdout, newline="")))[5][1] == '\t"quoted", \x1b[31m\n'


def test_a_file_gets_the_same(atlas_path: Path, invoke: Invoke, tmp_path: Path) -> None:
    """Nothing goes to stdout then, and only the file is left."""
    target = tmp_path / "out" / "city.csv"
    target.parent.mkdir()

    result = invoke("dump", atlas_path, "city", "--output", target)

    assert (result.exit_code, result.stdout) == (0, "")
    assert target.read_text() == CITIES
    assert list(target.parent.iterdir()) == [target]


def test_json_lines_keep_types(atlas_path: Path, invoke: Invoke) -> None:
    """Every line is an object of its own."""
    result = invoke("dump", atlas_path, "country", "--json")

    assert [json.loads(line) for line in result.stdout.splitlines()] == [
        {"code": "CI", "name": "Côte d'Ivoire"},
        {"code": "DE", "name": "Germany"},
        {"code": "FR", "name": "France"},
    ]


def test_the_output_is_utf8_whatever_the_locale(atlas_path: Path, run: Run) -> None:
    """What was dumped on one machine is read on another."""
    result = run("dump", atlas_path, "country", PYTHONIOENCODING="ascii")

    assert "CI,Côte d'Ivoire\n" in result.stdout


def test_a_dash_is_stdout(atlas_path: Path, invoke: Invoke) -> None:
    """As in other programs."""
    assert invoke("dump", atlas_path, "city", "--output", "-").stdout == CITIES


def test_devices_are_written_not_replaced(atlas_path: Path, invoke: Invoke) -> None:
    """`/dev/null` is still there afterwards."""
    result = invoke("dump", atlas_path, "city", "--output", os.devnull)

    assert result.exit_code == 0
    assert not Path(os.devnull).is_file()


def test_a_failed_dump_leaves_the_file_as_it_was(atlas_path: Path, invoke: Invoke, tmp_path: Path) -> None:
    """A file appears under its name when it is complete, or not at all."""
    target = tmp_path / "out" / "city.csv"
    target.parent.mkdir()
    target.write_text("before")
    size = atlas_path.stat().st_size
    with atlas_path.open("r+b") as file:
        file.seek(size // 2)
        file.write(b"\x55" * (size - size // 2))

    result = invoke("dump", atlas_path, "city", "--output", target)

    assert result.exit_code == 1
    assert target.read_text() == "before"
    assert list(target.parent.iterdir()) == [target]


def test_unknown_tables_leave_no_file(atlas_path: Path, invoke: Invoke, tmp_path: Path) -> None:
    """A slip creates nothing."""
    result = invoke("dump", atlas_path, "ctiy", "--output", tmp_path / "city.csv")

    assert result.exit_code == 2
    assert not (tmp_path / "city.csv").exists()


def test_all_tables(atlas_path: Path, invoke: Invoke) -> None:
    """In the order of their names, each below a line with its name: a change of a row is a change of a line."""
    result = invoke("dump", atlas_path)

    assert result.exit_code == 0
    assert result.stdout.startswith(f"# city\n{CITIES}\n# ")
    assert "\n# country\ncode,name\nCI,Côte d'Ivoire\n" in result.stdout


def test_all_tables_as_json(atlas_path: Path, invoke: Invoke) -> None:
    """Every line says whose row it is."""
    lines = [json.loads(line) for line in invoke("dump", atlas_path, "--json").stdout.splitlines()]

    assert {"table": "country", "row": {"code": "DE", "name": "Germany"}} in lines
    assert [line["table"] for line in lines] == sorted(line["table"] for line in lines)


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_git_shows_rows(atlas_path: Path, tmp_path: Path) -> None:
    """With the recipe of the how-to, `git diff` shows which rows of an artifact changed, and in which table."""
    command = f"'{sys.executable}' -m microcosm_sqlite dump"

    def git(*arguments: str) -> str:
        settings = ["user.name=x", "user.email=x@example.org", f"diff.data-set.textconv={command}"]
        options = [part for setting in [*settings, "diff.data-set.xfuncname=^# (.*)$"] for part in ("-c", setting)]
        ran = subprocess.run(["git", *options, *arguments], cwd=tmp_path, check=True, capture_output=True, text=True)
        return ran.stdout

    git("init", "-q")
    (tmp_path / ".gitattributes").write_text("*.sqlite diff=data-set\n")
    artifact = tmp_path / "atlas.sqlite"
    shutil.copy(atlas_path, artifact)
    git("add", ".")
    git("commit", "-qm", "One")
    copied = tmp_path / "copied"
    shutil.copy(atlas_path, copied)
    connection = apsw.Connection(str(copied))
    connection.execute("PRAGMA application_id = 0; UPDATE city SET name = 'Lutetia' WHERE id = 1")
    connection.close()
    copied.replace(artifact)

    lines = git("diff").splitlines()

    assert "-1,Paris,FR,2100000,105.4,00ff" in lines
    assert "+1,Lutetia,FR,2100000,105.4,00ff" in lines
    assert [line for line in lines if line[:1] in "+-" and line[:3] not in {"+++", "---"}] == [
        "-1,Paris,FR,2100000,105.4,00ff",
        "+1,Lutetia,FR,2100000,105.4,00ff",
    ]
