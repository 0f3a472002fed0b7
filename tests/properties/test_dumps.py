"""What was dumped loads as the same rows, whatever the form."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings

from microcosm_sqlite.artifacts.digests import content_digest
from microcosm_sqlite.dumpers.json import JSONLinesDumper
from microcosm_sqlite.dumpers.parquet import ParquetDumper
from microcosm_sqlite.workbench import Workbench
from tests.pets import Everything, Pets
from tests.properties.test_csv_round_trip import ROWS, Everyone, stored

ONCE = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)

#: Values at the edges of their types, none of them nothing.
EDGES = [
    {"text": ""}, {"text": "\r\n\x00\u2028"}, {"text": "\ufeff"}, {"text": "null"}, {"data": b""}, {"tags": [""]}, {},
    {"real": float("inf")}, {"real": float("-inf")}, {"real": -0.0}, {"real": 5e-324}, {"integer": -(2**63)},
    {"document": {"a": [1.0, 1, "x\n", None]}}, {"document": ""}, {"flag": False}, {"truthy": True},
]  # fmt: skip


def without_null_documents(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return *rows* without JSON's null, which JSON Lines does not tell from NULL."""
    return [{key: value for key, value in row.items() if key != "document" or value is not None} for row in rows]


@pytest.mark.slow
@ONCE
@example(rows=EDGES)
@given(rows=ROWS.map(without_null_documents))
def test_json_lines(rows: list[dict[str, Any]], tmp_path: Path) -> None:
    """One object a line, plain JSON, to the last bit; and the dump of the copy is the same text."""
    with Workbench(Pets) as bench:
        bench.load(Everything, [{"id": number, **row} for number, row in enumerate(rows)])
        expected, digest = stored(bench), content_digest(bench.native).digest
        text = json_lines(bench)

        bench.clear(Everything)
        (tmp_path / "rows.jsonl").write_text(text, encoding="utf-8", newline="")
        bench.load(Everything, tmp_path / "rows.jsonl")

        assert [json.loads(line)["id"] for line in text.split("\n")[:-1]] == [*range(len(rows))]
        assert stored(bench) == expected
        assert content_digest(bench.native).digest == digest
        assert json_lines(bench) == text


def json_lines(bench: Workbench) -> str:
    """Return the rows as JSON Lines."""
    file = StringIO(newline="")
    with bench.session() as session:
        JSONLinesDumper(None, Everyone(session)).dump(file)
    return file.getvalue()


@pytest.mark.slow
@ONCE
@example(rows=[*EDGES, {"document": None}])
@given(rows=ROWS)
def test_parquet(rows: list[dict[str, Any]], tmp_path: Path) -> None:
    """Types that Parquet has as such, all others as text, to the last bit."""
    with Workbench(Pets) as bench:
        bench.load(Everything, [{"id": number, **row} for number, row in enumerate(rows)])
        expected, digest = stored(bench), content_digest(bench.native).digest
        with bench.session() as session:
            ParquetDumper(None, Everyone(session)).dump(tmp_path / "rows.parquet")

        bench.clear(Everything)
        bench.load(Everything, tmp_path / "rows.parquet")

        assert stored(bench) == expected
        assert content_digest(bench.native).digest == digest
