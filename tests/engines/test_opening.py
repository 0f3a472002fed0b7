"""A database as an engine, in the one way that fits what it is."""

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.pool import NullPool, QueuePool, StaticPool

from microcosm_sqlite.engines import dbapi, opening
from microcosm_sqlite.engines.opening import EngineOptions
from microcosm_sqlite.errors import (
    ArtifactCorruptError,
    DataSetNotFoundError,
    EmptyDataSetError,
    ReadOnlyDataSetError,
    StatementTimeoutError,
)

Open = Callable[..., Engine]

OPTIONS = EngineOptions(looked=lambda: ("here", "there"))


@pytest.fixture
def opened() -> Iterator[Callable[[Engine], Engine]]:
    """Return a function that takes an engine and disposes it afterwards."""
    engines: list[Engine] = []

    def keep(engine: Engine) -> Engine:
        engines.append(engine)
        return engine

    yield keep
    for engine in engines:
        engine.dispose()


def run(engine: Engine, statement: str) -> Any:
    """Return the first value of *statement*, committed."""
    with engine.begin() as connection:
        result = connection.execute(text(statement))
        return result.scalar() if result.returns_rows else None


class TestEveryEngine:
    @pytest.fixture(params=["mutable", "read_only", "sealed", "uri"])
    def engine(self, request: pytest.FixtureRequest, opened: Any, kennel_path: Path, artifact_path: Path) -> Engine:
        """Return an engine of each kind, with the same rows."""
        match request.param:
            case "sealed":
                engine = opening.open_sealed(artifact_path, name="kennel", options=OPTIONS)
            case "uri":
                engine = opening.open_uri(f"file:{kennel_path}?uri=true", name="kennel", options=OPTIONS)
            case kind:
                engine = getattr(opening, f"open_{kind}")(kennel_path, name="kennel", options=OPTIONS)
        return opened(engine)  # type: ignore[no-any-return]

    def test_reads(self, engine: Engine) -> None:
        """Rows come."""
        assert run(engine, "SELECT count(*) FROM dog") == 4

    def test_reads_in_many_threads(self, engine: Engine) -> None:
        """Thirty threads at once get their answers, all with their connections held."""
        barrier, found = threading.Barrier(30), []

        def read() -> None:
            with engine.connect() as connection:
                connection.execute(text("SELECT 1"))
                barrier.wait(timeout=20)
                found.append(connection.execute(text("SELECT count(*) FROM dog")).scalar())

        threads = [threading.Thread(target=read) for _ in range(30)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=30)

        assert found == [4] * 30

    def test_missing_table_is_an_error_of_sqlalchemy(self, engine: Engine) -> None:
        """In a database that has tables, a wrong name is what it always was."""
        with pytest.raises(OperationalError, match="no such table: cat"):
            run(engine, "SELECT * FROM cat")

    def test_uses_strict_dialect(self, engine: Engine) -> None:
        """Engines share one dialect."""
        assert (engine.dialect.name, engine.dialect.driver) == ("sqlite", "apsw")


class TestMutable:
    def test_url_names_the_path(self, opened: Any, kennel_path: Path) -> None:
        """Users of 2.0.0 log and compare the URL."""
        engine = opened(opening.open_mutable(kennel_path, name="kennel", options=OPTIONS))

        assert str(engine.url) == f"sqlite:///{kennel_path}"

    def test_writes(self, opened: Any, kennel_path: Path) -> None:
        """What is committed stays, also for another engine."""
        run(opened(opening.open_mutable(kennel_path, name="kennel", options=OPTIONS)), "DELETE FROM visit")
        again = opened(opening.open_mutable(kennel_path, name="kennel", options=OPTIONS))

        assert run(again, "SELECT count(*) FROM visit") == 0

    def test_missing_file(self, opened: Any, tmp_path: Path) -> None:
        """Connecting says which data set, where it was looked for, what to do; no file is made."""
        path = tmp_path / "none.sqlite"
        engine = opened(opening.open_mutable(path, name="kennel", options=OPTIONS))

        with pytest.raises(DataSetNotFoundError) as raised:
            run(engine, "SELECT 1")
        assert str(raised.value) == (
            f"data set 'kennel' was not found. Looked at: here; there. There is no file {path}. "
            "Correct the path, ship the file, or create it with create_all(graph)."
        )
        assert not path.exists()

    def test_empty_database(self, opened: Any, tmp_path: Path) -> None:
        """A database without any table says so instead of "no such table"."""
        path = tmp_path / "empty.sqlite"
        path.touch()
        engine = opened(opening.open_mutable(path, name="kennel", options=OPTIONS))

        with pytest.raises(EmptyDataSetError) as raised:
            run(engine, "SELECT * FROM dog")
        assert str(raised.value) == (
            f"data set 'kennel' at {path} holds no tables. Chosen after looking at: here; there. "
            "Install the distribution that carries 'kennel', configure sqlite.paths.kennel, "
            "or create the tables with create_all(graph)."
        )

    def test_foreign_keys_are_enforced(self, opened: Any, kennel_path: Path) -> None:
        """A dangling key is refused."""
        engine = opened(opening.open_mutable(kennel_path, name="kennel", options=OPTIONS))

        with pytest.raises(IntegrityError, match="FOREIGN KEY"):
            run(engine, "UPDATE dog SET owner_id = 99")

    def test_foreign_keys_may_be_left_alone(self, opened: Any, kennel_path: Path) -> None:
        """Without the option a dangling key goes in."""
        options = EngineOptions(foreign_keys=False)
        engine = opened(opening.open_mutable(kennel_path, name="kennel", options=options))
        run(engine, "UPDATE dog SET owner_id = 99")

        assert run(engine, "SELECT count(*) FROM dog WHERE owner_id = 99") == 4

    def test_ddl_is_transactional(self, opened: Any, kennel_path: Path) -> None:
        """A table that was made and rolled back is not there."""
        engine = opened(opening.open_mutable(kennel_path, name="kennel", options=OPTIONS))
        with engine.connect() as connection:
            connection.execute(text("CREATE TABLE cat (id)"))
            connection.rollback()

        assert run(engine, "SELECT count(*) FROM sqlite_schema WHERE name = 'cat'") == 0

    def test_autocommit(self, opened: Any, kennel_path: Path) -> None:
        """With the option every statement stands by itself."""
        engine = opened(opening.open_mutable(kennel_path, name="kennel", options=EngineOptions(autocommit=True)))
        with engine.connect() as connection:
            connection.execute(text("DELETE FROM visit"))
            connection.rollback()

        assert run(engine, "SELECT count(*) FROM visit") == 0

    @pytest.mark.parametrize("pool", [NullPool, StaticPool, QueuePool])
    def test_pool_of_choice(self, opened: Any, kennel_path: Path, pool: Any) -> None:
        """The pool class is the one asked for."""
        engine = opened(opening.open_mutable(kennel_path, name="kennel", options=EngineOptions(pool=pool)))

        assert type(engine.pool) is pool
        assert run(engine, "SELECT count(*) FROM dog") == 4

    def test_an_error_leaves_the_open_transaction_alone(self, opened: Any, tmp_path: Path) -> None:
        """Looking whether the database is empty disturbs nothing, even on a pool with one connection for all."""
        path = tmp_path / "one.sqlite"
        path.touch()
        engine = opened(opening.open_mutable(path, name="kennel", options=EngineOptions(pool=StaticPool)))
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE dog (id)"))
            with pytest.raises(OperationalError, match="no such table: cat"):
                connection.execute(text("SELECT * FROM cat"))

        assert run(engine, "SELECT count(*) FROM dog") == 0

    @pytest.mark.parametrize(
        "name",
        [
            "a?b.db",
            "a#b.db",
            "a%41.db",
            "a b.db",
            "a\nb.db",
            "a&b=c.db",
            "böse-数据-🐕.db",
            "a:b.db",
            "'\".db",
            "?mode=memory",
        ],
    )
    def test_paths_are_taken_literally(self, opened: Any, tmp_path: Path, name: str) -> None:
        """The file that is written is the one that was named, and no other appears."""
        path = tmp_path / name
        path.touch()
        run(opened(opening.open_mutable(path, name="kennel", options=OPTIONS)), "CREATE TABLE dog (id)")

        assert [found.name for found in tmp_path.iterdir()] == [name]
        assert path.stat().st_size > 0
        assert run(opened(opening.open_sealed(path, name="kennel", options=OPTIONS)), "SELECT count(*) FROM dog") == 0

    def test_paths_need_not_be_utf_8(self, opened: Any, tmp_path: Path) -> None:
        """A file name of any bytes will do."""
        path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.db"))
        path.touch()
        run(opened(opening.open_mutable(path, name="kennel", options=OPTIONS)), "CREATE TABLE dog (id)")

        assert [os.fsencode(found.name) for found in tmp_path.iterdir()] == [b"caf\xe9.db"]
        assert path.stat().st_size > 0


class TestMemory:
    def test_url(self, opened: Any) -> None:
        """The database is called what it always was."""
        assert opened(opening.open_memory(name="kennel", options=OPTIONS)).url.database == ":memory:"

    def test_shared_by_all_threads(self, opened: Any) -> None:
        """Another thread sees the tables and rows."""
        engine = opened(opening.open_memory(name="kennel", options=OPTIONS))
        run(engine, "CREATE TABLE dog (id)")
        found: list[Any] = []
        thread = threading.Thread(target=lambda: found.append(run(engine, "SELECT count(*) FROM dog")))
        thread.start()
        thread.join()

        assert found == [0]

    def test_lives_while_no_connection_is_in_use(self, opened: Any) -> None:
        """Without a pool, between two uses, nothing is lost."""
        engine = opened(opening.open_memory(name="kennel", options=EngineOptions(pool=NullPool)))
        run(engine, "CREATE TABLE dog (id)")

        assert run(engine, "SELECT count(*) FROM dog") == 0

    def test_engines_do_not_share(self, opened: Any) -> None:
        """Two engines are two databases."""
        run(opened(opening.open_memory(name="kennel", options=OPTIONS)), "CREATE TABLE dog (id)")

        with pytest.raises(EmptyDataSetError):
            run(opened(opening.open_memory(name="kennel", options=OPTIONS)), "SELECT * FROM dog")

    def test_is_gone_when_disposed(self, opened: Any) -> None:
        """Disposing drops the rows, and the engine works on with an empty database."""
        engine = opened(opening.open_memory(name="kennel", options=OPTIONS))
        run(engine, "CREATE TABLE dog (id)")
        engine.dispose()

        assert run(engine, "SELECT count(*) FROM sqlite_schema") == 0

    def test_is_another_one_when_it_was_disposed(self, opened: Any) -> None:
        """Whoever still has a connection keeps the rows to itself."""
        engine = opened(opening.open_memory(name="kennel", options=OPTIONS))
        run(engine, "CREATE TABLE dog (id)")
        with engine.connect() as held:
            engine.dispose()

            assert run(engine, "SELECT count(*) FROM sqlite_schema") == 0
            assert held.execute(text("SELECT count(*) FROM dog")).scalar() == 0


class TestURI:
    def test_mode_ro(self, opened: Any, kennel_path: Path) -> None:
        """What users wrote in order to read only goes on reading only."""
        engine = opened(opening.open_uri(f"file:{kennel_path}?mode=ro&uri=true", name="kennel", options=OPTIONS))

        assert run(engine, "SELECT count(*) FROM dog") == 4
        with pytest.raises(OperationalError, match="readonly"):
            run(engine, "DELETE FROM visit")

    def test_missing_file_is_not_created(self, opened: Any, tmp_path: Path) -> None:
        """Opening creates nothing, whatever the URI says."""
        engine = opened(opening.open_uri(f"file:{tmp_path}/none.sqlite?mode=rw", name="kennel", options=OPTIONS))

        with pytest.raises(DataSetNotFoundError, match="'kennel' was not found"):
            run(engine, "SELECT 1")
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["read_only", "sealed"])
class TestReadingOnly:
    @pytest.fixture
    def engine(self, kind: str, opened: Any, kennel_path: Path, artifact_path: Path) -> Engine:
        """Return an engine that only reads."""
        path = artifact_path if kind == "sealed" else kennel_path
        return opened(getattr(opening, f"open_{kind}")(path, name="kennel", options=OPTIONS))  # type: ignore[no-any-return]

    @pytest.mark.parametrize(
        "statement",
        [
            "INSERT INTO visit VALUES (2, '2026-01-01', NULL)",
            "DELETE FROM visit",
            "UPDATE dog SET name = 'Max'",
            "REPLACE INTO owner (id, name) VALUES (1, 'Eve')",
            "DROP TABLE visit",
            "CREATE TABLE cat (id)",
            "CREATE TEMP TABLE cat (id)",
            "CREATE INDEX ix ON dog (weight)",
            "ALTER TABLE dog RENAME TO cat",
            "VACUUM",
            "REINDEX",
            "ANALYZE",
            "PRAGMA user_version = 7",
            "PRAGMA journal_mode = WAL",
            "VACUUM INTO 'copy.sqlite'",
            "WITH one AS (SELECT 1) INSERT INTO visit SELECT 2, '2026-01-01', NULL FROM one",
        ],
    )
    def test_every_write_is_refused(
        self, kind: str, engine: Engine, statement: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Whichever way a write comes, nothing in the folder changes, and what can raise our error does."""
        monkeypatch.chdir(tmp_path)
        before = contents(tmp_path)

        if (kind, statement) == ("sealed", "PRAGMA journal_mode = WAL"):
            assert run(engine, statement) == "delete"
        else:
            with pytest.raises(ReadOnlyDataSetError, match=r"data set 'kennel' at .* is read-only"):
                run(engine, statement)

        assert contents(tmp_path) == before

    def test_missing_file(self, kind: str, opened: Any, tmp_path: Path) -> None:
        """A missing file is our error, and is not created."""
        path = tmp_path / "none.sqlite"
        engine = opened(getattr(opening, f"open_{kind}")(path, name="kennel", options=OPTIONS))

        with pytest.raises(DataSetNotFoundError, match=r"Looked at: here; there\. There is no file"):
            run(engine, "SELECT 1")
        assert not path.exists()

    def test_reading_leaves_nothing_behind(self, engine: Engine, tmp_path: Path) -> None:
        """No journal, no lock file, no change of the file."""
        before = contents(tmp_path)
        run(engine, "SELECT count(*) FROM dog ORDER BY weight")

        assert contents(tmp_path) == before


def contents(folder: Path) -> dict[str, bytes]:
    """Return the files below *folder* with what they hold."""
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


class TestReadOnly:
    def test_sees_what_others_write(self, opened: Any, kennel_path: Path) -> None:
        """A file that is read here and written elsewhere is read as it is now."""
        reader = opened(opening.open_read_only(kennel_path, name="kennel", options=OPTIONS))
        before = run(reader, "SELECT count(*) FROM visit")
        run(opened(opening.open_mutable(kennel_path, name="kennel", options=OPTIONS)), "DELETE FROM visit")

        assert (before, run(reader, "SELECT count(*) FROM visit")) == (2, 0)


class TestSealed:
    def test_takes_no_lock(self, opened: Any, artifact_path: Path) -> None:
        """Not even an exclusive lock of someone else keeps readers out."""
        reader = opened(opening.open_sealed(artifact_path, name="kennel", options=OPTIONS))
        other = dbapi.connect(artifact_path, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")

        assert run(reader, "SELECT count(*) FROM dog") == 4
        other.close()

    def test_attaching_is_refused(self, opened: Any, artifact_path: Path, tmp_path: Path) -> None:
        """No second database comes in, so none is created."""
        engine = opened(opening.open_sealed(artifact_path, name="kennel", options=OPTIONS))

        with pytest.raises(ReadOnlyDataSetError):
            run(engine, f"ATTACH '{tmp_path}/other.sqlite' AS other")
        assert not (tmp_path / "other.sqlite").exists()

    def test_a_statement_without_an_end_is_stopped(self, opened: Any, artifact_path: Path) -> None:
        """The error says which data set, after how long, and which setting decides."""
        options = EngineOptions(statement_seconds=0.05)
        engine = opened(opening.open_sealed(artifact_path, name="kennel", options=options))

        with pytest.raises(
            StatementTimeoutError, match=r"'kennel' at .* no row for 0\.05 s.*sqlite\.statement_seconds"
        ):
            run(engine, "WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT count(*) FROM r")
        assert run(engine, "SELECT count(*) FROM dog") == 4

    def test_a_long_statement_is_not_stopped_where_there_is_no_limit(self, opened: Any, artifact_path: Path) -> None:
        """Whoever sets no limit waits."""
        options = EngineOptions(statement_seconds=None)
        engine = opened(opening.open_sealed(artifact_path, name="kennel", options=options))
        counting = "WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r LIMIT 300000) SELECT count(*) FROM r"

        assert run(engine, counting) == 300_000

    def test_values_out_of_proportion_are_refused(self, opened: Any, artifact_path: Path) -> None:
        """A small file cannot make a query fill the memory."""
        engine = opened(opening.open_sealed(artifact_path, name="kennel", options=OPTIONS))

        with pytest.raises(DBAPIError, match="too big"):
            run(engine, "SELECT zeroblob(700000000)")

    @pytest.mark.parametrize("open_file", [opening.open_sealed, opening.open_read_only])
    def test_damage_is_told_as_a_fault(self, opened: Any, artifact_path: Path, open_file: Any) -> None:
        """What SQLite stumbles over while it reads has the code and the remedy that every check tells."""
        content = artifact_path.read_bytes()
        artifact_path.write_bytes(content[:100] + b"\xff" * (len(content) - 100))
        engine = opened(open_file(artifact_path, name="kennel", options=OPTIONS))

        with pytest.raises(ArtifactCorruptError) as caught:
            run(engine, "SELECT * FROM dog")
        assert caught.value.code == "MSQ-CORRUPT-PAGE"
        assert caught.value.path == artifact_path

    def test_never_changes(self, opened: Any, artifact_path: Path, kennel_path: Path) -> None:
        """Only a sealed engine says so."""
        sealed = opened(opening.open_sealed(artifact_path, name="kennel", options=OPTIONS))
        read_only = opened(opening.open_read_only(kennel_path, name="kennel", options=OPTIONS))

        assert opening.never_changes(sealed)
        assert not opening.never_changes(read_only)


class TestReadingEngine:
    def test_of_a_mutable_engine_holds_no_lock(self, opened: Any, kennel_path: Path) -> None:
        """A connection that has read does not keep a writer out, and sees what was written."""
        engine = opened(opening.open_mutable(kennel_path, name="kennel", options=OPTIONS))
        with opening.reading_engine(engine).connect() as connection:
            connection.execute(text("SELECT count(*) FROM visit")).all()
            run(engine, "DELETE FROM visit")

            assert connection.execute(text("SELECT count(*) FROM visit")).scalar() == 0

    def test_of_a_sealed_engine_is_itself(self, opened: Any, artifact_path: Path) -> None:
        """Where nothing is locked nothing needs to change."""
        engine = opened(opening.open_sealed(artifact_path, name="kennel", options=OPTIONS))

        assert opening.reading_engine(engine) is engine
