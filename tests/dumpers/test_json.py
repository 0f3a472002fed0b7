"""Dumps as JSON Lines."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from microcosm_sqlite.dumpers.json import JSONLinesDumper
from tests.pets import Everything, EverythingStore, Person, PersonStore, make_graph


@pytest.fixture
def graph(tmp_path: Path) -> Any:
    """Return a graph with an empty data set of pets."""
    return make_graph(tmp_path)


def dumped(dumper: JSONLinesDumper, **options: Any) -> str:
    """Return what *dumper* writes."""
    file = StringIO(newline="")
    dumper.dump(file, **options)
    return file.getvalue()


def test_an_object_for_each_row(graph: Any) -> None:
    """In the order of the key, by the names of the columns, text as it is."""
    graph.sqlite_builder.csv(Person).build(StringIO("id,first\n2,Zoë\n1,Ada\n"))

    text = dumped(graph.sqlite_dumper.json_lines(PersonStore(graph)))

    lines = text.splitlines()
    assert [json.loads(line)["id"] for line in lines] == [1, 2]
    assert '"first": "Zoë"' in lines[1]


def test_some_columns(graph: Any) -> None:
    """By column or attribute; what is neither is refused, and nothing is written."""
    graph.sqlite_builder.csv(Person).build(StringIO("id,first\n1,Ada\n"))
    dumper = graph.sqlite_dumper.json_lines(PersonStore(graph))

    assert dumped(dumper, field_names=["first"]) == '{"first": "Ada"}\n'
    with pytest.raises(ValueError, match="Person has no columns called nope"):
        dumped(dumper, field_names=["first", "nope"])


def test_a_document_that_is_null(graph: Any) -> None:
    """It would come back as NULL: refused, with what can tell them apart."""
    with Everything.new_session(graph) as session:
        session.add(Everything(id=1, document={"a": None}))
        session.commit()
    dumper = graph.sqlite_dumper.json_lines(EverythingStore(graph), model_cls=Everything)
    assert dumped(dumper, field_names=["document"]) == '{"document": {"a": null}}\n'
    with Everything.new_session(graph) as session:
        session.connection().exec_driver_sql("UPDATE everything SET document = 'null'")
        session.commit()

    with pytest.raises(ValueError, match=r"column 'document' holds JSON's null, .* dump CSV or Parquet"):
        dumped(dumper)


def test_a_document_on_several_lines(graph: Any) -> None:
    """It is written on one."""
    with Everything.new_session(graph) as session:
        session.connection().exec_driver_sql("INSERT INTO everything (id, document) VALUES (1, '{\n \"a\": 1}')")
        session.commit()

    assert dumped(graph.sqlite_dumper.json_lines(EverythingStore(graph)), field_names=["document"]) == (
        '{"document": {"a": 1}}\n'
    )
