"""Check that stores find rows by indexes, as far as they do not say otherwise."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import reduce

import apsw

from microcosm_sqlite.access import AccessPath
from microcosm_sqlite.artifacts.advising import missing_index
from microcosm_sqlite.artifacts.certificate import AccessEntry
from microcosm_sqlite.artifacts.planning import Planner


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """How one call of a store finds rows in one database."""

    entry: AccessEntry
    #: What is wrong with it, with the index that is missing; None if it keeps to its limits.
    problem: str | None = None
    #: The statement that makes the missing index, where one is known to help.
    remedy: str | None = None


def plan_access(connection: apsw.Connection, paths: Iterable[AccessPath]) -> Iterator[Finding]:
    """Yield how the calls of *paths* find rows in the database of *connection*; nothing is changed there.

    A call that runs several statements has one finding, with the problem of the first that has one.
    """
    planner = Planner(connection)
    for calls in _by_call(paths):
        findings = [_planned(connection, planner, path) for path in calls]
        worst = next((finding for finding in findings if finding.problem), findings[0])
        yield replace(worst, entry=reduce(AccessEntry.joined, (finding.entry for finding in findings)))


def declared_access(paths: Iterable[AccessPath]) -> tuple[AccessEntry, ...]:
    """Return the entries of *paths* without any plans."""
    return tuple(reduce(AccessEntry.joined, map(AccessEntry.of, calls)) for calls in _by_call(paths))


def _by_call(paths: Iterable[AccessPath]) -> Iterable[list[AccessPath]]:
    found: dict[tuple[str, str], list[AccessPath]] = {}
    for path in paths:
        found.setdefault((path.store, path.call), []).append(path)
    return found.values()


def _planned(connection: apsw.Connection, planner: Planner, path: AccessPath) -> Finding:
    try:
        plan = planner.plan(path)
    except apsw.Error as error:
        return _unplanned(path, f"SQLite cannot plan it: {error}")
    entry = AccessEntry.of(path, plan)
    if entry.holds:
        return Finding(entry=entry)
    remedy = path.remedy or missing_index(connection, path.sql, path.parameters)
    return Finding(entry=entry, problem=_problem(entry, remedy), remedy=remedy)


def _unplanned(path: AccessPath, reason: str) -> Finding:
    missing = f" Missing: {path.remedy}" if path.remedy else ""
    problem = f"{path.store}.{path.call}: {reason}.{missing}"
    return Finding(entry=AccessEntry.of(path), problem=problem, remedy=path.remedy)


def _problem(entry: AccessEntry, remedy: str | None) -> str:
    plan = entry.plan
    found: list[str] = []
    if plan is not None and entry.most_scanned is not None and plan.scanned > entry.most_scanned:
        found.append(f"scans {plan.scanned} rows, where {entry.most_scanned} are allowed")
    if plan is not None and entry.most_sorted is not None and (plan.sorted or 0) > entry.most_sorted:
        found.append(f"sorts up to {plan.sorted} rows, where {entry.most_sorted} are allowed")
    missing = (
        f"Missing: {remedy}" if remedy else "No index on what it compares helps: raise its scan_limit, or change it"
    )
    return f"{entry.store}.{entry.call}: {' and '.join(found)}. {missing}"
