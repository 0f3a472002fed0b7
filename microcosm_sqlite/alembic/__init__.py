"""Run alembic's commands on the database of a data set, without an `alembic.ini` and without `alembic init`.

Needs the extra: `pip install "microcosm-sqlite[alembic]"`.
"""

from microcosm_sqlite.errors import MissingExtraError

try:
    from microcosm_sqlite.alembic.autogeneration import compare_type, render_item
    from microcosm_sqlite.alembic.commands import check, run_command_line
    from microcosm_sqlite.alembic.configuration import (
        get_alembic_environment_options,
        get_migrations_dir,
        make_alembic_config,
        make_script_py_mako,
    )
    from microcosm_sqlite.alembic.foreign_keys import dangling_references
    from microcosm_sqlite.alembic.running import Access, alembic_config
except ModuleNotFoundError as error:
    if (error.name or "").partition(".")[0] != "alembic":
        raise
    raise MissingExtraError(extra="alembic", needed_by=__name__) from error

__all__ = [
    "Access",
    "alembic_config",
    "check",
    "compare_type",
    "dangling_references",
    "get_alembic_environment_options",
    "get_migrations_dir",
    "make_alembic_config",
    "make_script_py_mako",
    "render_item",
    "run_command_line",
]
