import io
import threading
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory

from microcosm_sqlite import DataSet
from microcosm_sqlite.alembic import Access, alembic_config
from tests.migrating import Project

MIGRATIONS = 8


def project_with_migrations(folder: Path, name: str, **options: Any) -> Project:
    """Return a project whose migrations each make a table that bears the name of the data set."""
    project = Project(folder, DataSet.create(name), options=options)
    for number in range(MIGRATIONS):
        project.write(
            f"m{number}",
            f"op.create_table('{name}_{number}', sa.Column('id', sa.Integer, primary_key=True))",
            f"with op.batch_alter_table('{name}_{number}') as batch: batch.add_column(sa.Column('x', sa.Text))",
            after=f"m{number - 1}" if number else None,
        )
    return project


def expected_tables(name: str) -> set[str]:
    """Return what the database of such a project holds in the end."""
    return {"alembic_version", *(f"{name}_{number}" for number in range(MIGRATIONS))}


def test_threads_migrate_each_their_own_data_set(tmp_path: Path) -> None:
    """Four threads at once: every table is in the database it belongs to."""
    projects = [project_with_migrations(tmp_path / name, name) for name in ("north", "south", "east", "west")]
    start = threading.Barrier(len(projects))
    failures: list[BaseException] = []

    def migrate(project: Project) -> None:
        start.wait()
        try:
            project.migrate("upgrade", "head")
        except BaseException as error:  # noqa: BLE001 - told by the main thread
            failures.append(error)

    threads = [threading.Thread(target=migrate, args=(project,)) for project in projects]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not failures
    for project in projects:
        assert project.tables() == expected_tables(project.name)


def test_a_migration_may_run_the_migrations_of_another_data_set(tmp_path: Path) -> None:
    """After the inner run, `alembic.op` of the outer one leads to the outer database again."""
    inner = project_with_migrations(tmp_path, "inner")

    def migrate_inner(*, step: Any, **_: Any) -> None:
        if step.up_revision_id == "m3":
            inner.migrate("upgrade", "head")

    outer = project_with_migrations(tmp_path, "outer", on_version_apply=migrate_inner)

    outer.migrate("upgrade", "head")

    assert inner.tables() == expected_tables("inner")
    assert outer.tables() == expected_tables("outer")


def test_a_failing_inner_migration_does_not_disturb_the_outer_one(tmp_path: Path) -> None:
    """Who catches the failure of the inner run goes on as if it had not been."""
    inner = Project(tmp_path, DataSet.create("inner"))
    inner.write("only", "raise LookupError('not today')")

    def migrate_inner(*, step: Any, **_: Any) -> None:
        with pytest.raises(LookupError, match="not today"):
            inner.migrate("upgrade", "head")

    outer = project_with_migrations(tmp_path, "outer", on_version_apply=[migrate_inner])

    outer.migrate("upgrade", "head")

    assert outer.tables() == expected_tables("outer")


def test_nothing_of_alembic_is_patched(tmp_path: Path) -> None:
    """2.0.0 replaced methods of `ScriptDirectory` for the whole process."""
    before = dict(vars(ScriptDirectory))
    project = project_with_migrations(tmp_path, "world")

    with alembic_config(project.graph, project.base):
        during = dict(vars(ScriptDirectory))

    assert during == before


def test_the_folder_of_scripts_is_gone_afterwards(tmp_path: Path) -> None:
    """Whether or not the command succeeds, no temporary folder stays behind."""
    project = project_with_migrations(tmp_path, "world")
    folders: list[Path] = []

    def fail() -> None:
        with alembic_config(project.graph, project.base) as config:
            folders.append(Path(config.get_main_option("script_location") or ""))
            assert (folders[0] / "env.py").exists()
            raise LookupError

    with pytest.raises(LookupError):
        fail()

    assert not folders[0].exists()


def test_any_function_of_alembic_runs_on_a_data_set(tmp_path: Path) -> None:
    """The configuration serves `alembic.command` directly, with what a command prints on today's stdout."""
    project = project_with_migrations(tmp_path, "world")
    printed = io.StringIO()

    with redirect_stdout(printed), alembic_config(project.graph, project.base, access=Access.CREATES) as config:
        command.upgrade(config, "m2")
        command.current(config)

    assert printed.getvalue() == "m2\n"


def test_models_of_a_data_set_stand_for_it(tmp_path: Path) -> None:
    """Any model leads to the migrations of its data set."""
    project = project_with_migrations(tmp_path, "world")

    class City(project.base):  # type: ignore[name-defined, misc]
        __tablename__ = "city"
        id = sa.Column(sa.Integer, primary_key=True)

    with alembic_config(project.graph, City, access=Access.CREATES) as config:
        command.upgrade(config, "head")

    assert project.tables() == expected_tables("world")


def test_a_failed_migration_leaves_nothing(tmp_path: Path) -> None:
    """All migrations of a run are one transaction, and a file made for it goes with it."""
    project = project_with_migrations(tmp_path, "world")
    project.write("last", "raise LookupError('not today')", after=f"m{MIGRATIONS - 1}")

    with pytest.raises(LookupError, match="not today"):
        project.migrate("upgrade", "head")

    assert not project.database.exists()


def test_a_failed_migration_leaves_a_database_as_it_was(tmp_path: Path) -> None:
    """What earlier migrations of the run did is undone as well."""
    project = project_with_migrations(tmp_path, "world")
    project.migrate("upgrade", "m2")
    project.write("last", "raise LookupError('not today')", after=f"m{MIGRATIONS - 1}")

    with pytest.raises(LookupError, match="not today"):
        project.migrate("upgrade", "head")

    assert project.tables() == {"alembic_version", "world_0", "world_1", "world_2"}
    assert project.execute("SELECT version_num FROM alembic_version") == [("m2",)]


def test_each_migration_may_have_its_transaction(tmp_path: Path) -> None:
    """With `transaction_per_migration`, what was migrated before the failure stays."""
    project = project_with_migrations(tmp_path, "world", transaction_per_migration=True)
    project.migrate("upgrade", "m0")
    project.write("last", "raise LookupError('not today')", after=f"m{MIGRATIONS - 1}")

    with pytest.raises(LookupError, match="not today"):
        project.migrate("upgrade", "head")

    assert project.tables() == expected_tables("world")


def test_a_migration_is_one_transaction_under_autocommit(tmp_path: Path) -> None:
    """The setting `sqlite.autocommit` does not make a half-done migration possible."""
    project = Project(tmp_path, DataSet.create("world"), autocommit=True)
    project.write("first", "op.create_table('a', sa.Column('id', sa.Integer, primary_key=True))")
    project.migrate("upgrade", "head")
    project.write("second", "op.drop_table('a')", "raise LookupError('not today')", after="first")

    with pytest.raises(LookupError, match="not today"):
        project.migrate("upgrade", "head")

    assert project.tables() == {"alembic_version", "a"}


def test_data_sets_in_memory_are_migrated(tmp_path: Path) -> None:
    """The database that migrations make is the one that sessions see."""
    project = project_with_migrations(tmp_path, "world")
    project.graph.sqlite["world"] = ":memory:"

    project.migrate("upgrade", "head")

    engine, _ = project.graph.sqlite("world")
    assert set(sa.inspect(engine).get_table_names()) == expected_tables("world")
    project.graph.sqlite.dispose("world")
