"""The statement that finds rows by words asks the index once, and reads the text of the best rows only."""

from pathlib import Path

import pytest
from sqlalchemy import bindparam, select

from microcosm_sqlite.full_text import full_text_of
from microcosm_sqlite.lookups.ranking import TERMS, Terms, best_keys, best_rows
from tests.conftest import GraphFactory
from tests.plans import direct_plans_of
from tests.towns import Town, TownStore, seal_towns


@pytest.fixture(scope="module")
def sealed_towns(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the path of a sealed artifact with all towns."""
    return seal_towns(tmp_path_factory.mktemp("towns")).path


def terms(words: str, *, limit: int = -1, offset: int = 0, ranked: int | None = None) -> Terms:
    """Return what stands for these values."""
    values = (words, "[", "]", limit, offset, *(() if ranked is None else (ranked,)))
    return Terms(*(bindparam(None, value, type_) for value, type_ in zip(values, TERMS, strict=False)))


def test_keys_or_whole_rows(sealed_towns: Path, make_graph: GraphFactory) -> None:
    """Both come with rank, snippet and the text of every column."""
    index, table = full_text_of(Town.__table__), Town.metadata.tables["town"]
    assert index is not None
    rows = select(table.c.id, table.c.country).select_from(table).where(table.c.country != "US")
    engine, _ = make_graph(paths={"towns": sealed_towns}).sqlite("towns")

    with engine.connect() as connection:
        keys = connection.execute(best_keys(index, rows, [table.c.id], terms('"paris"'))).all()
        whole = connection.execute(
            best_rows(index, rows, [table.c.id], terms('"paris"', limit=1, offset=1), home=table)
        ).all()

    assert [(key, *texts) for key, _, *texts in keys] == [
        (3, "[Paris]", "[Paris]", None),
        (5, "little [Paris]", "Leipzig", "little [Paris]"),
    ]
    assert [(key, country) for key, country, *_ in whole] == [(5, "DE")]


@pytest.mark.parametrize("table_name", ["town", "street"])
def test_only_some_may_be_ranked(sealed_towns: Path, make_graph: GraphFactory, table_name: str) -> None:
    """The first by number, and nothing is sorted to find these."""
    table = Town.metadata.tables[table_name]
    index, keys = full_text_of(table), list(table.primary_key.columns)
    assert index is not None
    engine, _ = make_graph(paths={"towns": sealed_towns}).sqlite("towns")
    words = '"paris"' if table_name == "town" else '"street"'
    rows = select(*keys).select_from(table)

    with engine.connect() as connection:
        found = [
            [tuple(row)[: len(keys)] for row in connection.execute(statement)]
            for statement in (
                best_rows(index, rows, keys, terms(words, ranked=2), home=table),
                best_rows(index, rows.where(keys[0] > 0), keys, terms(words, ranked=2), home=table),
                best_keys(index, rows, keys, terms(words, ranked=2)),
            )
        ]

    assert found[0] == found[1] == found[2]
    assert [key[0] for key in found[0]] == ([3, 4] if table_name == "town" else [1, 1])


def test_completion_does_not_rank_all(sealed_towns: Path, make_graph: GraphFactory) -> None:
    """So that one letter takes no longer than several: nothing is sorted before there are enough."""
    towns = TownStore(make_graph(paths={"towns": sealed_towns}))

    assert towns.complete("p")
    assert towns.complete("p", country="US")

    for plan in direct_plans_of(towns):
        inner, _, _ = plan.partition("SCAN some")
        assert "SCAN town_text VIRTUAL TABLE INDEX" in inner
        assert "TEMP B-TREE" not in inner


def test_statements_below_sqlalchemy(sealed_towns: Path, make_graph: GraphFactory) -> None:
    """No table is scanned, whatever is filtered."""
    towns = TownStore(make_graph(paths={"towns": sealed_towns}))

    assert towns.match("paris")
    assert towns.match("paris", Town.latitude > 0, country="US")

    all_rows, some_rows = direct_plans_of(towns)
    for plan in (all_rows, some_rows):
        first, *_ = (line for line in plan.splitlines() if line.startswith(("SCAN", "SEARCH")))
        assert first.startswith("SCAN town_text VIRTUAL TABLE INDEX 0:M")
        assert "SCAN shown VIRTUAL TABLE INDEX 0:=M" in plan
    assert all_rows.count("SEARCH town USING INTEGER PRIMARY KEY (rowid=?)") == 1
    assert some_rows.count("SEARCH town USING INTEGER PRIMARY KEY (rowid=?)") == 2
