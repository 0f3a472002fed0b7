"""Errors of sealing name what was not made."""

from pathlib import Path

from microcosm_sqlite.sealing.targets import Target

TARGET = Target(name="world", path=Path("world.sqlite"))


def test_a_refusal_says_what_is_untouched() -> None:
    """Whoever reads it need not look whether the release before still stands."""
    error = TARGET.refused("the disk is full", remedy="Free some space.")

    assert (error.name, error.path, error.reason) == ("world", TARGET.path, "the disk is full")
    assert str(error).endswith("Free some space. Nothing was published; what was published before is untouched.")


def test_a_violation_is_a_failed_gate() -> None:
    """That of the constraints."""
    error = TARGET.violated("UNIQUE constraint failed: t.x")

    assert [failure.gate for failure in error.failures] == ["constraints"]
    assert "UNIQUE constraint failed: t.x" in str(error)
