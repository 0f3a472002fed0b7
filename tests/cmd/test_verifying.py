"""The command `verify`."""

import json
from pathlib import Path

from tests.cmd.conftest import Announce, Invoke, Run


def _damage(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(-1, 2)
        last = file.read(1)
        file.seek(-1, 2)
        file.write(bytes([last[0] ^ 1]))


def test_a_sound_artifact_is_ok(atlas_path: Path, invoke: Invoke) -> None:
    """Both digests are told, to compare with what was published."""
    result = invoke("verify", atlas_path)

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith(f"OK atlas 2026.1 {atlas_path}\n   content sha256:")
    assert "\n   file    sha256:" in result.stdout


def test_one_changed_bit_is_damage(atlas_path: Path, run: Run) -> None:
    """The exit code and the message say that the file is not what was sealed."""
    _damage(atlas_path)

    result = run("verify", atlas_path)

    assert (result.returncode, result.stdout) == (1, "")
    assert str(atlas_path) in result.stderr


def test_a_missing_file_is_not_found(invoke: Invoke) -> None:
    """Absence is told from damage."""
    assert invoke("verify", "missing.sqlite").exit_code == 3


def test_a_plain_database_is_no_artifact(plain_path: Path, invoke: Invoke) -> None:
    """Nothing vouches for it, so it cannot be verified."""
    result = invoke("verify", plain_path)

    assert result.exit_code == 1
    assert "never sealed" in result.stderr


def test_all_targets_are_checked(atlas_path: Path, plain_path: Path, invoke: Invoke) -> None:
    """The first failure does not hide the others; damage outweighs absence."""
    result = invoke("verify", plain_path, "missing.sqlite", atlas_path, "--json")

    assert result.exit_code == 1
    outcomes = json.loads(result.stdout)
    assert [(outcome["target"], outcome["ok"]) for outcome in outcomes] == [
        (str(plain_path), False),
        ("missing.sqlite", False),
        (str(atlas_path), True),
    ]
    assert outcomes[2]["content_digest"].startswith("sha256:")
    assert result.stderr.count("Error: ") == 2


def test_every_installed_data_set_can_be_checked(atlas_path: Path, announce: Announce, invoke: Invoke) -> None:
    """A machine is checked with one command."""
    announce("atlas", f"place = {str(atlas_path)!r}", distribution="of-atlas")
    announce("broken", "place = None", distribution="of-broken")

    outcomes = {outcome["target"]: outcome for outcome in json.loads(invoke("verify", "--all", "--json").stdout)}

    assert outcomes["atlas"]["ok"] is True
    assert outcomes["broken"]["ok"] is False


def test_something_must_be_named(invoke: Invoke) -> None:
    """Nothing to check is not "all is well"."""
    result = invoke("verify")

    assert result.exit_code == 2
    assert "--all" in result.stderr
