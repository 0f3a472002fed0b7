"""Sealing refuses each of the data sets when any one of its indexes is gone."""

import re
import shutil
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw
import pytest
from data_set_command import DataSetBuild
from sqlalchemy import Table, UniqueConstraint

from microcosm_sqlite.artifacts.beside import read_manifest
from microcosm_sqlite.artifacts.inspection import inspect
from microcosm_sqlite.artifacts.places import manifest_path
from microcosm_sqlite.checks import access_checks
from microcosm_sqlite.dataset import data_set_name
from microcosm_sqlite.errors import GateFailure, GatesFailedError
from microcosm_sqlite.full_text import full_text_indexes
from microcosm_sqlite.sealing import Release, seal
from microcosm_sqlite.shipping.folder import FolderChannel
from microcosm_sqlite.workbench import Workbench
from tests.datasets.conftest import BUILDS as ALL

#: A rule rather than a way to rows: the primary key leads to the same ones, and the certificate asks for it by name.
RULES = {"ix_extension_preferred_name"}

BUILDS = {data_set_name(build.data_set): build for build in ALL}
NAMES = sorted(BUILDS)


def tables_of(build: DataSetBuild) -> list[Table]:
    """Return the tables of a data set."""
    metadata: Any = build.data_set.metadata  # type: ignore[attr-defined]
    return list(metadata.sorted_tables)


def indexes_of(name: str) -> Iterator[Any]:
    """Yield all that SQLite keeps to find rows of a data set, but for primary keys."""
    for table in tables_of(BUILDS[name]):
        for index in sorted(table.indexes, key=lambda one: str(one.name)):
            yield pytest.param(name, table, index, id=str(index.name))
        for constraint in sorted(table.constraints, key=lambda one: str(one.name)):
            if isinstance(constraint, UniqueConstraint):
                yield pytest.param(name, table, constraint, id=str(constraint.name))


@pytest.fixture(scope="module")
def benches(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return a filled workbench of each data set."""
    folder = tmp_path_factory.mktemp("benches")
    paths = {}
    for name, build in BUILDS.items():
        paths[name] = folder / name
        with Workbench(build.data_set, paths[name]) as bench:
            for model in build.models:
                bench.csv(model, build.folder / "rows" / f"{model.__tablename__}.csv")
    return paths


@contextmanager
def opened(name: str, benches: dict[str, Path], folder: Path) -> Generator[Workbench]:
    """Yield a copy of the workbench of a data set."""
    path = folder / f"{name}.workbench"
    shutil.copy(benches[name], path)
    with Workbench(BUILDS[name].data_set, path) as bench:
        yield bench


def drop(connection: apsw.Connection, table: Table, index: Any) -> None:
    """Drop an index of the file; a constraint goes by making the table anew without it."""
    if not isinstance(index, UniqueConstraint):
        connection.execute(f"DROP INDEX {index.name}")
        return
    query = "SELECT sql FROM sqlite_schema WHERE tbl_name = ? AND sql IS NOT NULL ORDER BY type = 'index'"
    made, *others = (sql for (sql,) in connection.execute(query, (table.name,)))
    without, count = re.subn(rf",\s*CONSTRAINT {index.name} UNIQUE \(\w+\)", "", made)
    assert count == 1
    connection.execute("PRAGMA legacy_alter_table = ON")
    connection.execute(f"ALTER TABLE {table.name} RENAME TO before")
    connection.execute(f"{without}; INSERT INTO {table.name} SELECT * FROM before; DROP TABLE before")
    for sql in others:
        connection.execute(sql)


@contextmanager
def undeclared(table: Table, index: Any) -> Generator[None]:
    """Take an index out of what the models declare, as whoever removes it from them does."""
    kind = "constraints" if isinstance(index, UniqueConstraint) else "indexes"
    getattr(table, kind).discard(index)
    try:
        yield
    finally:
        # Not the set of before: ours puts another one in its place.
        getattr(table, kind).add(index)


def failures(bench: Workbench, folder: Path) -> list[GateFailure]:
    """Return what keeps a workbench from being sealed."""
    with pytest.raises(GatesFailedError) as caught:
        seal(bench, FolderChannel(folder), Release(version="1"))
    assert not (folder / f"{bench.name}.sqlite").exists()
    return list(caught.value.failures)


def told_ddl(found: list[GateFailure]) -> list[str]:
    """Return the indexes that failures say are missing."""
    return [sql for one in found for problem in one.problems for sql in re.findall(r"Missing: (CREATE .*)", problem)]


@pytest.mark.parametrize("name", NAMES)
def test_a_whole_data_set_is_sealed(name: str, benches: dict[str, Path], tmp_path: Path) -> None:
    """There is no false alarm, and the certificate has what each store asks."""
    with opened(name, benches, tmp_path) as bench:
        artifact = seal(bench, FolderChannel(tmp_path), Release(version="1"))

    manifest = read_manifest(manifest_path(artifact.path))
    assert {entry.store for entry in manifest.access} == {check.store for check in access_checks(name)}
    assert all(entry.plan is not None and entry.holds for entry in manifest.access)
    assert inspect(artifact.path).manifest.access == tuple(entry.declared() for entry in manifest.access)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "table", "index"), [one for name in NAMES for one in indexes_of(name)])
def test_an_index_that_is_missing_is_told(
    name: str, table: Table, index: Any, benches: dict[str, Path], tmp_path: Path
) -> None:
    """The gate names a store, a call, and an index; with the indexes that it names, the data set is sealed again."""
    with opened(name, benches, tmp_path) as bench:
        drop(bench.native, table, index)

        found = failures(bench, tmp_path)

        assert {one.gate for one in found} <= {check.name for check in access_checks(name)}
        told = told_ddl(found)
        assert told
        for sql in dict.fromkeys(told):
            bench.native.execute(sql.replace("CREATE INDEX", "CREATE INDEX IF NOT EXISTS"))
        assert seal(bench, FolderChannel(tmp_path), Release(version="1")).path.exists()


@pytest.mark.slow
@pytest.mark.parametrize(("name", "table", "index"), [one for name in NAMES for one in indexes_of(name)])
def test_an_index_that_nobody_declares_any_more_is_missed(
    name: str, table: Table, index: Any, benches: dict[str, Path], tmp_path: Path
) -> None:
    """Whoever takes an index out of the models hears which call it was for."""
    if index.name in RULES:
        pytest.skip("it is a rule: every look-up is as fast without it")
    with opened(name, benches, tmp_path) as bench, undeclared(table, index):
        drop(bench.native, table, index)

        assert told_ddl(failures(bench, tmp_path))


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in NAMES if name != "mime"])
def test_full_text_that_is_missing_is_told(name: str, benches: dict[str, Path], tmp_path: Path) -> None:
    """The statement that makes it is told as well."""
    for index in full_text_indexes(BUILDS[name].data_set.metadata):  # type: ignore[attr-defined]
        with opened(name, benches, tmp_path) as bench:
            bench.native.execute(f"DROP TABLE {index.name}")

            assert index.create_statement in told_ddl(failures(bench, tmp_path))
