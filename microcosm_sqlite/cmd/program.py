"""Offer the sub-commands, each of which is imported when it is run.

`--help` must answer at once: nothing but click is imported here.
"""

import sys
from importlib import import_module
from typing import Any, Final, cast

import click

from microcosm_sqlite.cmd.failures import reported
from microcosm_sqlite.cmd.options import debug_option

#: The name of the program, however it was started.
NAME: Final = "microcosm-sqlite"


class LazyCommand(click.Command):
    """A command known by its name and one line of help until it is run; `target` is its `module:attribute`."""

    def __init__(self, name: str, *, target: str, short_help: str) -> None:
        super().__init__(name, short_help=short_help)
        self.target = target

    def load(self) -> click.Command:
        """Return the command itself."""
        module, _, attribute = self.target.partition(":")
        return cast("click.Command", getattr(import_module(module), attribute))

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Return the context of the command itself, which click invokes from then on."""
        return self.load().make_context(info_name, args, parent, **extra)


class Program(click.Group):
    """A group whose commands fail with one message and an exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in their own order; click would sort them."""
        del ctx
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that *ctx* asks for."""
        with reported(ctx):
            return super().invoke(ctx)


def _command(name: str, target: str, short_help: str) -> LazyCommand:
    return LazyCommand(name, target=f"{__package__}.{target}", short_help=short_help)


#: In the order in which a newcomer needs them.
COMMANDS: Final = (
    _command("list", "listing:list_data_sets", "List the data sets that can be bound here."),
    _command("info", "describing:describe", "Show what an artifact says of itself."),
    _command("verify", "verifying:verify_artifacts", "Check artifacts byte by byte."),
    _command("digest", "digesting:digest", "Compute the digests of data sets."),
    _command("compare", "comparing:compare", "Say in which rows two releases differ."),
    _command("plan", "planning:plan", "Show how stores find rows, and which index is missing."),
    _command("doctor", "diagnosing:examine", "Say what is wrong with a file, and what to do."),
    _command("get", "reading:get", "Print one row by its primary key."),
    _command("search", "reading:search", "Print the rows of a table that match."),
    _command("dump", "dumping:dump", "Write a whole table as CSV."),
    _command("build", "building:build", "Build a data set from CSV files and publish it."),
    _command("watermark", "watermarks:watermark", "Show and change how far sources were read."),
    _command("migrate", "migrating:migrate", "Run alembic on a data set."),
    _command("check-migration", "migrating:check_migration", "Check that models and migrations agree."),
)


@click.group(NAME, cls=Program, commands=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name=NAME)
@debug_option
def program() -> None:
    """Build, check and read SQLite data sets that travel with code.

    \b
    Data goes to stdout, messages go to stderr. Exit codes:
      0  all is well
      1  a check or a build failed
      2  the command was not understood
      3  there is no such data set, file or row
    """  # noqa: D301 - \b is click's mark for a paragraph that is not to be wrapped.


def main() -> None:
    """Run the program on the arguments of this process; the process ends with its exit code."""
    # A path need not be valid Unicode; printing one must not fail.
    cast("Any", sys.stdout).reconfigure(errors="backslashreplace")
    program(prog_name=NAME)
