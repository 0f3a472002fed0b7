"""Name what a seal is to bring forth, for the errors that say why it did not."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from microcosm_sqlite.errors import SealError

_UNTOUCHED: Final = "Nothing was published; what was published before is untouched."


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """The artifact to be: of which data set, under which name of a file."""

    name: str
    path: Path

    def refused(self, reason: str, *, remedy: str) -> SealError:
        """Return the error that says for what *reason* it was not made."""
        return SealError(name=self.name, path=self.path, reason=reason, remedy=f"{remedy} {_UNTOUCHED}")
