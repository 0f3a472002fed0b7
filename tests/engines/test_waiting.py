from collections.abc import Iterator

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError, OperationalError

from microcosm_sqlite.engines import opening
from microcosm_sqlite.engines.opening import EngineOptions


@pytest.fixture
def engine() -> Iterator[Engine]:
    """An engine on a database in memory with one empty table."""
    engine = opening.open_memory(name="plants", options=EngineOptions())
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE plant (id INTEGER PRIMARY KEY) STRICT")
    yield engine
    engine.dispose()


def test_who_waits_in_memory_is_told_for_what(engine: Engine) -> None:
    """A reader beside changes that are not committed; it is the error that it always was, and has its code."""
    with engine.connect() as writer, opening.reading_engine(engine).connect() as reader:
        reader.exec_driver_sql("PRAGMA busy_timeout = 0")
        writer.exec_driver_sql("INSERT INTO plant VALUES (1)")

        with pytest.raises(
            OperationalError,
            match=r"database is locked: another session on data set 'plants', which lies in memory, has changes that "
            r"it did not commit.*Commit, roll back or close that one first",
        ) as caught:
            reader.exec_driver_sql("SELECT * FROM plant")
        writer.rollback()

        assert caught.value.orig.sqlite_errorcode == 5  # type: ignore[union-attr]
        assert reader.exec_driver_sql("SELECT count(*) FROM plant").scalar() == 0


def test_other_errors_stay_what_they_are(engine: Engine) -> None:
    """Nothing is said of waiting where nobody waited."""
    with engine.begin() as connection, pytest.raises(IntegrityError, match="UNIQUE constraint failed"):
        connection.exec_driver_sql("INSERT INTO plant VALUES (1), (1)")
