"""Nothing is published that does not hold what it must."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import CheckConstraint, ForeignKey, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from microcosm_sqlite.artifacts.manifest import Waiver
from microcosm_sqlite.artifacts.verification import verify
from microcosm_sqlite.checks import Drift, Floor, SQLCheck, check, require
from microcosm_sqlite.dataset import DataSet
from microcosm_sqlite.errors import GateFailure, GatesFailedError, SealError
from microcosm_sqlite.sealing import Release, seal
from microcosm_sqlite.sealing.gates import UnneededWaiverWarning, gate_names
from microcosm_sqlite.shipping.folder import FolderChannel
from microcosm_sqlite.workbench import Workbench


class Zoo:
    """A data set of its own for one test, with the folder it is published into."""

    def __init__(self, folder: Path) -> None:
        class Base(DataSet, DeclarativeBase):
            __data_set__ = "zoo"

        class House(Base):
            __tablename__ = "house"
            name: Mapped[str] = mapped_column(primary_key=True)

        class Animal(Base):
            __tablename__ = "animal"
            __table_args__ = (CheckConstraint("weight > 0", name="weighs"),)
            id: Mapped[int] = mapped_column(primary_key=True)
            name: Mapped[str] = mapped_column(unique=True)
            weight: Mapped[int]
            house: Mapped[str | None] = mapped_column(ForeignKey(House.name))

        self.data_set, self.house, self.animal = Base, House, Animal
        self.channel = FolderChannel(folder)
        self.path = folder / "zoo.sqlite"

    def seal(self, *animals: dict[str, Any], version: str = "1", **options: Any) -> None:
        """Seal two houses and these animals."""
        with Workbench(self.data_set) as bench:
            bench.load(self.house, [{"name": "north"}, {"name": "south"}])
            bench.load(self.animal, animals)
            seal(bench, self.channel, Release(version=version), **options)

    def failures(self, *animals: dict[str, Any], **options: Any) -> dict[str, GateFailure]:
        """Return what keeps these animals from being published, by gate."""
        before = self.files()
        with pytest.raises(GatesFailedError) as caught:
            self.seal(*animals, **options)
        assert self.files() == before
        return {failure.gate: failure for failure in caught.value.failures}

    def files(self) -> dict[str, bytes]:
        """Return all that is published."""
        return {path.name: path.read_bytes() for path in self.path.parent.iterdir()}


def animal(number: int, **values: Any) -> dict[str, Any]:
    """Return an animal that breaks no rule."""
    return {"id": number, "name": f"animal {number}", "weight": number, "house": "north"} | values


@pytest.fixture
def zoo(tmp_path: Path) -> Zoo:
    """Return a new data set."""
    folder = tmp_path / "published"
    folder.mkdir()
    return Zoo(folder)


def test_what_holds_is_published(zoo: Zoo) -> None:
    """Checks that find nothing do not stand in the way."""
    require(zoo.data_set, Floor(zoo.animal, rows=2), Drift(zoo.animal, percent=0), SQLCheck("none", "SELECT 1 WHERE 0"))

    zoo.seal(animal(1), animal(2))

    assert verify(zoo.path).manifest.rows == 4


def test_every_gate_has_a_name(zoo: Zoo) -> None:
    """What can be waived can be listed."""
    require(zoo.data_set, Floor(zoo.animal, rows=2), SQLCheck("tame", "SELECT 1"))

    assert gate_names(zoo.animal) == ("constraints", "foreign-keys", "floor:animal", "tame")


# Foreign keys


def test_dangling_keys_are_told_with_file_and_line(zoo: Zoo, tmp_path: Path) -> None:
    """A reference that leads nowhere is told with its table, its key, its file and its line."""
    rows = tmp_path / "animal.csv"
    rows.write_text("id,name,weight,house\n1,Leo,9,west\n2,Mia,3,north\n")

    with Workbench(zoo.data_set) as bench:
        bench.csv(zoo.animal, rows)
        with pytest.raises(GatesFailedError) as caught:
            seal(bench, zoo.channel, Release(version="1"))

    (failure,) = caught.value.failures
    assert (failure.gate, failure.expected, failure.found) == ("foreign-keys", "no key that leads nowhere", "2")
    assert [str(problem) for problem in failure.problems] == [
        f"{rows}, line 2, column house: 'west' is no row of table 'house'",
        f"{rows}, line 3, column house: 'north' is no row of table 'house'",
    ]
    assert f"{rows}, line 2, column house: 'west'" in str(caught.value)


def test_keys_to_what_is_no_key_are_a_failure(zoo: Zoo) -> None:
    """SQLite can only check references to a key; what it says about others is told."""

    def break_reference(bench: Workbench) -> None:
        bench.native.execute("CREATE TABLE odd (weight INTEGER REFERENCES animal (weight)) STRICT")

    failures = _failures_after(zoo, break_reference)

    assert failures["foreign-keys"].found == 'foreign key mismatch - "odd" referencing "animal"'


# Constraints


def _failures_after(zoo: Zoo, change: Callable[[Workbench], None]) -> dict[str, GateFailure]:
    with Workbench(zoo.data_set) as bench:
        bench.load(zoo.house, [{"name": "north"}])
        bench.load(zoo.animal, [animal(1), animal(2)])
        change(bench)
        with pytest.raises(GatesFailedError) as caught:
            seal(bench, zoo.channel, Release(version="1"))
    assert zoo.files() == {}
    return {failure.gate: failure for failure in caught.value.failures}


def test_check_constraints_hold_in_the_finished_file(zoo: Zoo) -> None:
    """A row that came in while SQLite was told not to look is found at the end."""

    def disregard_checks(bench: Workbench) -> None:
        bench.native.execute("PRAGMA ignore_check_constraints = ON; UPDATE animal SET weight = -1 WHERE id = 2")

    failures = _failures_after(zoo, disregard_checks)

    assert failures["constraints"].problems == ("CHECK constraint failed in animal",)


def test_columns_that_must_have_a_value_have_one(zoo: Zoo) -> None:
    """NOT NULL is looked at again too."""

    def drop_not_null(bench: Workbench) -> None:
        bench.native.execute("""
            PRAGMA writable_schema = ON;
            UPDATE sqlite_schema SET sql = replace(sql, 'name TEXT NOT NULL', 'name TEXT') WHERE name = 'animal';
            PRAGMA writable_schema = RESET;
            UPDATE animal SET name = NULL WHERE id = 2;
            PRAGMA writable_schema = ON;
            UPDATE sqlite_schema SET sql = replace(sql, 'name TEXT', 'name TEXT NOT NULL') WHERE name = 'animal';
            PRAGMA writable_schema = RESET;
        """)

    failures = _failures_after(zoo, drop_not_null)

    assert failures["constraints"].problems == ("NOT NULL constraint failed: animal.name",)


# Floors


def test_too_few_rows_are_not_published(zoo: Zoo) -> None:
    """The failure says how many were expected and how many there are."""
    require(zoo.data_set, Floor(zoo.animal, rows=3), Floor(zoo.house, rows=2))

    failures = zoo.failures(animal(1), animal(2))

    assert failures == {
        "floor:animal": GateFailure(
            gate="floor:animal", what="rows of table 'animal'", expected="at least 3", found="2"
        )
    }


# Drift


def test_the_first_release_has_no_drift(zoo: Zoo) -> None:
    """There is nothing to compare it with."""
    require(zoo.data_set, Drift(zoo.animal, percent=0))

    zoo.seal(animal(1))

    assert zoo.path.exists()


@pytest.mark.parametrize(("before", "after"), [(10, 11), (10, 9), (1, 1), (0, 7)])
def test_a_little_drift_is_allowed(zoo: Zoo, before: int, after: int) -> None:
    """Within the percentage in both directions, and from nothing to anything."""
    require(zoo.data_set, Drift(zoo.animal, percent=10))
    zoo.seal(*(animal(number) for number in range(1, before + 1)))

    zoo.seal(*(animal(number) for number in range(1, after + 1)), version="2")

    assert verify(zoo.path).manifest.version == "2"


@pytest.mark.parametrize(
    ("after", "found"), [(12, "12, which is +20 %"), (8, "8, which is -20 %"), (0, "0, which is -100 %")]
)
def test_more_drift_is_not_published(zoo: Zoo, after: int, found: str) -> None:
    """The failure names the release before, which stays."""
    require(zoo.data_set, Drift(zoo.animal, percent=10))
    zoo.seal(*(animal(number) for number in range(1, 11)), version="2026.1")

    failures = zoo.failures(*(animal(number) for number in range(1, after + 1)), version="2026.2")

    assert failures["drift:animal"].expected == "at most 10 % more or fewer than the 10 of release 2026.1"
    assert failures["drift:animal"].found == found


def test_a_release_that_cannot_be_read_cannot_be_compared_with(zoo: Zoo) -> None:
    """Drift does not silently hold where a plain file stands under the name; publishing over it can be asked for."""
    require(zoo.data_set, Drift(zoo.animal, percent=10))
    zoo.path.write_text("version https://git-lfs.github.com/spec/v1\n")

    failures = zoo.failures(animal(1))

    assert "Git LFS" in failures["drift:animal"].found
    zoo.seal(animal(1), waivers=[Waiver(gate="drift:animal", reason="what was there is a pointer")])
    assert verify(zoo.path)


# The data set's own checks


def test_sql_must_return_no_rows(zoo: Zoo) -> None:
    """Each row it returns is told with its columns."""
    require(zoo.data_set, SQLCheck("light", "SELECT id, name AS called FROM animal WHERE weight < 3 ORDER BY id"))

    failures = zoo.failures(animal(1), animal(2), animal(3))

    assert failures["light"].problems == ("id=1, called='animal 1'", "id=2, called='animal 2'")
    assert (failures["light"].expected, failures["light"].found) == ("no problem", "2")


def test_sql_may_be_a_statement(zoo: Zoo) -> None:
    """Whoever has models need not write names twice."""
    require(zoo.data_set, SQLCheck("light", select(zoo.animal.name).where(zoo.animal.weight < 2)))

    failures = zoo.failures(animal(1), animal(2))

    assert failures["light"].problems == ("name='animal 1'",)


def test_text_of_sql_is_taken_as_it_is(zoo: Zoo) -> None:
    """Colons, percent signs and question marks in strings are no parameters."""
    require(zoo.data_set, SQLCheck("odd", "SELECT name FROM animal WHERE name LIKE '100 %' OR name IN (':x', '?')"))

    assert zoo.failures(animal(1, name=":x"))["odd"].total == 1


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("SELECT * FROM animals", "OperationalError: no such table: animals"),
        ("DELETE FROM animal", "ReadOnlyDataSetError: data set 'zoo'"),
    ],
)
def test_sql_that_cannot_run_has_not_passed(zoo: Zoo, sql: str, found: str) -> None:
    """A check that is broken does not let everything through, and never writes."""
    require(zoo.data_set, SQLCheck("broken", sql))

    assert zoo.failures(animal(1))["broken"].found.startswith(found)


def test_functions_tell_problems(zoo: Zoo) -> None:
    """They read the finished file through a session, with models."""

    @check(zoo.data_set)
    def names_are_short(session: Session) -> Iterator[str]:
        for one in session.scalars(select(zoo.animal).order_by(zoo.animal.id)):
            if len(one.name) > 8:
                yield f"{one.name!r} is long"

    failures = zoo.failures(animal(1, name="Leo"), animal(2, name="Leopoldine"))

    assert failures["names_are_short"].problems == ("'Leopoldine' is long",)
    assert failures["names_are_short"].what == "a check of the data set"


@pytest.mark.parametrize("told", [None, (), [], iter(())])
def test_functions_may_have_nothing_to_tell(zoo: Zoo, told: Any) -> None:
    """None and nothing at all mean that the check holds."""
    require(zoo.data_set, SQLCheck("other", "SELECT 1 WHERE 0"))
    check(zoo.data_set, name="silent")(lambda _: told)

    zoo.seal(animal(1))

    assert zoo.path.exists()


def test_a_function_may_return_one_problem(zoo: Zoo) -> None:
    """A string is one problem, not one for each of its letters."""
    check(zoo.data_set, name="one")(lambda _: "too quiet")

    assert zoo.failures(animal(1))["one"].problems == ("too quiet",)


def _assert(session: Session) -> None:
    raise AssertionError("3 is not 4")


def _break_off(session: Session) -> Iterable[str]:
    yield "the first"
    raise LookupError("the second")


def _agree(session: Session) -> Any:
    return True


@pytest.mark.parametrize(
    ("function", "found"),
    [
        (_assert, "AssertionError: 3 is not 4"),
        (_break_off, "1 and then LookupError: the second"),
        (_agree, "TypeError: a check tells its problems as text, or nothing at all, not True"),
    ],
)
def test_functions_that_break_have_not_passed(zoo: Zoo, function: Any, found: str) -> None:
    """What they raise is told, after what they told before."""
    check(zoo.data_set, name="broken")(function)

    assert zoo.failures(animal(1))["broken"].found == found


def test_only_so_many_problems_are_kept(zoo: Zoo) -> None:
    """Memory does not grow with what is wrong; the number is right."""
    check(zoo.data_set, name="many")(lambda _: (f"problem {number}" for number in range(5000)))

    failure = zoo.failures(animal(1))["many"]

    assert (len(failure.problems), failure.total, failure.found) == (100, 5000, "5000")
    assert str(failure).endswith("problem 19\n  ... and 4980 more")


# All together


def test_all_failures_are_reported_together(zoo: Zoo) -> None:
    """Whoever mends a release learns at once of all that is wrong with it."""
    require(
        zoo.data_set,
        Floor(zoo.animal, rows=100),
        Drift(zoo.animal, percent=10),
        SQLCheck("light", "SELECT id FROM animal WHERE weight < 3"),
    )
    check(zoo.data_set, name="loud")(lambda _: ["too quiet", "too dark"])
    zoo.seal(
        animal(3),
        waivers=[Waiver(gate=gate, reason="the first") for gate in ("floor:animal", "loud")],
    )

    with pytest.raises(SealError) as caught:
        zoo.seal(animal(1, house="west"), animal(4), version="2")

    assert str(caught.value) == (
        "data set 'zoo' was not sealed to zoo.sqlite: it did not pass 5 gates. Correct the rows, create what is "
        "missing, or waive a gate and give the reason. Nothing was published; what was published before is untouched.\n"
        "  foreign-keys (every foreign key leads to a row): expected no key that leads nowhere, found 1\n"
        "    table animal, row id=1, column house: 'west' is no row of table 'house'\n"
        "  floor:animal (rows of table 'animal'): expected at least 100, found 2\n"
        "  drift:animal (rows of table 'animal'): expected at most 10 % more or fewer than the 1 of release 1, "
        "found 2, which is +100 %\n"
        "  light (SQL that must return no rows): expected no problem, found 1\n"
        "    id=1\n"
        "  loud (a check of the data set): expected no problem, found 2\n"
        "    too quiet\n"
        "    too dark"
    )


# Waivers


def test_a_waived_gate_lets_pass_and_is_recorded(zoo: Zoo) -> None:
    """Readers of the manifest see what was waived, and why; the order in which it was asked for does not matter."""
    require(zoo.data_set, Floor(zoo.animal, rows=3))
    waivers = [
        Waiver(gate="floor:animal", reason="two have died"),
        Waiver(gate="foreign-keys", reason="the west house burnt down"),
    ]

    zoo.seal(animal(1, house="west"), waivers=waivers)

    assert verify(zoo.path).manifest.waivers == (waivers[1], waivers[0])


def test_other_gates_stay_closed(zoo: Zoo) -> None:
    """A waiver is for one gate."""
    require(zoo.data_set, Floor(zoo.animal, rows=3), SQLCheck("light", "SELECT 1 FROM animal"))

    failures = zoo.failures(animal(1), waivers=[Waiver(gate="light", reason="for now")])

    assert list(failures) == ["floor:animal"]


def test_an_unneeded_waiver_is_warned_of(zoo: Zoo) -> None:
    """It would hide the next failure; the release goes out, for its rows are better than feared."""
    require(zoo.data_set, Floor(zoo.animal, rows=1))

    with pytest.warns(UnneededWaiverWarning, match="data set 'zoo': gate 'floor:animal' is waived, but it holds"):
        zoo.seal(animal(1), waivers=[Waiver(gate="floor:animal", reason="for now")])

    assert zoo.path.exists()


@pytest.mark.parametrize(
    ("gates", "message"),
    [
        (["floor:animals"], "no gate is called 'floor:animals'; there are constraints, foreign-keys, floor:animal"),
        (["constraints"], "gate 'constraints' cannot be waived"),
        (["foreign-keys", "foreign-keys"], "gate 'foreign-keys' is waived twice"),
    ],
)
def test_waivers_must_make_sense(zoo: Zoo, gates: list[str], message: str) -> None:
    """A waiver that names nothing is a mistake of whoever wrote it, told before any work."""
    require(zoo.data_set, Floor(zoo.animal, rows=1))

    with pytest.raises(ValueError, match=message):
        zoo.seal(animal(1), waivers=[Waiver(gate=gate, reason="for now") for gate in gates])

    assert zoo.files() == {}


def test_a_waiver_needs_a_reason() -> None:
    """Nobody could judge it later."""
    with pytest.raises(ValueError, match="a waiver of 'foreign-keys' needs a reason"):
        Waiver(gate="foreign-keys", reason=" ")


def test_the_same_waivers_give_the_same_bytes(zoo: Zoo) -> None:
    """A release can be rebuilt after it was published, even one whose drift was waived."""
    require(zoo.data_set, Drift(zoo.animal, percent=10))
    zoo.seal(animal(1))
    waivers = [Waiver(gate="drift:animal", reason="the other half arrived")]
    zoo.seal(animal(1), animal(2), waivers=waivers)
    before = zoo.files()

    with pytest.warns(UnneededWaiverWarning):
        zoo.seal(animal(1), animal(2), waivers=waivers)

    assert zoo.files() == before
