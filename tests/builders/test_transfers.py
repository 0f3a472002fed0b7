from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from microcosm_sqlite import DataSet
from microcosm_sqlite.builders.cells import Surroundings, cells_from_text
from microcosm_sqlite.builders.columns import map_columns
from microcosm_sqlite.builders.statements import StatementTarget, evaluator, server_default
from microcosm_sqlite.builders.transfers import transfer_of
from microcosm_sqlite.ddl import create_tables


class Fast(DataSet, DeclarativeBase):
    pass


class Part(Fast):
    __tablename__ = "part"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str | None] = mapped_column("the code", unique=True)
    weight: Mapped[float | None]


class Made(Fast):
    __tablename__ = "made"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(default=sa.func.lower("ABC"))
    size: Mapped[int]


@pytest.fixture
def connection() -> Iterator[sa.Connection]:
    """A connection to empty tables."""
    engine = sa.create_engine("sqlite+apsw_strict://")
    with engine.connect() as connection:
        create_tables(Fast.metadata, connection)
        connection.commit()
        yield connection
    engine.dispose()


def sql(connection: sa.Connection, model: type[Any], *header: str) -> str | None:
    """Return the statement for a source with this header."""
    plan = map_columns(model, header, source="x")
    around = Surroundings(
        dialect=connection.dialect, server_default=server_default(connection), evaluate=evaluator(connection)
    )
    found = transfer_of(StatementTarget(connection, plan, cells_from_text(plan, around)))
    return None if found is None else found.insert


def test_one_statement_stores_a_block(connection: sa.Connection) -> None:
    """Over SQLite's own reader of CSV, with names quoted."""
    found = sql(connection, Part, "id", "code", "weight")

    assert found is not None
    assert found.startswith('INSERT OR FAIL INTO main."part" ("id", "the code", "weight") SELECT c0, nullif(c1, \'\')')


def test_what_sqlite_cannot_do_alone_is_not_tried(connection: sa.Connection) -> None:
    """A default that is an SQL expression of the model, and a single column, where a blank line is a cell."""
    assert sql(connection, Made, "id", "size") is None
    assert sql(connection, Part, "code") is None
    assert sql(connection, Made, "id", "size", "code") is not None
