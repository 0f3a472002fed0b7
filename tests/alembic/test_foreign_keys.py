import re
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

from microcosm_sqlite import DataSet
from microcosm_sqlite.alembic import dangling_references
from microcosm_sqlite.engines.opening import EngineOptions, open_memory
from microcosm_sqlite.errors import ConfigurationError, DanglingReference, MigrationIntegrityError, ModelIntegrityError
from tests.migrating import Project

TABLES = (
    "CREATE TABLE country (code TEXT NOT NULL PRIMARY KEY, name TEXT) STRICT",
    "CREATE TABLE city (id INTEGER PRIMARY KEY, code TEXT REFERENCES country (code) ON DELETE CASCADE) STRICT",
    "INSERT INTO country VALUES ('FR', 'France'), ('IT', 'Italy')",
    "INSERT INTO city VALUES (1, 'FR'), (7, 'IT'), (8, NULL)",
)


def project_with_cities(folder: Path, **sqlite: Any) -> Project:
    """Return a project whose database has countries with cities."""
    project = Project(folder, DataSet.create("world"), **sqlite)
    project.execute(*TABLES)
    return project


def test_a_migration_that_leaves_dangling_keys_is_rolled_back(tmp_path: Path) -> None:
    """The error names table, row and key; the database is as it was."""
    project = project_with_cities(tmp_path)
    project.write("first", """op.execute("DELETE FROM country WHERE code = 'IT'")""")

    with pytest.raises(
        MigrationIntegrityError, match=re.escape("city, row 7: code = 'IT' is not in country")
    ) as caught:
        project.migrate("upgrade", "head")

    assert isinstance(caught.value, ModelIntegrityError)
    assert project.execute("SELECT code FROM country") == [("FR",), ("IT",)]
    assert project.tables() == {"country", "city"}


def test_each_migration_is_checked_where_each_has_its_transaction(tmp_path: Path) -> None:
    """With `transaction_per_migration` the sound first migration stays, the second goes."""
    project = Project(tmp_path, DataSet.create("world"), options={"transaction_per_migration": True})
    project.execute(*TABLES)
    project.write("first", """op.execute("DELETE FROM city WHERE code = 'FR'")""")
    project.write("second", """op.execute("DELETE FROM country")""", after="first")

    with pytest.raises(MigrationIntegrityError):
        project.migrate("upgrade", "head")

    assert project.execute("SELECT version_num FROM alembic_version") == [("first",)]
    assert project.execute("SELECT code FROM country") == [("FR",), ("IT",)]


def test_keys_that_dangle_between_two_migrations_are_no_concern(tmp_path: Path) -> None:
    """Only what a transaction leaves behind counts."""
    project = project_with_cities(tmp_path)
    project.write("first", """op.execute("DELETE FROM country WHERE code = 'IT'")""")
    project.write("second", """op.execute("DELETE FROM city WHERE code = 'IT'")""", after="first")

    project.migrate("upgrade", "head")

    assert project.execute("SELECT id FROM city") == [(1,), (8,)]


def test_stamping_does_not_mind_old_dangling_keys(tmp_path: Path) -> None:
    """A stamp changes no rows, so it is not the moment to complain about them."""
    project = project_with_cities(tmp_path)
    project.execute("DELETE FROM country")
    project.write("first", "pass")

    project.migrate("stamp", "head")

    assert project.execute("SELECT version_num FROM alembic_version") == [("first",)]


@pytest.mark.parametrize("configured", [True, False])
def test_connections_get_their_setting_back(configured: bool, tmp_path: Path) -> None:  # noqa: FBT001 - both settings
    """After a migration the pool enforces foreign keys exactly when it did before."""
    project = project_with_cities(tmp_path, use_foreign_keys=configured)
    project.write("first", "pass")

    project.migrate("upgrade", "head")

    with project.graph.sqlite("world")[0].connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == int(configured)


def test_a_connection_in_a_transaction_is_refused(tmp_path: Path) -> None:
    """Inside a transaction SQLite ignores the setting, and a migration would delete rows."""
    project = project_with_cities(tmp_path, poolclass=StaticPool)
    project.write("first", "pass")
    engine, _ = project.graph.sqlite("world")

    with engine.begin(), pytest.raises(ConfigurationError, match="StaticPool"):
        project.migrate("downgrade", "base")

    engine.dispose()


def test_every_part_of_a_key_is_told() -> None:
    """A key of several columns names them all, in tables with any name."""
    engine = open_memory(name="world", options=EngineOptions(foreign_keys=False))

    with engine.begin() as connection:
        for statement in (
            'CREATE TABLE "a table" (x INTEGER, y INTEGER, PRIMARY KEY (x, y)) STRICT',
            'CREATE TABLE "it""s" (x INTEGER, "the y" INTEGER, FOREIGN KEY (x, "the y") REFERENCES "a table") STRICT',
            'INSERT INTO "it""s" VALUES (1, 2)',
        ):
            connection.exec_driver_sql(statement)
        dangling = dangling_references(connection)
    engine.dispose()

    assert dangling == [DanglingReference(table='it"s', row=1, columns=("x", "the y"), values=(1, 2), parent="a table")]
    assert str(dangling[0]) == 'it"s, row 1: x, the y = 1, 2 is not in a table'


def test_rows_without_an_id_are_told_by_their_table() -> None:
    """SQLite does not say which row of a table WITHOUT ROWID it means."""
    engine = open_memory(name="world", options=EngineOptions(foreign_keys=False))

    with engine.begin() as connection:
        for statement in (
            "CREATE TABLE parent (id INTEGER PRIMARY KEY) STRICT",
            "CREATE TABLE child (id INTEGER PRIMARY KEY REFERENCES parent) STRICT, WITHOUT ROWID",
            "INSERT INTO child VALUES (5)",
        ):
            connection.exec_driver_sql(statement)
        (dangling,) = dangling_references(connection)
    engine.dispose()

    assert str(dangling) == "child: id is not in parent"


def test_a_long_list_is_cut_in_the_message_only() -> None:
    """The message stays readable; the error keeps every reference."""
    reference = DanglingReference(table="city", row=1, columns=("code",), values=("IT",), parent="country")

    error = MigrationIntegrityError(name="world", dangling=[reference] * 25)

    assert len(error.dangling) == 25
    assert str(error).count("\n") == MigrationIntegrityError.SHOWN + 1
    assert str(error).endswith("... and 5 more")


def test_batch_migrations_see_tables_by_their_own_name(tmp_path: Path) -> None:
    """References of children follow the table through its copy."""
    project = project_with_cities(tmp_path)
    project.write(
        "first",
        "with op.batch_alter_table('country') as batch:",
        "    batch.alter_column('name', nullable=False, existing_type=sa.Text)",
    )

    project.migrate("upgrade", "head")

    (foreign_key,) = sa.inspect(project.graph.sqlite("world")[0]).get_foreign_keys("city")
    assert foreign_key["referred_table"] == "country"
    assert project.execute("SELECT id FROM city") == [(1,), (7,), (8,)]
