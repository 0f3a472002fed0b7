"""The command `digest`."""

import hashlib
import json
from pathlib import Path

import apsw
import pytest

from microcosm_sqlite.artifacts.verification import inspect
from tests.cmd.conftest import Invoke


def test_the_digest_of_rows(atlas_path: Path, invoke: Invoke) -> None:
    """It is computed, and is the one that was sealed."""
    result = invoke("digest", atlas_path)

    assert result.stdout == f"{inspect(atlas_path).manifest.content_digest}  {atlas_path}\n"


def test_the_digest_of_a_file(atlas_path: Path, invoke: Invoke) -> None:
    """As any other program computes it."""
    result = invoke("digest", "--file", atlas_path)

    assert result.stdout == f"sha256:{hashlib.sha256(atlas_path.read_bytes()).hexdigest()}  {atlas_path}\n"


def test_the_digest_of_one_table(atlas_path: Path, invoke: Invoke) -> None:
    """Beside those of all others the manifest has it too."""
    table = inspect(atlas_path).manifest.tables[0]

    result = invoke("digest", atlas_path, "--table", table.name, "--json")

    assert json.loads(result.stdout) == [{"digest": table.root, "of": f"{atlas_path} {table.name}"}]


def test_the_layout_of_a_file_does_not_count(atlas_path: Path, tmp_path: Path, invoke: Invoke) -> None:
    """Nor does whether it was ever sealed."""
    connection = apsw.Connection(str(atlas_path))
    connection.execute("VACUUM INTO ?", (str(tmp_path / "other.sqlite"),))
    connection.close()

    first, second = invoke("digest", atlas_path, tmp_path / "other.sqlite").stdout.splitlines()

    assert first.split()[0] == second.split()[0]


def test_the_digests_of_the_parts_of_a_table(tmp_path: Path, invoke: Invoke) -> None:
    """With the keys between which their rows lie."""
    path = tmp_path / "t.sqlite"
    connection = apsw.Connection(str(path))
    connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY) STRICT")
    connection.execute(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n LIMIT 5000) INSERT INTO t SELECT i FROM n"
    )
    connection.close()

    leaves = json.loads(invoke("digest", path, "--table", "t", "--leaves", "--json").stdout)

    assert [(leaf["rows"], leaf["first id"], leaf["last id"]) for leaf in leaves] == [
        (4096, 1, 4096),
        (904, 4097, 5000),
    ]


@pytest.mark.parametrize(
    "arguments", [["--leaves"], ["--file", "--table", "x"], ["--file", "--leaves", "--table", "x"]]
)
def test_options_that_contradict_each_other(atlas_path: Path, invoke: Invoke, arguments: list[str]) -> None:
    """The command says which to leave out or to add."""
    assert invoke("digest", atlas_path, *arguments).exit_code == 2
