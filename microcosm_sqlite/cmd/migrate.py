"""Run alembic's command line on the database of a data set.

A program that migrates is three lines, run as `python migrate.py upgrade head`:

    from microcosm_sqlite.cmd.migrate import main

    main(graph, World)
"""

import sys
from typing import Any

from microcosm_sqlite.alembic import run_command_line


def main(
    graph: Any,
    Base: Any,  # noqa: N803 - its name since 0.12
    include_downgrade: bool = True,  # noqa: FBT001, FBT002 - positional since 0.12
    *args: str,
) -> None:
    """Run the alembic command in *args*, or else in `sys.argv`, on the data set *Base*.

    SQLite does not act on foreign keys while migrations run; they are checked before the commit.

    Args:
        graph: the object graph that binds the data set.
        Base: the data set, or any model of it.
        include_downgrade: whether new migrations get a `downgrade` function.
        *args: the command with its arguments, such as `"upgrade", "head"`.

    Raises:
        MigrationsNotFoundError: the data set has no folder of migrations.
        MigrationIntegrityError: foreign keys would be left that lead nowhere; the migration was rolled back.
        ReadOnlyDataSetError: the data set is sealed, or configured to be read-only; nothing was run.
        DataSetNotFoundError: there is no database, and the command is not one that makes it.
        SystemExit: the command line cannot be understood (2), or alembic refuses the command (255).
    """
    run_command_line(graph, Base, args or sys.argv[1:], include_downgrade=include_downgrade)
