from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from microcosm_sqlite.context import SessionContext
from microcosm_sqlite.dumpers.csv import CSVDumper
from tests.pets import Dog, DogStore, Everything, EverythingStore, Person, PersonStore, Pets, csv, make_graph


@pytest.fixture
def graph(tmp_path: Path) -> Any:
    """A graph with two people and a dog."""
    graph = make_graph(tmp_path)
    graph.sqlite_builder.csv(Person).build(csv('id,first,nick,order\n10,Grace,,\n2,Ada,"",0\n'))
    graph.sqlite_builder.csv(Dog).build(csv("id,name,owner_id\n1,Rex,2\n"))
    return graph


def dump(graph: Any, store: Any, *arguments: Any, **options: Any) -> list[str]:
    """Return the lines of a dump."""
    file = StringIO(newline="")
    graph.sqlite_dumper.csv(store).dump(file, *arguments, **options)
    return file.getvalue().removesuffix("\r\n").split("\r\n")


def test_all_rows_come_in_the_order_of_the_key(graph: Any) -> None:
    """With all columns in the order of the table; without an open context too."""
    expected = ["id,first,nick,order", '2,Ada,"",0', "10,Grace,,"]

    assert dump(graph, PersonStore()) == expected
    assert dump(graph, PersonStore(graph)) == expected
    with SessionContext(graph, Pets):
        assert dump(graph, PersonStore()) == expected


def test_a_dump_sees_what_its_context_has_not_committed(graph: Any) -> None:
    """It reads through the session of the store, and leaves it as it was."""
    with SessionContext(graph, Pets) as context:
        session = context.session
        assert session is not None
        session.add(Person(id=1, first="Eve"))

        assert dump(graph, PersonStore(), field_names=["id"]) == ["id", "1", "2", "10"]
        assert Pets.session is session


def test_many_rows_are_written_as_they_are_read(graph: Any) -> None:
    """More than are held at a time."""
    lines = "".join(f"{number},P{number}\n" for number in range(100, 2600))
    graph.sqlite_builder.csv(Person).build(csv(f"id,first\n{lines}"))

    assert len(dump(graph, PersonStore())) == 2503


def test_fields_may_be_chosen(graph: Any) -> None:
    """By column or attribute, in any order; the header says what was asked for."""
    assert dump(graph, PersonStore(), field_names=["first", "rank"]) == ["first,rank", "Ada,0", "Grace,"]


def test_the_header_may_be_chosen(graph: Any) -> None:
    """By either name of a field."""
    lines = dump(graph, DogStore(), custom_header={"id": "No.", "name": "Called, or not"}, field_names=["id", "name"])

    assert lines == ['No.,"Called, or not"', "1,Rex"]
    with pytest.raises(ValueError, match="in no field: nmae"):
        dump(graph, DogStore(), custom_header={"nmae": "Name"})
    assert dump(graph, PersonStore(), custom_header={"rank": "Rank"}, items=[]) == [",,,Rank"]


def test_items_may_be_chosen(graph: Any) -> None:
    """Instances in the order given, mappings, or both."""
    with SessionContext(graph, Pets):
        items = [*PersonStore().search(Person.first == "Grace"), {"id": 7, "first": "Eve", "order": 3}]

        lines = dump(graph, PersonStore(), items)

    assert lines[1:] == ["10,Grace,,", "7,Eve,,3"]


def test_extra_members_of_items_are_refused_or_ignored(graph: Any) -> None:
    """Refused unless told otherwise; any third word is a mistake."""
    items = [{"id": 7, "shoes": 2}]

    with pytest.raises(ValueError, match="in no field: shoes"):
        dump(graph, PersonStore(), items)
    assert dump(graph, PersonStore(), items, extras_action="ignore")[1] == "7,,,"
    with pytest.raises(ValueError, match="'raise' or 'ignore', not 'skip'"):
        dump(graph, PersonStore(), items, extras_action="skip")


def test_defaults_fill_what_is_not_there(graph: Any) -> None:
    """Fields that the model does not have, and members that an item does not have; None is there."""
    file = StringIO(newline="")
    dumper = CSVDumper(graph, PersonStore()).default(source="us", nick="none", order=1)

    dumper.dump(file, [{"id": 1}, {"id": 2, "nick": None}], field_names=["id", "nick", "rank", "source"])
    dumper.dump(file, field_names=["id", "source"])

    assert file.getvalue().split("\r\n")[1:3] == ["1,none,1,us", "2,,1,us"]
    assert file.getvalue().split("\r\n")[4:6] == ["2,us", "10,us"]


def test_get_columns_may_be_overridden(graph: Any) -> None:
    """As in 2.0.0, by attributes, in whatever collection."""

    class Narrow(CSVDumper):
        def get_columns(self) -> Any:
            """Return one attribute."""
            return {"rank"}

    file = StringIO(newline="")
    Narrow(graph, DogStore(), model_cls=Person).dump(file)

    assert file.getvalue() == 'rank\r\n0\r\n""\r\n'


def test_json_null_and_null_differ(graph: Any) -> None:
    """In Python both are None."""
    graph.sqlite_builder.csv(Everything).build(csv('id,document\n1,null\n2,\n3,"{""a"": 1.0}"\n'))

    assert dump(graph, EverythingStore(), field_names=["id", "document"])[1:] == ["1,null", "2,", '3,"{""a"": 1.0}"']


def test_expired_instances_are_read_again(graph: Any) -> None:
    """Instead of being written empty."""
    with SessionContext(graph, Pets) as context:
        session = context.session
        assert session is not None
        person = PersonStore().one(Person.id == 2)
        session.expire(person)

        assert dump(graph, PersonStore(), [person])[1] == '2,Ada,"",0'
