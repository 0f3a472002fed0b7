"""The command `info`."""

import json
from pathlib import Path

from microcosm_sqlite.artifacts.beside import manifest_path
from tests.cmd.conftest import Invoke


def test_a_person_sees_what_the_artifact_says_of_itself(atlas_path: Path, invoke: Invoke) -> None:
    """Release, licence, attribution, sources and tables, in a form to read."""
    result = invoke("info", atlas_path)

    assert (result.exit_code, result.stderr) == (0, "")
    for line in (
        f"path            {atlas_path}",
        "version         2026.1",
        "title           A small atlas",
        "created         2026-01-01T00:00:00Z",
        "licence         CC-BY-4.0 Creative Commons Attribution 4.0",
        "attribution     Made by hand",
        f"source          rows/city.csv, 5 rows, {'ab' * 32}",
        "rows            11",
        "builder         microcosm-sqlite 3.0.0, SQLite 3.54.1, APSW 3.54.1.0, SQLAlchemy 2.1.9, Python 3.11.0",
        "table country   3 rows; code TEXT, name TEXT; key code",
        "table twinning  3 rows; city_id INTEGER, twin_id INTEGER; key city_id, twin_id",
    ):
        assert line in result.stdout.splitlines()
    assert "population INTEGER?" in result.stdout
    assert "; key id; country_code -> country (code)" in result.stdout


def test_json_is_the_data_package(atlas_path: Path, invoke: Invoke) -> None:
    """It is the document that lies beside the file."""
    result = invoke("info", atlas_path, "--json")

    assert json.loads(result.stdout) == json.loads(manifest_path(atlas_path).read_text())


def test_without_its_manifest_the_file_tells_what_it_knows(atlas_path: Path, invoke: Invoke) -> None:
    """An artifact that was copied alone still says what it is, and what is missing is said."""
    manifest_path(atlas_path).unlink()

    result = invoke("info", atlas_path)

    assert result.exit_code == 0
    assert "version         2026.1" in result.stdout
    assert "Warning: " in result.stderr


def test_a_plain_database_has_nothing_to_show(plain_path: Path, invoke: Invoke) -> None:
    """The error says that it was never sealed."""
    result = invoke("info", plain_path)

    assert (result.exit_code, result.stdout) == (1, "")
    assert "never sealed" in result.stderr


def test_missing_files_are_not_found(invoke: Invoke) -> None:
    """As with every other command."""
    assert invoke("info", "missing.sqlite").exit_code == 3


def test_a_croissant_for_catalogues(atlas_path: Path, invoke: Invoke) -> None:
    """The same in their vocabulary."""
    result = invoke("info", atlas_path, "--croissant")

    document = json.loads(result.stdout)
    assert (document["@type"], document["name"], document["version"]) == ("sc:Dataset", "atlas", "2026.1")
    assert {found["@id"] for found in document["recordSet"]} >= {"city", "country"}


def test_a_croissant_needs_the_manifest_beside_the_file(atlas_path: Path, invoke: Invoke) -> None:
    """Only that has the digest of the file."""
    manifest_path(atlas_path).unlink()

    result = invoke("info", atlas_path, "--croissant")

    assert result.exit_code == 1
    assert "expected the manifest beside the file, which has its digest" in result.stderr
    assert invoke("info", atlas_path, "--croissant", "--json").exit_code == 2
