from dataclasses import field
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, Session, mapped_column, validates

from microcosm_sqlite import DataSet
from microcosm_sqlite.builders.cells import Surroundings, cells_from_values
from microcosm_sqlite.builders.columns import map_columns
from microcosm_sqlite.builders.objects import ObjectTarget, maker, needs_objects, pieces_of
from microcosm_sqlite.engines.dialect import StrictAPSWDialect
from tests.pets import Person


class Odd(DataSet, DeclarativeBase):
    pass


class Keyed:
    id: Mapped[int] = mapped_column(primary_key=True)


class Plain(Keyed, Odd):
    __tablename__ = "plain"


class Validated(Keyed, Odd):
    __tablename__ = "validated"

    @validates("id")
    def check(self, key: str, value: Any) -> Any:
        """Let everything pass."""
        return value


class Initialised(Keyed, Odd):
    __tablename__ = "initialised"

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)


class Heard(Keyed, Odd):
    __tablename__ = "heard"


@sa.event.listens_for(Heard, "before_insert")
def hear(mapper: Any, connection: Any, target: Any) -> None:
    """Listen."""


class Typed(MappedAsDataclass, Odd):
    __tablename__ = "typed"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(default="x")


class Finished(MappedAsDataclass, Odd):
    __tablename__ = "finished"

    id: Mapped[int] = mapped_column(primary_key=True)
    extra: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Have a say."""


@pytest.mark.parametrize(
    ("model", "needs"),
    [
        (Plain, False),
        (Person, False),
        (Typed, False),
        (Validated, True),
        (Initialised, True),
        (Heard, True),
        (Finished, True),
    ],
)
def test_only_models_with_a_say_are_made_as_objects(model: type[Any], needs: bool) -> None:  # noqa: FBT001
    """All others are loaded past the ORM, which is ten times faster or more."""
    assert needs_objects(model) is needs


def test_rows_are_made_and_taken_apart_alike() -> None:
    """What makes an instance of a record also says which of its values is to blame."""
    around = Surroundings(dialect=StrictAPSWDialect(), server_default=lambda _: None, evaluate=lambda *_: ())
    cells = cells_from_values(map_columns(Person, ["id", "first"], source="x"), around)

    person = maker(Person, cells)([1, "Ada"])

    assert (person.id, person.first) == (1, "Ada")
    assert [(name, value, read()) for name, value, read in pieces_of(cells)([1, "Ada"])] == [
        ("id", 1, 1),
        ("first", "Ada", "Ada"),
    ]


def test_objects_that_are_refused_are_named_and_forgotten() -> None:
    """The others are there; another of the same key must not meet them in the session."""
    engine = sa.create_engine("sqlite+apsw://")
    Odd.metadata.create_all(engine)
    with Session(engine) as session:
        target = ObjectTarget(session, lambda record: Plain(id=record[0]), lambda _: (), source="x", header=["id"])
        rows = target.convert([[1], [2], [1]])

        refused = [position for position, _ in target.insert(rows)]

        assert refused == [2]
        assert [row in session for row in rows] == [False, False, False]
        assert session.get(Plain, 1) is not rows[0]
        target.settle()
    engine.dispose()
