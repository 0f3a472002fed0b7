from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import Any, NoReturn

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from microcosm_sqlite.builders.csv import CSVBuilder
from microcosm_sqlite.context import SessionContext
from microcosm_sqlite.errors import (
    DanglingKeyError,
    DataSetBusyError,
    DuplicateModelError,
    DuplicateRowError,
    HeaderError,
    ModelIntegrityError,
    ReadOnlyDataSetError,
    RowsRejectedError,
)
from tests.deliveries import Deliveries, Parcel, text
from tests.executors import Posting
from tests.pets import Dog, Person, PersonStore, Pets, csv, make_graph, rows

PEOPLE = """
    id,first
    1,Ada
    2,Grace
"""

DOGS = """
    id,name,owner_id,parent_id
    1,Rex,2,2
    2,Bella,1,
"""


@pytest.fixture
def graph(tmp_path: Path) -> Any:
    """A graph with an empty data set."""
    return make_graph(tmp_path)


def test_a_single_build_loads_one_model(graph: Any) -> None:
    """From an open file, or from a path."""
    graph.sqlite_builder.csv(Person).build(csv(PEOPLE))

    assert rows(graph, Person, "id", "first") == [(1, "Ada"), (2, "Grace")]


def test_an_executor_may_convert(tmp_path: Path) -> None:
    """The same rows and problems as without one; a build that fails leaves everything as it was."""
    graph = make_graph(tmp_path, Deliveries)
    executor = Posting()
    builder = graph.sqlite_builder.csv(Parcel).convert_with(executor)

    good, bad = (text(2000, bad_every=every).replace("note,place", "note,slug", 1) for every in (0, 9))

    builder.build(StringIO(good, newline=""))
    with pytest.raises(RowsRejectedError) as several:
        builder.build(StringIO(bad, newline=""))
    with pytest.raises(RowsRejectedError) as alone:
        builder.convert_with(None).build(StringIO(bad, newline=""))

    assert executor.submitted > 4
    assert str(several.value) == str(alone.value)
    assert several.value.problems == alone.value.problems
    assert len(rows(graph, Parcel, "id")) == 2000


def test_a_bulk_build_may_refer_forward(graph: Any) -> None:
    """Foreign keys are checked at the end: to tables that come later, and within a table in any order."""
    graph.sqlite_builder.csv(Pets).bulk().build([(Dog, csv(DOGS)), (Person, csv(PEOPLE))])

    assert rows(graph, Dog) == [(1, "Rex", True, 2, 2), (2, "Bella", True, 1, None)]


def test_a_failed_build_leaves_everything_as_it_was(graph: Any) -> None:
    """Also the tables of a bulk build that were loaded before, and what was to be deleted."""
    graph.sqlite_builder.csv(Person).build(csv(PEOPLE))
    builder = graph.sqlite_builder.csv(Pets, bulk_mode=True, delete_before_load=True)

    with pytest.raises(RowsRejectedError):
        builder.build([(Person, csv("id,first\n7,Eve\n")), (Dog, csv("id,name,owner_id\nx,Rex,7\n"))])

    assert rows(graph, Person, "id") == [(1,), (2,)]
    assert rows(graph, Dog) == []


def test_a_dangling_key_names_its_line(graph: Any, tmp_path: Path) -> None:
    """File, line, column and the missing key, from a path and from an open file."""
    path = tmp_path / "dogs.csv"
    path.write_text('id,name,owner_id\n1,"Rex\nII",1\n2,Bella,9\n')
    graph.sqlite_builder.csv(Person).build(csv(PEOPLE))

    with pytest.raises(DanglingKeyError) as caught:
        graph.sqlite_builder.csv(Dog).build(path)

    (problem,) = caught.value.problems
    assert (problem.source, problem.line, problem.column, problem.value) == (str(path), 4, "owner_id", 9)
    assert "no row of table 'person'" in problem.reason
    assert isinstance(caught.value, ModelIntegrityError)
    with pytest.raises(DanglingKeyError, match="line 4, column owner_id: 9"), path.open(newline="") as file:
        graph.sqlite_builder.csv(Dog).build(file)
    assert rows(graph, Dog) == []


def test_a_duplicate_names_its_line(graph: Any) -> None:
    """With the key as it was written; it is a DuplicateModelError too."""
    with pytest.raises(DuplicateRowError, match="line 4, column id: '1' is taken") as caught:
        graph.sqlite_builder.csv(Person).build(csv("id,first\n1,Ada\n2,Grace\n1,Eve\n"))

    assert isinstance(caught.value, DuplicateModelError)
    assert caught.value.status_code == 409
    assert rows(graph, Person) == []


def test_foreign_keys_that_are_not_enforced_are_not_checked(tmp_path: Path) -> None:
    """Whoever configures them off has their reasons."""
    graph = make_graph(tmp_path)
    graph.sqlite.use_foreign_keys = False

    graph.sqlite["pets"] = graph.sqlite["pets"]
    graph.sqlite_builder.csv(Dog).build(csv("id,name,owner_id\n1,Rex,9\n"))

    assert rows(graph, Dog, "owner_id") == [(9,)]


def test_deleting_checks_the_tables_that_refer(graph: Any) -> None:
    """A dog whose owner was deleted and did not come back."""
    graph.sqlite_builder.csv(Pets).bulk().build([(Person, csv(PEOPLE)), (Dog, csv(DOGS))])

    with pytest.raises(DanglingKeyError, match="table dog, row id=1, column owner_id: 2"):
        graph.sqlite_builder.csv(Person, delete_before_load=True).build(csv("id,first\n1,Ada\n"))
    graph.sqlite_builder.csv(Person, delete_before_load=True).build(csv("id,first\n1,Eve\n2,Bob\n"))

    assert rows(graph, Person, "first") == [("Eve",), ("Bob",)]


def test_commit_on_insert_keeps_what_came_before(graph: Any) -> None:
    """Each row is committed by itself; the error says how many were."""
    builder = graph.sqlite_builder.csv(Person, commit_on_insert=True)

    with pytest.raises(DuplicateRowError, match="only the 2 row") as caught:
        builder.build(csv("id,first\n1,Ada\n2,Grace\n1,Eve\n4,Bob\n"))

    assert caught.value.kept_rows == 2
    assert rows(graph, Person, "id") == [(1,), (2,)]


def test_commit_on_insert_enforces_foreign_keys_at_once(graph: Any) -> None:
    """There is no later row that could make up for it."""
    with pytest.raises(DanglingKeyError, match="line 2"):
        graph.sqlite_builder.csv(Dog, commit_on_insert=True).build(csv(DOGS))


def test_ignored_columns_are_dropped(graph: Any) -> None:
    """On purpose, by name."""
    graph.sqlite_builder.csv(Person).ignore("notes", "").build(csv("id,first,notes,\n1,Ada,x,y\n"))

    assert rows(graph, Person, "first") == [("Ada",)]


def test_a_default_of_a_bulk_build_applies_where_it_fits(graph: Any) -> None:
    """To every model that has the column."""
    builder = graph.sqlite_builder.csv(Pets).bulk().default(rank=0, name="Rex")

    builder.build([(Person, csv(PEOPLE)), (Dog, csv("id,owner_id\n1,1\n"))])

    assert rows(graph, Person, "order") == [(0,), (0,)]
    assert rows(graph, Dog, "name") == [("Rex",)]


def test_an_open_context_that_has_read_is_not_in_the_way(graph: Any) -> None:
    """Its read lock is given up, its session, instances and place stay; nothing waits for anything."""
    graph.sqlite_builder.csv(Person).build(csv(PEOPLE))
    with SessionContext(graph, Pets, expire_on_commit=True) as context:
        (ada, _) = PersonStore().search()

        graph.sqlite_builder.csv(Person).build(csv("id,first\n3,Eve\n"))

        assert "first" in vars(ada)
        assert Pets.session is context.session
        assert PersonStore().count() == 3


def test_an_open_context_that_has_written_is_told(graph: Any) -> None:
    """Only its owner may say whether its changes are kept."""
    engine, _ = graph.sqlite("pets")
    sa.event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout = 1"))
    with SessionContext(graph, Pets) as context:
        session = context.session
        assert session is not None
        session.add(Person(id=9, first="Bob"))
        session.flush()

        with pytest.raises(DataSetBusyError, match="Commit, roll back or close"):
            graph.sqlite_builder.csv(Person).build(csv(PEOPLE))
        context.commit()

    assert rows(graph, Person, "first") == [("Bob",)]


def test_data_that_cannot_change_says_so(graph: Any, tmp_path: Path) -> None:
    """The engine refuses, whichever way the write comes."""
    graph.sqlite.read_only = True
    graph.sqlite["pets"] = graph.sqlite["pets"]

    with pytest.raises(ReadOnlyDataSetError):
        graph.sqlite_builder.csv(Person).build(csv(PEOPLE))


class Shouting(CSVBuilder):
    """A subclass with a say in single cells."""

    @staticmethod
    def as_tuple(columns: Any, name: str, value: Any) -> tuple[str, Any]:
        """Return text in capitals."""
        key, read = CSVBuilder.as_tuple(columns, name, value)
        return key, read.upper() if isinstance(read, str) else read


class Owning(CSVBuilder):
    """A subclass with a say in whole rows, which looks other rows up."""

    def as_model(self, model_cls: type[Any], row: Mapping[str, Any]) -> Any:
        """Return a dog whose owner is found by name."""
        owner = PersonStore().one(Person.first == row["owner"])
        return super().as_model(model_cls, {**row, "owner_id": owner.id})


class Guarded(CSVBuilder):
    """A subclass with a say in deleting."""

    def delete_all(self, model_class: type[Any], session: Any) -> Any:
        """Delete all but the first."""
        assert isinstance(session, Session)
        return session.query(model_class).filter(model_class.id > 1).delete()


@pytest.mark.parametrize("through", [CSVBuilder, Guarded])
def test_a_build_is_one_transaction_whatever_the_engine_does(through: type[CSVBuilder], tmp_path: Path) -> None:
    """Also where every statement commits by itself, with objects or without."""
    graph = make_graph(tmp_path)
    graph.sqlite.autocommit = True
    graph.sqlite["pets"] = graph.sqlite["pets"]

    with pytest.raises(DuplicateRowError):
        through(graph, Person).build(csv("id,first\n1,Ada\n1,Eve\n"))
    assert rows(graph, Person) == []

    through(graph, Person).build(csv(PEOPLE))
    assert len(rows(graph, Person)) == 2


def test_an_overridden_as_tuple_sees_every_cell(graph: Any) -> None:
    """Values still become what their columns hold; bad ones are still told by line and column."""
    Shouting(graph, Person).default(nick="", rank=0).build(csv("id,first\n1,Ada\n"))

    assert rows(graph, Person) == [(1, "ADA", "", 0)]
    with pytest.raises(RowsRejectedError, match="line 2, column id: 'x' is not a whole number"):
        Shouting(graph, Person).build(csv("id,first\nx,Ada\n"))
    with pytest.raises(HeaderError, match="did you mean 'first'"):
        Shouting(graph, Person).build(csv("id,frist\n3,Ada\n"))


def test_an_overridden_as_model_sees_every_row(graph: Any) -> None:
    """It may use columns of its own, and stores; forward references still work."""
    graph.sqlite_builder.csv(Person).build(csv(PEOPLE))

    Owning(graph, Dog).ignore("x").build(csv("id,name,owner,parent_id,x\n1,Rex,Ada,2,\n2,Bella,Grace,,\n"))

    assert rows(graph, Dog, "id", "owner_id", "parent_id") == [(1, 1, 2), (2, 2, None)]


def test_a_subclass_gets_named_rows_too(graph: Any) -> None:
    """Duplicates and dangling keys are told by line where objects are made, and nothing stays."""
    with pytest.raises(DuplicateRowError, match="line 3"):
        Shouting(graph, Person).build(csv("id,first\n1,Ada\n1,Eve\n"))
    with pytest.raises(DanglingKeyError, match="line 2, column owner_id: 9"):
        Shouting(graph, Dog).build(csv("id,name,owner_id\n1,Rex,9\n"))

    assert rows(graph, Person) == []
    assert Pets.session is None


def test_an_overridden_delete_all_is_asked(graph: Any) -> None:
    """With the session that loads."""
    graph.sqlite_builder.csv(Person).build(csv(PEOPLE))

    Guarded(graph, Person, delete_before_load=True).build(csv("id,first\n2,Eve\n"))

    assert rows(graph, Person, "first") == [("Ada",), ("Eve",)]


def test_a_subclass_commits_row_by_row(graph: Any) -> None:
    """As without a subclass."""
    with pytest.raises(DuplicateRowError):
        Shouting(graph, Person, commit_on_insert=True).build(csv("id,first\n1,Ada\n2,Eve\n1,Bob\n"))

    assert rows(graph, Person, "first") == [("ADA",), ("EVE",)]


def test_a_source_that_cannot_be_read_again_names_the_key(graph: Any) -> None:
    """A stream is gone when the foreign keys are checked."""
    lines = iter(["id,name,owner_id\n", "1,Rex,9\n"])

    with pytest.raises(DanglingKeyError, match="table dog, row id=1, column owner_id: 9"):
        graph.sqlite_builder.csv(Dog).build(lines)


def test_an_error_of_the_callers_leaves_nothing_behind(graph: Any) -> None:
    """Bulk input may come from a generator, which may fail."""

    def pairs() -> Any:
        yield Person, csv(PEOPLE)
        fail()

    def fail() -> NoReturn:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        graph.sqlite_builder.csv(Pets).bulk().build(pairs())

    assert rows(graph, Person) == []


def test_memory_data_sets_are_built_too(tmp_path: Path) -> None:
    """All threads and connections of the process share them."""
    graph = make_graph(tmp_path)
    graph.sqlite["pets"] = ":memory:"
    Pets.create_all(graph)

    graph.sqlite_builder.csv(Person).build(StringIO("id,first\n1,Ada\n"))

    assert rows(graph, Person, "id") == [(1,)]
