"""How errors end the program."""

import subprocess
import sys
from pathlib import Path

import apsw
import click
import pytest

from microcosm_sqlite.cmd.failures import ExitCode, exit_code_of, reported
from microcosm_sqlite.errors import ArtifactCorruptError, ModelNotFoundError, SQLiteError
from tests.cmd.conftest import Invoke, Run


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ModelNotFoundError("gone"), ExitCode.NOT_FOUND),
        (SQLiteError("anything"), ExitCode.FAILED),
        (ArtifactCorruptError(path=Path("x"), expected="a", found="b", remedy="c"), ExitCode.FAILED),
    ],
)
def test_exit_codes_tell_missing_from_wrong(error: SQLiteError, code: ExitCode) -> None:
    """A script can tell what is not there from what is damaged."""
    assert exit_code_of(error) is code


def test_errors_are_one_message_on_stderr(atlas_path: Path, invoke: Invoke) -> None:
    """Users get a sentence, not a traceback; stdout stays clean for data."""
    result = invoke("get", atlas_path, "city", "77")

    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr == "Error: table 'city' has no row with the key '77'.\n"


@pytest.mark.parametrize("arguments", [("--debug", "get"), ("get", "--debug")])
def test_debug_shows_the_traceback(atlas_path: Path, invoke: Invoke, arguments: tuple[str, ...]) -> None:
    """`--debug` is understood before and after the command, and does not change the exit code."""
    result = invoke(*arguments, atlas_path, "city", "77")

    assert result.exit_code == 3
    assert "Traceback (most recent call last)" in result.stderr


def test_the_environment_can_ask_for_tracebacks(atlas_path: Path, run: Run) -> None:
    """Where the command line is out of reach, a variable does the same."""
    result = run("get", atlas_path, "city", "77", MICROCOSM_SQLITE_DEBUG="1")

    assert result.returncode == 3
    assert "Traceback (most recent call last)" in result.stderr


def test_refusals_of_the_operating_system_are_messages(atlas_path: Path, invoke: Invoke, tmp_path: Path) -> None:
    """A name that is too long is nothing to show a traceback for."""
    target = tmp_path / ("x" * 300)

    result = invoke("dump", atlas_path, "city", "--output", target)

    assert result.exit_code == 1
    assert result.stderr == f"Error: [Errno 36] File name too long: '{target}'\n"


def test_mistakes_in_the_code_keep_their_traceback() -> None:
    """What is no error of ours is not hidden."""
    with pytest.raises(ZeroDivisionError), reported(click.Context(click.Command("x"))):
        raise ZeroDivisionError


def _big_database(tmp_path: Path) -> Path:
    path = tmp_path / "big.db"
    connection = apsw.Connection(str(path))
    connection.execute(
        "CREATE TABLE number (n INTEGER PRIMARY KEY, word TEXT NOT NULL) STRICT;"
        "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 50000)"
        "INSERT INTO number SELECT n, 'some more words to fill a pipe ' || n FROM numbers"
    )
    connection.close()
    return path


@pytest.mark.parametrize(
    "arguments",
    [["dump"], ["dump", "--json"], ["search", "--limit", "50000"], ["search", "--json", "--limit", "50000"]],
)
def test_a_reader_that_has_enough_is_no_error(tmp_path: Path, arguments: list[str]) -> None:
    """`| head` ends the program without a word, as a shell expects of any other."""
    command = [sys.executable, "-m", "microcosm_sqlite", *arguments, str(_big_database(tmp_path)), "number"]

    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        messages = process.stderr.read().decode()

    assert process.returncode == ExitCode.BROKEN_PIPE
    assert [line for line in messages.splitlines() if not line.startswith("Warning:")] == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full: Linux")
@pytest.mark.parametrize("command", ["dump", "search"])
def test_a_full_disk_is_an_error(atlas_path: Path, command: str) -> None:
    """Output that was not written is reported, even when it would all have fitted into a buffer."""
    with Path("/dev/full").open("w") as full:
        result = subprocess.run(
            [sys.executable, "-m", "microcosm_sqlite", command, str(atlas_path), "city"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )

    assert result.returncode == 1
    assert result.stderr == "Error: [Errno 28] No space left on device\n"


def test_an_interrupt_ends_without_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    """Ctrl-C is a decision, not a failure."""
    with pytest.raises(click.exceptions.Exit) as ended, reported(click.Context(click.Command("x"))):
        raise KeyboardInterrupt

    assert ended.value.exit_code == ExitCode.INTERRUPTED
    assert capsys.readouterr().err == "Interrupted.\n"
