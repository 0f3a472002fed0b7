"""Full text is declared with the model, and what cannot be met is refused there."""

from collections.abc import Callable
from typing import Any

import apsw
import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from microcosm_sqlite import DataSet
from microcosm_sqlite.full_text import FOLDED_WORDS, FullText, full_text_indexes, full_text_of, quoted
from microcosm_sqlite.types import EnumType
from tests.towns import Field, Kind, Person, Street, Town, Towns


def declared(*arguments: Any, **options: Any) -> Table:
    """Return a table with these arguments besides its two columns."""
    columns = (Column("id", Integer, primary_key=True), Column("name", String))
    return Table("town", MetaData(), *columns, *arguments, **options)


def test_a_model_declares_it() -> None:
    """With columns, weights, prefixes; named after its table, numbered by an integer key or by SQLite."""
    town, field, street = (full_text_of(model.__table__) for model in (Town, Field, Street))

    assert town is not None
    assert (town.name, town.row_column, town.weights, town.prefix) == ("town_text", "id", (10.0, 1.0), (2, 3))
    assert (town.columns, town.tokenizer) == (("name", "nickname"), FOLDED_WORDS)
    assert field is not None
    assert (field.row_column, field.tokenizer, field.weights) == ("rowid", "trigram", (1.0,))
    assert street is not None
    assert street.row_column == "rowid"
    assert full_text_of(Person.__table__) is None


def test_indexes_come_by_name() -> None:
    """Whatever the order of declaration."""
    assert [index.name for index in full_text_indexes(Towns.metadata)] == ["field_text", "street_text", "town_text"]


def test_a_declaration_may_be_shared() -> None:
    """By a mixin that several models have."""

    class Things(DataSet, DeclarativeBase):
        pass

    class Named:
        __table_args__ = (FullText("name"),)
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]

    class Cup(Named, Things):
        __tablename__ = "cup"

    class Pot(Named, Things):
        __tablename__ = "pot"

    assert [index.name for index in full_text_indexes(Things.metadata)] == ["cup_text", "pot_text"]
    assert full_text_of(Cup.__table__) != full_text_of(Pot.__table__)


def test_it_may_come_before_the_columns() -> None:
    """In a table that is made by hand."""
    table = Table("town", MetaData(), FullText("name"), Column("id", Integer, primary_key=True), Column("name", String))

    assert full_text_of(table) is not None


@pytest.mark.parametrize(
    "table",
    [
        Table(
            "a'b\"c d",
            MetaData(),
            Column("ke'y", Integer, primary_key=True),
            Column('na"me', String),
            FullText('na"me'),
        ),
        Table(
            "order", MetaData(), Column("group", String, primary_key=True), Column("select", String), FullText("select")
        ),
        declared(FullText("name", tokenizer="unicode61 tokenchars '-_'", prefix=[1], name="o'dd")),
        declared(FullText("name", tokenizer="trigram case_sensitive 1")),
        declared(FullText("name", tokenizer="porter unicode61 remove_diacritics 1")),
    ],
    ids=lambda table: table.name,
)
def test_its_sql_is_right_whatever_the_names(table: Table) -> None:
    """SQLite takes it, and finds what triggers and a rebuild put there."""
    index = full_text_of(table)
    assert index is not None
    text, key = index.columns[0], table.primary_key.columns[0]
    kind = "INTEGER" if isinstance(key.type, Integer) else "TEXT"
    connection = apsw.Connection(":memory:")
    connection.execute(
        f"CREATE TABLE {quoted(table.name)} ({quoted(key.name)} {kind} PRIMARY KEY, {quoted(text)} TEXT)"
    )
    connection.execute(index.create_statement)
    for statement in index.triggers.values():
        connection.execute(statement)

    connection.execute(f"INSERT INTO {quoted(table.name)} VALUES (7, 'paris'), (8, 'london')")
    connection.execute(f"UPDATE {quoted(table.name)} SET {quoted(text)} = 'parma' WHERE {quoted(text)} = 'london'")
    connection.execute(f"DELETE FROM {quoted(table.name)} WHERE {quoted(text)} = 'paris'")

    query = f"SELECT {quoted(text)} FROM {quoted(index.name)} WHERE {quoted(index.name)} MATCH ?"
    assert connection.execute(query, ("paris OR london OR parma",)).fetchall() == [("parma",)]
    for statement in index.refill_statements:
        connection.execute(statement)
    assert connection.execute(query, ("parma",)).fetchall() == [("parma",)]
    connection.execute(f"INSERT INTO {quoted(index.name)} ({quoted(index.name)}, rank) VALUES ('integrity-check', 1)")


@pytest.mark.parametrize(
    ("declare", "message"),
    [
        (lambda: declared(FullText("name"), sqlite_with_rowid=False), "table 'town' is WITHOUT ROWID"),
        (lambda: declared(FullText("nmae")), "no column 'nmae'; there are id, name"),
        (lambda: declared(FullText("name"), FullText("id")), "table 'town' has a FullText already"),
        (lambda: declared(Column("rank", String), FullText("rank")), "another use for the name 'rank'"),
        (lambda: declared(FullText("name", name="name")), "another use for the name 'name'"),
        (lambda: declared(Column("rowid", String, primary_key=True), FullText("name")), "'rowid', which hides"),
        (FullText, "names of columns, each once, not"),
        (lambda: FullText("name", "NAME"), "names of columns, each once, not"),
        (lambda: FullText("name", weights=(1, 2)), "a weight from 0 upwards for each"),
        (lambda: FullText("name", weights=(-1,)), "a weight from 0 upwards for each"),
        (lambda: FullText("name", weights=(float("nan"),)), "a weight from 0 upwards for each"),
        (lambda: FullText("name", prefix=(0,)), "a prefix has from 1 to 999 characters"),
        (lambda: FullText("name", tokenizer=" "), "needs a tokenizer"),
    ],
)
def test_what_cannot_be_met_is_refused(declare: Callable[[], object], message: str) -> None:
    """When it is declared, not when somebody looks something up."""
    with pytest.raises(ValueError, match=message):
        declare()


def test_keys_of_a_type_of_their_own() -> None:
    """An enum is text, so SQLite numbers the rows."""
    table = Table("t", MetaData(), Column("kind", EnumType(Kind), primary_key=True), Column("a", String), FullText("a"))
    index = full_text_of(table)

    assert index is not None
    assert index.row_column == "rowid"
