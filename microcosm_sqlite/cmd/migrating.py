"""Offer the migrations of a data set as commands."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import click
from microcosm.api import create_object_graph

from microcosm_sqlite.cmd.declarations import imported_data_set, top_level_module
from microcosm_sqlite.cmd.failures import ExitCode
from microcosm_sqlite.cmd.options import debug_option

_name_option = click.option(
    "--name", help="Name of the object graph, and so of its environment variables; the top-level module by default."
)


@click.command("migrate")
@click.argument("data_set", metavar="MODULE:BASE")
@click.argument("alembic_args", nargs=-1, required=True, type=click.UNPROCESSED, metavar="-- ALEMBIC_ARGS...")
@_name_option
@click.option("--without-downgrade", is_flag=True, help="Give new migrations no downgrade function.")
@debug_option
@click.pass_context
def migrate(
    context: click.Context, *, data_set: str, alembic_args: tuple[str, ...], name: str | None, without_downgrade: bool
) -> None:
    """Run alembic on the data set MODULE:BASE, for instance: migrate my_package.models:World -- upgrade head.

    Where its database is, is configured in the environment, as for the service:
    MY_PACKAGE__SQLITE__PATHS__WORLD=/path/to/world.db. Its migrations are in the folder sqlite-migrations beside the
    top-level module.
    """
    base = imported_data_set(data_set)
    with _alembic(context):
        from microcosm_sqlite.cmd.migrate import main  # noqa: PLC0415 - alembic is an extra; --help does without

        main(_graph(data_set, name), base, not without_downgrade, *alembic_args)


@click.command("check-migration")
@click.argument("data_set", metavar="MODULE:BASE")
@_name_option
@debug_option
@click.pass_context
def check_migration(context: click.Context, *, data_set: str, name: str | None) -> None:
    """Check that the migrations of the data set MODULE:BASE lead to its models; nothing is written.

    The exit code is 1 if a migration is missing, or the database is behind those there are.
    """
    base = imported_data_set(data_set)
    with _alembic(context):
        from microcosm_sqlite.cmd.check_migration import main  # noqa: PLC0415 - as above

        main(_graph(data_set, name), base)
    click.echo("Models and migrations agree.", err=True)


def _graph(data_set: str, name: str | None) -> Any:
    module = top_level_module(data_set)
    graph = create_object_graph(name or module, import_name=module)
    graph.use("sqlite")
    return graph


@contextmanager
def _alembic(context: click.Context) -> Generator[None]:
    """Translate how alembic ends a process to our exit codes."""
    try:
        yield
    except SystemExit as end:
        if end.code in {None, ExitCode.OK}:
            return
        context.exit(ExitCode.USAGE if end.code == ExitCode.USAGE else ExitCode.FAILED)
