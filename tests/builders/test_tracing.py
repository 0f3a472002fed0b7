from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from microcosm_sqlite.builders.loading import Load, load_source
from microcosm_sqlite.builders.tracing import check_foreign_keys
from microcosm_sqlite.ddl import create_tables
from microcosm_sqlite.errors import DanglingKeyError
from microcosm_sqlite.sources import CSVSource
from tests.pets import Dog, Person, Pets, csv


@pytest.fixture
def connection() -> Iterator[sa.Connection]:
    """A connection in a transaction, to empty tables whose foreign keys are not enforced."""
    engine = sa.create_engine("sqlite+apsw_strict://")
    with engine.connect() as connection:
        create_tables(Pets.metadata, connection)
        yield connection
    engine.dispose()


def test_keys_that_lead_somewhere_pass(connection: sa.Connection) -> None:
    """Whatever the order of the loads was."""
    loads = [
        Load(model=Dog, source=CSVSource(csv("id,name,owner_id\n1,Rex,1\n"))),
        Load(model=Person, source=CSVSource(csv("id,first\n1,Ada\n"))),
    ]
    for load in loads:
        load_source(connection, load)

    check_foreign_keys(connection, ["dog", "person"], loads)


def test_lines_are_found_in_whichever_source_has_them(connection: sa.Connection) -> None:
    """Several sources of one table, several keys of one row."""
    loads = [
        Load(model=Dog, source=CSVSource(csv("id,name,owner_id\n1,Rex,8\n2,Bo,9\n"), name="a.csv")),
        Load(model=Dog, source=CSVSource(csv("name,id,owner_id,parent_id\n\nBella,3,7,6\n"), name="b.csv")),
    ]
    for load in loads:
        load_source(connection, load)

    with pytest.raises(DanglingKeyError) as caught:
        check_foreign_keys(connection, ["dog"], loads)

    assert [(problem.source, problem.line, problem.column, problem.value) for problem in caught.value.problems] == [
        ("a.csv", 2, "owner_id", 8),
        ("a.csv", 3, "owner_id", 9),
        ("b.csv", 3, "owner_id", 7),
        ("b.csv", 3, "parent_id", 6),
    ]
    assert caught.value.count == 4


def test_rows_are_told_by_all_they_hold_where_the_source_has_no_key(connection: sa.Connection) -> None:
    """The key was SQLite's own choice."""
    load = Load(model=Dog, source=CSVSource(csv("name,owner_id\nRex,1\nBo,9\n"), name="a.csv"))
    load_source(connection, load)

    with pytest.raises(DanglingKeyError, match=r"a\.csv, line 3, column owner_id: 9"):
        check_foreign_keys(connection, ["dog"], [load])


def test_a_source_that_changed_is_no_obstacle(connection: sa.Connection, tmp_path: Path) -> None:
    """The row is then named by its key."""
    path = tmp_path / "dogs.csv"
    path.write_text("id,name,owner_id\n1,Rex,9\n")
    load = Load(model=Dog, source=CSVSource(path))
    load_source(connection, load)

    for content in ("id,nme\n", "id,name,owner_id\nx,y,z\n", ""):
        path.write_text(content)
        with pytest.raises(DanglingKeyError, match="table dog, row id=1, column owner_id: 9"):
            check_foreign_keys(connection, ["dog"], [load])
