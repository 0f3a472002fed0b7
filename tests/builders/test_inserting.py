from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest

from microcosm_sqlite.builders.extensions import view_csv
from microcosm_sqlite.builders.inserting import TextInsert, run_insert
from microcosm_sqlite.builders.transfers import LEAVE, TABLE, Transfer


@pytest.fixture
def native() -> Iterator[Any]:
    """A connection to an empty table."""
    connection = apsw.Connection(":memory:")
    connection.execute("CREATE TABLE bird (id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT")
    yield connection
    connection.close()


@pytest.fixture
def text(native: Any, tmp_path: Path) -> Iterator[TextInsert]:
    """What inserts birds whose name is not "odd"."""
    path = tmp_path / "block.csv"
    with path.open("wb", buffering=0) as file:
        view_csv(native, TABLE, path, columns=2)
        insert = f"INSERT OR FAIL INTO bird SELECT c0, c1 FROM {TABLE} WHERE c1 <> 'odd' OR {LEAVE}(rowid)"
        found = TextInsert(native, file, Transfer(width=2, insert=insert, parameters=()))
        with found.ready():
            yield found


def test_all_lines_of_a_block_are_inserted_or_left(native: Any, text: TextInsert) -> None:
    """Those that are left are counted from 1."""
    assert text.of(b"1,a\n2,odd\n3,b\n").insert_from(0, 3) == 3

    assert text.left == [2]
    assert native.execute("SELECT * FROM bird").fetchall() == [(1, "a"), (3, "b")]


def test_a_line_that_is_refused_ends_it(native: Any, text: TextInsert) -> None:
    """The lines before it are there, and it can go on behind it."""
    block = text.of(b"1,a\n2,b\n1,c\n4,d\n")

    assert block.insert_from(0, 4) == 2
    assert block.insert_from(3, 1) == 1
    assert native.execute("SELECT * FROM bird").fetchall() == [(1, "a"), (2, "b"), (4, "d")]


@pytest.mark.parametrize("data", [b"1,a\nx,b\n", b'1,"a\n2,b\n', b'1,"a\nb"\n', b"1,odd\n2,b\n2,c\n"])
def test_what_cannot_be_told_is_left_to_python(text: TextInsert, data: bytes) -> None:
    """A wrong type, records of several lines, a line that is refused beside one that is left."""
    assert text.of(data).insert_from(0, data.count(b"\n")) is None


def test_lines_behind_quotes_are_not_counted(text: TextInsert) -> None:
    """A record may be more than a line."""
    block = text.of(b'1,"a"\n1,b\n3,c\n')

    assert block.insert_from(0, 3) == 1
    assert block.insert_from(2, 1) is None


def test_an_insert_tells_how_far_it_came(native: Any) -> None:
    """To the end, to a row that is refused, or nowhere."""
    insert = "INSERT OR FAIL INTO bird SELECT value, ? FROM json_each(?)"

    assert run_insert(native, insert, ("a", "[1, 2, 3]")) == (3, False)
    assert run_insert(native, insert, ("a", "[4, 5, 1, 6]")) == (2, True)
    assert run_insert(native, insert, (None, "[7]")) == (0, True)
    assert run_insert(native, insert, ("a", '["x"]')) is None
    assert run_insert(native, "INSERT INTO nowhere VALUES (1)", ()) is None
