"""Define what every way of moving artifacts can do."""

from pathlib import Path
from typing import Protocol

from microcosm_sqlite.artifacts.inspection import Artifact
from microcosm_sqlite.artifacts.manifest import Manifest


class Locator(Protocol):
    """Where a reader finds data sets."""

    def locate(self, name: str) -> Path | str:
        """Return where the database of the data set *name* is, or raise an error that says where it was looked for.

        The answer is a path, or text that SQLite understands by itself (`:memory:`, a `file:` URI).
        """
        ...


class Channel(Protocol):
    """A way artifacts travel from the builder to the reader."""

    def publish(self, staged: Path, manifest: Manifest) -> Artifact:
        """Return the artifact once the finished file *staged* is what readers find under the name of *manifest*.

        All or nothing: a reader finds the whole previous release or the whole new one at every moment.
        """
        ...

    def locate(self, name: str) -> Path:
        """Return the path of the artifact called *name*, or raise `ArtifactNotFoundError`."""
        ...
