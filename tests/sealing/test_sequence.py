"""A finished workbench becomes a published artifact, or nothing does."""

import resource
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from microcosm_sqlite.artifacts.manifest import Licence, Manifest
from microcosm_sqlite.artifacts.verification import Artifact, verify
from microcosm_sqlite.errors import GatesFailedError, SealError
from microcosm_sqlite.sealing import Release, seal
from microcosm_sqlite.shipping.folder import FolderChannel
from microcosm_sqlite.workbench import Workbench
from tests.conftest import GraphFactory
from tests.kennel import Dog, Kennel, Owner, OwnerStore

RELEASE = Release(version="1.0")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    """Return a workbench with two owners and a dog."""
    folder = tmp_path / "bench"
    folder.mkdir()
    with Workbench(Kennel, folder=folder) as bench:
        bench.load(Owner, [{"id": 1, "name": "Ada"}, {"id": 2, "name": "Blaise"}])
        bench.load(Dog, [{"id": 1, "name": "Rex", "owner_id": 1}])
        yield bench


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the folder where artifacts are published."""
    path = tmp_path / "published"
    path.mkdir()
    return path


def contents(folder: Path) -> dict[str, bytes]:
    """Return what is in *folder*, but for the lock by which publications wait for each other."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.startswith(".")}


def test_the_artifact_is_verified_and_complete(bench: Workbench, folder: Path) -> None:
    """What is published passes the reader's own verification, rows and all."""
    artifact = seal(bench, FolderChannel(folder), RELEASE)

    verified = verify(artifact.path)
    assert (verified.manifest.name, verified.manifest.version, verified.manifest.rows) == ("kennel", "1.0", 3)
    assert verified.manifest == artifact.manifest
    assert set(contents(folder)) == {"kennel.sqlite", "kennel.sqlite.datapackage.json"}


def test_a_graph_finds_the_rows(bench: Workbench, folder: Path, make_graph: GraphFactory) -> None:
    """The whole way: from the workbench to a typed look-up."""
    artifact = seal(bench, FolderChannel(folder), RELEASE)
    store = OwnerStore(make_graph(paths={"kennel": artifact.path}))

    assert [dog.name for dog in store.one(name="Ada").dogs] == ["Rex"]


def test_what_the_curator_says_is_in_the_manifest(bench: Workbench, folder: Path) -> None:
    """Title, licence, attribution and date go inside the file and beside it."""
    release = Release(
        version="2.0",
        title="Dogs",
        licences=(Licence(name="CC0-1.0"),),
        attribution="Ada",
        created="2026-01-05T00:00:00Z",
    )

    manifest = verify(seal(bench, FolderChannel(folder), release).path).manifest

    assert (manifest.title, manifest.attribution, manifest.created) == ("Dogs", "Ada", "2026-01-05T00:00:00Z")
    assert manifest.licences == (Licence(name="CC0-1.0"),)


def test_equal_rows_give_equal_files(folder: Path, tmp_path: Path) -> None:
    """Two builds of the same rows, loaded in another order, have one content digest, and twice the same one file."""
    digests = []
    for number, order in enumerate(([1, 2], [2, 1], [1, 2])):
        target = folder / str(number)
        target.mkdir()
        with Workbench(Kennel, folder=tmp_path) as bench:
            for key in order:
                bench.load(Owner, [{"id": key, "name": f"owner {key}"}])
            manifest = seal(bench, FolderChannel(target), RELEASE).manifest
        digests.append((manifest.content_digest, manifest.file_digest))

    assert digests[0] == digests[2]
    assert {content for content, _ in digests} == {digests[0][0]}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("bench", Path("out"), "release"), r"found a path: pass FolderChannel\(Path\('out'\)\), as in seal\(bench, "),
        (("bench", "release", "channel"), "expected a channel such as FolderChannel.*found Release"),
        ((Kennel, "channel", "release"), "expected a Workbench first, .*found <class 'tests.kennel.Kennel'>"),
        (("bench", "channel", "1.0"), "expected a Release third, .*found '1.0'"),
    ],
)
def test_arguments_of_another_kind_are_told(
    arguments: tuple[Any, ...], message: str, bench: Workbench, folder: Path
) -> None:
    """With what to pass in their place."""
    known: dict[Any, Any] = {"bench": bench, "channel": FolderChannel(folder), "release": Release(version="1")}

    with pytest.raises(TypeError, match=message):
        seal(*(known.get(argument, argument) for argument in arguments))


def test_a_dangling_key_stops_the_seal(bench: Workbench, folder: Path) -> None:
    """Nothing is published, and the error says which row leads where."""
    bench.load(Dog, [{"id": 2, "name": "Max", "owner_id": 99}])

    with pytest.raises(GatesFailedError, match="99"):
        seal(bench, FolderChannel(folder), RELEASE)
    assert contents(folder) == {}


def test_a_failed_seal_leaves_the_earlier_release(bench: Workbench, folder: Path) -> None:
    """What was published before is untouched, byte for byte."""
    seal(bench, FolderChannel(folder), RELEASE)
    before = contents(folder)
    bench.load(Dog, [{"id": 2, "name": "Max", "owner_id": 99}])

    with pytest.raises(GatesFailedError):
        seal(bench, FolderChannel(folder), Release(version="1.1"))
    assert contents(folder) == before


def test_the_workbench_goes_on_after_a_seal(bench: Workbench, folder: Path) -> None:
    """A correction and another seal are possible in the same block."""
    seal(bench, FolderChannel(folder), RELEASE)
    bench.load(Owner, [{"id": 3, "name": "Carl"}])

    assert seal(bench, FolderChannel(folder), Release(version="1.1")).manifest.rows == 4


def test_open_work_on_the_connection_is_committed_first(bench: Workbench, folder: Path) -> None:
    """Changes made by hand are in the artifact."""
    bench.connection.execute(text("UPDATE owner SET town = 'Rome'"))
    artifact = seal(bench, FolderChannel(folder), RELEASE)

    with Workbench(Kennel, folder=folder) as other:
        other.native.execute("ATTACH ? AS sealed", (str(artifact.path),))
        towns = other.native.execute("SELECT DISTINCT town FROM sealed.owner").fetchall()

    assert towns == [("Rome",)]


def test_no_space_for_the_artifact(bench: Workbench, folder: Path) -> None:
    """A file that cannot be written is a SealError that says what to do; nothing stays under any name."""
    bench.load(Owner, [{"id": key, "name": f"{key}" * 20} for key in range(10, 4000)])
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64 * 1024, hard))
    try:
        with pytest.raises(SealError) as raised:
            seal(bench, FolderChannel(folder), RELEASE)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    message = str(raised.value)
    assert message.startswith("data set 'kennel' was not sealed to kennel.sqlite:")
    assert message.endswith("Nothing was published; what was published before is untouched.")
    assert contents(folder) == {}
    assert [path.name for path in bench.path.parent.iterdir() if path.name.startswith("seal-")] == []


def test_a_channel_that_fails(bench: Workbench) -> None:
    """What a channel of somebody else refuses is a SealError with the cause attached."""

    class Refusing:
        """A channel that is out of order."""

        def publish(self, staged: Path, manifest: Manifest) -> Artifact:
            """Refuse."""
            raise PermissionError(13, "Permission denied", str(staged))

        def locate(self, name: str) -> Any:
            """Find nothing."""
            raise NotImplementedError

    with pytest.raises(SealError, match=r"it was refused: .*Permission denied") as raised:
        seal(bench, Refusing(), RELEASE)

    assert isinstance(raised.value.__cause__, PermissionError)
