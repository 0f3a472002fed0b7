"""Each setting of a connection, seen from outside."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from microcosm_sqlite.engines import dbapi, hardening
from microcosm_sqlite.engines.dbapi import Connection


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    """Return a connection to a database with two tables."""
    connection = dbapi.connect(tmp_path / "x.sqlite", isolation_level=None)
    connection.executescript(
        "CREATE TABLE owner (id INTEGER PRIMARY KEY);"
        "CREATE TABLE dog (id INTEGER PRIMARY KEY, owner_id INTEGER REFERENCES owner (id))"
    )
    yield connection
    connection.close()


def test_foreign_keys_are_enforced_when_asked(connection: Connection) -> None:
    """A dangling key is refused."""
    hardening.enforce_foreign_keys(connection.native)

    with pytest.raises(dbapi.IntegrityError, match="FOREIGN KEY"):
        connection.execute("INSERT INTO dog VALUES (1, 99)")


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO owner VALUES (1)",
        "DELETE FROM owner",
        "UPDATE owner SET id = 2",
        "DROP TABLE dog",
        "CREATE TABLE cat (id)",
        "CREATE TEMP TABLE cat (id)",
        "PRAGMA user_version = 7",
        "VACUUM",
    ],
)
def test_writes_are_refused(connection: Connection, statement: str) -> None:
    """No statement writes, wherever to."""
    connection.execute("INSERT INTO owner VALUES (5)")
    hardening.forbid_writes(connection.native)

    with pytest.raises(dbapi.Error, match="readonly"):
        connection.execute(statement)


def test_views_of_a_distrusted_schema_call_no_functions(connection: Connection) -> None:
    """A function with side effects, hidden in a view, is not called for someone who reads the view."""
    called: list[str] = []
    connection.create_function("leak", 1, called.append)
    connection.execute("CREATE VIEW trap AS SELECT leak(id) FROM (SELECT 1 AS id)")
    hardening.distrust_schema(connection.native)

    with pytest.raises(dbapi.Error, match="unsafe use of leak"):
        connection.execute("SELECT * FROM trap").fetchall()
    assert called == []


def test_cells_are_checked(connection: Connection) -> None:
    """SQLite confirms the setting."""
    hardening.check_cells(connection.native)

    assert connection.execute("PRAGMA cell_size_check").fetchone() == (1,)


@pytest.mark.parametrize("statement", ["ATTACH ? AS other", "VACUUM INTO ?"])
def test_nothing_can_be_attached(connection: Connection, tmp_path: Path, statement: str) -> None:
    """Neither attaching nor copying brings in a second database, and no file is created."""
    hardening.forbid_attaching(connection.native)

    with pytest.raises(dbapi.Error, match="too many attached databases"):
        connection.execute(statement, (str(tmp_path / "other.sqlite"),))
    assert not (tmp_path / "other.sqlite").exists()


def test_harden_applies_everything(connection: Connection) -> None:
    """All settings of a sealed artifact are on."""
    hardening.harden(connection.native, hardening.SANE)

    settings = {
        name: connection.execute(f"PRAGMA {name}").fetchone()
        for name in ("query_only", "trusted_schema", "cell_size_check")
    }
    assert settings == {"query_only": (1,), "trusted_schema": (0,), "cell_size_check": (1,)}
    with pytest.raises(dbapi.Error, match="too many attached databases"):
        connection.execute("ATTACH ':memory:' AS other")
