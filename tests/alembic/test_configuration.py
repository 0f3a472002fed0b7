import sys
from pathlib import Path
from types import ModuleType

import pytest
from microcosm.api import create_object_graph, load_from_dict

from microcosm_sqlite.alembic import (
    get_alembic_environment_options,
    get_migrations_dir,
    make_alembic_config,
    make_script_py_mako,
)
from microcosm_sqlite.errors import DataSetError, MigrationsNotFoundError


def test_migrations_are_in_the_folder_of_the_component(tmp_path: Path) -> None:
    """The component `sqlite_migrations_dir` holds one folder per data set."""
    graph = create_object_graph("example", testing=True)
    graph.assign("sqlite_migrations_dir", str(tmp_path))
    (tmp_path / "world").mkdir()

    assert get_migrations_dir(graph, "world") == str(tmp_path / "world")


def test_migrations_are_beside_the_module_by_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a component, `sqlite-migrations` beside the module that the graph is named after counts."""
    module = ModuleType("migrating_example")
    module.__file__ = str(tmp_path / "__init__.py")
    monkeypatch.setitem(sys.modules, "migrating_example", module)
    (tmp_path / "sqlite-migrations" / "world").mkdir(parents=True)

    graph = create_object_graph("migrating_example", testing=True)

    assert get_migrations_dir(graph, "world") == str(tmp_path / "sqlite-migrations" / "world")


def test_a_missing_folder_is_named_with_what_to_do(tmp_path: Path) -> None:
    """The error says which folder is missing, and is one of ours."""
    graph = create_object_graph("example", testing=True)
    graph.assign("sqlite_migrations_dir", str(tmp_path))

    with pytest.raises(MigrationsNotFoundError, match="Create that folder") as caught:
        get_migrations_dir(graph, "world")

    assert str(tmp_path / "world") in str(caught.value)
    assert isinstance(caught.value, DataSetError)
    assert isinstance(caught.value, FileNotFoundError)


def test_a_graph_named_after_no_module_says_how_to_name_the_folder() -> None:
    """Where there is nothing to be beside, the error names the component to bind."""
    graph = create_object_graph("no_such_module", testing=True)

    with pytest.raises(MigrationsNotFoundError, match="sqlite_migrations_dir"):
        get_migrations_dir(graph, "world")


def test_a_locked_graph_finds_its_migrations(tmp_path: Path) -> None:
    """A locked graph that never made the component falls back to the default place."""
    graph = create_object_graph("example", testing=True, root_path=str(tmp_path)).lock()
    (tmp_path / "sqlite-migrations" / "world").mkdir(parents=True)

    assert get_migrations_dir(graph, "world") == str(tmp_path / "sqlite-migrations" / "world")


def test_environment_options_come_from_the_configuration() -> None:
    """What is under `alembic.environment_options` is returned as it is."""
    loader = load_from_dict(alembic={"environment_options": {"version_table": "versions"}})

    graph = create_object_graph("example", testing=True, loader=loader)

    assert get_alembic_environment_options(graph) == {"version_table": "versions"}


def test_environment_options_may_be_missing() -> None:
    """A graph that configures nothing for alembic has no options."""
    assert get_alembic_environment_options(create_object_graph("example", testing=True)) == {}


def test_paths_keep_their_spaces_commas_and_percent_signs(tmp_path: Path) -> None:
    """Alembic would split a path at spaces, and read a percent sign as a reference."""
    folder = tmp_path / "100% of my, own: things"

    config = make_alembic_config(folder, folder / "world")

    assert config.get_main_option("script_location") == str(folder)
    assert config.get_version_locations_list() == [str(folder / "world")]


def test_the_template_may_leave_downgrade_out() -> None:
    """Projects that never go back need no empty function in every migration."""
    assert "def downgrade" in make_script_py_mako()
    assert "def downgrade" not in make_script_py_mako(include_downgrade=False)
