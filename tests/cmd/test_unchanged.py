"""Telling whether a build would give what is published."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from microcosm_sqlite import DataSet, Store
from microcosm_sqlite.artifacts.inspection import Artifact
from microcosm_sqlite.artifacts.manifest import Licence, Waiver
from microcosm_sqlite.cmd.unchanged import published_same
from microcosm_sqlite.sealing import Release, seal
from microcosm_sqlite.shipping.folder import FolderChannel
from microcosm_sqlite.stores import Call, certified
from microcosm_sqlite.workbench import Workbench
from tests.pets import Person, Pets

RELEASE = Release(version="1", title="People", licences=(Licence(name="MIT"),))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Return a file of rows of which an artifact is published."""
    path = tmp_path / "person.csv"
    path.write_text("id,first\n1,Ada\n")
    with Workbench(Pets) as bench:
        bench.csv(Person, path)
        (tmp_path / "out").mkdir()
        seal(bench, FolderChannel(tmp_path / "out"), RELEASE)
    return path


def same(source: Path, *more: Path, release: Release = RELEASE, waivers: tuple[Waiver, ...] = ()) -> Artifact | None:
    """Return what is published if it is the same."""
    return published_same(Pets, [source, *more], source.parent / "out", asked=release, waivers=waivers)


def test_the_same(source: Path) -> None:
    """But for version and date."""
    found = same(
        source, release=Release(version="2", title="People", licences=RELEASE.licences, created="2026-01-05T00:00:00Z")
    )

    assert found is not None
    assert found.manifest.version == "1"


def test_other_rows(source: Path, tmp_path: Path) -> None:
    """Of a source, of one more, or of one that cannot be read."""
    more = tmp_path / "dog.csv"
    more.write_text("id\n")

    assert same(source, more) is None
    assert same(source, tmp_path / "none.csv") is None
    source.write_text("id,first\n1,Eve\n")
    assert same(source) is None


def test_rows_that_came_from_no_file(source: Path) -> None:
    """A script added them: the files alone would not give them again."""
    with Workbench(Pets) as bench:
        bench.csv(Person, source)
        bench.load(Person, [{"id": 2, "first": "Eve"}])
        seal(bench, FolderChannel(source.parent / "out"), RELEASE)

    assert same(source) is None


def test_other_words(source: Path) -> None:
    """What is said of it, and what it was not stopped by."""
    assert same(source, release=replace(RELEASE, title="Persons")) is None
    assert same(source, release=replace(RELEASE, licences=())) is None
    assert same(source, waivers=(Waiver(gate="x", reason="y"),)) is None


def test_nothing_published(source: Path, tmp_path: Path) -> None:
    """Or nothing that is sound."""
    artifact = tmp_path / "out/pets.sqlite"
    artifact.write_bytes(artifact.read_bytes().replace(b"Ada", b"Eve"))
    assert same(source) is None
    artifact.unlink()
    assert same(source) is None


def test_another_way_to_ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A certified store that asks by the same name for something else needs another index, perhaps."""

    class Base(DataSet, DeclarativeBase):
        __data_set__ = "asked"

    class Thing(Base):
        __tablename__ = "thing"
        id: Mapped[int] = mapped_column(primary_key=True)
        size: Mapped[int]

    @certified
    class ThingStore(Store[Thing]):
        access = (Call("found"),)
        scan_limit = 1

        def found(self) -> list[Thing]:
            return self.search(Thing.id == 1)

    path = tmp_path / "thing.csv"
    path.write_text("id,size\n1,1\n2,2\n")
    release = Release(version="1")
    with Workbench(Base) as bench:
        bench.csv(Thing, path)
        seal(bench, FolderChannel(tmp_path), release)

    assert published_same(Base, [path], tmp_path, asked=release, waivers=()) is not None
    monkeypatch.setattr(ThingStore, "found", lambda self: self.search(Thing.size == 1))
    assert published_same(Base, [path], tmp_path, asked=release, waivers=()) is None
