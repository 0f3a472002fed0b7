"""How a database is put together is checked without computing anything it defines."""

from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from microcosm_sqlite.artifacts.opening import opened
from microcosm_sqlite.artifacts.schemas import read_schema
from microcosm_sqlite.artifacts.structure import check_structure
from microcosm_sqlite.errors import ArtifactCorruptError, ArtifactError
from tests.artifacts.faults import FAULTS

Seal = Callable[..., Path]


def _check(path: Path) -> None:
    with opened(path) as connection:
        check_structure(connection, read_schema(connection), path=path)


def test_a_sound_database_passes(artifact: Path) -> None:
    """Trees of pages that SQLite made are in order."""
    _check(artifact)


@pytest.mark.parametrize("fault", ["corrupt page", "sealed circle of pages"])
def test_pages_out_of_order_are_refused(artifact: Path, fault: str) -> None:
    """A page that is none, or that leads back to itself."""
    with pytest.raises(ArtifactCorruptError) as caught:
        _check(FAULTS[fault][0](artifact))

    assert caught.value.code == "MSQ-CORRUPT-PAGE"


def test_nothing_in_the_file_is_computed(seal: Seal) -> None:
    """Neither checks nor generated columns nor views run, so none of them can take its time."""
    endless = "(WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT count(*) FROM r)"
    path = seal(
        "CREATE TABLE t (a INTEGER, b INTEGER AS (length(hex(zeroblob(5000000)))), CHECK (a > 0)) STRICT;"
        "CREATE TABLE u (a INTEGER CHECK (length(hex(zeroblob(4000000))) > 0)) STRICT;"
        f"CREATE VIEW v AS SELECT {endless} AS x;"
        "PRAGMA ignore_check_constraints = ON; INSERT INTO t VALUES (-1); INSERT INTO u VALUES (1)"
    )

    _check(path)


def test_a_view_that_calls_what_it_must_not_is_refused(artifact: Path) -> None:
    """Functions that reach beyond the database are for direct use only."""
    connection = apsw.Connection(str(artifact))
    connection.execute("CREATE VIEW v AS SELECT load_extension('x') AS x")
    connection.close()

    with pytest.raises(ArtifactError) as caught:
        _check(artifact)

    assert caught.value.code in {"MSQ-UNSAFE-SCHEMA", "MSQ-FEATURE-MISSING"}
