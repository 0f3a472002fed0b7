"""Every system call may fail, at any point of building, sealing and publishing, without doing harm."""

from pathlib import Path

import pytest

from tests.sealing_faults.injecting import INJECTIONS, Before, inject
from tests.sealing_faults.interposing import compiled

#: One call in so many is struck here; at night, each. Few calls are writes, which alone can be done by half.
STEP, STEP_TO_A_WRITE = 59, 7


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return what stands between a process and the C library."""
    found = compiled(tmp_path_factory.mktemp("interposer"))
    if found is None:
        pytest.skip("there is no C compiler here, with which the faults are injected")
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "kind", "error"), [(number, *injection) for number, injection in enumerate(INJECTIONS)]
)
def test_a_call_that_fails_is_told_and_nothing_is_torn(
    tmp_path: Path, library: Path, number: int, kind: str, error: str
) -> None:
    """Success is reported with the new release in place, failure by an error of ours with the old one intact.

    The next run gets through and leaves nothing of the one before.
    """
    step = STEP_TO_A_WRITE if kind == "KILL_HALFWAY" else STEP

    # Each case strikes other calls.
    found = inject(library, tmp_path / "place", work="library", kind=kind, error=error, first=1 + 5 * number, step=step)

    assert found.wrong == []
    assert found.calls > 500
    assert found.struck


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "error"), [("FAIL_AND_FULL", "EIO"), ("KILL", "")])
def test_a_publication_that_was_cut_short_is_not_harmed(tmp_path: Path, library: Path, kind: str, error: str) -> None:
    """Its manifest still has its pending name, and is the only one there is: the next run must not lose it."""
    found = inject(
        library,
        tmp_path / "place",
        before=Before.CUT_SHORT,
        work="library",
        kind=kind,
        error=error,
        first=-140,
        step=2,
    )

    assert found.wrong == []
    assert found.struck


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "error"), [("FAIL", "EIO"), ("FULL_FROM", "ENOSPC")])
def test_the_command_fails_with_a_message(tmp_path: Path, library: Path, kind: str, error: str) -> None:
    """Exit status 1 and one line on stderr, never a traceback."""
    found = inject(library, tmp_path / "place", work="command", kind=kind, error=error, first=7, step=STEP)

    assert found.wrong == []
    assert found.struck
