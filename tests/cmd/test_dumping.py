"""The command `dump`."""

import csv
import json
import os
from io import StringIO
from pathlib import Path

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
