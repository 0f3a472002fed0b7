"""The codes of faults are complete, told apart, and documented."""

import re
from pathlib import Path

import pytest

from microcosm_sqlite.errors import ArtifactError
from microcosm_sqlite.faults import damages, strangers
from microcosm_sqlite.faults.fault import Fault
from microcosm_sqlite.faults.index import ALL

DOCS = Path(__file__).parents[1] / "docs"


def test_every_fault_is_listed_once() -> None:
    """No two faults share a code, and none is forgotten."""
    faults = [fault for module in (strangers, damages) for fault in vars(module).values() if isinstance(fault, Fault)]

    assert len({fault.code for fault in faults}) == len(faults) == len(ALL)


@pytest.mark.parametrize("code", ALL)
def test_codes_are_readable(code: str) -> None:
    """They are words, found by every search."""
    assert re.fullmatch(r"MSQ(-[A-Z0-9]+)+", code)


@pytest.mark.parametrize("page", ["reference/faults.md", "how-to/heal-an-artifact.md"])
def test_every_code_is_explained(page: str) -> None:
    """What it means, and how it comes about; no code is explained that does not exist."""
    text = (DOCS / page).read_text(encoding="utf-8")

    kinds: list[type[ArtifactError]] = [ArtifactError, *ArtifactError.__subclasses__()]
    of_classes = {kind.code for kind in kinds}

    assert set(re.findall(r"MSQ-[A-Z0-9-]+", text)) - of_classes == set(ALL) - of_classes


def test_a_fault_is_raised_with_its_facts() -> None:
    """The error has the class, the code and the words of the fault, and keeps its facts."""
    error = damages.TRUNCATED.at(Path("a.sqlite"), size_bytes=1, expected_bytes=3, missing_bytes=2)

    assert type(error) is damages.TRUNCATED.error
    assert (error.code, error.facts["missing_bytes"]) == ("MSQ-TRUNCATED", 2)
    assert str(error).startswith(
        "a.sqlite: expected 3 bytes, found 1: the file is cut off by 2 bytes. Copy the artifact"
    )


def test_what_was_expected_may_depend_on_who_asks() -> None:
    """A bind also takes databases that were never sealed."""
    error = strangers.EMPTY.at(Path("a.sqlite"), expected="an SQLite database")

    assert "expected an SQLite database, found an empty file" in str(error)


def test_names_with_braces_are_only_names() -> None:
    """What comes from outside is never read as a template."""
    error = strangers.MISSING.at(Path("{x}"), hint="; the folder holds {y}")

    assert "found nothing; the folder holds {y}." in str(error)
