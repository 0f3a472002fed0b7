"""Show real answers from the three example data sets, found by their entry points.

Run by `make demo`, after the data sets were built from their rows and installed as the distributions they are.
"""

from collections.abc import Callable
from statistics import median
from time import perf_counter_ns
from typing import Any, TypeVar

from microcosm.api import create_object_graph
from microcosm_sqlite_emoji import EmojiStore
from microcosm_sqlite_mime import MediaTypeStore
from microcosm_sqlite_world import Airport, AirportStore, CityStore, CountryStore
from rich import box
from rich.console import Console
from rich.table import Table

from microcosm_sqlite.artifacts.inspection import inspect
from microcosm_sqlite.binding import location_of

Answer = TypeVar("Answer")

#: Columns of the tables where there is no terminal that knows its own.
_WIDTH = 120

#: How often a look-up is repeated to time it.
_ROUNDS = 200


def timed(look_up: Callable[[], Answer]) -> tuple[Answer, float]:
    """Return what *look_up* returns, and the median of its time in microseconds."""
    answer = look_up()
    times = []
    for _ in range(_ROUNDS):
        start = perf_counter_ns()
        look_up()
        times.append(perf_counter_ns() - start)
    return answer, median(times) / 1000


def artifacts(graph: Any) -> Table:
    """Return what is bound: each data set with its version, its rows and the identity of them."""
    table = Table(title="What this environment can bind", box=box.SIMPLE_HEAD, title_justify="left")
    for heading in ("data set", "version", "tables", "rows", "content digest", "licence"):
        table.add_column(heading, justify="right" if heading in {"tables", "rows"} else "left")
    for name in ("mime", "emoji", "world"):
        manifest = inspect(location_of(graph.sqlite[name])).manifest  # type: ignore[arg-type]
        digest = manifest.content_digest.removeprefix("sha256:")[:16]
        licences = ", ".join(licence.name or "" for licence in manifest.licences)
        table.add_row(name, manifest.version, str(len(manifest.tables)), f"{manifest.rows:,}", digest, licences)
    return table


def answers(graph: Any) -> Table:
    """Return questions, their answers, and how long each look-up took."""
    countries, cities, airports = CountryStore(graph), CityStore(graph), AirportStore(graph)
    table = Table(title="What it answers", box=box.SIMPLE_HEAD, title_justify="left", show_lines=False)
    table.add_column("look-up", no_wrap=True)
    table.add_column("answer")
    table.add_column("µs", justify="right")

    france, took = timed(lambda: countries.retrieve("FR"))
    table.add_row(
        'CountryStore(graph).retrieve("FR")',
        f"{france.name}, capital {france.capital}, {france.population:,} people, {france.currency_code}",
        f"{took:.0f}",
    )
    largest, took = timed(lambda: cities.largest(country_code="FR", limit=4))
    table.add_row(
        "... its largest cities", ", ".join(f"{city.name} ({city.population:,})" for city in largest), f"{took:.0f}"
    )
    of_paris, took = timed(lambda: airports.search(Airport.iata.is_not(None), country_code="FR", city_name="Paris"))
    table.add_row("... the airports of Paris", ", ".join(f"{one.iata} {one.name}" for one in of_paris), f"{took:.0f}")

    media_type, took = timed(lambda: MediaTypeStore(graph).by_extension(".webp"))
    table.add_row('MediaTypeStore(graph).by_extension(".webp")', media_type.name, f"{took:.0f}")

    found, took = timed(lambda: EmojiStore(graph).by_label("red heart", locale="en"))
    heart = found[0]
    table.add_row(
        'EmojiStore(graph).by_label("red heart")',
        f"{heart.character}  " + " · ".join(f"{label.locale} {label.text}" for label in heart.labels),
        f"{took:.0f}",
    )
    return table


def main() -> None:
    """Print both tables."""
    graph = create_object_graph("demo")
    graph.use("sqlite")
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_WIDTH)
    console.print(artifacts(graph))
    console.print(answers(graph))


if __name__ == "__main__":
    main()
