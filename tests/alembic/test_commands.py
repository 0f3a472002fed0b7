from pathlib import Path

from microcosm_sqlite import DataSet
from microcosm_sqlite.alembic import check, run_command_line
from tests.migrating import Project


def test_commands_run_without_a_program(tmp_path: Path) -> None:
    """What the doors offer on the command line is there for programs."""
    project = Project(tmp_path, DataSet.create("world"))
    project.write("abc", "pass")

    run_command_line(project.graph, project.base, ["upgrade", "head"])
    check(project.graph, project.base)

    assert project.execute("SELECT version_num FROM alembic_version") == [("abc",)]
