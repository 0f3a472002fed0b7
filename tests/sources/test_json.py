import gzip
import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from microcosm_sqlite.errors import RowProblem, SourceError
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


def problems(source: JSONLinesSource | JSONSource) -> list[RowProblem]:
    """Return what could not be read."""
    with source.open() as reading:
        return [problem for batch in reading.batches for problem in batch.unread]


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


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "is no JSON object: it ends too early"),
        (b"[1]", "is no JSON object but of type array"),
        (b"7", "is no JSON object but of type int"),
        (b'{"a": NaN}', "is no JSON object: invalid character (byte 6)"),
        (b'{"a": "\xff"}', "is no JSON object: byte 1 is not UTF-8"),
        (b"\x00", "is no JSON object: invalid character (byte 0)"),
    ],
)
def test_a_line_that_is_no_object_is_a_problem_of_that_line(line: bytes, reason: str, tmp_path: Path) -> None:
    """Whatever is wrong with it; the lines around it are read."""
    source = JSONLinesSource(write(tmp_path, b'{"a": 1}\n' * 3 + line + b'\n{"a": 1}\n'))

    assert [number for number, _ in read(source)] == [1, 2, 3, 5]
    (problem,) = problems(source)
    assert (problem.source, problem.line, problem.rule) == (source.name, 4, "document")
    assert problem.value == line.decode(errors="backslashreplace")
    assert problem.reason == reason


@pytest.mark.parametrize("content", [b'[{"a": 1}]', b'\xef\xbb\xbf [\n  {"a": 1},\n', b"[]"])
def test_an_array_that_is_called_lines_is_told(content: bytes, tmp_path: Path) -> None:
    """Rather than one bad row for each of its lines."""
    with pytest.raises(
        SourceError, match=r"expected a JSON object per line, found an array of them\. Name it \*\.json"
    ):
        read(JSONLinesSource(write(tmp_path, content)))


def test_an_array_is_read_as_its_objects(tmp_path: Path) -> None:
    """They are counted from 1."""
    path = write(tmp_path, b'[{"a": 1},\n {"a": {"b": 2}}]')

    assert read(JSONSource(path)) == [(1, {"a": 1}), (2, {"a": {"b": 2}})]
    assert read(JSONSource(write(tmp_path, b"[]"))) == []


def test_an_element_that_is_no_object_is_a_problem_of_its_number(tmp_path: Path) -> None:
    """The elements around it are read."""
    source = JSONSource(write(tmp_path, b'[{"a": 1}, [1], {"a": NaN}, {"a": 1}]'))

    assert [number for number, _ in read(source)] == [1, 4]
    assert [(problem.line, problem.value) for problem in problems(source)] == [(2, "[1]"), (3, '{"a": NaN}')]


def test_only_some_objects_are_in_memory(tmp_path: Path) -> None:
    """An array of 20 MB, packed so that it is short, takes less than 4 MB to read."""
    path = tmp_path / "rows.json.gz"
    path.write_bytes(gzip.compress(b"[" + b",\n".join([b'{"text": "%b"}' % (b"x" * 1000)] * 20_000) + b"]"))

    tracemalloc.start()
    with JSONSource(path).open() as reading:
        count = sum(batch.count for batch in reading.batches)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert count == 20_000
    assert peak < 4_000_000


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff"])
def test_what_is_no_array_of_objects_is_an_error(content: bytes, tmp_path: Path) -> None:
    """With what was found instead."""
    with pytest.raises(SourceError, match="expected an array of objects, found"):
        read(JSONSource(write(tmp_path, content)))


@pytest.mark.parametrize("kind", [JSONSource, JSONLinesSource])
def test_a_missing_file_is_an_error(kind: Any, tmp_path: Path) -> None:
    """As with any other source."""
    with pytest.raises(SourceError, match="nothing there"):
        read(kind(tmp_path / "missing.json"))
