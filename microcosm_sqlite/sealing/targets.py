"""Name what a seal is to bring forth, for the errors that say why it did not."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from microcosm_sqlite.checks import CONSTRAINTS
from microcosm_sqlite.engines.refusals import Refusal
from microcosm_sqlite.errors import GateFailure, GatesFailedError, SealError

_UNTOUCHED: Final = "Nothing was published; what was published before is untouched."


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """The artifact to be: of which data set, under which name of a file."""

    name: str
    path: Path

    def refused(self, reason: str, *, remedy: str) -> SealError:
        """Return the error that says for what *reason* it was not made."""
        return SealError(name=self.name, path=self.path, reason=reason, remedy=f"{remedy} {_UNTOUCHED}")

    def interrupted(self, refusal: Refusal, folder: Path | None) -> SealError:
        """Return the error that says what was refused, in the *folder* of the workbench if that is known."""
        where = "" if folder is None else f" in {folder}"
        return self.refused(f"it was refused{where}: {refusal.reason}", remedy=f"{refusal.remedy}, then seal again.")

    def violated(self, violation: str) -> GatesFailedError:
        """Return the error for a row that SQLite would not take again; it tells of the first *violation* only."""
        failure = GateFailure(
            gate=CONSTRAINTS,
            what="every row can be written anew",
            expected="no violation",
            found="1 or more",
            problems=(violation,),
            total=1,
        )
        return GatesFailedError(name=self.name, path=self.path, failures=[failure])
