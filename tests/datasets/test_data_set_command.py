from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
from data_set_command import DataSetBuild, refresh
from reviewed_rows import Rows, SourceFile, read_sources, write_sources
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from microcosm_sqlite.dataset import DataSet
from microcosm_sqlite.errors import SourceError
from tests.datasets.sources import SOURCES

PATH: Final = "sqlalchemy/py.typed"


class Example(DataSet, DeclarativeBase):
    """A data set that lies in no distribution."""


class File(Example):
    """A file of a package."""

    __tablename__ = "file"

    path: Mapped[str] = mapped_column(primary_key=True)
    bytes: Mapped[int]


@pytest.fixture
def build() -> DataSetBuild:
    """The reading of one file of SQLAlchemy, which stands for a package of data."""

    def rows(files: Mapping[str, bytes]) -> list[Rows]:
        return [Rows(table="file", key=("path",), rows=[{"path": path, "bytes": len(files[path])} for path in files])]

    return DataSetBuild(data_set=Example, models=(File,), files={"sqlalchemy": (PATH,)}, rows=rows)


class TestRefresh:
    def test_writes_rows_with_the_digests_of_what_was_read(self, build: DataSetBuild, tmp_path: Path) -> None:
        """Rows and what vouches for them appear together."""
        write_sources(tmp_path, SOURCES)

        refresh(build, tmp_path)

        (source,) = read_sources(tmp_path).sources
        assert [file.path for file in source.files] == [PATH]
        assert (tmp_path / "file.csv").read_text() == f"path,bytes\n{PATH},{source.files[0].bytes}\n"

    def test_twice_gives_the_same_bytes(self, build: DataSetBuild, tmp_path: Path) -> None:
        """A refresh of an unchanged package changes nothing."""
        write_sources(tmp_path, SOURCES)
        refresh(build, tmp_path)
        before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

        refresh(build, tmp_path)

        assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before

    def test_refuses_a_version_whose_files_changed(self, build: DataSetBuild, tmp_path: Path) -> None:
        """A published version never changes; if it does, somebody must look."""
        file = SourceFile(path=PATH, bytes=1, sha256="0" * 64)
        write_sources(tmp_path, SOURCES.with_source(replace(SOURCES.sources[0], files=(file,))))

        with pytest.raises(SourceError, match="the files of before"):
            refresh(build, tmp_path)

    def test_refuses_another_version_than_the_one_named(self, build: DataSetBuild, tmp_path: Path) -> None:
        """What happens to be installed is not taken for what was asked for."""
        write_sources(tmp_path, SOURCES)

        with pytest.raises(SourceError, match=r"expected version 0\.1, found version"):
            refresh(build, tmp_path, ["sqlalchemy=0.1"])

    def test_refuses_to_move_a_package_it_does_not_read(self, build: DataSetBuild, tmp_path: Path) -> None:
        """A misspelt package name is not ignored."""
        write_sources(tmp_path, SOURCES)

        with pytest.raises(SourceError, match="sqlalchemie"):
            refresh(build, tmp_path, ["sqlalchemie=2.2"])
