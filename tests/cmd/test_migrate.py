import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.util import CommandError

from microcosm_sqlite import DataSet
from microcosm_sqlite.cmd import migrate
from microcosm_sqlite.errors import DataSetNotFoundError, MigrationsNotFoundError, ReadOnlyDataSetError
from tests.migrating import Project, seal_in_place


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A data set with one table and no migration yet."""
    base = DataSet.create("world")
    sa.Table("city", base.metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(20)))
    return Project(tmp_path, base)


def test_the_whole_way(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """Generate, upgrade, look, go back."""
    project.migrate("revision", "--autogenerate", "-m", "first", "--rev-id", "abc")
    project.migrate("upgrade", "head")
    assert project.tables() == {"alembic_version", "city"}
    capsys.readouterr()

    project.migrate("current")
    project.migrate("history", "--indicate-current")
    project.migrate("downgrade", "base")

    assert capsys.readouterr().out == "abc (head)\n<base> -> abc (head) (current), first\n"
    assert project.tables() == {"alembic_version"}


def test_arguments_come_from_the_command_line_by_default(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without arguments `main(graph, Base)` is a program."""
    project.write("abc", "pass")
    monkeypatch.setattr(sys, "argv", ["migrate", "heads"])

    migrate.main(project.graph, project.base)

    assert capsys.readouterr().out == "abc (head)\n"


def test_downgrade_may_be_left_out_of_new_migrations(project: Project) -> None:
    """The third argument says whether new migrations have a `downgrade`."""
    migrate.main(project.graph, project.base, False, "revision", "-m", "first")  # noqa: FBT003 - inherited signature

    assert "def downgrade" not in project.generated()


def test_the_first_migration_needs_no_database(project: Project) -> None:
    """Without a file, models are compared with an empty database, and no file is made."""
    project.migrate("revision", "--autogenerate", "-m", "first")

    assert "op.create_table('city'" in project.generated()
    assert not project.database.exists()


@pytest.mark.parametrize(
    "arguments",
    [["current"], ["check"], ["history", "-i"], ["show", "current"], ["downgrade", "base"], ["stamp", "head"]],
)
def test_only_upgrade_makes_a_database(arguments: list[str], project: Project) -> None:
    """Every other command that needs one says that there is none, and where it was looked for."""
    project.write("abc", "pass")

    with pytest.raises(DataSetNotFoundError, match="world"):
        project.migrate(*arguments)

    assert not project.database.exists()


@pytest.mark.parametrize("arguments", [["history"], ["heads"], ["branches"], ["show", "head"], ["list_templates"]])
def test_commands_about_files_need_no_database(arguments: list[str], project: Project) -> None:
    """What is only about migrations does not look for the database."""
    project.write("abc", "pass")

    project.migrate(*arguments)

    assert not project.database.exists()


def test_looking_changes_nothing(project: Project) -> None:
    """Alembic's own check would add its table of versions."""
    project.execute("CREATE TABLE city (id INTEGER NOT NULL PRIMARY KEY, name TEXT) STRICT")

    project.migrate("check")
    project.migrate("current")

    assert project.tables() == {"city"}


@pytest.mark.parametrize(
    "arguments",
    [["upgrade", "head"], ["downgrade", "base"], ["stamp", "head"], ["ensure_version"], ["check"], ["current"]],
)
def test_a_sealed_artifact_is_refused_before_anything_runs(arguments: list[str], project: Project) -> None:
    """An artifact has no migrations; not even the first statement of one is tried."""
    project.execute("CREATE TABLE city (id INTEGER NOT NULL PRIMARY KEY, name TEXT) STRICT")
    seal_in_place(project.database, name="world")
    before = project.database.read_bytes()
    project.write("abc", "raise LookupError('it ran')")

    with pytest.raises(ReadOnlyDataSetError, match="sealed artifact"):
        project.migrate(*arguments)

    assert project.database.read_bytes() == before


def test_a_read_only_configuration_is_refused_before_anything_runs(tmp_path: Path) -> None:
    """With `sqlite.read_only` the database may be looked at, not changed."""
    project = Project(tmp_path, DataSet.create("world"), read_only=True)
    project.execute("CREATE TABLE city (id INTEGER NOT NULL PRIMARY KEY) STRICT")
    project.write("abc", "raise LookupError('it ran')")

    project.migrate("current")
    with pytest.raises(ReadOnlyDataSetError, match="read_only"):
        project.migrate("upgrade", "head")


def test_sql_is_printed_without_a_database(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """With `--sql` the statements go to stdout, foreign keys off first, and nothing is opened."""
    project.migrate("revision", "--autogenerate", "-m", "first")
    capsys.readouterr()

    project.migrate("upgrade", "head", "--sql")

    printed = capsys.readouterr().out
    assert printed.startswith("PRAGMA foreign_keys=OFF;\n\nBEGIN;")
    assert "CREATE TABLE city" in printed
    assert "STRICT" in printed
    assert not project.database.exists()


def test_init_is_refused(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """There is nothing to initialise, and the message says what to do instead."""
    with pytest.raises(SystemExit) as caught:
        project.migrate("init", "somewhere")

    assert caught.value.code == 2
    assert "sqlite-migrations" in capsys.readouterr().err


def test_a_command_is_needed(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """An option alone is a mistake in usage."""
    with pytest.raises(SystemExit) as caught:
        project.migrate("--raiseerr")

    assert caught.value.code == 2
    assert "too few arguments" in capsys.readouterr().err


def test_refusals_of_alembic_go_to_stderr(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """What alembic refuses ends the program with status 255 and a message."""
    with pytest.raises(SystemExit) as caught:
        project.migrate("upgrade", "nowhere")

    printed = capsys.readouterr()
    assert caught.value.code == 255
    assert printed.out == ""
    assert printed.err.startswith("FAILED: Can't locate revision identified by 'nowhere'")


def test_refusals_are_exceptions_on_request(project: Project) -> None:
    """Alembic's own `--raiseerr` gives a program the exception."""
    with pytest.raises(CommandError, match="nowhere"):
        project.migrate("--raiseerr", "upgrade", "nowhere")


def test_a_missing_folder_is_told_before_anything_runs(project: Project) -> None:
    """Without a folder of migrations there is nothing to run."""
    project.migrations.rmdir()

    with pytest.raises(MigrationsNotFoundError):
        project.migrate("upgrade", "head")

    assert not project.database.exists()


def test_environment_options_reach_alembic(tmp_path: Path) -> None:
    """What is configured goes to `context.configure`."""
    project = Project(tmp_path, DataSet.create("world"), options={"version_table": "versions"})
    project.write("abc", "pass")

    project.migrate("upgrade", "head")

    assert project.tables() == {"versions"}


def test_arguments_for_migrations_are_passed(project: Project) -> None:
    """Alembic's `-x` reaches the migrations."""
    project.write(
        "abc", "from alembic import context", "op.create_table(context.get_x_argument()[0], sa.Column('id', sa.Text))"
    )

    project.migrate("-x", "planet", "upgrade", "head")

    assert "planet" in project.tables()


@pytest.mark.parametrize(
    "module", ["microcosm_sqlite.alembic", "microcosm_sqlite.cmd.migrate", "microcosm_sqlite.cmd.check_migration"]
)
def test_the_missing_extra_is_named(module: str) -> None:
    """Without alembic the import says how to install it."""
    code = f"import sys; sys.modules['alembic'] = None; import {module}"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith('pip install "microcosm-sqlite[alembic]"')
