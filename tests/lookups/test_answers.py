"""Look-ups are answered directly where that gives the same, else through SQLAlchemy."""

from pathlib import Path
from typing import Any

import pytest

from microcosm_sqlite.errors import ArtifactCorruptError
from tests.conftest import GraphFactory
from tests.kennel import DogStore


def spoil(path: Path) -> None:
    """Overwrite all but the header."""
    content = path.read_bytes()
    path.write_bytes(content[:100] + b"\xff" * (len(content) - 100))


@pytest.mark.parametrize(
    "ask",
    [
        lambda dogs: dogs.retrieve(2),
        lambda dogs: dogs.retrieve_many(range(20)),
        lambda dogs: dogs.search(name="Rex"),
        lambda dogs: dogs.count(),
        lambda dogs: dogs.exists(),
        lambda dogs: list(dogs.stream()),
    ],
)
def test_damage_is_told_as_a_fault(make_graph: GraphFactory, artifact_path: Path, ask: Any) -> None:
    """Whichever way the rows are read."""
    dogs = DogStore(make_graph(paths={"kennel": artifact_path}))
    dogs.get_session(dogs)
    spoil(artifact_path)

    with pytest.raises(ArtifactCorruptError) as caught:
        ask(dogs)
    assert caught.value.path == artifact_path


def test_a_stream_is_lazy(sealed_graph: Any) -> None:
    """Nothing is read before the first row is asked for, and no more than is asked for."""
    stream = DogStore(sealed_graph).stream(limit=3)

    assert next(stream).id == 1
    assert [dog.id for dog in stream] == [2, 3]
