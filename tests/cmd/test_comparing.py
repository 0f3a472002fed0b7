"""The command `compare`."""

import json
import shutil
from pathlib import Path

import apsw

from tests.cmd.conftest import Invoke


def changed(source: Path, target: Path, *statements: str) -> Path:
    """Return a copy of the database at *source* for which *statements* have run."""
    shutil.copy(source, target)
    connection = apsw.Connection(str(target))
    for sql in statements:
        connection.execute(sql)
    connection.close()
    return target


def test_equal_rows(atlas_path: Path, invoke: Invoke) -> None:
    """The exit code says so too."""
    result = invoke("compare", atlas_path, atlas_path)

    assert (result.exit_code, result.stdout) == (0, "the same rows under the same schema\n")


def test_what_differs_is_told(plain_path: Path, tmp_path: Path, invoke: Invoke) -> None:
    """Table, counts, range of keys, rows with their values before and after."""
    before = changed(
        plain_path, tmp_path / "before.sqlite", "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, n INTEGER) STRICT"
    )
    before = changed(before, tmp_path / "one.sqlite", "INSERT INTO t VALUES (1, 'a', 1), (2, 'b', NULL), (3, 'c', 3)")
    after = changed(
        before,
        tmp_path / "two.sqlite",
        "DELETE FROM t WHERE id = 1",
        "UPDATE t SET n = 7, name = 'tab\t' WHERE id = 2",
        "INSERT INTO t VALUES (4, 'd', 4), (5, 'e', 5)",
    )

    result = invoke("compare", before, after, "--rows", "3")

    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "table t: 2 added, 1 removed, 1 changed, 3 rows before, 4 after, from id 1 to id 5",
        "  - id 1, name 'a', n 1",
        "  ~ id 2: name 'b' -> 'tab\\\\t', n NULL -> 7",
        "  + id 4, name 'd', n 4",
        "  ... and 1 more",
    ]


def test_for_machines(plain_path: Path, tmp_path: Path, invoke: Invoke) -> None:
    """Everything, as one object."""
    after = changed(plain_path, tmp_path / "after.sqlite", "CREATE TABLE extra (id INTEGER PRIMARY KEY) STRICT")

    document = json.loads(invoke("compare", plain_path, after, "--json").stdout)

    assert document == {"equal": False, "schema": ["table extra: added"], "tables": []}


def test_a_missing_file_is_not_found(atlas_path: Path, invoke: Invoke) -> None:
    """It differs from nothing."""
    assert invoke("compare", atlas_path, "missing.sqlite").exit_code == 3
