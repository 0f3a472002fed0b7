"""Rows as they are stored."""

from pathlib import Path
from typing import Any

import pytest

from microcosm_sqlite.dumpers.fields import fields_of
from microcosm_sqlite.dumpers.stored import stored_cell, stored_rows
from microcosm_sqlite.engines.dialect import StrictAPSWDialect
from microcosm_sqlite.stores import Store
from tests.pets import Everything, make_graph


@pytest.fixture
def graph(tmp_path: Path) -> Any:
    """Return a graph with two rows."""
    graph = make_graph(tmp_path)
    with Everything.new_session(graph) as session:
        session.add_all([Everything(id=2, flag=True), Everything(id=1, document=[1])])
        session.commit()
    return graph


@pytest.mark.parametrize("with_context", [True, False])
def test_by_key_with_documents_as_text(graph: Any, *, with_context: bool) -> None:
    """Through the session of the store, or one of its own."""

    class Everyone(Store[Everything]):
        pass

    fields = fields_of(Everything, ["document", "flag"], StrictAPSWDialect())
    store = Everyone(graph) if with_context else Everyone()

    rows = [tuple(row) for row in stored_rows(graph, store, Everything, fields)]

    assert rows == [("[1]", None), (None, True)]
    assert [stored_cell(field, value) for field, value in zip(fields, rows[0], strict=True)] == ["[1]", None]
    assert stored_cell(fields[1], True) == "true"  # noqa: FBT003 - a value
