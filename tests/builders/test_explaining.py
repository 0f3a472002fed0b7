from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from microcosm_sqlite.errors import HeaderError
from microcosm_sqlite.workbench import Workbench
from tests.pets import Everything, Person, Pets


@pytest.fixture
def bench() -> Iterator[Workbench]:
    """An open workbench."""
    with Workbench(Pets) as bench:
        yield bench


def write(folder: Path, text: str, name: str = "people.csv") -> Path:
    """Return a file with this text."""
    path = folder / name
    path.write_text(text)
    return path


def test_what_fills_each_column_is_told_before_anything_is_loaded(bench: Workbench, tmp_path: Path) -> None:
    """With who reads the source, and what of it is not used."""
    path = write(tmp_path, "id,Full name,x\n")

    told = bench.explain(
        Person,
        path,
        columns={"first": "Full name", "nick": sa.text('lower("Full name")')},
        defaults={"order": 7},
        ignore="x",
    )

    assert told.splitlines() == [
        f"{path} -> person, read by SQLite where it is large and plain, else by Python",
        "  id     from 'id'                Integer (a whole number)",
        "  first  from 'Full name'         String (text, as it is)",
        '  nick   SQL: lower("Full name")  String (text, as it is); may be NULL',
        "  order  always 7                 Integer (a whole number); may be NULL",
        "  not used: 'x'",
    ]
    assert bench.connection.execute(sa.select(sa.func.count()).select_from(Person)).scalar() == 0


def test_other_ways_are_told(bench: Workbench, tmp_path: Path) -> None:
    """Python, for what SQLite does not read; nothing, where there are no rows."""
    everything = bench.explain(Everything, write(tmp_path, "id,document\n"))
    lines = bench.explain(
        Person, write(tmp_path, '{"id": 1, "name": {"a": "x"}}\n', "p.jsonl"), columns={"first": "name.a"}
    )

    assert "-> everything, read by Python\n" in everything
    assert "-> person, read by Python\n" in lines
    assert "first  from 'name.a'" in lines
    assert bench.explain(Person, []).endswith("-> person: no rows")


def test_what_does_not_fit_is_an_error_there_too(bench: Workbench, tmp_path: Path) -> None:
    """The same as when it is loaded."""
    with pytest.raises(HeaderError, match="did you mean 'first'"):
        bench.explain(Person, write(tmp_path, "id,frist\n"))
