"""Tell how SQLite does what a look-up asks of it."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine, event

from microcosm_sqlite import Store


def plans_of(engine: Engine, ask: Callable[[], object]) -> list[str]:
    """Return the query plan of each statement that *ask* runs on *engine*."""
    seen: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        seen.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    try:
        ask()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    with engine.connect() as connection:
        return [
            "\n".join(row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters))
            for statement, parameters in seen
        ]


def direct_plans_of(store: Store[Any]) -> list[str]:
    """Return the query plan of each statement that *store* has run below SQLAlchemy so far."""
    preparation = store._answers._preparation
    table = preparation.table()
    assert table is not None
    plans = [plan for plan in preparation._plans.values() if plan is not None]
    return [
        "\n".join(row[3] for row in table.reader.native.execute(f"EXPLAIN QUERY PLAN {plan.sql}", [None] * plan.places))
        for plan in plans
    ]
