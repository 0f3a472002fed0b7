import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from microcosm_sqlite.errors import SourceError
from microcosm_sqlite.sources.json import JSONLinesSource, JSONSource
from microcosm_sqlite.sources.tabular import Content


def read(source: JSONLinesSource | JSONSource) -> list[tuple[int, dict[str, Any]]]:
    """Return all objects with their lines."""
    with source.open() as reading:
        assert reading.content is Content.JSON
        return [
            (line, dict(zip(batch.header or (), row, strict=True)))
            for batch in reading.batches
            for line, row in batch.records()
        ]


def write(folder: Path, content: bytes) -> Path:
    """Return a file with this content."""
    path = folder / "rows.jsonl"
    path.write_bytes(content)
    return path


def test_every_line_is_an_object(tmp_path: Path) -> None:
    """A byte order mark and blank lines are no objects; lines are counted."""
    path = write(tmp_path, b'\xef\xbb\xbf{"a": 1, "b": [2]}\n\n{"a": "x"}\n  \n{"c": null}')

    assert read(JSONLinesSource(path)) == [(1, {"a": 1, "b": [2]}), (3, {"a": "x"}), (5, {"c": None})]


def test_objects_of_one_shape_are_read_the_same_as_any(tmp_path: Path) -> None:
    """Block after block, whatever their names are and in which order they stand; one that differs is found."""
    row = {"id": 0, "not a name": None, "field_1": [1, {"a": 2}], "é": "x" * 200}
    rows = [row | {"id": number} for number in range(3000)]
    rows[1500] = dict(reversed(rows[1500].items()))
    rows[2500] = rows[2500] | {"more": 1}
    del rows[2700]["é"]
    path = write(tmp_path, "".join(json.dumps(row) + "\n" for row in rows).encode())

    assert read(JSONLinesSource(path)) == list(enumerate(rows, 1))


def test_files_may_be_packed_and_know_their_bytes(tmp_path: Path) -> None:
    """The digest is that of the file as it lies there."""
    packed = gzip.compress(b'{"a": 1}\n')
    source = JSONLinesSource(write(tmp_path, packed), name="upload")

    assert source.is_rereadable
    assert read(source) == [(1, {"a": 1})]
    assert (source.name, source.digest().bytes) == ("upload", len(packed))  # type: ignore[union-attr]


@pytest.mark.parametrize("line", [b"{", b"[1]", b"7", b'{"a": NaN}', b'{"a": "\xff"}', b"\x00"])
def test_a_line_that_is_no_object_is_named(line: bytes, tmp_path: Path) -> None:
    """Whatever is wrong with it."""
    path = write(tmp_path, b'{"a": 1}\n' * 3 + line + b'\n{"a": 1}\n')

    with pytest.raises(SourceError, match=r"line 4: expected a JSON object"):
        read(JSONLinesSource(path))


def test_an_array_is_read_as_its_objects(tmp_path: Path) -> None:
    """They are counted from 1."""
    path = write(tmp_path, b'[{"a": 1},\n {"a": {"b": 2}}]')

    assert read(JSONSource(path)) == [(1, {"a": 1}), (2, {"a": {"b": 2}})]
    assert read(JSONSource(write(tmp_path, b"[]"))) == []


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"[{]", b"\xff"])
def test_what_is_no_array_of_objects_is_an_error(content: bytes, tmp_path: Path) -> None:
    """With what was found instead."""
    with pytest.raises(SourceError, match="expected an array of objects, found"):
        read(JSONSource(write(tmp_path, content)))


@pytest.mark.parametrize("kind", [JSONSource, JSONLinesSource])
def test_a_missing_file_is_an_error(kind: Any, tmp_path: Path) -> None:
    """As with any other source."""
    with pytest.raises(SourceError, match="nothing there"):
        read(kind(tmp_path / "missing.json"))
