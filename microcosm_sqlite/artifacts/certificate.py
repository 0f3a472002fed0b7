"""Hold what an artifact claims about how its stores find rows."""

from dataclasses import dataclass, replace
from typing import Self

from microcosm_sqlite.access import AccessPath


@dataclass(frozen=True, kw_only=True, slots=True)
class AccessPlan:
    """How one release of SQLite finds the rows of one call."""

    #: The indexes it uses, sorted; "PRIMARY KEY" where the key of a table is its rows' own number or order.
    indexes: tuple[str, ...] = ()
    #: How many rows, at most, it reads one by one because no index leads to them, but for a table that it asks for as a
    #: whole, and how many it sorts; None where the sorted ones were not counted, because they do not matter.
    scanned: int = 0
    sorted: int | None = 0

    def joined(self, other: Self) -> Self:
        """Return the plan of what both are plans of."""
        return replace(
            self,
            indexes=tuple(sorted({*self.indexes, *other.indexes})),
            scanned=max(self.scanned, other.scanned),
            sorted=_greatest(self.sorted, other.sorted),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class AccessEntry:
    """A call of a store with what it may scan and sort; None means that this does not matter.

    `plan` is None inside the file: which index is taken may differ between releases of SQLite, and equal rows shall
    give equal bytes. The manifest beside the file has it.
    """

    store: str
    call: str
    most_scanned: int | None = None
    most_sorted: int | None = None
    plan: AccessPlan | None = None

    @classmethod
    def of(cls, path: AccessPath, plan: AccessPlan | None = None) -> Self:
        """Return the entry of *path*."""
        return cls(
            store=path.store, call=path.call, most_scanned=path.most_scanned, most_sorted=path.most_sorted, plan=plan
        )

    @property
    def holds(self) -> bool:
        """Whether the plan keeps to the limits, as far as it is known."""
        return self.plan is None or not (
            _exceeds(self.plan.scanned, self.most_scanned) or _exceeds(self.plan.sorted, self.most_sorted)
        )

    def joined(self, other: Self) -> Self:
        """Return the entry of a call that runs the statements of both, with the looser limits."""
        return replace(
            self,
            most_scanned=_greatest(self.most_scanned, other.most_scanned),
            most_sorted=_greatest(self.most_sorted, other.most_sorted),
            plan=None if self.plan is None or other.plan is None else self.plan.joined(other.plan),
        )

    def declared(self) -> Self:
        """Return the part that is the same whoever plans it."""
        return replace(self, plan=None)


def _greatest(first: int | None, second: int | None) -> int | None:
    return None if first is None or second is None else max(first, second)


def _exceeds(found: int | None, most: int | None) -> bool:
    return most is not None and found is not None and found > most
