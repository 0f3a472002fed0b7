import csv
import json
from io import StringIO

from microcosm_sqlite.builders.reports import as_csv, as_json, as_table
from microcosm_sqlite.errors import RowProblem

PROBLEMS = [
    RowProblem(source="a.csv", line=7, column="id", value="x\x1b", rule="type", reason="is not a whole number"),
    RowProblem(source="b.jsonl", line=None, column=None, value=[1, "é"], rule="width", reason="has 2 cells"),
]


def test_a_table_is_read_by_people() -> None:
    """In columns below their names; nothing acts on the terminal, and long values are cut."""
    long = PROBLEMS[0]._replace(value="y" * 100)

    lines = as_table([*PROBLEMS, long]).splitlines()

    assert lines[0].split() == ["source", "line", "column", "value", "rule", "reason"]
    assert lines[1].startswith("a.csv    7     id      'x\\x1b'")
    assert lines[3].split()[3] == "'" + "y" * 38 + "…"
    assert lines[2].endswith("width  has 2 cells")


def test_csv_is_read_by_spreadsheets() -> None:
    """Every value whole, as it was written."""
    first, second = csv.DictReader(StringIO(as_csv(PROBLEMS), newline=""))

    assert first == {
        "source": "a.csv",
        "line": "7",
        "column": "id",
        "value": "x\x1b",
        "rule": "type",
        "reason": "is not a whole number",
    }
    assert second["value"] == "[1, 'é']"


def test_json_is_read_by_programs() -> None:
    """A value that JSON has no word for stands as text."""
    odd = PROBLEMS[0]._replace(value=b"\x00")

    found = json.loads(as_json([*PROBLEMS, odd]))

    assert found[1] == {
        "source": "b.jsonl",
        "line": None,
        "column": None,
        "value": [1, "é"],
        "rule": "width",
        "reason": "has 2 cells",
    }
    assert found[2]["value"] == "b'\\x00'"
    assert json.loads(as_json([])) == []
