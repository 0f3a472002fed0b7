from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from microcosm_sqlite import DataSet
from microcosm_sqlite.builders.cells import Surroundings, cells_from_text
from microcosm_sqlite.builders.columns import map_columns
from microcosm_sqlite.builders.expressions import Expression, expressions_of
from microcosm_sqlite.engines.dialect import StrictAPSWDialect

DIALECT = StrictAPSWDialect()


class Written(DataSet, DeclarativeBase):
    pass


class Sheet(Written):
    __tablename__ = "sheet"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    note: Mapped[str | None]
    flag: Mapped[bool] = mapped_column(default=False)
    document: Mapped[Any | None] = mapped_column(sa.JSON)


def written(*header: str, **options: Any) -> dict[str, Expression] | None:
    """Return the columns of a source with this header as SQL."""
    around = Surroundings(dialect=DIALECT, server_default=lambda _: None, evaluate=lambda *_: ())
    cells = cells_from_text(map_columns(Sheet, header, source="x", **options), around)
    found = expressions_of(cells, DIALECT, "c{}".format)
    return None if found is None else {expression.name: expression for expression in found}


def test_columns_are_written_as_sql_over_cells() -> None:
    """Nothing is looked at twice that need not be; a default is a parameter."""
    found = written("id", "name", "note", defaults={"flag": "yes"})

    assert found is not None
    assert found["name"] == Expression(name="name", value="c1")
    assert found["note"] == Expression(name="note", value="nullif(c2, '')")
    assert found["flag"] == Expression(name="flag", value="?", parameters=(1,))
    assert found["id"].condition == "CAST(CAST(c0 AS INTEGER) AS TEXT) = c0"


@pytest.mark.parametrize(
    ("header", "options"),
    [
        (("id", "name", "flag", "document"), {}),
        (("id", "flag"), {"columns": {"name": str}}),
        (("id", "name"), {}),
    ],
)
def test_some_columns_are_beyond_it(header: tuple[str, ...], options: dict[str, Any]) -> None:
    """Documents, functions, and defaults that the model makes row by row."""
    assert written(*header, **options) is None
