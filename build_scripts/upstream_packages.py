"""Read files of one exact version of a published package.

Packages are named by registry, name plus version; which server answers is the business of the installed client.
"""

import shutil
import subprocess
import tarfile
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from tempfile import TemporaryDirectory

from microcosm_sqlite.errors import SourceError


def read_package(registry: str, package: str, version: str, paths: Iterable[str]) -> dict[str, bytes]:
    """Return the content of each of *paths* inside *package*, which must be of *version*.

    Args:
        registry: "npm", whose package is fetched and thrown away, or "PyPI", whose package must be installed.
        package: name of the package.
        version: its exact version.
        paths: files below the package's own root; for PyPI, below the folder it is installed to.

    Raises:
        SourceError: the package, the version or a file is not there.
    """
    readers = {"npm": read_npm_package, "PyPI": read_installed_package}
    return readers[registry](package, version, paths)


def read_npm_package(package: str, version: str, paths: Iterable[str]) -> dict[str, bytes]:
    """Return files of an npm package, fetched by the `npm` that is installed."""
    with TemporaryDirectory() as folder:
        return read_archive(_fetch(package, version, Path(folder)), paths)


def read_installed_package(package: str, version: str, paths: Iterable[str]) -> dict[str, bytes]:
    """Return files of a Python distribution that is installed here."""
    try:
        installed = distribution(package)
    except PackageNotFoundError as error:
        raise _missing(package, version, "no such distribution") from error
    if installed.version != version:
        raise _missing(package, version, f"version {installed.version}")
    files: dict[str, bytes] = {}
    for path in paths:
        location = Path(str(installed.locate_file(path)))
        if not location.is_file():
            raise _missing(package, version, f"no file {path}")
        files[path] = location.read_bytes()
    return files


def _fetch(package: str, version: str, folder: Path) -> Path:
    npm = shutil.which("npm")
    if npm is None:
        raise SourceError(
            source=f"{package} {version}", expected="the npm client", found="none on PATH", remedy="Install npm."
        )
    command = [npm, "pack", f"{package}@{version}", "--silent", "--ignore-scripts", "--pack-destination", str(folder)]
    # The arguments are ours, and no shell sees them.
    finished = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603
    archives = sorted(folder.glob("*.tgz"))
    if finished.returncode or len(archives) != 1:
        raise _missing(package, version, finished.stderr.strip() or "no archive")
    return archives[0]


def read_archive(archive: Path, paths: Iterable[str]) -> dict[str, bytes]:
    """Return files of an npm package from its *archive*; raise `SourceError` for one that it does not hold."""
    files: dict[str, bytes] = {}
    with tarfile.open(archive) as members:
        for path in paths:
            try:
                member = members.extractfile(f"package/{path}")
            except KeyError:
                member = None
            if member is None:
                raise SourceError(
                    source=archive.name,
                    expected=f"a file {path}",
                    found="none of that name",
                    remedy="Look at how this version lays its files out, and correct the build script.",
                )
            files[path] = member.read()
    return files


def _missing(package: str, version: str, found: str) -> SourceError:
    return SourceError(
        source=package,
        expected=f"version {version}",
        found=found,
        remedy="Make this version available, or name the version to move to: `refresh PACKAGE=VERSION`.",
    )
