from pathlib import Path

import pytest
import sqlalchemy as sa

from microcosm_sqlite import DataSet
from microcosm_sqlite.cmd import check_migration
from microcosm_sqlite.errors import DataSetNotFoundError, ReadOnlyDataSetError, StaleDBError
from tests.migrating import Project, seal_in_place


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A data set with one table whose one migration was applied."""
    base = DataSet.create("world")
    sa.Table("city", base.metadata, sa.Column("id", sa.Integer, primary_key=True))
    project = Project(tmp_path, base)
    project.migrate("revision", "--autogenerate", "-m", "first", "--rev-id", "abc")
    project.migrate("upgrade", "head")
    return project


def test_models_that_are_migrated_pass(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is found, nothing is printed on stdout, no migration is written."""
    capsys.readouterr()

    check_migration.main(project.graph, project.base)

    assert capsys.readouterr().out == ""
    assert len(list(project.migrations.glob("*.py"))) == 1


def test_what_is_missing_is_told(project: Project) -> None:
    """The error names the data set with the operations that a migration would hold."""
    project.base.metadata.tables["city"].append_column(sa.Column("population", sa.Integer))
    sa.Table("country", project.base.metadata, sa.Column("code", sa.String(2), primary_key=True))

    with pytest.raises(StaleDBError, match="'world'") as caught:
        check_migration.main(project.graph, project.base)

    message = str(caught.value)
    assert "op.create_table('country'," in message
    assert "batch_op.add_column(sa.Column('population', sa.Integer(), nullable=True))" in message
    assert caught.value.operations[0].startswith("op.create_table")
    assert len(list(project.migrations.glob("*.py"))) == 1


def test_the_error_has_both_its_old_and_its_new_home() -> None:
    """Programs that catch `check_migration.StaleDBError` go on doing so."""
    assert check_migration.StaleDBError is StaleDBError


def test_a_database_that_is_behind_is_told(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """The program ends with status 255 and says that migrations wait to be applied."""
    project.write("later", "pass", after="abc")

    with pytest.raises(SystemExit) as caught:
        check_migration.main(project.graph, project.base)

    assert caught.value.code == 255
    assert "Target database is not up to date" in capsys.readouterr().err


def test_a_missing_database_is_told_and_not_made(project: Project) -> None:
    """There is nothing to compare the models with."""
    project.graph.sqlite.dispose("world")
    project.database.unlink()

    with pytest.raises(DataSetNotFoundError):
        check_migration.main(project.graph, project.base)

    assert not project.database.exists()


def test_a_sealed_artifact_is_refused(project: Project) -> None:
    """An artifact's schema is what its manifest says, not what migrations say."""
    seal_in_place(project.database, name="world")

    with pytest.raises(ReadOnlyDataSetError):
        check_migration.main(project.graph, project.base)
