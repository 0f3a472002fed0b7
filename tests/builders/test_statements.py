from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from microcosm_sqlite.builders.cells import Surroundings, cells_from_text
from microcosm_sqlite.builders.columns import map_columns
from microcosm_sqlite.builders.statements import StatementTarget, evaluator, server_default
from microcosm_sqlite.ddl import create_tables
from tests.pets import Person, Pets


@pytest.fixture
def target() -> Iterator[StatementTarget]:
    """A target for people."""
    engine = sa.create_engine("sqlite+apsw_strict://")
    with engine.connect() as connection:
        create_tables(Pets.metadata, connection)
        plan = map_columns(Person, ["id", "first", "order"], source="x.csv")
        around = Surroundings(
            dialect=connection.dialect, server_default=server_default(connection), evaluate=evaluator(connection)
        )
        yield StatementTarget(connection, plan, cells_from_text(plan, around))
    engine.dispose()


def test_records_become_parameters(target: StatementTarget) -> None:
    """In the order of the statement's parameters."""
    assert target.convert([["1", "Ada", ""], ["2", "Eve", "3"]]) == [(1, "Ada", None), (2, "Eve", 3)]


def test_inserting_nothing_is_nothing(target: StatementTarget) -> None:
    """When no row of a batch fits."""
    assert list(target.insert([])) == []


def test_every_bad_cell_of_a_record_is_named(target: StatementTarget) -> None:
    """Not only the first."""
    found = [(problem.column, problem.value) for problem, _ in target.problems(7, ["x", "Ada", "y"])]

    assert found == [("id", "x"), ("order", "y")]


@pytest.mark.parametrize(
    ("default", "value"), [("7", "7"), (sa.text("1 + 1"), 2), (sa.func.lower("ABC"), "abc"), ("it's %", "it's %")]
)
def test_a_server_default_is_asked_for(default: object, value: object) -> None:
    """Literals and expressions; the column's own type has the last word when it is stored."""
    column = sa.Column("x", sa.String, server_default=default)  # type: ignore[arg-type]
    sa.Table("t", sa.MetaData(), column)
    engine = sa.create_engine("sqlite+apsw_strict://")

    with engine.connect() as connection:
        assert server_default(connection)(column) == value
    engine.dispose()
