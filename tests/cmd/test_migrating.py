"""The commands `migrate` and `check-migration`."""

from pathlib import Path

import pytest

from tests.cmd.conftest import Run

ZOO = """
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from microcosm_sqlite.dataset import DataSet

class Zoo(DataSet, DeclarativeBase):
    __data_set__ = "zoo"

class Animal(Zoo):
    __tablename__ = "animal"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder, the current one, with a package whose data set has a database but no migration yet."""
    folder = tmp_path / "project"
    (folder / "zoo/sqlite-migrations/zoo").mkdir(parents=True)
    (folder / "zoo/__init__.py").write_text(ZOO)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("ZOO__SQLITE__PATHS__ZOO", str(folder / "zoo.db"))
    return folder


def _migrations(project: Path) -> list[Path]:
    return list((project / "zoo/sqlite-migrations/zoo").glob("*.py"))


def _first_migration(run: Run) -> None:
    run("migrate", "zoo:Zoo", "upgrade", "head")
    result = run("migrate", "zoo:Zoo", "--", "revision", "--autogenerate", "-m", "first")
    assert result.returncode == 0, result.stderr


@pytest.mark.slow
def test_a_migration_is_written_and_run(project: Path, run: Run) -> None:
    """Alembic's own arguments stand behind the dashes; then models and migrations agree."""
    _first_migration(run)
    assert len(_migrations(project)) == 1

    assert run("migrate", "zoo:Zoo", "--", "upgrade", "head").returncode == 0
    check = run("check-migration", "zoo:Zoo")

    assert (check.returncode, check.stdout) == (0, "")
    assert "Models and migrations agree." in check.stderr


def test_a_missing_migration_is_a_failed_check(project: Path, run: Run) -> None:
    """The exit code is 1, the message says what the models need."""
    run("migrate", "zoo:Zoo", "upgrade", "head")

    check = run("check-migration", "zoo:Zoo")

    assert check.returncode == 1
    assert "animal" in check.stderr
    assert _migrations(project) == []


@pytest.mark.slow
def test_a_database_that_is_behind_is_a_failed_check(project: Path, run: Run) -> None:
    """Alembic would end the process with 255."""
    _first_migration(run)

    assert run("check-migration", "zoo:Zoo").returncode == 1


@pytest.mark.slow
def test_a_refusal_of_alembic_is_a_failure(project: Path, run: Run) -> None:
    """Alembic's message is enough."""
    _first_migration(run)

    result = run("migrate", "zoo:Zoo", "--", "upgrade", "no-such-revision")

    assert result.returncode == 1
    assert "no-such-revision" in result.stderr


def test_a_command_that_alembic_does_not_know_is_a_usage_error(project: Path, run: Run) -> None:
    """Alembic's own exit code for it is the same as ours."""
    assert run("migrate", "zoo:Zoo", "--", "nonsense").returncode == 2


@pytest.mark.slow
def test_the_downgrade_can_be_left_out(project: Path, run: Run) -> None:
    """Who never goes back need not write how."""
    run("migrate", "zoo:Zoo", "upgrade", "head")
    result = run("migrate", "--without-downgrade", "zoo:Zoo", "--", "revision", "-m", "forward")

    assert result.returncode == 0, result.stderr
    assert "def downgrade" not in _migrations(project)[0].read_text()


def test_the_graph_can_have_another_name(project: Path, run: Run) -> None:
    """A service configures its database under its own name."""
    variables = {"SAFARI__SQLITE__PATHS__ZOO": str(project / "safari.db")}

    result = run("migrate", "--name", "safari", "zoo:Zoo", "--", "upgrade", "head", **variables)

    assert result.returncode == 0, result.stderr
    assert (project / "safari.db").exists()
    assert not (project / "zoo.db").exists()


@pytest.mark.parametrize("arguments", [("migrate", "zoo:Zoo"), ("migrate", "zoo", "current"), ("check-migration",)])
def test_what_makes_no_sense_is_a_usage_error(project: Path, run: Run, arguments: tuple[str, ...]) -> None:
    """Nothing is run then."""
    assert run(*arguments).returncode == 2


def test_a_missing_extra_is_told(project: Path, run: Run, site: Path) -> None:
    """Alembic is installed with an extra; the message says how."""
    (site / "alembic.py").write_text("raise ModuleNotFoundError('No module named alembic', name='alembic')\n")

    result = run("migrate", "zoo:Zoo", "--", "current")

    assert result.returncode == 1
    assert 'pip install "microcosm-sqlite[alembic]"' in result.stderr
    assert "Traceback" not in result.stderr
