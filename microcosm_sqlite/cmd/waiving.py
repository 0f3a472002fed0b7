"""Read which gates a build shall not be stopped by."""

import warnings
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import click

from microcosm_sqlite.artifacts.manifest import Waiver
from microcosm_sqlite.sealing.gates import UnneededWaiverWarning, checked_waivers

CallableT = TypeVar("CallableT", bound=Callable[..., Any])


def waiver_options(command: CallableT) -> CallableT:
    """Add `--waive` and `--reason`, passed to the command as `waive` and `reason`."""
    reason = click.option("--reason", multiple=True, help="Why; the manifest tells it. One for each --waive.")
    waive = click.option("--waive", multiple=True, metavar="GATE", help="Publish although this gate does not hold.")
    return waive(reason(command))


def waivers_of(data_set: Any, *, waive: Sequence[str], reason: Sequence[str]) -> tuple[Waiver, ...]:
    """Return what the options ask for.

    Raises:
        click.UsageError: A gate has no reason, a reason no gate, or a gate cannot be waived.
    """
    if len(waive) != len(reason):
        raise click.UsageError(f"each --waive needs its --reason: there are {len(waive)} and {len(reason)}.")
    try:
        waivers = [Waiver(gate=gate, reason=why) for gate, why in zip(waive, reason, strict=True)]
        return checked_waivers(data_set, waivers)
    except ValueError as error:
        raise click.UsageError(f"{error}.") from error


@contextmanager
def unneeded_told() -> Generator[None]:
    """Say on stderr which waivers the block found unneeded."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UnneededWaiverWarning)
        yield
    for warning in caught:
        if isinstance(warning.message, UnneededWaiverWarning):
            click.echo(f"Warning: {warning.message}", err=True)
        else:
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
