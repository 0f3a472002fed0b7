from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from microcosm_sqlite.builders.recipes import Recipe
from microcosm_sqlite.builders.rejections import Rejections
from microcosm_sqlite.builders.targets import Targets
from microcosm_sqlite.ddl import create_tables
from microcosm_sqlite.errors import HeaderError
from microcosm_sqlite.sources.tabular import Batch, Content
from tests.pets import Person, Pets


@pytest.fixture
def targets() -> Iterator[Targets]:
    """Targets for people."""
    engine = sa.create_engine("sqlite+apsw_strict://")
    with engine.connect() as connection:
        create_tables(Pets.metadata, connection)
        with Targets(connection, Recipe(model=Person, source="x"), Content.PYTHON, ()) as targets:
            yield targets
    engine.dispose()


def batch(line: int, **row: object) -> Batch:
    """Return a batch of one row."""
    return Batch(header=tuple(row), lines=[line], rows=[tuple(row.values())])


def test_there_is_one_target_for_each_header(targets: Targets) -> None:
    """Made when it is first asked for."""
    assert targets.of(("id", "first")) is targets.of(("id", "first"))
    assert targets.of(("id", "first")) is not targets.of(("first", "id"))


def test_a_wrong_name_is_the_sources_fault_in_the_first_row_and_the_rows_fault_later(targets: Targets) -> None:
    """A typo in all rows is one error; one row that differs is a bad row."""
    rejections = Rejections("person")
    with pytest.raises(HeaderError, match="x, line 7"):
        targets.insert(batch(7, id=1, frist="Ada"), rejections)

    targets.insert(batch(7, id=1, first="Ada"), rejections)
    targets.insert(batch(8, id=2, frist="Eve"), rejections)

    assert [(problem.line, problem.rule) for problem in rejections.problems] == [(8, "names")]
