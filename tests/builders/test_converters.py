from microcosm_sqlite.builders.cells import Surroundings, cells_from_text
from microcosm_sqlite.builders.columns import map_columns
from microcosm_sqlite.builders.converters import Conflict, Converter
from microcosm_sqlite.engines.dialect import StrictAPSWDialect
from tests.pets import Person

DIALECT = StrictAPSWDialect()


def converter(*header: str, conflict: Conflict = Conflict.REFUSE) -> Converter:
    """Return what converts people; no database is there to be asked."""
    plan = map_columns(Person, header, source="x.csv")
    around = Surroundings(dialect=DIALECT, server_default=lambda _: None, evaluate=lambda *_: ())
    return Converter(DIALECT, plan, cells_from_text(plan, around), conflict=conflict)


def test_records_become_parameters_without_a_database() -> None:
    """In the order in which the statement has them."""
    people = converter("order", "id", "first")

    assert people.convert([["", "1", "Ada"], ["3", "2", "Eve"]]) == [(1, "Ada", None), (2, "Eve", 3)]
    assert people.sql.startswith("INSERT INTO person (id, ")
    assert "ON CONFLICT" in converter("id", "first", conflict=Conflict.UPDATE).sql


def test_misfits_are_found_by_their_positions() -> None:
    """Each once, however many of its cells do not fit."""
    assert converter("id", "order", "first").misfits([["1", "x", "a"], ["2", "2", "b"], ["y", "z", "c"]]) == {0, 2}
