"""How rows are printed."""

import json
import os
import pty
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from microcosm_sqlite.cmd import tables
from microcosm_sqlite.cmd.tables import Form

COLUMNS = ("id", "name")


def test_tab_separated_rows_have_a_header(capsys: pytest.CaptureFixture[str]) -> None:
    """Other programs cut and sort them."""
    count = tables.write_rows(COLUMNS, [(1, "Paris"), (2, "Lyon")], Form.TEXT)

    assert capsys.readouterr().out == "id\tname\n1\tParis\n2\tLyon\n"
    assert count == 2


def test_a_tab_separated_row_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    r"""Tabs, line ends and backslashes are escaped; \N is NULL, so empty text can be told from it."""
    tables.write_rows(("a", "b", "c", "d"), [("x\ty\nz\r\\", "", None, b"\x00\xff")], Form.TEXT)

    assert capsys.readouterr().out.splitlines()[1] == "x\\ty\\nz\\r\\\\\t\t\\N\t00ff"


@pytest.mark.parametrize("rows", [[], [(1, "Paris")], [(1, "Paris"), (2, None)]])
def test_json_is_one_array(rows: list[tuple[object, ...]], capsys: pytest.CaptureFixture[str]) -> None:
    """However many rows there are, the output is one document."""
    count = tables.write_rows(COLUMNS, iter(rows), Form.JSON)

    assert json.loads(capsys.readouterr().out) == [dict(zip(COLUMNS, row, strict=True)) for row in rows]
    assert count == len(rows)


def test_json_is_valid_for_every_value() -> None:
    """BLOBs and infinity have no JSON of their own; large integers stay exact."""
    text = tables.json_text({"blob": b"\x00\xff", "infinity": float("-inf"), "large": 2**63 - 1, "text": "é"})

    assert text == '{"blob": "00ff", "infinity": "-inf", "large": 9223372036854775807, "text": "é"}'


def test_a_single_row_is_an_object(capsys: pytest.CaptureFixture[str]) -> None:
    """One row is not an array of one."""
    tables.write_row(COLUMNS, (1, "Paris"), Form.JSON)

    assert json.loads(capsys.readouterr().out) == {"id": 1, "name": "Paris"}


def test_a_single_row_is_tab_separated_like_many(capsys: pytest.CaptureFixture[str]) -> None:
    """A script reads both alike."""
    tables.write_row(COLUMNS, (1, "Paris"), Form.TEXT)

    assert capsys.readouterr().out == "id\tname\n1\tParis\n"


def test_facts_are_aligned(capsys: pytest.CaptureFixture[str]) -> None:
    """A person reads down the columns."""
    tables.write_facts([("name", "atlas"), ("a version", None)])

    assert capsys.readouterr().out == "name       atlas\na version  NULL\n"


def test_text_cannot_act_on_the_terminal() -> None:
    """Data must not move the cursor, change colours or rewrite what is on the screen."""
    assert tables.screen_text("a\x1b[2J\r\x9b\x7f\n\tb") == "a\\x1b[2J\\x0d\\x9b\\x7f\\n\\tb"


def test_joined_emoji_stay_whole() -> None:
    """The characters that join emoji are no control characters."""
    assert tables.screen_text("👩\u200d🚀") == "👩\u200d🚀"


def test_without_a_terminal_rows_are_text(capsys: pytest.CaptureFixture[str]) -> None:
    """What is piped is for programs, unless JSON was asked for."""
    assert tables.form_for_stdout(as_json=False) is Form.TEXT
    assert tables.form_for_stdout(as_json=True) is Form.JSON


def _on_terminal(*arguments: str | Path, **environment: str) -> str:
    """Return what the program prints when its stdout is a terminal 80 columns wide."""
    reader, writer = pty.openpty()
    subprocess.run(
        [sys.executable, "-m", "microcosm_sqlite", *map(str, arguments)],
        stdout=writer,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "80", **environment},
        check=True,
        timeout=60,
    )
    os.close(writer)
    chunks: list[bytes] = []
    with suppress(OSError):  # So Linux says that the other end is closed.
        while chunk := os.read(reader, 1 << 16):
            chunks.append(chunk)
    os.close(reader)
    return b"".join(chunks).decode()


def test_a_terminal_gets_a_table(atlas_path: Path) -> None:
    """A person sees columns, with what is NULL told from text."""
    output = _on_terminal("search", atlas_path, "city", "country_code=FR", "--columns", "name,population,flag")

    assert "───" in output
    assert "2100000" in output
    assert "\x1b[2mNULL" in output


def test_a_terminal_gets_one_line_a_column_for_one_row(atlas_path: Path) -> None:
    """A single row reads downwards."""
    output = _on_terminal("get", atlas_path, "city", "5", NO_COLOR="1", TERM="dumb")

    lines = [line.strip() for line in output.splitlines()]
    assert lines[0].split() == ["id", "5"]
    assert lines[1] == r'name          \t"quoted", \x1b[31m\n'


def test_no_color_is_respected(atlas_path: Path) -> None:
    """Who set NO_COLOR sees no colours: https://no-color.org."""
    output = _on_terminal("search", atlas_path, "city", NO_COLOR="1")

    assert not re.search(r"\x1b\[[0-9;]*3[0-9]", output)


def test_json_on_a_terminal_is_json(atlas_path: Path) -> None:
    """What was asked for is what comes, wherever it goes."""
    output = _on_terminal("get", atlas_path, "country", "FR", "--json")

    assert json.loads(output) == {"code": "FR", "name": "France"}
