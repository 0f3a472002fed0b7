from enum import Enum
from pathlib import Path

import pytest
import sqlalchemy as sa

from microcosm_sqlite import DataSet
from microcosm_sqlite.cmd import check_migration
from microcosm_sqlite.types import EnumType, Truthy
from tests.migrating import Project


class Colour(Enum):
    RED = "red"


@pytest.mark.parametrize("configured", ["True", "False"])
def test_b6_a_batch_migration_of_a_parent_keeps_its_children(configured: str, tmp_path: Path) -> None:
    """2.0.0 deleted the children of ON DELETE CASCADE, unless foreign keys were configured to be off."""
    base = DataSet.create("family")
    sa.Table("parent", base.metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(20)))
    sa.Table(
        "child",
        base.metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("parent_id", sa.ForeignKey("parent.id", ondelete="CASCADE"), nullable=False),
    )
    project = Project(tmp_path, base, use_foreign_keys=configured)
    base.create_all(project.graph)
    project.execute("INSERT INTO parent VALUES (1, 'Ada')", "INSERT INTO child VALUES (1, 1)")
    project.write(
        "first",
        "with op.batch_alter_table('parent', recreate='always') as batch: batch.drop_column('name')",
    )

    project.migrate("upgrade", "head")

    assert project.execute("SELECT * FROM parent") == [(1,)]
    assert project.execute("SELECT * FROM child") == [(1, 1)]


def test_b21_migrations_of_our_types_run(tmp_path: Path) -> None:
    """2.0.0 wrote `microcosm_sqlite.types...` into migrations that did not import it: NameError on upgrade."""
    base = DataSet.create("things")
    sa.Table(
        "thing",
        base.metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("colour", EnumType(Colour), nullable=False),
        sa.Column("is_new", Truthy, nullable=False),
    )
    project = Project(tmp_path, base)

    project.migrate("revision", "--autogenerate", "-m", "first")
    project.migrate("upgrade", "head")

    assert "microcosm_sqlite" not in project.generated()
    assert "sa.Column('colour', sa.Unicode(length=255), nullable=False)" in project.generated()
    assert "sa.Column('is_new', sa.Boolean(), nullable=False)" in project.generated()
    check_migration.main(project.graph, project.base)


def test_b28_tables_made_by_create_all_are_recognised_by_migrations(tmp_path: Path) -> None:
    """In 2.0.0 `create_all` and migrations knew nothing of each other: stamp, and there is nothing left to do."""
    base = DataSet.create("things")
    sa.Table(
        "thing",
        base.metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("colour", EnumType(Colour), nullable=False, index=True),
        sa.Column("name", sa.String(20), unique=True),
        sa.Column("price", sa.Numeric(10, 2), sa.CheckConstraint("price > 0")),
    )
    project = Project(tmp_path, base)
    project.migrate("revision", "--autogenerate", "-m", "first")
    base.create_all(project.graph)

    project.migrate("stamp", "head")

    project.migrate("check")
    check_migration.main(project.graph, project.base)


def test_b28_migrations_and_create_all_make_the_same_tables(tmp_path: Path) -> None:
    """The schema does not tell which of the two made it, but for the order of constraints."""
    base = DataSet.create("things")
    sa.Table(
        "thing",
        base.metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(20), unique=True),
        sa.Column("other_id", sa.ForeignKey("thing.id", ondelete="SET NULL"), index=True),
        sa.Column("price", sa.Numeric(10, 2)),
        sa.CheckConstraint("price > 0", name="positive"),
    )
    migrated, created = Project(tmp_path / "migrated", base), Project(tmp_path / "created", base)
    migrated.migrate("revision", "--autogenerate", "-m", "first")

    migrated.migrate("upgrade", "head")
    base.create_all(created.graph)

    assert _schema_lines(migrated) == _schema_lines(created)


def _schema_lines(project: Project) -> list[str]:
    statements = project.execute("SELECT sql FROM sqlite_master WHERE tbl_name = 'thing'")
    return sorted(line.strip(", ") for (sql,) in statements if sql for line in sql.split("\n"))


def test_b28_tables_of_2_0_0_are_taken_over(tmp_path: Path) -> None:
    """A database whose tables are not STRICT is recognised, and a batch migration keeps its rows."""
    base = DataSet.create("things")
    sa.Table(
        "thing",
        base.metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(20)),
        sa.Column("is_new", sa.Boolean),
        sa.Column("seen_at", sa.DateTime),
        sa.Column("price", sa.Numeric(10, 2)),
        sa.Column("extra", sa.JSON),
    )
    project = Project(tmp_path, base)
    project.execute(
        "CREATE TABLE thing (id INTEGER NOT NULL, name VARCHAR(20), is_new BOOLEAN, seen_at DATETIME, "
        "price NUMERIC(10, 2), extra JSON, CONSTRAINT pk_thing PRIMARY KEY (id))",
        "INSERT INTO thing VALUES (1, 'a', 1, '2020-01-02 03:04:05.000000', 5, '{}')",
    )
    check_migration.main(project.graph, project.base)
    project.write("first", "with op.batch_alter_table('thing', recreate='always') as batch: batch.drop_column('name')")

    project.migrate("upgrade", "head")

    assert project.execute("SELECT * FROM thing") == [(1, 1, "2020-01-02 03:04:05.000000", 5.0, "{}")]
