"""Bind data sets to a graph: a name in, an engine with its sessions out.

microcosm imports this module whenever any graph is created, so nothing heavy is imported before a data set is used.
"""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from time import time_ns
from typing import TYPE_CHECKING, Any
from weakref import ref

from microcosm.api import defaults  # pyright: ignore[reportUnknownVariableType]

from microcosm_sqlite.constants import DATA_SET_GROUP, MEMORY_PATH
from microcosm_sqlite.engines.forking import call_in_child
from microcosm_sqlite.errors import DataSetNotFoundError
from microcosm_sqlite.paths import DataSetPaths
from microcosm_sqlite.settings import (
    ON_SCAN,
    VERIFY,
    by_name,
    cache_folder,
    parse_boolean,
    parse_choice,
    parse_count,
    parse_paths,
    parse_pins,
    parse_seconds,
    parse_secret,
)

if TYPE_CHECKING:
    from collections.abc import Generator

    from sqlalchemy import Connection, Engine
    from sqlalchemy.orm import Session, sessionmaker

    from microcosm_sqlite.contract import Agreement
    from microcosm_sqlite.engines.opening import EngineOptions
    from microcosm_sqlite.statistics import Statistics


@defaults(  # type: ignore[no-untyped-call]
    echo=False,
    path=MEMORY_PATH,
    paths={},
    use_foreign_keys=True,
    autocommit=False,
    read_only=False,
    poolclass=None,
    verify="once",
    pins={},
    statement_seconds=60,
    kept_rows=10_000,
    kept_bytes=16 * 2**20,
    cursor_secret="",
    worker_threads=4,
    scan_limit=0,
    on_scan="refuse",
)
class SQLiteBindFactory:
    """The component `graph.sqlite`: call it with the name of a data set for its engine and sessions.

    A name is looked up in the configuration (`sqlite.paths`), then among the installed distributions (entry points of
    group `microcosm.sqlite`); what is found nowhere is at the default path (`sqlite.path`, in memory). What is there
    decides how it is opened: a sealed artifact read-only and hardened, anything else for reading and writing unless
    `sqlite.read_only` is set. Opening never creates a file. May be used by several threads.
    """

    def __init__(self, graph: Any) -> None:
        config = graph.config.sqlite
        self.default_path: Any = config.path
        self.echo = parse_boolean("sqlite.echo", config.echo)
        self.use_foreign_keys = parse_boolean("sqlite.use_foreign_keys", config.use_foreign_keys)
        self.autocommit = parse_boolean("sqlite.autocommit", config.autocommit)
        self.read_only = parse_boolean("sqlite.read_only", config.read_only)
        self.poolclass: Any = config.poolclass
        self.verify = parse_choice("sqlite.verify", config.verify, VERIFY)
        self.pins = parse_pins(config.pins)
        self.statement_seconds = parse_seconds("sqlite.statement_seconds", config.statement_seconds)
        self.kept_rows = parse_count("sqlite.kept_rows", config.kept_rows)
        self.kept_bytes = parse_count("sqlite.kept_bytes", config.kept_bytes)
        self.worker_threads = parse_count("sqlite.worker_threads", config.worker_threads)
        self.scan_limit = parse_count("sqlite.scan_limit", config.scan_limit)
        self.on_scan = parse_choice("sqlite.on_scan", config.on_scan, ON_SCAN)
        self._cursor_secret = parse_secret("sqlite.cursor_secret", config.cursor_secret)
        self._cache = cache_folder(os.environ)
        self.paths = DataSetPaths(parse_paths(config.paths), graph)
        self.datasets: dict[str, tuple[Engine, sessionmaker[Session]]] = {}
        self._reading: dict[str, tuple[Engine, Engine]] = {}
        self._missing: dict[str, Path] = {}
        self._agreed: dict[type[Any], Agreement] = {}
        self._renew()
        # Whoever held the lock of the parent does not exist in a forked child.
        call_in_child(self, SQLiteBindFactory._renew)

    def _renew(self) -> None:
        self._lock = threading.RLock()

    def __getitem__(self, name: str) -> Any:
        """Return the path of *name*; raise `KeyError` when it is neither configured nor installed."""
        return self.paths[name]

    def __setitem__(self, name: str, path: Any) -> None:
        """Bind *name* to another path from now on; sessions that are open stay where they are."""
        with self._lock:
            self.paths[name] = path
            self._missing.pop(name, None)
            bound = self.datasets.pop(name, None)
        if bound is not None:
            bound[0].dispose()

    def __call__(self, name: str) -> tuple[Engine, sessionmaker[Session]]:
        """Return the engine of data set *name* and the maker of its sessions, the same ones every time.

        Raises:
            DataSetNotFoundError: its distribution announces it, but there is nothing to open.
            DataSetConflictError: two distributions announce it.
            ArtifactError: the file is not what it should be.
        """
        bound = self.datasets.get(name)
        if bound is None or name in self._missing:
            with self._lock:
                bound = self._bound(name) or self._bind(name)
        return bound

    def for_models(self, data_set: type[Any]) -> tuple[Engine, sessionmaker[Session]]:
        """Return what calling with the name of *data_set* returns, once the artifact is known to fit its models.

        They are compared when the class is first used with an engine, and again after models were added to it.

        Raises:
            SchemaMismatchError: a sealed artifact that lacks something the models use.
            SQLiteError: whatever calling raises.
        """
        bound = self(data_set.__data_set__)
        if self._agreed.get(data_set) != (bound[0], len(data_set.metadata.tables)):
            from microcosm_sqlite.contract import agree  # noqa: PLC0415 - heavy: see the head of the module

            self._agreed[data_set] = agree(data_set, bound[0])
        return bound

    def reading_engine(self, name: str) -> Engine:
        """Return the engine of *name* for sessions that stay open: they hold no lock for a read."""
        engine, _ = self(name)
        with self._lock:
            reading = self._reading.get(name)
            if reading is None or reading[0] is not engine:
                from microcosm_sqlite.engines.opening import reading_engine  # noqa: PLC0415

                reading = self._reading[name] = (engine, reading_engine(engine))
        return reading[1]

    @contextmanager
    def creating(self, name: str) -> Generator[Connection]:
        """Yield a connection in one transaction on a database that may not exist yet.

        The transaction is committed at the end of the block. When the block fails, a file that was made for it is
        removed again.
        """
        from microcosm_sqlite.engines.opening import take_write_lock  # noqa: PLC0415

        engine, _ = self(name)
        missing = _missing_file(engine)
        self._missing.pop(name, None)
        created = missing is not None and self._make_file(name, missing)
        try:
            with engine.begin() as connection:
                take_write_lock(connection)
                yield connection
        except BaseException:
            if missing is not None and created:
                engine.dispose()
                missing.unlink(missing_ok=True)
                self._missing[name] = missing
            raise

    def dispose(self, name: str) -> None:
        """Close the pooled connections of *name*, if it was ever bound; an in-memory database is gone with them."""
        bound = self.datasets.get(name)
        if bound is not None:
            with self._lock:
                # The sessions of threads are made anew with the engine they read by.
                self._reading.pop(name, None)
            bound[0].dispose()

    def stats(self) -> dict[str, Statistics]:
        """Return what was read so far of each data set that is bound here, by all threads together."""
        from microcosm_sqlite.statistics import statistics_of  # noqa: PLC0415

        return statistics_of({name: engine for name, (engine, _) in list(self.datasets.items())})

    def _bound(self, name: str) -> tuple[Engine, sessionmaker[Session]] | None:
        """Return what *name* is bound to, unless a file has come to be where there was none.

        Such a file may be an artifact that was shipped meanwhile, which is opened in another way.
        """
        missing = self._missing.get(name)
        if missing is None or not missing.exists():
            return self.datasets.get(name)
        del self._missing[name]
        engine, _ = self.datasets.pop(name)
        engine.dispose()
        return None

    def _make_file(self, name: str, path: Path) -> bool:
        """Make an empty file; return whether there was none."""
        try:
            path.touch(exist_ok=False)
        except FileExistsError:
            return False
        except OSError as error:
            self._missing[name] = path
            raise DataSetNotFoundError(
                name=name,
                looked=self.places(name),
                remedy=f"{path} could not be created: {error.strerror}. Correct the path, or create its folder.",
            ) from error
        return True

    def places(self, name: str) -> tuple[str, ...]:
        """Return where *name* is looked for, each place with what is there, in words."""
        configured, installed = self.paths.configured(name), ", ".join(sorted(self.paths.installed.names()))
        return (
            f"configuration sqlite.paths.{name} ({'not set' if configured is None else configured})",
            f"entry points of group {DATA_SET_GROUP} (installed: {installed or 'none'})",
            f"default path sqlite.path ({self.default_path})",
        )

    def _bind(self, name: str) -> tuple[Engine, sessionmaker[Session]]:
        from sqlalchemy.orm import sessionmaker  # noqa: PLC0415 - heavy: see the head of the module

        from microcosm_sqlite.artifacts.remembering import Memory  # noqa: PLC0415
        from microcosm_sqlite.artifacts.trusting import Policy, Trust  # noqa: PLC0415
        from microcosm_sqlite.binding import bind  # noqa: PLC0415
        from microcosm_sqlite.contract import agree_known  # noqa: PLC0415
        from microcosm_sqlite.frozen import remember_origin  # noqa: PLC0415

        trust = Trust(
            policy=Policy(self.verify),
            memory=Memory(self._cache, now_ns=time_ns),
            pin=by_name(self.pins, name),
        )
        path = self.paths.get(name, self.default_path)
        engine = bind(name, path, read_only=self.read_only, trust=trust, options=self._options(name))
        if self.scan_limit:
            from microcosm_sqlite.guarding import Reaction, guard  # noqa: PLC0415

            guard(engine, Reaction(self.on_scan), limit=self.scan_limit)
        self._agreed.update(agree_known(name, engine))
        missing = _missing_file(engine)
        if missing is not None:
            self._missing[name] = missing
        bound = self.datasets[name] = engine, sessionmaker(bind=engine)
        remember_origin(bound[1])
        return bound

    def _options(self, name: str) -> EngineOptions:
        from microcosm_sqlite.binding import pool_class  # noqa: PLC0415
        from microcosm_sqlite.engines.opening import EngineOptions  # noqa: PLC0415

        return EngineOptions(
            echo=self.echo,
            foreign_keys=self.use_foreign_keys,
            autocommit=self.autocommit,
            pool=pool_class(self.poolclass),
            statement_seconds=self.statement_seconds,
            kept_rows=self.kept_rows,
            kept_bytes=self.kept_bytes,
            cursor_secret=self._cursor_secret,
            looked=partial(_looked, ref(self), name),
        )


def _looked(bind: ref[SQLiteBindFactory], name: str) -> tuple[str, ...]:
    """Say where *name* was looked for and what was there, for errors.

    The engine that asks must not keep *bind* alive: through it, sessions would keep their graph alive, and it them.
    """
    factory = bind()
    return () if factory is None else factory.places(name)


def _missing_file(engine: Engine) -> Path | None:
    """Return the path of the file that *engine* opens, if there is none."""
    database = engine.url.database or MEMORY_PATH
    if database == MEMORY_PATH or database.startswith("file:"):
        return None
    path = Path(database)
    return None if path.exists() else path
