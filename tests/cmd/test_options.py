"""The options that commands share."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from microcosm_sqlite.cmd.options import checked_output, debug_option, is_debugging, json_option


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


def test_a_file_that_cannot_be_is_refused_at_once(tmp_path: Path) -> None:
    """Before anything is built or written."""
    command = click.Command("x")
    context, parameter = click.Context(command), click.Option(["--output"])

    for path in (tmp_path / "new.csv", Path("-"), None):
        assert checked_output(context, parameter, path) == path
    with pytest.raises(click.BadParameter, match=f"'{tmp_path}' is a folder: name a file in it"):
        checked_output(context, parameter, tmp_path)
    with pytest.raises(click.BadParameter, match=f"there is no folder '{tmp_path}/none': create it"):
        checked_output(context, parameter, tmp_path / "none" / "x.csv")
