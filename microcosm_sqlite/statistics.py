"""Say what a process read of its data sets."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from microcosm_sqlite.artifacts.inspection import inspect
from microcosm_sqlite.engines.counting import tally_of
from microcosm_sqlite.engines.opening import never_changes


@dataclass(frozen=True, kw_only=True, slots=True)
class Statistics:
    """What all threads of this process read of one data set, through stores, since it was bound.

    What SQLAlchemy answers (see the page on look-ups) counts as one key or one statement each, without its scans.
    """

    #: The version of the artifact; empty where rows may change.
    release: str
    #: Keys that were asked for.
    lookups: int
    #: Of these, how many were answered from memory.
    hits: int
    #: Statements that were run for anything but keys.
    searches: int
    #: How many of these read a whole table, or an index from end to end, as far as they were run without SQLAlchemy.
    scans: int
    #: Time spent on what was not answered from memory, in seconds; for look-ups by key told from a sample.
    seconds: float


def statistics_of(engines: Mapping[str, Engine]) -> dict[str, Statistics]:
    """Return the statistics of *engines*, by name of data set."""
    return {name: _statistics(engine) for name, engine in sorted(engines.items())}


def _statistics(engine: Engine) -> Statistics:
    total = tally_of(engine).total()
    return Statistics(
        release=inspect(Path(engine.url.database or "")).manifest.version if never_changes(engine) else "",
        lookups=total.hits + total.misses,
        hits=total.hits,
        searches=total.searches,
        scans=total.scans,
        seconds=total.nanoseconds / 1e9,
    )
