"""What an artifact claims about how its stores find rows."""

import pytest

from microcosm_sqlite.access import AccessPath
from microcosm_sqlite.artifacts.certificate import AccessEntry, AccessPlan


def entry(most_scanned: int | None, most_sorted: int | None, plan: AccessPlan | None = None) -> AccessEntry:
    """Return an entry with these limits."""
    return AccessEntry(store="S", call="c", most_scanned=most_scanned, most_sorted=most_sorted, plan=plan)


@pytest.mark.parametrize(
    ("limits", "plan"),
    [
        ((0, 0), None),
        ((0, 0), AccessPlan()),
        ((5, 5), AccessPlan(scanned=5, sorted=5)),
        ((None, 5), AccessPlan(scanned=6, sorted=5)),
        ((5, None), AccessPlan(scanned=5, sorted=None)),
    ],
)
def test_limits_are_kept(limits: tuple[int | None, int | None], plan: AccessPlan | None) -> None:
    """As many rows as allowed; without a limit, any number."""
    assert entry(*limits, plan).holds


@pytest.mark.parametrize("plan", [AccessPlan(scanned=6, sorted=5), AccessPlan(scanned=5, sorted=6)])
def test_limits_are_passed(plan: AccessPlan) -> None:
    """One row more is too many."""
    assert not entry(5, 5, plan).holds


def test_an_entry_of_a_path() -> None:
    """It has all that tells, and no SQL: its text differs between releases of SQLAlchemy."""
    path = AccessPath(store="S", call="c", sql="SELECT 1", most_scanned=1, most_sorted=2)

    found = AccessEntry.of(path, AccessPlan(scanned=1))

    assert found == entry(1, 2, AccessPlan(scanned=1))
    assert found.declared() == AccessEntry.of(path) == entry(1, 2)


def test_a_call_of_several_statements() -> None:
    """Its entry has the looser limits and all indexes, and a plan only if all statements have one."""
    first = entry(5, None, AccessPlan(indexes=("b",), scanned=1, sorted=None))
    second = entry(None, 7, AccessPlan(indexes=("a", "b"), scanned=9, sorted=3))

    assert first.joined(second) == entry(None, None, AccessPlan(indexes=("a", "b"), scanned=9, sorted=None))
    assert entry(5, 7).joined(entry(6, 3)) == entry(6, 7)
    assert first.joined(entry(1, 1)).plan is None
