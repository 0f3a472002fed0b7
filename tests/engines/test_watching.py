"""Statements of an engine can be watched, on all its connections."""

import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine

from microcosm_sqlite.engines.opening import EngineOptions, open_memory, open_mutable, reading_engine
from microcosm_sqlite.engines.watching import connections_of

OPTIONS = EngineOptions()


class Notes(list[str]):
    """The statements that were seen."""

    def __call__(self, account: dict[str, Any]) -> None:
        """Note one."""
        self.append(account["sql"])


def ask(engine: Any, sql: str) -> None:
    """Run a query."""
    with engine.connect() as connection:
        connection.exec_driver_sql(sql).all()


def test_connections_of_before_and_after_are_watched() -> None:
    """Whoever watches sees what runs on those that are open already, and on those that are opened later."""
    engine, notes = open_memory(name="x", options=OPTIONS), Notes()
    first = engine.connect()
    key = connections_of(engine).watch(notes)
    ask(engine, "SELECT 2")
    first.exec_driver_sql("SELECT 1").all()

    connections_of(engine).leave(key)
    ask(engine, "SELECT 3")
    first.exec_driver_sql("SELECT 3").all()

    assert [sql for sql in notes if sql.startswith("SELECT")] == ["SELECT 2", "SELECT 1"]
    first.close()
    engine.dispose()


def test_several_may_watch() -> None:
    """One who leaves does not take the others along."""
    engine, some, others = open_memory(name="x", options=OPTIONS), Notes(), Notes()
    ask(engine, "SELECT 0")
    connections = connections_of(engine)
    key = connections.watch(some)
    connections.watch(others)

    ask(engine, "SELECT 1")
    connections.leave(key)
    ask(engine, "SELECT 2")

    assert "SELECT 2" not in some
    assert {"SELECT 1", "SELECT 2"} <= set(others)
    engine.dispose()


def test_an_engine_for_reading_has_the_same_connections() -> None:
    """What was derived from an engine is watched with it."""
    engine = open_memory(name="x", options=OPTIONS)

    assert connections_of(reading_engine(engine)) is connections_of(engine)


def test_closed_connections_are_passed_over(tmp_path: Path) -> None:
    """An engine that was disposed of is watched when it connects again."""
    path = tmp_path / "x.db"
    path.touch()
    engine, notes = open_mutable(path, name="x", options=OPTIONS), Notes()
    with engine.connect() as kept:
        driver: Any = kept.connection.dbapi_connection
        driver.close()
        connections_of(engine).watch(notes)
    engine.dispose()

    ask(engine, "SELECT 1")

    assert "SELECT 1" in notes
    engine.dispose()


def test_threads_connect_while_somebody_comes_to_watch() -> None:
    """Neither waits for the other, and none is missed afterwards."""
    engine, notes = open_memory(name="x", options=OPTIONS), Notes()

    def connect() -> None:
        for _ in range(20):
            ask(engine, "SELECT 'thread'")

    threads = [threading.Thread(target=connect) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(20):
        connections_of(engine).leave(connections_of(engine).watch(Notes()))
    for thread in threads:
        thread.join()
    connections_of(engine).watch(notes)
    ask(engine, "SELECT 1")

    assert "SELECT 1" in notes
    engine.dispose()


def test_other_engines_are_refused() -> None:
    """Only those that the package opens know their connections."""
    with pytest.raises(TypeError, match=r"expected an engine of a data set, found Engine.*Write graph\.sqlite\("):
        connections_of(create_engine("sqlite+apsw://"))
