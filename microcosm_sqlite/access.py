"""Hold what stores ask of a database, as values that sealing can plan without knowing the stores."""

from dataclasses import dataclass
from typing import Any, Final

#: How many rows a look-up may scan or sort unless it says otherwise: what takes well under a millisecond.
SCAN_LIMIT: Final = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class AccessPath:
    """One statement that a call of a store runs, with how many rows it may scan or sort without an index.

    None for a limit means that no index could help: what is found by words is sorted by how well it fits.
    """

    #: The class of the store, and what is called on it, as a person would write it.
    store: str
    call: str
    sql: str
    #: The values of the statement as the driver takes them.
    parameters: tuple[Any, ...] = ()
    most_scanned: int | None
    most_sorted: int | None
    #: Whether it asks for every row of a table, which is no scan that an index could spare.
    is_whole: bool = False
    #: The statement that makes the index, where that is known beforehand.
    remedy: str | None = None
