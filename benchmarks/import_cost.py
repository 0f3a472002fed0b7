"""What does a service pay that merely has the package installed?

microcosm loads the factories of every installed distribution whenever a graph is created.
"""

from measuring import python, report, side_by_side, verdict

ROUNDS = 25

_GRAPH = "from microcosm.api import create_object_graph; create_object_graph('x')"
# The same graph, with our entry points hidden from microcosm: what it costs where we are not installed.
_WITHOUT = f"""
import importlib_metadata
found = importlib_metadata.entry_points
importlib_metadata.entry_points = lambda **kw: [e for e in found(**kw) if not e.value.startswith('microcosm_sqlite')]
import microcosm.registry
microcosm.registry.entry_points = importlib_metadata.entry_points
{_GRAPH}
"""


def main() -> None:
    """Print both figures."""
    times = side_by_side(
        {
            "import microcosm.api": python("import microcosm.api"),
            "... and microcosm_sqlite.factories": python("import microcosm.api, microcosm_sqlite.factories"),
            "a graph, without our entry points": python(_WITHOUT),
            "a graph, with our entry points": python(f"import microcosm.registry, importlib_metadata\n{_GRAPH}"),
        },
        rounds=ROUNDS,
    )
    report(f"Import cost, whole processes, median of {ROUNDS}", times, unit="ms", scale=1000)
    alone, ours, without, with_us = times.values()
    verdict("importing factories adds", (ours - alone) * 1000, limit=5, unit="ms")
    verdict("creating a graph adds", (with_us - without) * 1000, limit=5, unit="ms")


if __name__ == "__main__":
    main()
