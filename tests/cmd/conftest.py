"""Databases to read, distributions that announce them, ways to run the program."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import apsw
import pytest
from click.testing import CliRunner, Result

from microcosm_sqlite.artifacts.digests import content_digest, file_digest
from microcosm_sqlite.artifacts.embedding import embed, stamp
from microcosm_sqlite.artifacts.manifest import Builder, Licence, Manifest, Source, table_entries
from microcosm_sqlite.artifacts.schemas import read_schema
from microcosm_sqlite.cmd.program import program
from microcosm_sqlite.shipping.folder import FolderChannel

Invoke: TypeAlias = Callable[..., Result]
Run: TypeAlias = Callable[..., "subprocess.CompletedProcess[str]"]
Announce: TypeAlias = Callable[..., None]

_SCHEMA = """
    CREATE TABLE country (code TEXT PRIMARY KEY NOT NULL, name TEXT NOT NULL) STRICT;
    CREATE TABLE city (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL, country_code TEXT NOT NULL REFERENCES country,
        population INTEGER, area REAL, flag BLOB
    ) STRICT;
    CREATE TABLE twinning (city_id INTEGER NOT NULL, twin_id INTEGER NOT NULL, PRIMARY KEY (city_id, twin_id)) STRICT;
    INSERT INTO country VALUES ('CI', 'Côte d''Ivoire'), ('DE', 'Germany'), ('FR', 'France');
    INSERT INTO city VALUES
        (1, 'Paris', 'FR', 2100000, 105.4, x'00ff'), (2, 'Lyon', 'FR', 500000, 47.9, NULL),
        (3, 'Berlin', 'DE', 3600000, NULL, NULL), (4, '', 'CI', NULL, NULL, NULL),
        (5, char(9) || '"quoted", ' || char(27) || '[31m' || char(10), 'CI', NULL, NULL, NULL);
    INSERT INTO twinning VALUES (1, 3), (2, 1), (2, 3);
"""


@pytest.fixture
def plain_path(tmp_path: Path) -> Path:
    """Return the path of a database of cities that was never sealed."""
    path = tmp_path / "plain.db"
    connection = apsw.Connection(str(path))
    connection.execute(_SCHEMA)
    connection.close()
    return path


@pytest.fixture
def atlas_path(plain_path: Path, tmp_path: Path) -> Path:
    """Return the path of the artifact of the cities, published as the data set "atlas"."""
    staged = tmp_path / "staged"
    connection = apsw.Connection(str(plain_path))
    schema = read_schema(connection)
    content = content_digest(connection, schema=schema)
    manifest = Manifest(
        name="atlas",
        version="2026.1",
        title="A small atlas",
        created="2026-01-01T00:00:00Z",
        licences=(Licence(name="CC-BY-4.0", title="Creative Commons Attribution 4.0"),),
        attribution="Made by hand",
        sources=(Source(path="rows/city.csv", sha256="ab" * 32, bytes=10, rows=5),),
        content_digest=content.digest,
        schema_fingerprint=content.schema_fingerprint,
        tables=table_entries(schema, content),
    )
    connection.execute("VACUUM INTO ?", (str(staged),))
    connection.close()
    connection = apsw.Connection(str(staged))
    embed(connection, manifest)
    stamp(connection)
    connection.close()
    complete = manifest.for_file(
        file_digest=file_digest(staged),
        size_bytes=staged.stat().st_size,
        builder=Builder(sqlite="3.54.1", package="3.0.0", python="3.11.0", sqlalchemy="2.1.9", apsw="3.54.1.0"),
    )
    folder = tmp_path / "published"
    folder.mkdir()
    return FolderChannel(folder).publish(staged, complete).path


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder from which Python imports, here and in processes started from here."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("PYTHONPATH", str(folder))
    return folder


@pytest.fixture
def announce(site: Path, monkeypatch: pytest.MonkeyPatch) -> Announce:
    """Return a function that installs a distribution whose entry point leads to a module with this source."""

    def install(name: str, source: str, *, distribution: str, attribute: str = "place") -> None:
        module = distribution.replace("-", "_")
        # Another test may have imported one of this name.
        monkeypatch.delitem(sys.modules, module, raising=False)
        (site / f"{module}.py").write_text(source)
        metadata = site / f"{module}-1.2.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.2\n")
        (metadata / "entry_points.txt").write_text(f"[microcosm.sqlite]\n{name} = {module}:{attribute}\n")

    return install


@pytest.fixture
def invoke() -> Invoke:
    """Return a function that runs the program within this process."""

    def run(*arguments: str | Path) -> Result:
        runner = CliRunner()
        return runner.invoke(program, [str(argument) for argument in arguments], prog_name="microcosm-sqlite")

    return run


@pytest.fixture
def run() -> Run:
    """Return a function that runs the program in a process of its own."""

    def start(*arguments: str | Path, **environment: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "microcosm_sqlite", *map(str, arguments)],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
            timeout=60,
        )

    return start
