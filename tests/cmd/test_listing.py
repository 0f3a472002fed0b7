"""The command `list`."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cmd.conftest import Announce, Invoke


def _listed(invoke: Invoke) -> dict[str, Any]:
    return {item["name"]: item for item in json.loads(invoke("list", "--json").stdout)}


def test_artifacts_are_listed_with_what_they_are(atlas_path: Path, announce: Announce, invoke: Invoke) -> None:
    """Who carries it, where it is, which release."""
    announce("atlas", f"place = {str(atlas_path)!r}", distribution="of-atlas")

    listed = _listed(invoke)["atlas"]

    digest = listed.pop("content_digest")
    assert digest.startswith("sha256:")
    assert listed == {
        "name": "atlas",
        "distribution": "of-atlas 1.2",
        "path": str(atlas_path),
        "is_sealed": True,
        "version": "2026.1",
        "rows": 11,
        "error": None,
    }


def test_plain_databases_are_listed(plain_path: Path, announce: Announce, invoke: Invoke) -> None:
    """They can be bound too; what they hold is not known without reading them."""
    announce("plain", f"place = {str(plain_path)!r}", distribution="of-plain")

    listed = _listed(invoke)["plain"]

    assert (listed["is_sealed"], listed["version"], listed["error"]) == (False, None, None)


def test_configured_paths_are_listed(atlas_path: Path, monkeypatch: pytest.MonkeyPatch, invoke: Invoke) -> None:
    """What a service would bind by its environment is there without a distribution."""
    monkeypatch.setenv("MICROCOSM_SQLITE__SQLITE__PATHS__ATLAS", str(atlas_path))

    listed = _listed(invoke)["atlas"]

    assert (listed["distribution"], listed["version"]) == (None, "2026.1")


def test_broken_entry_points_do_not_hide_the_others(atlas_path: Path, announce: Announce, invoke: Invoke) -> None:
    """The list says what is wrong and goes on."""
    announce("atlas", f"place = {str(atlas_path)!r}", distribution="of-atlas")
    announce("broken", "raise RuntimeError('out of order')", distribution="of-broken")

    result = invoke("list", "--json")

    listed = {item["name"]: item for item in json.loads(result.stdout)}
    assert result.exit_code == 0
    assert "out of order" in listed["broken"]["error"]
    assert "out of order" in result.stderr
    assert listed["atlas"]["error"] is None


def test_two_claims_are_shown(announce: Announce, invoke: Invoke) -> None:
    """Both distributions are named: one of them has to go."""
    announce("atlas", "place = '/one'", distribution="one-atlas")
    announce("atlas", "place = '/two'", distribution="two-atlas")

    listed = _listed(invoke)["atlas"]

    assert listed["distribution"] == "one-atlas 1.2, two-atlas 1.2"
    assert "claimed by 2 distributions" in listed["error"]


def test_check_fails_if_anything_is_broken(announce: Announce, invoke: Invoke) -> None:
    """A build can insist that all is in order."""
    announce("gone", "place = '/nowhere/gone.sqlite'", distribution="of-gone")

    assert invoke("list").exit_code == 0
    assert invoke("list", "--check").exit_code == 1


def test_an_artifact_under_a_wrong_name_is_broken(atlas_path: Path, announce: Announce, invoke: Invoke) -> None:
    """A service could not bind it."""
    announce("moon", f"place = {str(atlas_path)!r}", distribution="of-moon")

    assert "expected an artifact of data set 'moon'" in _listed(invoke)["moon"]["error"]


def test_text_is_short(atlas_path: Path, announce: Announce, invoke: Invoke) -> None:
    """A person gets a line a data set, with the beginning of the digest."""
    announce("atlas", f"place = {str(atlas_path)!r}", distribution="of-atlas")

    lines = [line.split("\t") for line in invoke("list").stdout.splitlines()]

    assert lines[0] == ["name", "version", "rows", "state", "content", "distribution", "path"]
    (atlas,) = (line for line in lines if line[0] == "atlas")
    assert atlas[:4] == ["atlas", "2026.1", "11", "sealed"]
    assert len(atlas[4]) == len("sha256:") + 12
