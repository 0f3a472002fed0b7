"""Whatever a store asks, the index that a certificate names makes it pass."""

import itertools
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

import apsw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Index, Integer, String, create_engine, desc, func
from sqlalchemy.orm import DeclarativeBase, mapped_column

from microcosm_sqlite import DataSet, Store
from microcosm_sqlite.artifacts.certifying import Finding, plan_access
from microcosm_sqlite.ddl import create_tables
from microcosm_sqlite.stores import Search

COLUMNS = ("a", "b", "c", "order", "Odd name")

#: Rows of a table: more than the limit, which is none.
ROWS = 40

_numbers = itertools.count()

columns = st.lists(st.sampled_from(COLUMNS), min_size=1, max_size=3, unique=True)
orders = st.lists(
    st.tuples(st.sampled_from(COLUMNS), st.sampled_from(["up", "down", "lower"])),
    max_size=3,
    unique_by=lambda term: term[0],
)


@st.composite
def stores(draw: st.DrawFn) -> type[Store[Any]]:
    """Draw a store of a model with indexes, filters, an order, and searches by several filters or by ranges."""

    class Base(DataSet, DeclarativeBase):
        __data_set__ = f"drawn {next(_numbers)}"

    has_number = draw(st.booleans())
    kinds = {name: draw(st.sampled_from([Integer, String])) for name in COLUMNS}
    attributes: dict[str, Any] = {name: mapped_column(name, kind, nullable=True) for name, kind in kinds.items()}
    key: Any = mapped_column(Integer if has_number else String, primary_key=True)
    model: Any = type("Thing", (Base,), {"__tablename__": "a thing", "key": key, **attributes})
    for number, names in enumerate(draw(st.lists(columns, max_size=3))):
        Index(f"ix {number}", *(getattr(model, name) for name in names))

    def term(name: str, way: str) -> Any:
        attribute = getattr(model, name)
        return {"up": attribute, "down": desc(attribute), "lower": func.lower(attribute)}[way]

    searches = [Search(*(getattr(model, name) for name in names)) for names in draw(st.lists(columns, max_size=3))]
    compared = draw(st.lists(st.sampled_from(COLUMNS), max_size=2, unique=True))
    searches += [Search(getattr(model, name) == ("x" if kinds[name] is String else 1)) for name in compared]
    namespace = {
        "model_class": model,
        "auto_filter_fields": tuple(getattr(model, name) for name in COLUMNS),
        "order_by": tuple(term(*one) for one in draw(orders)),
        "access": tuple(searches),
        "scan_limit": 0,
    }
    return type("DrawnStore", (Store,), namespace)


def database(store: type[Store[Any]]) -> apsw.Connection:
    """Return a connection to a database with rows for *store*."""
    engine = create_engine("sqlite+apsw_strict://")
    table = store.model_class.__table__  # type: ignore[attr-defined]
    with engine.connect() as connection:
        create_tables(table.metadata, connection)
        made = [sql for (sql,) in connection.exec_driver_sql("SELECT sql FROM sqlite_schema WHERE sql NOT NULL")]
    engine.dispose()
    native = apsw.Connection(":memory:")
    for sql in made:
        native.execute(sql)
    marks = ", ".join("?" * len(table.columns))
    rows = ([number, *(number % 3 for _ in COLUMNS)] for number in range(ROWS))
    native.executemany(f'INSERT INTO "a thing" VALUES ({marks})', ([*map(_cell, row, table.columns)] for row in rows))
    return native


def _cell(value: int, column: Any) -> Any:
    return value if isinstance(column.type, Integer) else f"text {value}"


@contextmanager
def watched(native: apsw.Connection, counted: dict[str, int]) -> Generator[None]:
    """Note what SQLite counts of the statement in the block."""

    def note(account: dict[str, Any]) -> None:
        counted.update(account["stmt_status"])

    native.trace_v2(apsw.SQLITE_TRACE_PROFILE, note)
    try:
        yield
    finally:
        native.trace_v2(0, None)


def failing(store: type[Store[Any]], native: apsw.Connection) -> Iterator[Finding]:
    """Yield the calls that do not keep to their limits."""
    return (finding for finding in plan_access(native, store.access_paths()) if finding.problem)


@pytest.mark.slow
@given(stores())
@settings(max_examples=60, deadline=None)
def test_the_index_that_is_named_helps(store: type[Store[Any]]) -> None:
    """Every call can be made to scan and sort nothing, and does so with the indexes that were named."""
    native = database(store)

    for _ in range(20):
        finding = next(failing(store, native), None)
        if finding is None:
            break
        assert finding.remedy is not None, finding.problem
        native.execute(finding.remedy)
        again = {one.entry.call for one in failing(store, native)}
        assert finding.entry.call not in again, finding

    assert list(failing(store, native)) == []


@given(stores())
@settings(max_examples=30, deadline=None)
def test_plans_tell_what_sqlite_does(store: type[Store[Any]]) -> None:
    """Where a plan scans and sorts nothing, SQLite itself counts no step of a scan and no sort."""
    native = database(store)
    for path in store.access_paths():
        (finding,) = plan_access(native, [path])
        counted: dict[str, int] = {}
        with watched(native, counted):
            native.execute(path.sql, path.parameters).fetchall()

        plan = finding.entry.plan
        assert plan is not None
        assert counted["SQLITE_STMTSTATUS_FULLSCAN_STEP"] <= plan.scanned + path.is_whole * ROWS
        assert bool(counted["SQLITE_STMTSTATUS_SORT"]) <= bool(plan.sorted)
