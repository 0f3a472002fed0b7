"""Columns hold what attributes hold, whatever their types, and whatever is in them."""

import json
import pickle
from collections.abc import Iterator
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import DeclarativeBase

from microcosm_sqlite import DataSet, Store
from microcosm_sqlite.stores import GetOrCreateSession
from tests.conftest import close_graph, new_graph
from tests.properties.test_column_types import COLUMNS
from tests.sealed import seal_file

#: Those that say nothing of what they are in Arrow have a test of their own.
TYPES = {name: column for name, column in COLUMNS.items() if not name.startswith("Decorated")}


class Anything(DataSet, DeclarativeBase):
    """A data set of every type."""

    __data_set__ = "anything"


class Row(Anything):
    """A column of each type, each of which may be missing."""

    __table__ = sa.Table(
        "row",
        Anything.metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        *(sa.Column(name, type_) for name, (type_, _) in TYPES.items()),
    )


class RowStore(Store[Row]):
    """Rows in the order of their key."""


ROWS = st.lists(
    st.fixed_dictionaries({name: st.none() | strategy for name, (_, strategy) in TYPES.items()}), max_size=6
)


@pytest.fixture(scope="module")
def changing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RowStore]:
    """Return a store of a database that can change."""
    graph = new_graph(paths={"anything": tmp_path_factory.mktemp("anything") / "anything.sqlite"})
    Anything.create_all(graph)
    yield RowStore(graph)
    close_graph(graph)


def graph_of(store: RowStore) -> Any:
    """Return the graph that *store* was made on."""
    assert isinstance(store.get_session, GetOrCreateSession)
    return store.get_session.graph


def fill(store: RowStore, rows: list[dict[str, Any]]) -> None:
    """Let the table hold *rows*."""
    with Anything.new_context(graph_of(store)) as context:
        assert context.session is not None
        context.session.execute(sa.delete(Row))
        if rows:
            context.session.execute(sa.insert(Row), rows)
        context.commit()


def in_arrow(name: str, value: Any) -> Any:
    """Return what a value of the column *name* is when it comes out of Arrow."""
    if value is None:
        return None
    if isinstance(value, Enum):
        return value.name
    if name == "JSON":
        return json.loads(json.dumps(value))
    return value


def out_of_arrow(name: str, value: Any) -> Any:
    """Return what was stored, where Arrow has the bytes or the text of it."""
    if value is None:
        return None
    if name == "JSON":
        return json.loads(value)
    return pickle.loads(value) if name == "PickleType" else value


def agrees(store: RowStore) -> None:
    """Check that Arrow, polars, pandas and dictionaries hold what `values` gives."""
    names = ["id", *TYPES]
    attributes = [getattr(Row, name) for name in names]
    values = [dict(zip(names, row, strict=True)) for row in store.values(*attributes)]
    table = store.to_arrow()

    found = [{name: out_of_arrow(name, value) for name, value in row.items()} for row in table.to_pylist()]
    assert found == [{name: in_arrow(name, value) for name, value in row.items()} for row in values]
    assert store.to_dicts() == values
    assert table.schema == store.to_arrow(limit=0).schema
    in_polars = [
        {name: polars_value(name, value) for name, value in row.items()} for row in store.to_polars().to_dicts()
    ]
    assert in_polars == found
    frame = store.to_pandas()
    assert list(frame.columns) == names
    in_pandas = [{name: pandas_value(name, frame[name].iloc[number]) for name in names} for number in range(len(frame))]
    assert in_pandas == found


def polars_value(name: str, value: Any) -> Any:
    """Return what polars holds as Arrow gives it: it has no type for identifiers."""
    if name in {"Uuid", "Uuid_uppercase"} and value is not None:
        return UUID(bytes=value)
    return out_of_arrow(name, value)


def pandas_value(name: str, value: Any) -> Any:
    """Return what pandas holds as Arrow gives it: it has types of numbers and moments of its own."""
    if value is None or (not isinstance(value, list | dict | bytes) and pd.isna(value)):
        return None
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime()
    if isinstance(value, pd.Timedelta):
        return value.to_pytimedelta()
    return out_of_arrow(name, value.item() if isinstance(value, np.generic) else value)


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS)
def test_columns_of_data_that_changes_hold_what_attributes_hold(changing: RowStore, rows: list[dict[str, Any]]) -> None:
    """Through SQLAlchemy, every type, with and without values."""
    fill(changing, rows)

    agrees(changing)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS)
def test_columns_of_sealed_data_hold_what_attributes_hold(
    changing: RowStore, tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]]
) -> None:
    """Below SQLAlchemy, the same."""
    fill(changing, rows)
    source = Path(graph_of(changing).sqlite("anything")[0].url.database)
    path = seal_file(source, tmp_path_factory.mktemp("sealed") / "anything.sqlite", name="anything")
    sealed = new_graph(paths={"anything": path})
    try:
        agrees(RowStore(sealed))
    finally:
        close_graph(sealed)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(numbers=st.lists(st.decimals(min_value=-(10**11) + 1, max_value=10**11 - 1, places=4), max_size=20))
def test_decimals_are_those_that_were_stored(changing: RowStore, numbers: list[Decimal]) -> None:
    """All digits of them, which were kept as doubles in between."""
    fits = [number for number in numbers if len(number.normalize().as_tuple().digits) <= 15]
    fill(changing, [{"Numeric_of_scale": number} for number in fits])

    found = changing.to_arrow(columns=[Row.Numeric_of_scale])  # type: ignore[attr-defined]

    assert found.column(0).to_pylist() == fits
