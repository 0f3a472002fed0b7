"""SQLAlchemy's own compliance suite for dialects, with the standard library's driver as the yardstick."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest

COMPLIANCE = Path(__file__).parents[1] / "compliance"


@pytest.fixture(scope="module")
def suite() -> Any:
    """Return the runner of the suite."""
    specification = importlib.util.spec_from_file_location("compliance_run", COMPLIANCE / "run.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("storage", ["memory", "file"])
def test_nothing_that_passes_on_sqlite3_fails_here(suite: Any, storage: str) -> None:
    """Each test of the suite that passes on sqlite3 passes on both ways to plug us in, or is listed with its reason."""
    baseline = suite.run(suite.BASELINE, storage)
    known = suite.known_differences()

    assert list(baseline.values()).count("passed") > 1500
    for target in suite.OURS:
        worse = suite.worse(baseline, suite.run(target, storage))
        assert [test for test in worse if test not in known] == [], target.name


def test_known_differences_are_told_in_the_reference(suite: Any) -> None:
    """Every listed difference is on the reference page."""
    page = COMPLIANCE.parents[1] / "docs" / "reference" / "engines.md"

    assert all(test in page.read_text(encoding="utf-8") for test in suite.known_differences())
