"""Rows of one model, by key and by statement."""

from typing import Any

import pytest
from sqlalchemy import select

from microcosm_sqlite.lookups.plans import Plan, compile_plan
from microcosm_sqlite.lookups.readers import reader_of
from microcosm_sqlite.lookups.tables import TableReader
from tests.kennel import Dog, DogStore, Owner, OwnerStore, Visit, VisitStore


def table_of(store: Any) -> TableReader:
    """Return what reads the rows of a store's model."""
    reader = reader_of(store.session)
    assert reader is not None
    table = reader.table(store.model_class)
    assert table is not None
    return table


@pytest.fixture
def dogs(sealed_graph: Any) -> TableReader:
    """Return what reads dogs."""
    return table_of(DogStore(sealed_graph))


def plan_of(table: TableReader, statement: Any) -> Plan:
    """Return the plan of *statement*."""
    plan = compile_plan(statement, table.reader.engine.dialect)
    assert plan is not None
    return plan


def test_a_row_that_is_kept_is_not_read_again(dogs: TableReader) -> None:
    """The counters tell."""
    first = dogs.by_key.find(1)

    assert dogs.by_key.find(1) is first
    assert (dogs.reader.counters.misses, dogs.reader.counters.hits) == (1, 1)
    assert dogs.by_key.find(99) is None


def test_a_key_that_is_equal_in_sql_only(dogs: TableReader) -> None:
    """The row is found, and is the same object."""
    assert dogs.by_key.find("1") is dogs.by_key.find(1)


def test_many_keys_are_few_statements(dogs: TableReader) -> None:
    """In the order asked for, None where there is no row, duplicates included."""
    keys = [4, 99, *range(10), 4]

    found = dogs.by_key.find_many(keys)

    assert [None if dog is None else dog.id for dog in found] == [4, None, None, 1, 2, 3, 4, *[None] * 5, 4]


def test_keys_of_several_values(sealed_graph: Any) -> None:
    """Each is a tuple."""
    visits = table_of(VisitStore(sealed_graph))
    found = visits.by_key.find_many([(1, visit.day) for visit in VisitStore(sealed_graph).search()])

    assert [type(visit) for visit in found] == [Visit, Visit]


def test_other_keys_lead_to_the_same_rows(sealed_graph: Any) -> None:
    """One object per row, whichever way it was found."""
    owners = table_of(OwnerStore(sealed_graph))
    name: Any = Owner.__table__.c.name

    assert owners.by((name,)).find("Ada") is owners.by_key.find(1)
    assert owners.by((name,)) is owners.by((name,))


def test_statements(dogs: TableReader) -> None:
    """All rows, one value, or one row after the other."""
    columns = select(*dogs.layout.columns).order_by(Dog.id)
    plan = plan_of(dogs, columns)

    assert [dog.id for dog in dogs.select(plan, [])] == [1, 2, 3, 4]
    assert [dog.id for some in dogs.stream(plan, []) for dog in some] == [1, 2, 3, 4]
    assert dogs.scalar(plan, []) == 1
    assert dogs.scalar(plan_of(dogs, columns.where(Dog.id == 99)), []) is None


@pytest.mark.parametrize(
    ("condition", "scans"), [(Dog.name == "Rex", False), (Dog.id == 1, False), (Dog.weight == 1, True)]
)
def test_scans_are_recognised(dogs: TableReader, condition: Any, scans: bool) -> None:  # noqa: FBT001
    """By the plan that SQLite makes for this file."""
    assert dogs.scans(plan_of(dogs, select(*dogs.layout.columns).where(condition))) is scans
