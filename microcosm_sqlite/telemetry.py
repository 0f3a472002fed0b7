"""Report what is read of data sets to OpenTelemetry."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

from microcosm_sqlite.errors import MissingExtraError
from microcosm_sqlite.statistics import Statistics

if TYPE_CHECKING:
    from opentelemetry.metrics import CallbackOptions, Meter, Observation

#: The instruments: name, what of the statistics it gives, unit, description.
_INSTRUMENTS: Final[tuple[tuple[str, Callable[[Statistics], float], str, str], ...]] = (
    ("microcosm_sqlite.lookups", lambda found: found.lookups, "{key}", "Keys that were asked for"),
    ("microcosm_sqlite.hits", lambda found: found.hits, "{key}", "Keys that were answered from memory"),
    ("microcosm_sqlite.searches", lambda found: found.searches, "{statement}", "Statements for anything but keys"),
    ("microcosm_sqlite.scans", lambda found: found.scans, "{statement}", "Statements that read a whole table"),
    ("microcosm_sqlite.time", lambda found: found.seconds, "s", "Time spent on what was not answered from memory"),
)


def report(graph: Any, meter: "Meter | None" = None) -> None:
    """Let OpenTelemetry collect the statistics of *graph*'s data sets whenever it collects metrics.

    Five observable counters, each with the attributes `db.namespace` (the data set) and `microcosm_sqlite.release` (its
    version, empty where rows may change). Nothing is done when rows are looked up: the numbers are those of
    `graph.sqlite.stats()`.

    Args:
        graph: An object graph.
        meter: What makes the instruments; without one, the global provider's.

    Raises:
        MissingExtraError: OpenTelemetry is not installed.
    """
    try:
        from opentelemetry import metrics  # noqa: PLC0415 - An extra.
    except ImportError as error:
        raise MissingExtraError(extra="telemetry", needed_by="reporting to OpenTelemetry") from error
    graph.use("sqlite")
    chosen = meter if meter is not None else metrics.get_meter("microcosm_sqlite")
    for name, value, unit, description in _INSTRUMENTS:
        chosen.create_observable_counter(
            name, callbacks=[_observer(graph.sqlite, value)], unit=unit, description=description
        )


def _observer(bind: Any, value: Callable[[Statistics], float]) -> "Callable[[CallbackOptions], Iterator[Observation]]":
    from opentelemetry.metrics import Observation  # noqa: PLC0415 - An extra.

    def observe(_: "CallbackOptions") -> "Iterator[Observation]":
        for name, found in bind.stats().items():
            yield Observation(value(found), {"db.namespace": name, "microcosm_sqlite.release": found.release})

    return observe
