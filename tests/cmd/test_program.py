"""What the program promises whatever the command."""

import os
import subprocess
import sys
from importlib import import_module
from importlib.metadata import entry_points, version
from pathlib import Path

import click
import pytest

from microcosm_sqlite.cmd.program import COMMANDS, LazyCommand, main, program
from tests.cmd.conftest import Invoke, Run

HEAVY = ("sqlalchemy", "apsw", "rich", "microcosm.api", "msgspec", "alembic", "importlib.metadata")


def test_help_names_every_command(invoke: Invoke) -> None:
    """The help says what there is, each with a line of its own."""
    result = invoke("--help")

    assert result.exit_code == 0
    for command in COMMANDS:
        assert f"{command.name} " in result.stdout
        assert str(command.short_help) in result.stdout


def test_help_imports_nothing_heavy() -> None:
    """Help must be there at once, so nothing is imported that takes long."""
    code = (
        "import sys\nfrom microcosm_sqlite.cmd import main\nsys.argv = ['microcosm-sqlite', '--help']\n"
        f"try:\n    main()\nexcept SystemExit:\n    print([name for name in {HEAVY!r} if name in sys.modules])\n"
    )

    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert found.stdout.splitlines()[-1] == "[]"


def test_reading_a_file_does_not_import_sqlalchemy(atlas_path: Path) -> None:
    """A look into a file needs no models, so it does not wait for what declares them."""
    code = (
        "import sys\nfrom microcosm_sqlite.cmd import main\n"
        f"sys.argv = ['microcosm-sqlite', 'get', {str(atlas_path)!r}, 'country', 'FR']\n"
        "try:\n    main()\nexcept SystemExit:\n    print('sqlalchemy' in sys.modules)\n"
    )

    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert found.stdout.splitlines()[-1] == "False"


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: str(command.name))
def test_commands_load_under_their_names(command: LazyCommand) -> None:
    """What the group says of a command without importing it is what the command says of itself."""
    loaded = command.load()

    assert loaded.name == command.name
    assert loaded.help


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: str(command.name))
def test_every_command_has_help(invoke: Invoke, command: LazyCommand) -> None:
    """The help of a command is that of the command itself, with its arguments."""
    result = invoke(str(command.name), "--help")

    assert result.exit_code == 0
    assert result.stdout.startswith(f"Usage: microcosm-sqlite {command.name} [OPTIONS]")
    assert "--debug" in result.stdout


@pytest.mark.parametrize("name", ["list", "info", "verify", "doctor", "get", "search", "dump", "build"])
def test_what_prints_data_can_print_json(name: str) -> None:
    """Programs read the output too."""
    command = next(command for command in COMMANDS if command.name == name).load()

    assert "--json" in [option for parameter in command.params for option in parameter.opts]


def test_unknown_commands_are_a_usage_error_with_a_suggestion(invoke: Invoke) -> None:
    """A slip of the finger is answered with what was probably meant."""
    result = invoke("serch")

    assert result.exit_code == 2
    assert "Did you mean 'search'?" in result.stderr


def test_the_version_is_that_of_the_distribution(run: Run) -> None:
    """Bug reports quote it."""
    result = run("--version")

    assert result.stdout == f"microcosm-sqlite, version {version('microcosm-sqlite')}\n"


def test_the_console_script_is_this_program() -> None:
    """What is installed as a command is what `python -m` runs."""
    (script,) = entry_points(group="console_scripts", name="microcosm-sqlite")

    assert script.load() is main


def test_the_module_is_the_program(run: Run) -> None:
    """`python -m microcosm_sqlite` calls itself by the name of the command."""
    result = run("--help")

    assert result.stdout.startswith("Usage: microcosm-sqlite [OPTIONS] COMMAND")


def test_importing_main_does_not_run_it() -> None:
    """Tools that import every module of a package must not start the program."""
    assert import_module("microcosm_sqlite.__main__")


def test_shell_completion_knows_the_commands(run: Run) -> None:
    """Pressing Tab after "ve" offers `verify`."""
    environment = {
        "_MICROCOSM_SQLITE_COMPLETE": "bash_complete",
        "COMP_WORDS": "microcosm-sqlite ve",
        "COMP_CWORD": "1",
    }

    result = run(**environment)

    assert result.stdout == "plain,verify\n"


def test_shell_completion_knows_the_options_of_a_command() -> None:
    """A command is loaded when its own options are completed."""
    command = next(command for command in COMMANDS if command.name == "search")

    with command.make_context("search", [], parent=click.Context(program), resilient_parsing=True) as context:
        completions = context.command.shell_complete(context, "--off")

    assert [completion.value for completion in completions] == ["--offset"]


@pytest.mark.skipif(not hasattr(os, "fsencode") or sys.platform != "linux", reason="names that are no UTF-8: Linux")
def test_paths_that_are_no_utf8_are_printed(atlas_path: Path, run: Run) -> None:
    """A strange name of a file is no reason to fail."""
    folder = Path(os.fsdecode(os.fsencode(atlas_path.parent) + b"-\xff"))
    atlas_path.parent.rename(folder)

    result = run("verify", folder / atlas_path.name, "--json")

    assert result.returncode == 0
    assert r"-\udcff/atlas.sqlite" in result.stdout


def test_output_in_a_narrow_locale_does_not_fail(atlas_path: Path, run: Run) -> None:
    """What a terminal of another encoding cannot show is escaped."""
    result = run("get", atlas_path, "country", "CI", PYTHONIOENCODING="ascii")

    assert result.returncode == 0
    assert r"C\xf4te d'Ivoire" in result.stdout


def test_every_command_is_documented() -> None:
    """The reference page has a section for each command."""
    page = (Path(__file__).parents[2] / "docs/reference/command-line.md").read_text()

    assert [line[4:].strip("`") for line in page.splitlines() if line.startswith("### ")] == [
        command.name for command in COMMANDS
    ]
