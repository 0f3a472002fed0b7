"""What a connection shares with its cursors."""

import threading
from collections.abc import Callable
from typing import Any

import apsw
import pytest

from microcosm_sqlite.engines.exceptions import ProgrammingError
from microcosm_sqlite.engines.handles import CLOSED, Begins, Handle


@pytest.fixture
def handle() -> Handle:
    """Return a handle on a new database with one table."""
    native = apsw.Connection(":memory:")
    native.execute("CREATE TABLE t (a)")
    return Handle(native)


def test_statements_are_learnt_once_and_not_for_ever(handle: Handle) -> None:
    """What is known of a statement is kept, for a bounded number of them."""
    first = handle.statement("SELECT 1", None)
    assert handle.statement("SELECT 1", None) is first

    for number in range(3000):
        handle.statement(f"SELECT {number}", None)

    assert len(handle.statements) <= 1024


@pytest.mark.parametrize(
    ("begins", "expected"),
    [
        (Begins.NEVER, [False, False, False]),
        (Begins.ON_REQUEST, [False, False, False]),
        (Begins.BEFORE_CHANGES, [False, False, True]),
        (Begins.BEFORE_WRITES, [False, True, True]),
    ],
)
def test_transactions_begin_when_they_should(handle: Handle, begins: Begins, expected: list[bool]) -> None:
    """Each way to begin transactions looks at what the statement does."""
    handle.begins = begins
    found = []
    for sql in ("SELECT * FROM t", "CREATE TABLE u (a)", "INSERT INTO t VALUES (1)"):
        handle.begin_for(handle.statement(sql, None))
        found.append(handle.in_transaction)
        handle.end("ROLLBACK")

    assert found == expected


def test_busy_connections_are_waited_for(handle: Handle) -> None:
    """What APSW refuses while another thread runs a statement is done after it."""
    running = threading.Event()
    handle.native.create_scalar_function("running", running.set, 0)
    numbers = "WITH RECURSIVE n(i) AS (SELECT coalesce(running(), 1) UNION ALL SELECT i + 1 FROM n LIMIT 300000)"
    thread = threading.Thread(target=handle.native.execute, args=(f"{numbers} SELECT count(*) FROM n",))
    thread.start()
    running.wait()

    changes: Callable[[], int] = handle.native.total_changes

    assert handle.patiently(changes) == 0
    assert not handle.in_transaction
    thread.join()


def test_refusals_refuse_everything() -> None:
    """The stand-in of a closed database raises whatever is asked of it."""
    uses: list[Callable[[], Any]] = [lambda: CLOSED.execute, lambda: next(CLOSED), lambda: list(CLOSED)]
    for use in uses:
        with pytest.raises(ProgrammingError, match="closed database"):
            use()
