from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from microcosm_sqlite.errors import SourceError
from microcosm_sqlite.progress import Event, step, watched
from microcosm_sqlite.sources.arrow import ArrowSource, ParquetSource
from microcosm_sqlite.sources.tabular import BATCH_ROWS, Content

pa = pytest.importorskip("pyarrow")
ipc = pytest.importorskip("pyarrow.ipc")
parquet = pytest.importorskip("pyarrow.parquet")

ROWS: list[dict[str, Any]] = [
    {"id": 1, "day": date(2026, 1, 5), "price": Decimal("1.50"), "at": datetime(2026, 1, 5, tzinfo=UTC), "tags": ["a"]},
    {"id": 2, "day": None, "price": None, "at": None, "tags": None},
]


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    """Return a file of the kind that its name says."""
    table = pa.Table.from_pylist(rows)
    if path.suffix == ".parquet":
        parquet.write_table(table, path)
    else:
        with ipc.new_file(path, table.schema) as file:
            file.write_table(table)
    return path


@pytest.mark.parametrize(("name", "kind"), [("rows.parquet", ParquetSource), ("rows.arrow", ArrowSource)])
def test_rows_come_as_python_values(name: str, kind: Any, tmp_path: Path) -> None:
    """Numbered from 1; what is not there is None."""
    source = kind(write(tmp_path / name, ROWS))

    with source.open() as reading:
        found = [(line, dict(zip(reading.header, row, strict=True))) for line, row in reading.records]

    assert reading.content is Content.PLAIN
    assert found == [(1, ROWS[0]), (2, ROWS[1])]
    assert source.is_rereadable
    assert source.digest().bytes == (tmp_path / name).stat().st_size


@pytest.mark.parametrize(("name", "kind"), [("rows.parquet", ParquetSource), ("rows.arrow", ArrowSource)])
def test_only_some_rows_are_in_memory(name: str, kind: Any, tmp_path: Path) -> None:
    """However they were written."""
    source = kind(write(tmp_path / name, [{"id": number} for number in range(2 * BATCH_ROWS + 1)]))

    with source.open() as reading:
        lengths = [(batch.lines[0], len(batch.rows)) for batch in reading.batches]

    assert lengths == [(1, BATCH_ROWS), (BATCH_ROWS + 1, BATCH_ROWS), (2 * BATCH_ROWS + 1, 1)]


@pytest.mark.parametrize("kind", [ParquetSource, ArrowSource])
def test_what_is_no_such_file_is_an_error(kind: Any, tmp_path: Path) -> None:
    """Neither missing nor of another kind."""
    path = tmp_path / "rows"
    with pytest.raises(SourceError, match="nothing there"), kind(path).open():
        pass
    path.write_text("id\n1\n" * 10)
    with pytest.raises(SourceError, match=f"expected {kind.kind}"), kind(path).open():
        pass


@pytest.mark.parametrize(("name", "kind"), [("rows.parquet", ParquetSource), ("rows.arrow", ArrowSource)])
def test_whoever_watches_sees_how_far_it_is(name: str, kind: Any, tmp_path: Path) -> None:
    """By the end of the rows the whole file."""
    path = write(tmp_path / name, ROWS)
    events: list[Event] = []

    with watched(events.append), step("load", name), kind(path).open() as reading:
        list(reading.batches)

    assert events[-1].bytes == path.stat().st_size
