"""Make the certificate of an artifact: that indexes answer what its stores are asked."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from microcosm_sqlite.access import AccessPath
from microcosm_sqlite.artifacts.certificate import AccessEntry
from microcosm_sqlite.artifacts.certifying import Finding, declared_access, plan_access
from microcosm_sqlite.artifacts.opening import opened_for_reading
from microcosm_sqlite.checks import AccessCheck, checks_of
from microcosm_sqlite.errors import GateFailure

#: Calls of a store that are told; a store that has more of them lacks its indexes altogether.
_TOLD: Final = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """What one store says that it asks, or why it could not say."""

    gate: str
    store: str
    paths: tuple[AccessPath, ...] = ()
    complaint: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Certificate:
    """How the stores find rows in a finished file, and which of them do not keep to their limits."""

    entries: tuple[AccessEntry, ...] = ()
    failures: tuple[GateFailure, ...] = ()


def claims_of(data_set: Any) -> tuple[Claim, ...]:
    """Return what the certified stores of *data_set* say that they ask."""
    return tuple(_claim(check) for check in checks_of(data_set) if isinstance(check, AccessCheck))


def entries_of(claims: Iterable[Claim]) -> tuple[AccessEntry, ...]:
    """Return what the manifest says of *claims* before anything is planned."""
    return declared_access(path for claim in claims for path in claim.paths)


def certify(staged: Path, claims: Iterable[Claim]) -> Certificate:
    """Return how what *claims* say is found in the finished file *staged*."""
    entries: list[AccessEntry] = []
    failures: list[GateFailure] = []
    with opened_for_reading(staged) as connection:
        for claim in claims:
            found = list(plan_access(connection, claim.paths))
            entries += [finding.entry for finding in found]
            failures += _failures(claim, found)
    return Certificate(entries=tuple(entries), failures=tuple(failures))


def _claim(check: AccessCheck) -> Claim:
    try:
        return Claim(gate=check.name, store=check.store, paths=tuple(check.paths()))
    except Exception as error:  # noqa: BLE001 - A store that cannot say what it asks has not passed; the failure says why.
        return Claim(gate=check.name, store=check.store, complaint=f"{type(error).__name__}: {error}")


def _failures(claim: Claim, found: list[Finding]) -> Iterator[GateFailure]:
    problems = [finding.problem for finding in found if finding.problem]
    if problems or claim.complaint:
        calls = f"{len(problems)} of {len(found)} calls that do not"
        yield GateFailure(
            gate=claim.gate,
            what=f"how {claim.store} finds rows",
            expected="an index, or no more rows scanned and sorted than its limits allow",
            found=calls if claim.complaint is None else claim.complaint,
            problems=tuple(problems[:_TOLD]),
            total=len(problems),
        )
