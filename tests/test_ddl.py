"""Tables, every one STRICT, in an order that never varies."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import (
    ARRAY,
    Boolean,
    Column,
    Computed,
    Connection,
    Engine,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    create_engine,
    insert,
    inspect,
    text,
)
from sqlalchemy.exc import CompileError, IntegrityError
from sqlalchemy.schema import CreateTable
from sqlalchemy.types import UserDefinedType

from microcosm_sqlite.ddl import (
    create_tables,
    create_tables_for_loading,
    drop_tables,
    is_maintained,
    order_indexes,
    refresh_full_text,
    renew_indexes,
    strict_type,
)
from microcosm_sqlite.full_text import full_text_indexes, full_text_of
from tests.towns import Town, Towns


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """Return an engine with strict tables on a new file."""
    return create_engine(f"sqlite+apsw_strict:///{tmp_path}/ddl.sqlite")


def declared(engine: Engine, table: Table) -> str:
    """Return the CREATE TABLE statement of *table* on one line."""
    return " ".join(str(CreateTable(table).compile(engine)).split())


@pytest.mark.parametrize(
    ("written", "strict"),
    [
        ("INTEGER", "INTEGER"),
        ("BIGINT", "INTEGER"),
        ("tinyint(3)", "INTEGER"),
        ("BOOLEAN", "INTEGER"),
        ("VARCHAR", "TEXT"),
        ("VARCHAR(20)", "TEXT"),
        ("NVARCHAR(20)", "TEXT"),
        ("CLOB", "TEXT"),
        ("TEXT", "TEXT"),
        ("DATE", "TEXT"),
        ("DATETIME", "TEXT"),
        ("TIME", "TEXT"),
        ("TIMESTAMP", "TEXT"),
        ("JSON", "TEXT"),
        ("UUID", "TEXT"),
        ("BLOB", "BLOB"),
        ("VARBINARY(16)", "BLOB"),
        ("REAL", "REAL"),
        ("FLOAT", "REAL"),
        ("DOUBLE PRECISION", "REAL"),
        ("NUMERIC(10, 2)", "REAL"),
        ("DECIMAL(10, 2)", "REAL"),
        ("GEOMETRY", "ANY"),
        ('VARCHAR(20) COLLATE "NOCASE"', 'TEXT COLLATE "NOCASE"'),
        ('VARCHAR COLLATE "NOCASE"', 'TEXT COLLATE "NOCASE"'),
    ],
)
def test_strict_type(written: str, strict: str) -> None:
    """Each declared type becomes one of the names that a STRICT table knows."""
    assert strict_type(written) == strict


def test_tables_are_strict(engine: Engine) -> None:
    """A table says STRICT without being asked to."""
    table = Table("dog", MetaData(), Column("id", Integer, primary_key=True), Column("name", String(20)))

    assert declared(engine, table) == "CREATE TABLE dog ( id INTEGER NOT NULL, name TEXT, PRIMARY KEY (id) ) STRICT"


def test_other_table_options_stay(engine: Engine) -> None:
    """WITHOUT ROWID and STRICT go together."""
    table = Table("dog", MetaData(), Column("id", Integer, primary_key=True), sqlite_with_rowid=False)

    assert declared(engine, table).endswith(") WITHOUT ROWID, STRICT")


@pytest.mark.parametrize(("option", "is_strict"), [(True, True), (False, False)])
def test_a_table_may_decide_for_itself(engine: Engine, option: bool, is_strict: bool) -> None:  # noqa: FBT001
    """`sqlite_strict` on the table is heeded."""
    table = Table("dog", MetaData(), Column("id", Integer, primary_key=True), sqlite_strict=option)

    assert declared(engine, table).endswith("STRICT") is is_strict


def test_wrong_types_are_refused(engine: Engine) -> None:
    """Text in an integer column is an error at once, not text in an integer column."""
    metadata = MetaData()
    table = Table("dog", metadata, Column("id", Integer, primary_key=True), Column("age", Integer))
    with engine.begin() as connection:
        create_tables(metadata, connection)

    with engine.begin() as connection, pytest.raises(IntegrityError, match="cannot store TEXT value in INTEGER column"):
        connection.execute(insert(table), {"age": "old"})


def test_every_feature_of_a_table_arrives(engine: Engine) -> None:
    """Foreign keys, indexes, defaults and computed columns are there after creation."""
    metadata = MetaData()
    Table("owner", metadata, Column("id", Integer, primary_key=True))
    Table(
        "dog",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("name", String, server_default="Rex", index=True),
        Column("shout", String, Computed("upper(name)")),
        Column("is_good", Boolean, server_default=text("1")),
        Column("owner_id", ForeignKey("owner.id", ondelete="CASCADE")),
    )
    with engine.begin() as connection:
        create_tables(metadata, connection)
        connection.exec_driver_sql("INSERT INTO dog (id) VALUES (1)")
        row = connection.exec_driver_sql("SELECT name, shout, is_good FROM dog").one()
        seen = inspect(connection)
        keys, indexes = seen.get_foreign_keys("dog"), seen.get_indexes("dog")

    assert tuple(row) == ("Rex", "REX", 1)
    assert (keys[0]["referred_table"], keys[0]["options"]) == ("owner", {"ondelete": "CASCADE"})
    assert [index["name"] for index in indexes] == ["ix_dog_name"]


def test_type_without_affinity_takes_anything(engine: Engine) -> None:
    """A user's own SQL type becomes ANY, which keeps values as they are."""

    class Shape(UserDefinedType[Any]):
        cache_ok = True

        def get_col_spec(self, **_: Any) -> str:
            return "SHAPE(2)"

    table = Table("spot", MetaData(), Column("id", Integer, primary_key=True), Column("at", Shape()))

    assert "at ANY" in declared(engine, table)


def test_unknown_sqlalchemy_type_is_refused_by_sqlalchemy(engine: Engine) -> None:
    """A type that SQLite has no form for is SQLAlchemy's error, not a silent ANY."""
    table = Table("dog", MetaData(), Column("id", Integer, primary_key=True), Column("names", ARRAY(String)))

    with pytest.raises(CompileError, match="ARRAY"):
        declared(engine, table)


def test_create_tables_leaves_existing_ones_alone(engine: Engine) -> None:
    """Creating twice keeps the rows."""
    metadata = MetaData()
    table = Table("dog", metadata, Column("id", Integer, primary_key=True))
    with engine.begin() as connection:
        create_tables(metadata, connection)
        connection.execute(insert(table), {"id": 1})
        create_tables(metadata, connection)

        assert connection.execute(table.select()).all() == [(1,)]


def test_drop_tables_drops_only_what_the_metadata_has(engine: Engine) -> None:
    """Tables of others stay."""
    mine, theirs = MetaData(), MetaData()
    Table("dog", mine, Column("id", Integer, primary_key=True))
    Table("cat", theirs, Column("id", Integer, primary_key=True))
    with engine.begin() as connection:
        create_tables(mine, connection)
        create_tables(theirs, connection)
        drop_tables(mine, connection)

        assert inspect(connection).get_table_names() == ["cat"]


def test_order_indexes_by_name() -> None:
    """Indexes come in the order of their names."""
    table = Table("dog", MetaData(), *(Column(name, Integer) for name in "dbca"))
    for column in table.columns:
        Index(f"ix_{column.name}", column)

    order_indexes(table.metadata)

    assert [index.name for index in table.indexes] == ["ix_a", "ix_b", "ix_c", "ix_d"]


SCRIPT = """
from sqlalchemy import Column, Index, Integer, MetaData, Table, create_engine
from microcosm_sqlite.ddl import create_tables
metadata = MetaData()
for name in ("dog", "cat"):
    table = Table(name, metadata, *(Column(column, Integer) for column in "abcdefgh"))
    for column in table.columns:
        Index(f"ix_{name}_{column.name}", column)
with create_engine("sqlite+apsw_strict://").begin() as connection:
    create_tables(metadata, connection)
    print(connection.exec_driver_sql("SELECT name FROM sqlite_schema").scalars().all())
"""


@pytest.mark.slow
def test_tables_come_in_the_same_order_whatever_the_hash_seed() -> None:
    """Four interpreters with different hash seeds write the same schema."""
    schemas = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in range(4)
    }

    assert len(schemas) == 1


class TestFullText:
    """The indexes that tables declare come and go with them."""

    @staticmethod
    def names(connection: Connection) -> set[str]:
        """Return the names of all tables and triggers."""
        query = "SELECT name FROM sqlite_schema WHERE type IN ('table', 'trigger')"
        return set(connection.exec_driver_sql(query).scalars())

    def test_it_follows_changes_unless_it_is_for_loading(self, engine: Engine) -> None:
        """By triggers, which go when a database becomes a workbench, and come back with what was missed."""
        index = full_text_of(Town.__table__)
        assert index is not None
        query = "SELECT count(*) FROM town_text WHERE town_text MATCH 'parma'"
        with engine.begin() as connection:
            create_tables(Towns.metadata, connection)
            assert is_maintained(index, connection)
            create_tables_for_loading(Towns.metadata, connection)
            assert not is_maintained(index, connection)
            connection.execute(insert(Town), {"id": 1, "name": "Parma", "country": "IT"})
            assert connection.exec_driver_sql(query).scalar() == 0
            create_tables(Towns.metadata, connection)

            assert connection.exec_driver_sql(query).scalar() == 1

    def test_what_goes_past_triggers_is_found_after_a_refresh(self, engine: Engine) -> None:
        """`INSERT OR REPLACE` deletes rows without a word."""
        index = full_text_of(Town.__table__)
        assert index is not None
        query = "SELECT count(*) FROM town_text WHERE town_text MATCH 'parma'"
        with engine.begin() as connection:
            create_tables(Towns.metadata, connection)
            connection.execute(insert(Town), {"id": 1, "name": "Parma", "country": "IT"})
            connection.exec_driver_sql("INSERT OR REPLACE INTO town (id, name, country) VALUES (1, 'Pisa', 'IT')")

            refresh_full_text(index, connection)

            assert connection.exec_driver_sql(query).scalar() == 0

    def test_dropping_leaves_nothing(self, engine: Engine) -> None:
        """No index, nothing behind it, no trigger."""
        with engine.begin() as connection:
            create_tables(Towns.metadata, connection)
            drop_tables(Towns.metadata, connection)

            assert self.names(connection) == set()

    def test_renewing_leaves_out_what_has_no_columns(self, engine: Engine) -> None:
        """A migration may have taken a column away that a later one brings back."""
        with engine.begin() as connection:
            create_tables(Towns.metadata, connection)
            connection.exec_driver_sql("DROP INDEX ix_field_place")
            connection.exec_driver_sql("DROP TABLE town")

            renew_indexes(Towns.metadata, connection)

            assert {"field_text", "street_text"} <= self.names(connection)
            assert "town_text" not in self.names(connection)
            assert "ix_field_place" in {index["name"] for index in connection.exec_driver_sql(
                "SELECT name FROM pragma_index_list('field')"
            ).mappings()}  # fmt: skip

    def test_all_of_them_are_made(self, engine: Engine) -> None:
        """Under their names."""
        with engine.begin() as connection:
            create_tables_for_loading(Towns.metadata, connection)

            assert {index.name for index in full_text_indexes(Towns.metadata)} <= self.names(connection)
