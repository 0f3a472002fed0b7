"""The dialects: transactions, isolation levels, reflection."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import (
    Column,
    Computed,
    DateTime,
    Engine,
    Integer,
    MetaData,
    Numeric,
    Result,
    String,
    Table,
    UniqueConstraint,
    create_engine,
    event,
    exc,
    func,
    insert,
    inspect,
    select,
    text,
)
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.orm import DeclarativeBase, Session

from microcosm_sqlite.engines import dbapi
from microcosm_sqlite.engines.dialect import APSWDialect, StrictAPSWDialect


class Base(DeclarativeBase):
    pass


class Person(Base):
    __tablename__ = "person"
    id = Column(Integer, primary_key=True)
    name = Column(String, unique=True)


@pytest.fixture(params=["SERIALIZABLE", "READ COMMITTED"])
def engine(tmp_path: Path, request: pytest.FixtureRequest) -> Engine:
    """Return an engine on a new file, once per level that has transactions."""
    engine = create_engine(
        f"sqlite+apsw:///{tmp_path}/x.db", isolation_level=request.param, connect_args={"timeout": 0}
    )
    Base.metadata.create_all(engine)
    return engine


@pytest.fixture
def reading(tmp_path: Path) -> Engine:
    """Return an engine whose reads hold no lock."""
    engine = create_engine(
        f"sqlite+apsw:///{tmp_path}/x.db", isolation_level="READ COMMITTED", connect_args={"timeout": 0}
    )
    Base.metadata.create_all(engine)
    return engine


def names(connection: Any) -> list[str]:
    """Return all names, in order."""
    return list(connection.scalars(select(Person.name).order_by(Person.name)))


def driver_of(connection: Any) -> Any:
    """Return the connection of the driver."""
    return connection.connection.dbapi_connection


def test_entry_points_name_the_dialects() -> None:
    """Both dialects are found by their URLs."""
    assert type(create_engine("sqlite+apsw://").dialect) is APSWDialect
    assert type(create_engine("sqlite+apsw_strict://").dialect) is StrictAPSWDialect


def test_dialect_knows_its_versions() -> None:
    """The server's version is SQLite's, the driver's is APSW's."""
    engine = create_engine("sqlite+apsw://")
    with engine.connect():
        assert engine.dialect.server_version_info == dbapi.sqlite_version_info
    assert engine.dialect.retrieve_dbapi_version(APSWDialect.import_dbapi())[:3] == dbapi.sqlite_version_info[:3]


def test_driver_plugs_into_the_built_in_dialect(tmp_path: Path) -> None:
    """With module= the driver serves SQLAlchemy's own dialect, and the URL stays sqlite:///."""
    engine = create_engine(f"sqlite:///{tmp_path}/x.db", module=dbapi)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Person(name="a"))
        session.commit()
        assert names(session) == ["a"]
    with engine.connect() as connection:
        connection.execute(insert(Person).values(name="b"))
        connection.rollback()
        assert names(connection) == ["a"]
        connection.connection.invalidate()
    assert str(engine.url) == f"sqlite:///{tmp_path}/x.db"


def test_rolled_back_ddl_is_gone(engine: Engine) -> None:
    """CREATE TABLE is part of the transaction."""
    with engine.connect() as connection:
        connection.execute(text("CREATE TABLE u (a)"))
        connection.execute(text("INSERT INTO u VALUES (1)"))
        connection.rollback()

    assert not inspect(engine).has_table("u")


def test_savepoints_undo_what_is_inside_them(engine: Engine) -> None:
    """A nested transaction is undone alone, another is kept, and nothing is committed before the end."""
    with engine.connect() as connection:
        with connection.begin_nested():
            connection.execute(insert(Person).values(name="kept"))
        undone = connection.begin_nested()
        connection.execute(insert(Person).values(name="undone"))
        undone.rollback()
        with engine.connect() as other:
            assert names(other) == []
        connection.commit()

    with engine.connect() as connection:
        assert names(connection) == ["kept"]


def test_savepoint_as_first_write_can_be_rolled_back_whole(engine: Engine) -> None:
    """Releasing the outermost savepoint does not commit."""
    with engine.connect() as connection:
        with connection.begin_nested():
            connection.execute(insert(Person).values(name="a"))
        connection.rollback()
        assert names(connection) == []


def test_sessions_survive_a_failed_savepoint(engine: Engine) -> None:
    """A duplicate inside begin_nested leaves the session and its earlier rows usable."""
    with Session(engine) as session:
        session.add(Person(name="a"))
        session.flush()
        with pytest.raises(exc.IntegrityError, match="UNIQUE constraint failed"), session.begin_nested():
            session.execute(insert(Person).values(name="a"))
        session.add(Person(name="b"))
        session.commit()
        assert names(session) == ["a", "b"]


def test_writes_are_one_transaction(engine: Engine) -> None:
    """What is written before a failure is undone with it, and seen by nobody before the commit."""
    with pytest.raises(exc.IntegrityError), engine.begin() as connection:  # noqa: PT012 - the block is the transaction
        connection.execute(insert(Person).values(name="a"))
        connection.execute(insert(Person).values(name="a"))

    with engine.connect() as connection:
        assert names(connection) == []


def test_returning_and_upsert(engine: Engine) -> None:
    """RETURNING gives back keys in bulk, ON CONFLICT the changed row; both count."""
    with engine.begin() as connection:
        rows = [{"name": name} for name in "abc"]
        inserted: Result[Any] = connection.execute(
            insert(Person).returning(Person.id, sort_by_parameter_order=True), rows
        )
        assert inserted.scalars().all() == [1, 2, 3]
        statement = upsert(Person).values(id=1, name="z")
        changed: Result[Any] = connection.execute(
            statement.on_conflict_do_update(index_elements=["id"], set_={"name": statement.excluded.name}).returning(
                Person.name
            )
        )
        assert changed.scalars().all() == ["z"]
        updated = connection.execute(text("UPDATE person SET name = name || '!' WHERE id < 3"))
        assert updated.rowcount == 2
        many = connection.execute(text("DELETE FROM person WHERE id = :id"), [{"id": 1}, {"id": 2}, {"id": 9}])
        assert many.rowcount == 2


def test_reads_freeze_a_snapshot_only_when_serializable(engine: Engine) -> None:
    """SERIALIZABLE keeps a writer out while it reads, READ COMMITTED does not, nor misses what it commits."""
    with engine.connect() as reader, engine.connect() as writer:
        assert names(reader) == []
        if engine.dialect.default_isolation_level == "SERIALIZABLE":
            with pytest.raises(exc.OperationalError, match="database is locked"), writer.begin():
                writer.execute(insert(Person).values(name="a"))
        else:
            with writer.begin():
                writer.execute(insert(Person).values(name="a"))
            assert names(reader) == ["a"]


def test_read_committed_begins_with_the_first_write(reading: Engine) -> None:
    """No transaction is open before a write, one is after it, none after its end."""
    with reading.connect() as connection:
        driver = driver_of(connection)
        names(connection)
        assert not driver.in_transaction
        connection.execute(insert(Person).values(name="a"))
        assert driver.in_transaction
        connection.rollback()
        assert not driver.in_transaction
        assert names(connection) == []


def test_long_lived_sessions_do_not_block_writers(reading: Engine) -> None:
    """A session that has read and stays open holds nothing against others (B9)."""
    with Session(reading) as idle, Session(reading) as writer:
        names(idle)
        writer.add(Person(name="a"))
        writer.commit()
        assert names(idle) == ["a"]


def test_autocommit_commits_every_statement(engine: Engine) -> None:
    """Under AUTOCOMMIT a rollback undoes nothing."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(insert(Person).values(name="a"))
        connection.rollback()
        assert names(connection) == ["a"]
        assert engine.dialect.detect_autocommit_setting(driver_of(connection))


@pytest.mark.parametrize("level", ["READ COMMITTED", "AUTOCOMMIT", "READ UNCOMMITTED", "SERIALIZABLE"])
def test_levels_of_one_connection_end_with_it(engine: Engine, level: str) -> None:
    """A level set by execution options is in force, and reset when the connection returns to the pool."""
    with engine.connect() as connection:
        before = connection.get_isolation_level()
        driver = driver_of(connection)
    with engine.connect().execution_options(isolation_level=level) as connection:
        assert connection.get_isolation_level() == level
        assert driver_of(connection) is driver
    with engine.connect() as connection:
        assert driver_of(connection) is driver
        assert connection.get_isolation_level() == before


@pytest.mark.parametrize("level", ["READ_COMMITTED", "read committed", "AUTOCOMMIT", "SERIALIZABLE"])
def test_levels_of_an_engine_hold_for_all_its_connections(tmp_path: Path, level: str) -> None:
    """The level of create_engine is what connections start with and return to, however it is spelt."""
    engine = create_engine(f"sqlite+apsw:///{tmp_path}/x.db", isolation_level=level)
    for _ in range(2):
        with engine.connect() as connection:
            assert connection.get_isolation_level() == level.replace("_", " ").upper()
            connection.execution_options(isolation_level="READ UNCOMMITTED")


def test_unknown_levels_are_refused(tmp_path: Path) -> None:
    """A level SQLite does not have names those it has."""
    with pytest.raises(exc.ArgumentError, match="READ COMMITTED"):
        create_engine(f"sqlite+apsw:///{tmp_path}/x.db", isolation_level="REPEATABLE READ").connect()


def test_recipes_for_the_built_in_dialect_keep_working(tmp_path: Path) -> None:
    """Code that takes transactions over with isolation_level=None and its own BEGIN does not begin twice."""
    engine = create_engine(f"sqlite+apsw:///{tmp_path}/x.db")

    @event.listens_for(engine, "connect")
    def take_over(dbapi_connection: Any, _: Any) -> None:
        dbapi_connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE t (a)"))
        connection.rollback()
    assert not inspect(engine).has_table("t")


def test_transactions_can_be_immediate(tmp_path: Path) -> None:
    """connect_args choose the kind of BEGIN; None leaves transactions to the caller."""
    url = f"sqlite+apsw:///{tmp_path}/x.db"
    with create_engine(url, connect_args={"isolation_level": "IMMEDIATE"}).connect() as connection:
        connection.execute(text("SELECT 1"))
        with pytest.raises(exc.OperationalError, match="locked"):
            create_engine(url, connect_args={"timeout": 0}).connect().execute(text("CREATE TABLE t (a)"))
    with create_engine(url, connect_args={"isolation_level": None}).connect() as connection:
        connection.execute(text("CREATE TABLE t (a)"))
        connection.rollback()
        assert inspect(connection).has_table("t")


@pytest.mark.parametrize("name", ["a%3Fb.db", "a b.db", "a%2523.db"])
def test_urls_name_one_file(tmp_path: Path, name: str) -> None:
    """What a URL spells percent-encoded is the name of the file, nothing is cut off at a question mark."""
    engine = create_engine(f"sqlite+apsw:///{tmp_path}/{name}")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE t (a)"))

    assert [str(path) for path in tmp_path.iterdir()] == [engine.url.database]


def test_reflection_sees_what_only_sqlite_has(engine: Engine) -> None:
    """STRICT, WITHOUT ROWID, generated columns, and constraints are reflected."""
    with engine.begin() as connection:
        connection.execute(
            text(
                "CREATE TABLE p (a INTEGER PRIMARY KEY, b TEXT GENERATED ALWAYS AS (a * 2) STORED, c TEXT,"
                " CONSTRAINT uq_c UNIQUE (c)) STRICT, WITHOUT ROWID"
            )
        )
    reflected = Table("p", MetaData(), autoload_with=engine)

    assert inspect(engine).get_table_options("p") == {"sqlite_with_rowid": False, "sqlite_strict": True}
    assert isinstance(reflected.c.b.computed, Computed)
    assert reflected.c.b.computed.persisted
    assert {unique.name for unique in reflected.constraints if isinstance(unique, UniqueConstraint)} == {"uq_c"}


def test_strict_dialect_makes_strict_tables() -> None:
    """Tables are STRICT with the types it knows, unless they say otherwise."""
    engine = create_engine("sqlite+apsw_strict://")
    metadata = MetaData()
    Table("t", metadata, Column("id", Integer, primary_key=True), Column("at", DateTime), Column("n", Numeric(10, 2)))
    Table("loose", metadata, Column("id", Integer, primary_key=True), sqlite_strict=False)
    metadata.create_all(engine)

    assert inspect(engine).get_table_options("t") == {"sqlite_strict": True}
    assert inspect(engine).get_table_options("loose") == {}


def test_regular_expressions_match_anywhere(engine: Engine) -> None:
    """regexp_match searches with Python's regular expressions and keeps NULL."""
    with engine.begin() as connection:
        connection.execute(insert(Person), [{"name": "abc"}, {"name": None}])
        found: Any = connection.execute(select(Person.name.regexp_match("^.b")).order_by(Person.id)).scalars().all()

    assert found == [True, None]


def test_floor_keeps_null(engine: Engine) -> None:
    """Floor is SQLite's own, so that the floor of NULL is NULL."""
    with engine.connect() as connection:
        assert tuple(connection.execute(select(func.floor(1.5), func.floor(text("NULL")))).one()) == (1, None)


def test_lost_connections_are_recognised(engine: Engine) -> None:
    """A connection closed behind SQLAlchemy's back is replaced."""
    with engine.connect() as connection:
        driver_of(connection).close()
        with pytest.raises(exc.ProgrammingError) as caught:
            connection.execute(text("SELECT 1"))
        assert caught.value.connection_invalidated
        connection.rollback()
        assert names(connection) == []
