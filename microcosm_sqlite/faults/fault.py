"""Describe a fault of a file in the one way in which it is said wherever it is met.

A fault has a code, which never changes, one line of cause, one of remedy. An open that fails raises the error of the
fault; `microcosm-sqlite doctor` prints the same words.
"""

from pathlib import Path
from typing import Any, NamedTuple

from microcosm_sqlite.errors import ArtifactError


class Fault(NamedTuple):
    """A fault by its code: the class of its error, what is found, what to do, what was expected.

    The texts may name facts in braces.
    """

    # Not a dataclass: every bind loads this table, and importing `dataclasses` takes longer than all of it.

    code: str
    error: type[ArtifactError]
    found: str
    remedy: str
    expected: str = "a sealed artifact"

    def at(self, path: Path, *, expected: str | None = None, **facts: Any) -> ArtifactError:
        """Return the error that says that the file at *path* has this fault."""
        return self.error(
            path=path,
            expected=expected or self.expected.format_map(facts),
            found=self.found.format_map(facts),
            remedy=self.remedy.format_map(facts),
            code=self.code,
            facts=facts,
        )
