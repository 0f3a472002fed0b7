"""Check that stores find rows by indexes, as far as they do not say otherwise."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

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

    A call that runs several statements has one finding, about the worst of them.
    """
    planner = Planner(connection)
    found: dict[tuple[str, str], Finding] = {}
    for path in paths:
        finding = _planned(connection, planner, path)
        key = path.store, path.call
        found[key] = finding if key not in found else _worse(found[key], finding)
    yield from found.values()


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
    missing = f"Missing: {remedy}" if remedy else "No index on what it compares helps: raise its scan_limit, or change it"
    return f"{entry.store}.{entry.call}: {' and '.join(found)}. {missing}"


def _worse(first: Finding, second: Finding) -> Finding:
    if first.problem is not None or second.problem is not None:
        return first if first.problem is not None else second
    return Finding(entry=first.entry.with_plan_of(second.entry))
