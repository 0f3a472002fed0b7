"""A data set whose every row says of which release it is, so that a mixture would show."""

from collections.abc import Iterator
from pathlib import Path
from time import time_ns

import apsw
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from microcosm_sqlite.artifacts.inspection import Artifact
from microcosm_sqlite.artifacts.remembering import Memory
from microcosm_sqlite.artifacts.trusting import Policy, Trust, verified
from microcosm_sqlite.artifacts.verification import verify
from microcosm_sqlite.checks import Drift, SQLCheck, require
from microcosm_sqlite.dataset import DataSet
from microcosm_sqlite.engines.uris import file_uri
from microcosm_sqlite.sealing import Release, seal
from microcosm_sqlite.shipping.folder import FolderChannel
from microcosm_sqlite.workbench import Workbench

#: The file under the final name, and its manifest.
PUBLISHED = ["chronicle.sqlite", "chronicle.sqlite.datapackage.json"]

#: Enough for several pages of each table.
CHAPTERS, LINES = 20, 300


class Chronicle(DataSet, DeclarativeBase):
    """Chapters with their lines."""

    __data_set__ = "chronicle"


class Chapter(Chronicle):
    """Keyed by number."""

    __tablename__ = "chapter"

    id: Mapped[int] = mapped_column(primary_key=True)
    release: Mapped[str]


class Line(Chronicle):
    """Keyed by text, with an index and a reference."""

    __tablename__ = "line"

    name: Mapped[str] = mapped_column(primary_key=True)
    chapter_id: Mapped[int] = mapped_column(ForeignKey(Chapter.id), index=True)
    release: Mapped[str]
    text: Mapped[str]


# Such that the release before is looked at, and every row.
require(
    Chronicle,
    Drift(Line, percent=50),
    SQLCheck("one-release", "SELECT release FROM line WHERE release <> (SELECT max(release) FROM line)"),
)


def write_rows(folder: Path, release: str, *, lines: int = LINES) -> Path:
    """Write the rows of *release* as CSV files into the new *folder* and return it."""
    folder.mkdir()
    chapters = (f"{number},{release}" for number in range(CHAPTERS))
    (folder / "chapter.csv").write_text("\n".join(("id,release", *chapters)) + "\n", encoding="utf-8")
    texts = (f"line {number},{number % CHAPTERS},{release},{'text ' * 10}" for number in range(lines))
    (folder / "line.csv").write_text("\n".join(("name,chapter_id,release,text", *texts)) + "\n", encoding="utf-8")
    return folder


def publish(rows: Path, folder: Path, release: str) -> Artifact:
    """Build the rows in the folder *rows* and publish them as *release* in *folder*."""
    with Workbench(Chronicle) as bench:
        for model in (Chapter, Line):
            bench.csv(model, rows / f"{model.__tablename__}.csv")
        return seal(bench, FolderChannel(folder), Release(version=release))


def whole_release(folder: Path) -> str:
    """Return which release is in *folder*, once file, manifest, rows and schema proved to be of just that one.

    Those who bind it find the same, however they check it.
    """
    artifact = verify(folder / PUBLISHED[0])
    for policy in Policy:
        trust = Trust(policy=policy, memory=Memory(None, now_ns=time_ns, known={}))
        assert verified(artifact.path, trust).version == artifact.manifest.version
    releases = set(_releases(artifact.path))
    assert releases == {artifact.manifest.version}, f"release {artifact.manifest.version} holds rows of {releases}"
    return artifact.manifest.version


def _releases(path: Path) -> Iterator[str]:
    connection = apsw.Connection(
        file_uri(path, mode="ro", immutable=1), flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
    )
    try:
        for table in ("chapter", "line"):
            for (release,) in connection.execute(f"SELECT release FROM {table}"):
                yield str(release)
    finally:
        connection.close()
