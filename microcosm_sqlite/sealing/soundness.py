"""Check a finished file by SQLite's own checks."""

from pathlib import Path

from microcosm_sqlite.artifacts.checks import corrupt
from microcosm_sqlite.artifacts.opening import opened
from microcosm_sqlite.artifacts.queries import rows


def check_soundness(path: Path) -> None:
    """Check that SQLite finds the database at *path* sound and no foreign key of it leading nowhere.

    Raises:
        ArtifactCorruptError: It does not.
    """
    with opened(path) as connection:
        faults = [str(fault) for (fault,) in rows(connection, "PRAGMA integrity_check") if fault != "ok"]
        faults += [
            f"{table}: row {rowid} refers to none of {parent}"
            for table, rowid, parent, _ in rows(connection, "PRAGMA foreign_key_check")
        ]
    if faults:
        more = f" and {len(faults) - 1} more" if len(faults) > 1 else ""
        raise corrupt(path, expected="a database that SQLite finds sound", found=f"the fault {faults[0]!r}{more}")
