import tarfile
from importlib.metadata import version
from io import BytesIO
from pathlib import Path

import pytest
from upstream_packages import read_archive, read_package

from microcosm_sqlite.errors import SourceError


class TestUpstreamPackages:
    def test_a_distribution_that_is_not_installed_is_named(self) -> None:
        """The error says which package is missing, in which version."""
        with pytest.raises(SourceError, match=r"no-such-package-here: expected version 1\.0, found no such"):
            read_package("PyPI", "no-such-package-here", "1.0", ["a"])

    def test_a_file_that_is_not_in_the_package_is_named(self) -> None:
        """A package that moved its files is found out."""
        with pytest.raises(SourceError, match="no file nowhere"):
            read_package("PyPI", "sqlalchemy", version("sqlalchemy"), ["nowhere"])

    def test_reads_files_of_an_npm_archive(self, tmp_path: Path) -> None:
        """Files of an npm package are named below its own root."""
        archive = tmp_path / "thing-1.0.tgz"
        with tarfile.open(archive, "w:gz") as members:
            member = tarfile.TarInfo("package/data/db.json")
            member.size = 2
            members.addfile(member, BytesIO(b"{}"))

        assert read_archive(archive, ["data/db.json"]) == {"data/db.json": b"{}"}
        with pytest.raises(SourceError, match=r"expected a file db\.json"):
            read_archive(archive, ["db.json"])
