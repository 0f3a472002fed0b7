"""What is counted of an engine."""

import gc
import threading

from microcosm_sqlite.engines.counting import Counters, Tally, tally_of


class Owner:
    """Whoever counts."""


def test_counters_are_summed() -> None:
    """Those that count and those that are done."""
    tally, first, second = Tally(), Owner(), Owner()
    tally.counters(first).hits += 1
    tally.counters(second).hits += 2
    del first
    gc.collect()

    assert tally.total().hits == 3
    assert tally.total().misses == 0


def test_counters_of_the_dead_are_kept_as_one() -> None:
    """Any number of threads may come and go."""
    tally = Tally()

    def count() -> None:
        owner = Owner()
        tally.counters(owner).misses += 1

    for _ in range(50):
        thread = threading.Thread(target=count)
        thread.start()
        thread.join()
    gc.collect()

    assert tally.total().misses == 50
    assert len(tally._counters) == 0


def test_an_engine_has_one_tally() -> None:
    """It goes with the engine."""
    engine = Owner()

    assert tally_of(engine) is tally_of(engine)
    assert tally_of(Owner()) is not tally_of(engine)


def test_adding() -> None:
    """Every counter is added."""
    one, other = Counters(), Counters()
    for name in Counters.__slots__:
        setattr(other, name, 2)
    one.add(other)
    one.add(other)

    assert [getattr(one, name) for name in Counters.__slots__] == [4] * len(Counters.__slots__)
