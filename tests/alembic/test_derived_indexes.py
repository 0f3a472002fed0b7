"""Migrations leave words and places findable, and alembic is not surprised by what it cannot see."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from microcosm_sqlite import DataSet, Store
from microcosm_sqlite.alembic.derived_indexes import include_name_after
from microcosm_sqlite.cmd import check_migration
from microcosm_sqlite.full_text import FullText
from microcosm_sqlite.place import Box, Place
from tests.migrating import Project


class Parks(DataSet, DeclarativeBase):
    """Parks, found by words and by place."""

    __data_set__ = "parks"


class Park(Parks):
    """A park, known by a text, so that SQLite numbers the rows."""

    __tablename__ = "park"
    __table_args__ = (FullText("name"), Place("latitude", "longitude"))

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    latitude: Mapped[float]
    longitude: Mapped[float]


class ParkStore(Store[Park]):
    """Parks."""


@pytest.fixture(params=[{}, {"transaction_per_migration": True}], ids=["one", "each"])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Project:
    """Return a project whose first migration makes the table, in one transaction or in one per migration."""
    project = Project(tmp_path, Parks, options=request.param)
    project.migrate("revision", "--autogenerate", "-m", "first")
    return project


def add(graph: Any, *codes: str) -> None:
    """Add parks."""
    with Parks.new_context(graph) as context:
        assert context.session is not None
        context.session.add_all(Park(code=code, name=f"Park {code}", latitude=1, longitude=1) for code in codes)
        context.commit()


def found(graph: Any) -> list[tuple[str, str]]:
    """Return what is found by a word: the key and the text of each row."""
    return [(match.row.code, match.snippet) for match in ParkStore(graph).match("park")]


def test_migrated_tables_are_found_by_words_and_place(project: Project) -> None:
    """Although alembic makes neither index."""
    project.migrate("upgrade", "head")

    add(project.graph, "b", "a")
    assert found(project.graph) == [("a", "[Park] a"), ("b", "[Park] b")]
    assert len(ParkStore(project.graph).within(Box(0, 0, 2, 2))) == 2
    assert project.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'ix_park_place'") == [(1,)]


def test_nothing_is_left_to_migrate(project: Project, tmp_path: Path) -> None:
    """Neither after a migration nor after create_all: no drop of what alembic does not know, no warning."""
    project.migrate("upgrade", "head")
    check_migration.main(project.graph, Parks)
    created = Project(tmp_path / "created", Parks)
    Parks.create_all(created.graph)

    check_migration.main(created.graph, Parks)

    assert "park_text" not in project.generated()


def test_a_table_that_is_made_anew_is_found_again(project: Project) -> None:
    """Rows get other numbers when alembic copies a table; indexes and triggers are gone with the old one."""
    project.migrate("upgrade", "head")
    add(project.graph, "c", "b", "a")
    with Parks.new_context(project.graph) as context:
        assert context.session is not None
        context.session.delete(ParkStore(project.graph).retrieve("c"))
        context.commit()
    first = project.generated().partition("revision = '")[2].partition("'")[0]
    project.write(
        "second",
        "with op.batch_alter_table('park', recreate='always') as park:",
        "    park.add_column(sa.Column('area', sa.Float()))",
        after=first,
    )

    project.migrate("upgrade", "head")

    assert found(project.graph) == [("a", "[Park] a"), ("b", "[Park] b")]
    add(project.graph, "d")
    assert len(found(project.graph)) == 3
    assert project.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'ix_park_place'") == [(1,)]


def test_a_table_that_goes_takes_its_index_along(project: Project) -> None:
    """When a migration is undone."""
    project.migrate("upgrade", "head")

    project.migrate("downgrade", "base")

    assert project.tables() == {"alembic_version"}


def test_names_that_a_project_hides_stay_hidden(project: Project) -> None:
    """Alembic's own option still works."""
    include = include_name_after(lambda name, *_: name != "secret", None)

    assert include("park", "table", {}) is True
    assert include("secret", "table", {}) is False
