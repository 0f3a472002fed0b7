"""The command `doctor`."""

import json
from pathlib import Path

from tests.cmd.conftest import Announce, Invoke, Run


def test_a_sound_artifact_is_sound(atlas_path: Path, run: Run) -> None:
    """There is nothing to say, and the exit code says so."""
    result = run("doctor", atlas_path)

    assert (result.returncode, result.stdout, result.stderr) == (0, f"{atlas_path} is sound.\n", "")


def test_a_fault_is_told_with_code_cause_and_remedy(atlas_path: Path, invoke: Invoke) -> None:
    """One line each, on stdout: it is what was asked for."""
    atlas_path.write_bytes(b"version https://git-lfs.github.com/spec/v1\n")

    result = invoke("doctor", atlas_path)

    assert result.exit_code == 1
    code, cause, remedy = result.stdout.splitlines()
    assert code == "MSQ-LFS-POINTER"
    assert cause.startswith("  cause   Expected a sealed artifact, found a Git LFS pointer")
    assert remedy.startswith("  remedy  Run `git lfs pull`")


def test_faults_are_told_to_a_program(atlas_path: Path, invoke: Invoke) -> None:
    """With --json, the facts come along."""
    atlas_path.write_bytes(atlas_path.read_bytes()[:-10])

    result = invoke("doctor", "--json", atlas_path)

    assert result.exit_code == 1
    outcome = json.loads(result.stdout)
    assert (outcome["path"], outcome["sound"]) == (str(atlas_path), False)
    assert [(fault["code"], fault["facts"]["missing_bytes"]) for fault in outcome["faults"]] == [("MSQ-TRUNCATED", 10)]


def test_a_sound_artifact_is_told_to_a_program(atlas_path: Path, invoke: Invoke) -> None:
    """No fault is an empty list."""
    result = invoke("doctor", "--json", atlas_path)

    assert json.loads(result.stdout) == {"path": str(atlas_path), "sound": True, "faults": []}


def test_a_missing_file_is_not_found(tmp_path: Path, invoke: Invoke) -> None:
    """The exit code tells absence from damage."""
    result = invoke("doctor", tmp_path / "none.sqlite")

    assert result.exit_code == 3
    assert "MSQ-MISSING" in result.stdout


def test_a_data_set_asked_for_by_name_must_be_that_one(atlas_path: Path, announce: Announce, invoke: Invoke) -> None:
    """Who asks for a name learns that something else is there."""
    announce("moon", f"place = {str(atlas_path)!r}", distribution="of-moon")

    result = invoke("doctor", "moon")

    assert result.exit_code == 1
    assert "MSQ-OTHER-DATA-SET" in result.stdout


def test_nothing_in_a_file_acts_on_the_terminal(tmp_path: Path, invoke: Invoke) -> None:
    """What a server answered is shown without its control characters."""
    path = tmp_path / "x.sqlite"
    path.write_bytes(b"\x1b[31mForbidden")

    assert "\x1b" not in invoke("doctor", path).stdout
