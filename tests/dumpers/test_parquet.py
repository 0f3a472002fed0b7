"""Dumps as Parquet."""

import subprocess
import sys
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from microcosm_sqlite.dumpers import parquet as dumping
from tests.pets import Everything, EverythingStore, Person, PersonStore, make_graph


@pytest.fixture
def graph(tmp_path: Path) -> Any:
    """Return a graph with an empty data set of pets."""
    return make_graph(tmp_path)


def test_rows_in_the_order_of_the_key(graph: Any, tmp_path: Path) -> None:
    """Into a file by its path, or an open one."""
    graph.sqlite_builder.csv(Person).build(StringIO("id,first\n2,Zoë\n1,Ada\n"))
    dumper = graph.sqlite_dumper.parquet(PersonStore(graph))
    opened = BytesIO()

    dumper.dump(tmp_path / "rows.parquet")
    dumper.dump(opened)

    table = parquet.read_table(tmp_path / "rows.parquet")
    assert table.to_pydict()["first"] == ["Ada", "Zoë"]
    assert parquet.read_table(BytesIO(opened.getvalue())) == table


def test_types_that_parquet_has(graph: Any) -> None:
    """All others are text, as in CSV."""
    opened = BytesIO()
    graph.sqlite_dumper.parquet(EverythingStore(graph)).dump(opened)

    schema = parquet.read_schema(BytesIO(opened.getvalue()))
    assert {
        name: schema.field(name).type for name in ("integer", "real", "flag", "day", "moment", "clock", "data")
    } == {
        "integer": pa.int64(),
        "real": pa.float64(),
        "flag": pa.bool_(),
        "day": pa.date32(),
        "moment": pa.timestamp("us"),
        "clock": pa.time64("us"),
        "data": pa.binary(),
    }
    assert {schema.field(name).type for name in ("exact", "document", "identifier", "member", "tags", "price")} == {
        pa.string()
    }


def test_rows_come_in_groups(graph: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only one of them is in memory."""
    monkeypatch.setattr(dumping, "_GROUP_ROWS", 2)
    graph.sqlite_builder.csv(Person).build(StringIO("id,first\n" + "".join(f"{n},x{n}\n" for n in range(1, 6))))
    opened = BytesIO()

    graph.sqlite_dumper.parquet(PersonStore(graph)).dump(opened)

    file = parquet.ParquetFile(BytesIO(opened.getvalue()))
    assert [file.metadata.row_group(number).num_rows for number in range(file.metadata.num_row_groups)] == [2, 2, 1]


def test_unknown_columns(graph: Any) -> None:
    """Refused before anything is written."""
    with pytest.raises(ValueError, match="Everything has no columns called nope"):
        graph.sqlite_dumper.parquet(EverythingStore(graph), model_cls=Everything).dump(BytesIO(), field_names=["nope"])


def test_without_pyarrow() -> None:
    """What to install is said."""
    code = (
        "import sys; sys.modules['pyarrow'] = None\n"
        "from microcosm_sqlite.dumpers import SQLiteDumper\n"
        "SQLiteDumper(None).parquet(None)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert 'a dump to Parquet needs an optional dependency: pip install "microcosm-sqlite[arrow]"' in ran.stderr
