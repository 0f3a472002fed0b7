"""Equal rows and models give one file, wherever and however it is made."""

import math
from pathlib import Path
from typing import Any

import apsw
import pytest
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from microcosm_sqlite.artifacts.digests import file_digest
from microcosm_sqlite.dataset import DataSet
from microcosm_sqlite.errors import RowsRejectedError, SealError
from microcosm_sqlite.sealing import Release, seal
from microcosm_sqlite.shipping.folder import FolderChannel
from microcosm_sqlite.workbench import Workbench
from tests.canonical.drawing import PAGE_SIZES, draw
from tests.canonical.environments import present, surroundings
from tests.canonical.modelled import build
from tests.canonical.nightly import digests_of
from tests.canonical.rebuilding import rebuild

#: A tenth of what runs at night.
CASES = 300


class Values(DataSet, DeclarativeBase):
    """One table for any value."""

    __data_set__ = "values"


class Value(Values):
    """A value of each kind."""

    __tablename__ = "value"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int | None]
    real: Mapped[float | None]
    text: Mapped[str | None]
    blob: Mapped[bytes | None]


VALUES: list[dict[str, Any]] = [
    {"id": -(2**63), "number": 2**63 - 1, "real": math.inf, "text": "👩\u200d🚀", "blob": b"\0" * 10_000},
    {"id": 0, "number": -(2**63), "real": -math.inf, "text": "", "blob": b""},
    {"id": 1, "number": None, "real": None, "text": None, "blob": None},
    {"id": 2, "number": 0, "real": 5e-324, "text": "a\0b", "blob": b"\xff"},
    {"id": 2**63 - 1, "number": 1, "real": 1.7976931348623157e308, "text": "\uffff", "blob": b"x" * 70_000},
]


def seal_values(folder: Path, rows: list[dict[str, Any]], **options: Any) -> bytes:
    """Return the bytes of the artifact that holds *rows*."""
    with Workbench(Values, folder=folder / "bench") as bench:
        bench.load(Value, rows)
        return seal(bench, FolderChannel(folder), Release(version="1"), **options).path.read_bytes()


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.xdist_group("canonical")
def test_random_cases_give_one_file_in_every_environment() -> None:
    """Whatever the release of SQLite, the Python, the order of the rows, and the surroundings."""
    found = digests_of(0, CASES, jobs=2)

    assert {number: files for number, files in found.items() if len(files) > 1} == {}
    assert len(found) == CASES


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.xdist_group("canonical")
def test_models_give_one_file_in_every_environment(tmp_path: Path) -> None:
    """Hash seeds, time zones and locales among them, which SQLAlchemy and Python look at."""
    expected = file_digest(build(tmp_path, shuffle=0).path)

    printed = {
        (environment.name, variables["PYTHONHASHSEED"]): environment.run(
            "tests.canonical.modelled", str(shuffle), surroundings=variables
        ).strip()
        for environment in present()
        for shuffle, variables in zip(range(4 if environment.name == "this" else 1), surroundings(), strict=False)
    }

    assert {name: digest for name, digest in printed.items() if digest != expected} == {}


@pytest.mark.parametrize("number", range(12))
def test_the_order_of_rows_does_not_count(tmp_path: Path, number: int) -> None:
    """Nor whether tables come from models or were made by hand."""
    digests: set[str] = set()
    for shuffle in range(3):
        folder = tmp_path / str(shuffle)
        folder.mkdir()
        digests.add(file_digest(rebuild(draw(number), folder, shuffle=shuffle)))

    assert len(digests) == 1


@pytest.mark.parametrize("page_bytes", PAGE_SIZES)
def test_every_value_comes_through_in_any_page_size(tmp_path: Path, page_bytes: int) -> None:
    """Integers of 64 bits, all floats, emoji, and blobs longer than a page."""
    for folder in ("1", "2"):
        (tmp_path / folder).mkdir()

    one = seal_values(tmp_path / "1", VALUES, page_bytes=page_bytes)
    other = seal_values(tmp_path / "2", VALUES[::-1], page_bytes=page_bytes)

    connection = apsw.Connection(str(tmp_path / "1" / "values.sqlite"))
    rows = connection.execute("SELECT id, number, real, text, blob FROM value ORDER BY id").fetchall()
    assert one == other
    assert rows == [tuple(row.values()) for row in VALUES]
    assert connection.execute("PRAGMA page_size").fetchall() == [(page_bytes,)]


def test_page_sizes_that_sqlite_does_not_have_are_refused(tmp_path: Path) -> None:
    """Only powers of two from 512 to 65536 are."""
    with pytest.raises(ValueError, match="page_bytes"):
        seal_values(tmp_path, VALUES, page_bytes=1000)


@pytest.mark.parametrize(("column", "value"), [("real", math.nan), ("text", "lone \ud83d surrogate")])
def test_values_that_sqlite_would_change_are_refused_by_name(tmp_path: Path, column: str, value: Any) -> None:
    """NaN would become NULL; half an emoji is no text. The error names table, row and column."""
    with pytest.raises(RowsRejectedError) as caught:
        seal_values(tmp_path, [*VALUES[:2], {"id": 3, column: value}])

    problem = caught.value.problems[0]
    assert (caught.value.table, problem.column, problem.line) == ("value", column, 3)


def test_a_workbench_that_was_altered_gives_the_same_file(tmp_path: Path) -> None:
    """A column that was added later is not in the records from before; they are written anew with it."""
    create = "CREATE TABLE extra (id INTEGER PRIMARY KEY{}) STRICT"
    files: list[bytes] = []
    for number, statements in enumerate(
        (
            [create.format(""), "INSERT INTO extra VALUES (1)", "ALTER TABLE extra ADD COLUMN x TEXT DEFAULT 'late'"],
            [create.format(", x TEXT DEFAULT 'late'"), "INSERT INTO extra (id) VALUES (1)"],
        )
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        with Workbench(Values, folder=folder / "bench") as bench:
            for sql in statements:
                bench.native.execute(sql)
            files.append(seal(bench, FolderChannel(folder), Release(version="1")).path.read_bytes())

    assert files[0] == files[1]


def test_a_workbench_that_was_kept_gives_the_same_file(tmp_path: Path) -> None:
    """Rows that were there already are as good as those that were loaded now."""
    path, folder = tmp_path / "kept", tmp_path / "published"
    folder.mkdir()
    with Workbench(Values, path) as bench:
        bench.load(Value, VALUES[:2])
    with Workbench(Values, path) as bench:
        bench.load(Value, VALUES[2:])
        kept = seal(bench, FolderChannel(folder), Release(version="1")).path.read_bytes()

    assert kept == seal_values(tmp_path, VALUES)


def test_an_r_tree_is_refused_by_name(tmp_path: Path) -> None:
    """Its pages depend on the order in which boxes came, and on SQLite's release; nothing is published."""
    folder = tmp_path / "published"
    folder.mkdir()
    with Workbench(Values, folder=tmp_path / "bench") as bench:
        bench.native.execute("CREATE VIRTUAL TABLE boxes USING rtree (id, x0, x1)")
        with pytest.raises(SealError, match="'boxes' is a virtual table of module 'rtree'"):
            seal(bench, FolderChannel(folder), Release(version="1"))

    assert list(folder.glob("*.sqlite")) == []
