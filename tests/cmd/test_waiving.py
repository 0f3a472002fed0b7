"""The options that waive gates."""

import warnings

import click
import pytest

from microcosm_sqlite.artifacts.manifest import Waiver
from microcosm_sqlite.cmd.waiving import unneeded_told, waivers_of
from microcosm_sqlite.sealing.gates import UnneededWaiverWarning
from tests.kennel import Kennel


def test_gates_and_reasons_belong_together_in_their_order() -> None:
    """The first reason is that of the first gate."""
    assert waivers_of(Kennel, waive=["foreign-keys"], reason=["old dogs"]) == (
        Waiver(gate="foreign-keys", reason="old dogs"),
    )


def test_a_gate_without_a_reason_is_not_understood() -> None:
    """It cannot be told which gate a missing reason belongs to."""
    with pytest.raises(click.UsageError, match="there are 1 and 0"):
        waivers_of(Kennel, waive=["foreign-keys"], reason=[])


def test_what_cannot_be_waived_is_not_understood() -> None:
    """The mistake is on the command line."""
    with pytest.raises(click.UsageError, match="cannot be waived"):
        waivers_of(Kennel, waive=["constraints"], reason=["why not"])


def test_unneeded_waivers_are_told_and_other_warnings_kept(capsys: pytest.CaptureFixture[str]) -> None:
    """What else is warned of goes its usual way."""

    def warn_of_both() -> None:
        with unneeded_told():
            warnings.warn("it holds", UnneededWaiverWarning, stacklevel=1)
            warnings.warn("old", DeprecationWarning, stacklevel=1)

    with pytest.warns(DeprecationWarning, match="old"):
        warn_of_both()

    assert capsys.readouterr().err == "Warning: it holds\n"
