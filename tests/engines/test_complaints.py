"""What SQLite says of a file is understood."""

from pathlib import Path

import apsw
import pytest

from microcosm_sqlite.engines.complaints import error_of, fault_of


@pytest.mark.parametrize(
    ("code", "message", "fault"),
    [
        (apsw.SQLITE_CORRUPT, "database disk image is malformed", "MSQ-CORRUPT-PAGE"),
        (apsw.SQLITE_CORRUPT | 1 << 8, "extended codes too", "MSQ-CORRUPT-PAGE"),
        (apsw.SQLITE_NOTADB, "file is not a database", "MSQ-CORRUPT-PAGE"),
        (apsw.SQLITE_ERROR, "malformed database schema (x)", "MSQ-CORRUPT-PAGE"),
        (apsw.SQLITE_INTERRUPT, "interrupted", "MSQ-RUNAWAY"),
        (apsw.SQLITE_TOOBIG, "string or blob too big", "MSQ-TOO-BIG"),
        (apsw.SQLITE_ERROR, "Expression tree is too large (maximum depth 1000)", "MSQ-TOO-BIG"),
        (apsw.SQLITE_CORRUPT, "malformed database schema (x) - too many columns on x", "MSQ-TOO-BIG"),
        (apsw.SQLITE_ERROR, "unsafe use of leak()", "MSQ-UNSAFE-SCHEMA"),
        (apsw.SQLITE_ERROR, "no such module: rtree", "MSQ-FEATURE-MISSING"),
        (apsw.SQLITE_IOERR, "disk I/O error", "MSQ-SYSTEM-REFUSES"),
        (apsw.SQLITE_ERROR, "no such table: x", "MSQ-SQLITE-REFUSES"),
    ],
)
def test_a_complaint_means_a_fault(code: int, message: str, fault: str) -> None:
    """Result codes are told apart, and words where one code stands for much."""
    assert fault_of(code, message).code == fault


@pytest.mark.parametrize(
    ("code", "message", "facts"),
    [
        (apsw.SQLITE_ERROR, "no such module: rtree", {"feature": "module: rtree"}),
        (apsw.SQLITE_IOERR, "disk I/O error", {"refusal": "disk I/O error"}),
        (apsw.SQLITE_NOTADB, "file is not a database", {"complaint": "file is not a database"}),
    ],
)
def test_the_error_never_says_only_what_sqlite_said(code: int, message: str, facts: dict[str, str]) -> None:
    """It says where, what was expected, and what to do."""
    error = error_of(Path("world.sqlite"), code=code, message=message)

    assert str(error).startswith("world.sqlite: expected ")
    assert error.facts.items() >= facts.items()
    assert error.remedy
