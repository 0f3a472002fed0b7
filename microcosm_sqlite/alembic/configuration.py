"""Say where migrations are, what new ones look like, how alembic is set up."""

import sys
from pathlib import Path
from typing import Any, Final

from alembic.config import Config
from microcosm.errors import LockedGraphError, NotBoundError

from microcosm_sqlite.errors import MigrationsNotFoundError

_TEMPLATE: Final = '''\
"""${message}

Revision ID: ${up_revision}
Revises: ${down_revision | comma,n}
Create Date: ${create_date}
"""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade():
    ${upgrades if upgrades else "pass"}
'''

_TEMPLATE_OF_DOWNGRADE: Final = """

def downgrade():
    ${downgrades if downgrades else "pass"}
"""


def get_migrations_dir(graph: Any, name: str) -> str:
    """Return the folder that holds the migrations of data set *name*.

    It is the folder *name* in the component `graph.sqlite_migrations_dir`; when there is no such component, in the
    folder `sqlite-migrations` beside the module that the graph is named after.

    Raises:
        MigrationsNotFoundError: there is no such folder.
    """
    try:
        parent = graph.sqlite_migrations_dir
    except (LockedGraphError, NotBoundError):
        try:
            parent = graph.metadata.get_path("sqlite-migrations")
        except RuntimeError as error:  # No imported module has the graph's name, so there is nothing to be beside.
            raise MigrationsNotFoundError(name=name, path=None) from error
    path = Path(parent) / name
    if not path.is_dir():
        raise MigrationsNotFoundError(name=name, path=path)
    return str(path)


def get_alembic_environment_options(graph: Any) -> dict[str, Any]:
    """Return what `graph.config.alembic.environment_options` adds to the call of alembic's `context.configure`."""
    try:
        return dict(graph.config.alembic.environment_options)
    except (AttributeError, LockedGraphError, NotBoundError):
        return {}


def make_alembic_config(temporary_dir: str | Path, migrations_dir: str | Path) -> Config:
    """Return alembic's configuration for a folder with its scripts and a folder with migrations."""
    # At the time of the call: alembic's own default is whatever was the standard output when it was imported.
    config = Config(stdout=sys.stdout)
    options = {
        "script_location": str(Path(temporary_dir).absolute()),
        "version_locations": str(Path(migrations_dir).absolute()),
        # Alembic splits at spaces otherwise.
        "path_separator": "newline",
    }
    for key, value in options.items():
        config.set_main_option(key, value.replace("%", "%%"))
    return config


def make_script_py_mako(*, include_downgrade: bool = True) -> str:
    """Return the template of new migrations, with or without a `downgrade` function."""
    return _TEMPLATE + _TEMPLATE_OF_DOWNGRADE if include_downgrade else _TEMPLATE
