"""Tell how SQLite does what a look-up asks of it."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine, event


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
