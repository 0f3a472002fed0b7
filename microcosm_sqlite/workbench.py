"""Own the private, writable database of one data set while it is built."""

from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress
from os import PathLike
from pathlib import Path
from tempfile import gettempdir
from threading import get_ident
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self, cast
from urllib.parse import quote

from sqlalchemy import Connection, MetaData
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from microcosm_sqlite.artifacts.headers import read_header
from microcosm_sqlite.artifacts.queries import schema_version
from microcosm_sqlite.artifacts.recognition import stranger
from microcosm_sqlite.builders.incremental import Incremental
from microcosm_sqlite.builders.loads import Loads
from microcosm_sqlite.builders.locking import exclusive
from microcosm_sqlite.builders.scratch import scratch_folder
from microcosm_sqlite.dataset import DataSet, data_set_name, resolve_data_set
from microcosm_sqlite.ddl import create_tables_for_loading
from microcosm_sqlite.engines.opening import EngineOptions, open_mutable
from microcosm_sqlite.engines.refusals import SQLITE, Refusal, telling_refusals
from microcosm_sqlite.errors import ReadOnlyDataSetError, WorkbenchFailedError

if TYPE_CHECKING:
    import apsw

    from microcosm_sqlite.engines.connections import Connection as DriverConnection

#: For a file that is thrown away: its journal in memory (a load can still be undone, but not after a crash), and no
#: waiting for the disk. 32 MB of cache keep the indexes of most data sets out of the file while they grow.
_THROWN_AWAY: Final = ("journal_mode = MEMORY", "synchronous = OFF", "cache_size = -32000")


class Workbench(Loads, Incremental):
    """The database of a data set under construction, with its tables and the rows loaded so far.

        with Workbench(World) as bench:
            bench.load(Country, "rows/countries.csv")
            bench.load(City, "rows/cities.jsonl.gz", defaults={"population": 0})

    Each load is a transaction: it is all there or, after an error, none of it. Foreign keys are not enforced meanwhile,
    so that loads may come in any order; `check_foreign_keys` checks them, and sealing does. A workbench is used for one
    `with` block, by one thread.

    Args:
        data_set: the data set, or any of its models.
        path: where to keep the file; one that exists is opened with the rows it has. It stays after the block, unless
            the block fails and the file was made by it.
        folder: where to put a file that is removed after the block; by default a new temporary folder.

    Raises:
        WorkbenchBusyError: on entry, another build uses the same file.
        WorkbenchFailedError: on entry, and from all that it does: the disk is full, or something else is refused.
        ReadOnlyDataSetError: on entry, *path* is a sealed artifact.
        NotAnArtifactError: on entry, *path* is no database.
    """

    def __init__(
        self,
        data_set: Any,
        path: str | PathLike[str] | None = None,
        *,
        folder: str | PathLike[str] | None = None,
    ) -> None:
        if path is not None and folder is not None:
            raise ValueError("expected a path or a folder, found both")
        super().__init__()
        self.data_set: type[DataSet] = resolve_data_set(data_set)
        self.name = data_set_name(data_set)
        self._kept = None if path is None else Path(path)
        self._folder = None if folder is None else Path(folder)
        self._path: Path | None = None
        self._connection: Connection | None = None
        self._closing = ExitStack()
        self._is_used = False
        self._thread: int | None = None
        self._schema_version = 0

    # What a build does

    @contextmanager
    def session(self) -> Generator[Session]:
        """Yield a session for what loads cannot say; it is committed at the end of the block, or undone."""
        with (
            self._transaction() as connection,
            Session(connection, join_transaction_mode="create_savepoint") as session,
        ):
            yield session
            session.commit()

    def commit(self) -> None:
        """Commit what was done on `connection`; loads commit by themselves."""
        with self._transaction():
            pass

    # What sealing asks for

    @property
    def path(self) -> Path:
        """Where the file is while the block runs."""
        self._check_open()
        return cast("Path", self._path)

    @property
    def connection(self) -> Connection:
        """The only connection to the file."""
        self._check_open()
        return cast("Connection", self._connection)

    @property
    def native(self) -> "apsw.Connection":
        """The same connection as the driver knows it, for what SQLAlchemy has no word for."""
        return _driver(self.connection).native

    @property
    def is_fresh(self) -> bool:
        """Whether every row was written here and now, into tables that stayed as they were created."""
        return self._kept is None and schema_version(self.native) == self._schema_version

    # Life

    def __enter__(self) -> Self:
        if self._is_used:
            raise ValueError(f"this workbench of {self.name!r} was used before: make a new one")
        self._is_used = True
        self._thread = get_ident()
        with telling_refusals(self._failed), self._closing as closing:
            self._path = self._place(closing)
            closing.enter_context(exclusive(self._path.with_name(self._path.name + ".lock"), name=self.name))
            closing.push(self._make_file(self._path))
            self._connection = self._connect(self._path, closing)
            # Nothing failed: closing waits for the end of the block.
            self._closing = closing.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._connection = None
        self._closing.__exit__(kind, error, traceback)

    def _place(self, closing: ExitStack) -> Path:
        """Return where the file goes, in a folder that exists."""
        if self._kept is not None:
            self._kept.parent.mkdir(parents=True, exist_ok=True)
            return self._kept
        folder = self._folder
        if folder is None:
            folder = closing.enter_context(scratch_folder())
        folder.mkdir(parents=True, exist_ok=True)
        # A data set may have any name; a file may not.
        return folder / f"{quote(self.name, safe='')}.workbench"

    def _make_file(self, path: Path) -> Any:
        """Make the file unless it exists; return what removes it again, given how the block ended."""
        is_kept = self._kept is not None
        if is_kept and path.exists():
            _check_workbench(path, name=self.name)
            return _leave
        path.unlink(missing_ok=True)
        path.touch()

        def remove(kind: type[BaseException] | None, *_: object) -> None:
            if kind is not None or not is_kept:
                # What cannot be removed now is removed by the next build, or was when its folder was.
                with suppress(OSError):
                    path.unlink()

        return remove

    def _connect(self, path: Path, closing: ExitStack) -> Connection:
        engine = open_mutable(path, name=self.name, options=EngineOptions(foreign_keys=False, pool=NullPool))
        closing.callback(engine.dispose)
        connection = closing.enter_context(engine.connect())
        if self._kept is None:
            # On the driver's connection, because SQLite allows none of them inside a transaction.
            for pragma in _THROWN_AWAY:
                _driver(connection).execute(f"PRAGMA {pragma}")
        create_tables_for_loading(_metadata(self.data_set), connection)
        connection.commit()
        self._schema_version = schema_version(_driver(connection).native)
        return connection

    @contextmanager
    def _transaction(self) -> Generator[Connection]:
        connection = self.connection
        # Not what the system refuses: files that are read in the block are no part of the workbench.
        with telling_refusals(self._failed, by=SQLITE):
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            connection.commit()

    def _failed(self, refusal: Refusal) -> WorkbenchFailedError:
        where = self._path or self._kept or self._folder or Path(gettempdir())
        return WorkbenchFailedError(name=self.name, path=where, reason=refusal.reason, remedy=refusal.remedy)

    def _own(self, model: type[Any]) -> type[Any]:
        if not isinstance(cast("Any", model), type) or not hasattr(model, "__mapper__"):
            raise self._no_model(model)
        if resolve_data_set(model) is not self.data_set:
            raise ValueError(f"{model.__name__} is no model of data set {self.name!r}, which this workbench builds")
        return model

    def _no_model(self, found: Any) -> TypeError:
        models = {mapper.class_.__name__: mapper.class_ for mapper in cast("Any", self.data_set).registry.mappers}
        meant = next((name for name, kind in models.items() if found in (name, kind.__tablename__)), None)
        hint = "The model comes first, then its rows." if meant is None else f"Pass the class {meant}, not its name."
        return TypeError(f"expected a model of data set {self.name!r} ({', '.join(models)}), found {found!r}. {hint}")

    def _check_open(self) -> None:
        if self._connection is None:
            raise ValueError(f"the workbench of {self.name!r} is closed: use it inside its `with` block")
        if get_ident() != self._thread:
            # Its loads would share one transaction, and one that fails would take rows of another with it.
            raise ValueError(
                f"the workbench of {self.name!r} was entered in another thread: expected one thread to use it. Load "
                "there, where `executor=` lets others convert, or give each thread a workbench of its own"
            )


def _driver(connection: Connection) -> "DriverConnection":
    return cast("DriverConnection", connection.connection.dbapi_connection)


def _metadata(data_set: Any) -> MetaData:
    return cast("MetaData", data_set.metadata)


def _check_workbench(path: Path, *, name: str) -> None:
    if path.is_file() and not path.stat().st_size:
        return
    header = read_header(path)
    if not header.is_sqlite:
        raise stranger(path, header=header, expected="a workbench, or nothing")
    if header.is_sealed:
        raise ReadOnlyDataSetError(name=name, path=str(path), reason="it is a sealed artifact")


def _leave(kind: Any, error: Any, traceback: Any) -> None:
    """Leave a file that was there before."""
