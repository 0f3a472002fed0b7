import csv
import re
import tomllib
from configparser import ConfigParser
from importlib import import_module
from pathlib import Path

import pytest
from data_set_command import DataSetBuild, rebuild, release_of
from reviewed_rows import read_sources
from sqlalchemy import Integer, Table

from microcosm_sqlite.artifacts.inspection import inspect
from microcosm_sqlite.artifacts.verification import verify
from microcosm_sqlite.constants import DATA_SET_GROUP
from microcosm_sqlite.shipping.folder import FolderChannel


def tables_of(build: DataSetBuild) -> dict[str, Table]:
    """Return every table of the data set."""
    tables: dict[str, Table] = dict(build.data_set.metadata.tables)  # type: ignore[attr-defined]
    return tables


class TestRows:
    def test_every_table_has_one_file_of_its_columns(self, build: DataSetBuild) -> None:
        """Rows, models and what the build script loads are the same tables with the same columns."""
        headers = {}
        for path in (build.folder / "rows").glob("*.csv"):
            with path.open(encoding="utf-8", newline="") as file:
                headers[path.stem] = next(csv.reader(file))

        assert headers == {name: list(table.columns.keys()) for name, table in tables_of(build).items()}
        assert {model.__table__.name for model in build.models} == headers.keys()

    def test_rows_are_in_their_one_form(self, build: DataSetBuild) -> None:
        """Sorted by key, each key once, LF: only a change of what they say is a change."""
        for name, table in tables_of(build).items():
            path = build.folder / "rows" / f"{name}.csv"
            with path.open(encoding="utf-8", newline="") as file:
                rows = list(csv.DictReader(file))
            numbers = {key.name for key in table.primary_key if isinstance(key.type, Integer)}
            names = [key.name for key in table.primary_key]
            keys = [tuple(int(row[name]) if name in numbers else row[name] for name in names) for row in rows]
            assert keys == sorted(set(keys)), name
            assert b"\r" not in path.read_bytes()


class TestDistribution:
    def test_the_entry_point_leads_to_the_data_set(self, build: DataSetBuild) -> None:
        """What the distribution announces can be loaded and is the data set of that name."""
        announced = ConfigParser(delimiters=["="])
        announced.read(build.folder / "entry_points.cfg", encoding="utf-8")

        ((name, target),) = announced[DATA_SET_GROUP].items()

        module, _, attribute = target.partition(":")
        assert getattr(import_module(module), attribute) is build.data_set
        assert name == build.folder.name

    def test_the_example_of_the_readme_is_true(self, build: DataSetBuild, monkeypatch: pytest.MonkeyPatch) -> None:
        """What the README promises of its data set holds, installed or not."""
        monkeypatch.setenv(f"EXAMPLE__SQLITE__PATHS__{build.folder.name.upper()}", str(build.artifact_path))
        readme = (build.folder / "README.md").read_text("utf-8")

        (example,) = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)

        exec(compile(example, "README.md", "exec"), {})

    def test_the_wheel_carries_all_licences(self, build: DataSetBuild) -> None:
        """Every package that rows were read from has its licence text in the distribution."""
        project = tomllib.loads((build.folder / "pyproject.toml").read_text("utf-8"))["project"]

        texts = {path.stem for path in (build.folder / "LICENSES").iterdir()}

        assert texts == {source.package for source in read_sources(build.folder / "rows").sources}
        assert project["license-files"] == ["LICENSE", "NOTICE", "LICENSES/*"]


class TestArtifact:
    def test_verifies(self, build: DataSetBuild) -> None:
        """The committed file is what was sealed, to the last bit."""
        artifact = verify(build.artifact_path)

        assert artifact.manifest.name == build.folder.name

    def test_says_what_the_repository_says(self, build: DataSetBuild) -> None:
        """Version, licences, attribution and sources of the committed manifest are those under review."""
        manifest = inspect(build.artifact_path).manifest
        release = release_of(build.folder)

        for field in ("version", "title", "description", "attribution", "licences", "contributors"):
            assert getattr(manifest, field) == getattr(release, field), field
        assert manifest.sources[: len(release.sources)] == release.sources

    def test_counts_the_rows_under_review(self, build: DataSetBuild) -> None:
        """No row was lost on the way."""
        manifest = inspect(build.artifact_path).manifest

        counts = {}
        for path in (build.folder / "rows").glob("*.csv"):
            with path.open(encoding="utf-8", newline="") as file:
                counts[path.stem] = sum(1 for _ in csv.reader(file)) - 1
        assert {table.name: table.rows for table in manifest.tables} == counts

    @pytest.mark.slow
    def test_a_rebuild_gives_the_committed_file(self, build: DataSetBuild, tmp_path: Path) -> None:
        """Whoever builds the rows under review gets the file that is committed, byte for byte."""
        rebuilt = rebuild(build, FolderChannel(tmp_path))

        committed = verify(build.artifact_path).manifest
        assert rebuilt.manifest.file_digest == committed.file_digest
        assert rebuilt.manifest.content_digest == committed.content_digest
        assert rebuilt.manifest.schema_fingerprint == committed.schema_fingerprint
