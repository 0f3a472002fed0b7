import gzip
import json
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from microcosm_sqlite.errors import DanglingKeyError, HeaderError, RowsRejectedError
from microcosm_sqlite.sources.sql import SQLSource
from microcosm_sqlite.workbench import Workbench
from tests.pets import Colour, Dog, Everything, Person, Pets


@pytest.fixture
def bench() -> Iterator[Workbench]:
    """An open workbench."""
    with Workbench(Pets) as bench:
        yield bench


def people(bench: Workbench) -> list[tuple[Any, ...]]:
    """Return who is there."""
    query = sa.select(Person.id, Person.first, Person.nick, Person.rank).order_by(Person.id)
    return [tuple(row) for row in bench.connection.execute(query)]


def write(folder: Path, name: str, text: str) -> Path:
    """Return a file with this text, packed if its name says so."""
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


CSV = "id,first,order\n1,Ada,3\n2,Grace,\n"
LINES = '{"id": 1, "first": "Ada", "order": 3}\n{"id": 2, "first": "Grace", "order": null}\n'


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("people.csv", CSV),
        ("people.csv.gz", CSV),
        ("people.tsv", CSV.replace(",", "\t")),
        ("people.jsonl", LINES),
        ("people.json", f"[{LINES.strip().replace(chr(10), ',')}]"),
    ],
)
def test_files_of_all_kinds_give_the_same_rows(name: str, text: str, bench: Workbench, tmp_path: Path) -> None:
    """The name of a file says what it holds; the manifest will say which bytes it had."""
    path = write(tmp_path, name, text)

    assert bench.load(Person, path) == 2
    assert people(bench) == [(1, "Ada", None, 3), (2, "Grace", None, None)]
    assert [(source.path, source.bytes, source.rows) for source in bench.sources] == [(name, path.stat().st_size, 2)]


def test_rows_for_which_a_function_fails_are_bad_rows(bench: Workbench, tmp_path: Path) -> None:
    """Named with what it raised, or with what it returned that no column can hold; they may be left out."""
    path = write(tmp_path, "people.csv", "id,first\n1,Ada\n2,7\n3,8\n")

    with pytest.raises(RowsRejectedError) as raised:
        bench.load(Person, path, columns={"order": lambda row: int(row["first"])})
    (problem,) = raised.value.problems
    where = f"{path}, line 2, column order"
    why = "the function raised ValueError: invalid literal for int() with base 10: 'Ada'"
    assert str(problem) == f"{where}: None could not be computed: {why}"
    with pytest.raises(
        RowsRejectedError, match=r"line 3, column nick: \[1\] is of type list, which the column does not"
    ):
        bench.load(Person, path, columns={"nick": lambda row: [1] if row["first"] == "7" else "x"})
    assert bench.load(Person, path, columns={"order": lambda row: int(row["first"])}, skip_bad=True) == 2
    assert people(bench) == [(2, "7", None, 7), (3, "8", None, 8)]


def test_values_that_cannot_be_stored_are_named(bench: Workbench) -> None:
    """With their type."""
    with pytest.raises(
        RowsRejectedError, match=r"line 2, column first: \[1\] is of type list, which the column does not"
    ):
        bench.load(Person, [{"id": 1, "first": "Ada"}, {"id": 2, "first": [1]}])
    assert people(bench) == []


def test_rows_of_a_query_are_loaded(bench: Workbench, tmp_path: Path) -> None:
    """From any database that SQLAlchemy knows."""
    engine = sa.create_engine(f"sqlite:///{tmp_path}/shop.db")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE clients (number INTEGER, name TEXT, since DATE)")
        connection.exec_driver_sql("INSERT INTO clients VALUES (1, 'Ada', '2026-01-05'), (2, 'Eve', NULL)")
    engine.dispose()

    source = SQLSource(f"sqlite:///{tmp_path}/shop.db", "clients")
    count = bench.load(Person, source, columns={"id": "number", "first": "name"}, ignore="since")

    assert count == 2
    assert people(bench) == [(1, "Ada", None, None), (2, "Eve", None, None)]


def test_what_is_no_file_is_in_the_manifest_as_well(bench: Workbench, tmp_path: Path) -> None:
    """By the name of the table, nothing of the database; equal rows with equal digests, however they came."""
    engine = sa.create_engine(f"sqlite:///{tmp_path}/secret.db")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE clients (id INTEGER, first TEXT)")
        connection.exec_driver_sql("INSERT INTO clients VALUES (1, 'Ada'), (2, 'Eve')")
    engine.dispose()
    rows = [{"id": 1, "first": "Ada"}, {"id": 2, "first": "Eve"}]

    bench.load(Person, SQLSource(f"sqlite:///{tmp_path}/secret.db?timeout=5", "clients"))
    bench.upsert(Person, rows)
    bench.upsert(Person, (row for row in rows))

    assert [(source.path, source.rows) for source in bench.sources] == [
        ("clients", 2),
        ("rows of Person", 2),
        ("rows of Person", 2),
    ]
    assert len({(source.sha256, source.bytes) for source in bench.sources}) == 1
    bench.upsert(Person, rows[::-1])
    assert bench.sources[-1].sha256 != bench.sources[0].sha256


def test_rows_are_let_go_once_they_are_loaded(bench: Workbench) -> None:
    """They may be many."""
    rows = (row for row in [{"id": 1, "first": "Ada"}])
    seen = weakref.ref(rows)

    bench.load(Person, rows)
    del rows

    assert seen() is None
    assert [source.path for source in bench.sources] == ["rows of Person"]


def test_nested_values_are_reached_by_their_path(bench: Workbench, tmp_path: Path) -> None:
    """Where the path ends before, there is nothing."""
    rows = [{"id": 1, "name": {"first": "Ada", "others": ["Countess"]}}, {"id": 2, "name": {"first": "Eve"}}]
    path = write(tmp_path, "people.json", json.dumps(rows))

    bench.load(Person, path, columns={"first": "name.first", "nick": "name.others.0"})

    assert people(bench) == [(1, "Ada", "Countess", None), (2, "Eve", None, None)]


def test_columns_may_be_renamed_computed_and_given(bench: Workbench, tmp_path: Path) -> None:
    """By name, by a function of the row, by SQL, by a default; other words may mean nothing."""
    path = write(tmp_path, "people.csv", "number,Full name,rank,note\n1,ada l,NA,x\n2,eve m,7,y\n")

    bench.load(
        Person,
        path,
        columns={
            Person.id: "number",
            "first": lambda row: row["Full name"].title(),
            "nick": sa.text('substr("Full name", 1, 3)'),
        },
        ignore=["note"],
        null=["", "NA"],
    )

    assert people(bench) == [(1, "Ada L", "ada", None), (2, "Eve M", "eve", 7)]


def test_values_of_json_are_those_of_every_column(bench: Workbench, tmp_path: Path) -> None:
    """Numbers and booleans as such, what JSON has no word for as text, documents as they are."""
    row = {
        "id": 1,
        "integer": 2**60,
        "real": 0.1,
        "exact": "12.50",
        "text": "007",
        "flag": True,
        "day": "2026-01-05",
        "moment": "2026-01-05T10:00:00",
        "data": "00ff",
        "document": {"a": [1, "2"]},
        "identifier": "12345678-1234-5678-1234-567812345678",
        "named": "RED",
        "price": "1.25",
        "span": 90.5,
    }
    path = write(tmp_path, "rows.jsonl", json.dumps(row | {"span": "90.5"}) + "\n")

    bench.load(Everything, path)

    with bench.session() as session:
        found = session.get_one(Everything, 1)
        assert (found.integer, found.real, str(found.exact), found.text, found.flag) == (
            2**60,
            0.1,
            "12.50",
            "007",
            True,
        )
        assert (str(found.day), found.data, found.document) == ("2026-01-05", b"\x00\xff", {"a": [1, "2"]})
        assert (found.named, str(found.price), found.span.total_seconds()) == (Colour.RED, "1.25", 90.5)  # type: ignore[union-attr]


def test_bad_rows_may_be_left_out_on_purpose(bench: Workbench, tmp_path: Path) -> None:
    """The manifest says how many, the workbench what was wrong with them."""
    path = write(tmp_path, "people.csv", "id,first\n1,Ada\nx,Eve\n1,Bob\n2,Ada\n3,Cy\n")

    assert bench.load(Person, path, skip_bad=True) == 2
    assert [row[1] for row in people(bench)] == ["Ada", "Cy"]
    assert [(source.rows, source.skipped) for source in bench.sources] == [(2, 3)]
    assert [(problem.line, problem.rule) for problem in bench.skipped] == [(3, "type"), (4, "unique"), (5, "unique")]


def test_only_so_many_rows_may_be_left_out(bench: Workbench, tmp_path: Path) -> None:
    """One more, and the load fails as any other."""
    path = write(tmp_path, "people.csv", "id,first\n1,Ada\nx,Eve\ny,Bob\n")

    assert bench.load(Person, path, skip_bad=True, max_errors=2) == 1
    bench.clear(Person)
    with pytest.raises(RowsRejectedError, match=r"2 problem\(s\), nothing was loaded"):
        bench.load(Person, path, skip_bad=True, max_errors=1)
    assert people(bench) == []


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("people.jsonl", '{"id": 1, "first": "Ada"}\n{"id": 2,\n[3]\n{"id": "x", "first": "Eve"}\n', 2),
        ("people.jsonl", 'null\n{"id": 2,\n{"id": "x", "first": "Eve"}\n{"id": 1, "first": "Ada"}\n', 1),
        ("people.json", '[{"id": 1, "first": "Ada"}, 7, [3], {"id": "x", "first": "Eve"}]', 2),
    ],
)
def test_a_document_that_is_no_object_is_a_bad_row_like_others(
    name: str, text: str, line: int, bench: Workbench, tmp_path: Path
) -> None:
    """Told with all others, left out on purpose with them, counted, bounded."""
    path = write(tmp_path, name, text)

    with pytest.raises(RowsRejectedError, match=r"3 problem\(s\), nothing was loaded") as caught:
        bench.load(Person, path)
    with pytest.raises(RowsRejectedError, match=r"3 problem\(s\), nothing was loaded"):
        bench.load(Person, path, skip_bad=True, max_errors=2)
    assert bench.load(Person, path, skip_bad=True, max_errors=3) == 1

    assert [(problem.line, problem.rule) for problem in caught.value.problems[:2]] == [
        (line, "document"),
        (line + 1, "document"),
    ]
    assert [row[1] for row in people(bench)] == ["Ada"]
    assert [(source.rows, source.skipped) for source in bench.sources] == [(1, 3)]
    assert len(bench.skipped) == 3


@pytest.mark.parametrize("rows", [1, 20_000])
def test_a_row_of_empty_cells_is_one_problem(rows: int, bench: Workbench, tmp_path: Path) -> None:
    """Spreadsheets write many of them behind the last row; SQLite's way and Python's tell the same."""
    text = "id,name,owner_id\n" + "".join(f"{number},name {number},1\n" for number in range(rows)) + ",,\n,,\n"

    with pytest.raises(RowsRejectedError) as caught:
        bench.load(Dog, write(tmp_path, "dogs.csv", text))

    assert [(problem.line, problem.value, problem.rule, problem.reason) for problem in caught.value.problems] == [
        (rows + 2, ",,", "null", "is a row of empty cells: remove it"),
        (rows + 3, ",,", "null", "is a row of empty cells: remove it"),
    ]


def test_lines_are_found_around_a_document_that_is_none(bench: Workbench, tmp_path: Path) -> None:
    """Those that a foreign key is told with, and what a load is explained by."""
    path = write(tmp_path, "dogs.jsonl", 'x\n{"id": 1, "name": "Rex", "owner_id": 7}\n')
    assert "name" in bench.explain(Dog, path)

    bench.load(Dog, path, skip_bad=True)
    with pytest.raises(DanglingKeyError, match=r"dogs\.jsonl, line 2, column owner_id: 7 is no row of table"):
        bench.check_foreign_keys()


def test_so_many_problems_are_told_in_full(bench: Workbench, tmp_path: Path) -> None:
    """The others are counted."""
    path = write(tmp_path, "people.csv", "id,first\n" + "x,y\n" * 300)

    with pytest.raises(RowsRejectedError) as caught:
        bench.load(Person, path, max_errors=200)

    assert (len(caught.value.problems), caught.value.count) == (200, 300)


def test_rows_may_take_the_place_of_others(bench: Workbench) -> None:
    """Those of the same key, or all of them; what is not given stays."""
    bench.load(Person, [{"id": 1, "first": "Ada", "nick": "A"}, {"id": 2, "first": "Eve"}])

    assert bench.upsert(Person, [{"id": 2, "first": "Eva"}, {"id": 1, "first": "Ida"}]) == 2
    assert people(bench) == [(1, "Ida", "A", None), (2, "Eva", None, None)]

    assert bench.replace(Person, [{"id": 7, "first": "Bo"}]) == 1
    assert people(bench) == [(7, "Bo", None, None)]
    with pytest.raises(RowsRejectedError):
        bench.replace(Person, [{"id": 8, "first": "Cy"}, {"id": 8, "first": "Di"}])
    assert people(bench) == [(7, "Bo", None, None)]


def test_sources_come_in_any_order(bench: Workbench, tmp_path: Path) -> None:
    """Keys are checked at the end; one that leads nowhere is told with its line, in whatever kind of file."""
    bench.load(Dog, write(tmp_path, "dogs.jsonl", '{"id": 1, "name": "Rex", "owner_id": 7}\n'))

    with pytest.raises(DanglingKeyError, match=r"dogs\.jsonl, line 1, column owner_id: 7 is no row of table 'person'"):
        bench.check_foreign_keys()
    bench.load(Person, [{"id": 7, "first": "Ada"}])
    bench.check_foreign_keys()


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("people.jsonl", '{"id": 1, "frist": "Ada"}\n', r"line 1: .*For 'frist', did you mean 'first'"),
        ("people.csv", "id,frist\n", "For 'frist', did you mean 'first'"),
    ],
)
def test_a_wrong_name_is_told_with_the_right_one(
    name: str, text: str, message: str, bench: Workbench, tmp_path: Path
) -> None:
    """Whatever the kind of file."""
    with pytest.raises(HeaderError, match=message):
        bench.load(Person, write(tmp_path, name, text))


def test_a_row_with_other_names_than_the_others_is_one_bad_row(bench: Workbench, tmp_path: Path) -> None:
    """What all rows have in common was right; the other rows are looked at as well."""
    text = '{"id": 1, "first": "Ada"}\n{"id": 2, "frist": "Eve"}\n{"id": 3}\n{"id": 4, "first": "Bo", "order": 1.5}\n'

    with pytest.raises(RowsRejectedError) as caught:
        bench.load(Person, write(tmp_path, "people.jsonl", text))

    assert [(problem.line, problem.rule) for problem in caught.value.problems] == [
        (2, "names"),
        (3, "names"),
        (4, "type"),
    ]
    assert "line 2: ['id', 'frist'] holds what other rows do not, or lacks something: expected columns named" in str(
        caught.value
    )


def test_a_failed_load_leaves_the_workbench_as_it_was(bench: Workbench, tmp_path: Path) -> None:
    """Rows, sources and all."""
    bench.load(Person, [{"id": 1, "first": "Ada"}])

    for name, text in (("a.csv", "id,first\n2,Eve\n2,Eve\n"), ("b.jsonl", '{"id": 3, "first": "Bo"}\nx\n')):
        with pytest.raises(RowsRejectedError):
            bench.load(Person, write(tmp_path, name, text))

    assert people(bench) == [(1, "Ada", None, None)]
    assert ([source.path for source in bench.sources], bench.skipped) == (["rows of Person"], ())
