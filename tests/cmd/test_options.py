"""The options that commands share."""

import click
import pytest
from click.testing import CliRunner

from microcosm_sqlite.cmd.options import debug_option, is_debugging, json_option


@click.command()
@json_option
@debug_option
@click.pass_context
def show(context: click.Context, *, as_json: bool) -> None:
    """Print what was asked for."""
    click.echo(f"{as_json} {is_debugging(context)}")


@pytest.mark.parametrize(
    ("arguments", "printed"), [([], "False False"), (["--json"], "True False"), (["--debug"], "False True")]
)
def test_options_reach_the_command(arguments: list[str], printed: str) -> None:
    """Each says what was asked for, and nothing else."""
    result = CliRunner().invoke(show, arguments)

    assert result.stdout == f"{printed}\n"
