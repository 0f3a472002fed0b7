"""What a thread keeps, and what it lets go."""

from typing import Any

from microcosm_sqlite.engines.counting import Counters
from microcosm_sqlite.lookups.generations import Family, Generations


class Row:
    """An instance of some size."""

    def __init__(self, size: int = 10) -> None:
        self.value = b"x" * size


def kept(family: Family) -> set[Any]:
    """Return the keys that are kept."""
    return {*family.young, *family.old}


def made(*, rows: int = 1000, size: int = 10**9) -> tuple[Generations, Family]:
    """Return generations with these bounds, and a family in them."""
    generations = Generations(most_rows=rows, most_bytes=size)
    return generations, generations.family(Counters())


def test_everything_is_kept_while_there_is_room() -> None:
    """What was asked for once is there the second time."""
    generations, family = made(rows=100)
    for key in range(100):
        generations.keep(family, key, Row())

    assert kept(family) == set(range(100))


def test_no_more_rows_than_the_bound_are_kept() -> None:
    """However many are asked for, also of several families."""
    generations, family = made(rows=100)
    other = generations.family(Counters())
    for key in range(5000):
        generations.keep(family, key % 700, Row())
        generations.keep(other, key % 700, Row())

        assert len(kept(family)) + len(kept(other)) <= 100


def test_what_is_asked_for_again_stays() -> None:
    """A scan over everything does not drive it out."""
    generations, family = made(rows=100)
    generations.keep(family, "dear", Row())
    for key in range(5000):
        generations.keep(family, key, Row())
        if key % 20 == 0:
            if "dear" in family.old and "dear" not in family.young:
                generations.keep_again(family, "dear", family.old["dear"])
            assert "dear" in kept(family)


def test_once_full_a_row_is_kept_when_it_is_asked_for_twice() -> None:
    """The first time only its key is noted."""
    generations, family = made(rows=10)
    for key in range(40):
        generations.keep(family, key, Row())
    generations.keep(family, "new", Row())
    assert "new" not in kept(family)

    generations.keep(family, "new", Row())

    assert "new" in kept(family)


def test_many_at_once_are_kept_by_the_same_rule() -> None:
    """Those of them that were asked for before."""
    generations, family = made(rows=10)
    for key in range(40):
        generations.keep(family, key, Row())
    generations.keep(family, "a", Row())
    generations.keep_many(family, ["a", "b"], [Row(), Row()])

    assert "a" in kept(family)
    assert "b" not in kept(family)


def test_bytes_are_bounded_too() -> None:
    """Large rows are measured one by one, so a few of them fill the bound."""
    generations, family = made(size=10**6)
    for _ in range(3):
        for key in range(100):
            generations.keep(family, key, Row(100_000))

    assert 1 <= sum(len(row.value) for row in {**family.old, **family.young}.values()) / 100_000 <= 26


def test_nothing_is_kept_with_a_bound_of_nothing() -> None:
    """That switches keeping off."""
    generations, family = made(rows=0)
    generations.keep(family, 1, Row())
    generations.keep_many(family, [2], [Row()])

    assert kept(family) == set()


def test_closed_generations_stay_empty() -> None:
    """Whoever is still putting something in, in another thread, puts it nowhere."""
    generations, family = made()
    generations.keep(family, 1, Row())
    generations.close()
    family.young[2] = Row()
    generations.keep(family, 3, Row())

    assert kept(family) == set()
