"""Rows become instances."""

import gc
from typing import Any

import pytest
from sqlalchemy.orm import Session

from microcosm_sqlite.engines.dialect import StrictAPSWDialect
from microcosm_sqlite.lookups.late import LateIdentities
from microcosm_sqlite.lookups.layouts import layout_of
from microcosm_sqlite.lookups.rows import Rows
from tests.kennel import Dog, Owner, Visit

DIALECT: Any = StrictAPSWDialect()


@pytest.fixture
def session() -> Session:
    """Return a session without a database."""
    return Session()


def rows_of(model: type[Any], session: Session) -> Rows:
    """Return what makes instances of *model* for *session*."""
    layout = layout_of(model, DIALECT)
    assert layout is not None
    return Rows(layout, session, LateIdentities.adopt(session, on_kill=lambda: None), path="kennel.sqlite")


def test_values_become_attributes(session: Session) -> None:
    """Under the names of the attributes, as their types have them."""
    dog = rows_of(Dog, session).instance((1, "Rex", 30.5, 1, 2))

    assert (dog.id, dog.name, dog.weight, dog.is_good, dog.owner_id) == (1, "Rex", 30.5, True, 2)


def test_one_key_is_one_instance(session: Session) -> None:
    """As long as somebody holds it."""
    rows = rows_of(Owner, session)
    one = rows.instance((1, "Ada", None, None))

    assert rows.instance((1, "Ada", None, None)) is one
    assert rows.instances([(1, "Ada", None, None), (2, "Carl", None, None)])[0] is one


def test_keys_of_several_values_and_types(session: Session) -> None:
    """The values of the attributes count, not those of the driver."""
    rows = rows_of(Visit, session)
    one = rows.instance((1, "2026-01-05", None))

    assert rows.instances([(1, "2026-01-05", None), (1, "2026-01-06", None)])[0] is one


def test_instances_that_nobody_holds_are_gone(session: Session) -> None:
    """However many there were, few are remembered."""
    rows = rows_of(Owner, session)
    for start in range(0, 50_000, 100):
        rows.instances((number, "x", None, None) for number in range(start, start + 100))
    rows.instance((-1, "x", None, None))
    gc.collect()

    assert len(rows._nursery.living) <= 4097


def test_the_constructor_is_not_called(session: Session) -> None:
    """As with SQLAlchemy's loader."""
    assert "dogs" not in vars(rows_of(Owner, session).instance((1, "Ada", None, None)))
