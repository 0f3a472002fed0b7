"""Teach SQLAlchemy to use SQLite through APSW."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, cast

import apsw
from sqlalchemy import Numeric
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import Engine
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor, DBAPIModule, IsolationLevel
from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.util import VersionInfo

from microcosm_sqlite.ddl import StrictDDLCompiler, StrictTypeCompiler
from microcosm_sqlite.engines import dbapi as driver_module
from microcosm_sqlite.engines.exceptions import InheritedConnectionError
from microcosm_sqlite.engines.forking import call_in_child
from microcosm_sqlite.engines.handles import Begins
from microcosm_sqlite.types import ExactNumeric

if TYPE_CHECKING:
    from microcosm_sqlite.engines.connections import Connection

#: What each isolation level of SQLAlchemy means here: who begins a transaction, and SQLite's read_uncommitted.
_LEVELS: Final[dict[str, tuple[Begins, int]]] = {
    "SERIALIZABLE": (Begins.ON_REQUEST, 0),
    "READ COMMITTED": (Begins.BEFORE_WRITES, 0),
    "READ UNCOMMITTED": (Begins.ON_REQUEST, 1),
    "AUTOCOMMIT": (Begins.NEVER, 0),
}


class APSWDialect(SQLiteDialect_pysqlite):
    """`sqlite+apsw`: SQLAlchemy's SQLite dialect on `engines.dbapi`, with transactions that mean what they say.

    SERIALIZABLE, the default, emits BEGIN when SQLAlchemy begins, so that savepoints and DDL are part of the
    transaction.
    READ COMMITTED emits it before the first write: reads hold no lock and see what others commit meanwhile.
    """

    driver = "apsw"
    supports_statement_cache = True

    @classmethod
    def import_dbapi(cls) -> DBAPIModule:
        """Return the driver."""
        return cast("DBAPIModule", driver_module)

    @classmethod
    def engine_created(cls, engine: Engine) -> None:
        """Give *engine* an empty pool in every process forked from this one."""
        call_in_child(engine, _forget_pool)

    def on_connect(self) -> Callable[[DBAPIConnection], None]:
        """Return what prepares a new connection."""
        return _prepare

    def do_begin(self, dbapi_connection: PoolProxiedConnection) -> None:
        """Emit BEGIN when the isolation level says that transactions start on request."""
        cast("Connection", dbapi_connection).begin()

    def get_isolation_level_values(  # pyright: ignore[reportIncompatibleMethodOverride] - the base is untyped
        self,
        dbapi_connection: DBAPIConnection,  # noqa: ARG002
    ) -> list[IsolationLevel]:
        """Return the four levels."""
        return cast("list[IsolationLevel]", list(_LEVELS))

    def set_isolation_level(self, dbapi_connection: DBAPIConnection, level: IsolationLevel) -> None:
        """Set the level from the next transaction on."""
        connection = cast("Connection", dbapi_connection)
        if not connection.is_inherited:
            connection.begins, read_uncommitted = _LEVELS[level]
            connection.execute(f"PRAGMA read_uncommitted = {read_uncommitted}")

    def get_isolation_level(  # pyright: ignore[reportIncompatibleMethodOverride] - the base knows fewer levels
        self, dbapi_connection: DBAPIConnection
    ) -> IsolationLevel:
        """Return the level in force."""
        connection = cast("Connection", dbapi_connection)
        row: Any = connection.execute("PRAGMA read_uncommitted").fetchone()
        found = connection.begins, row[0]
        return cast("IsolationLevel", next((level for level, known in _LEVELS.items() if known == found), "AUTOCOMMIT"))

    def reset_isolation_level(self, dbapi_conn: DBAPIConnection) -> None:
        """Return the connection to the level the engine was made with."""
        self.set_isolation_level(dbapi_conn, cast("IsolationLevel", self.default_isolation_level))

    def detect_autocommit_setting(self, dbapi_conn: DBAPIConnection) -> bool:
        """Return whether every statement commits by itself."""
        return cast("Connection", dbapi_conn).begins is Begins.NEVER

    def retrieve_dbapi_version(self, dbapi: DBAPIModule) -> VersionInfo:  # noqa: ARG002
        """Return the version of APSW."""
        return VersionInfo([int(part) for part in apsw.apsw_version().split(".")])

    def is_disconnect(
        self,
        e: "DBAPIModule.Error",
        connection: PoolProxiedConnection | DBAPIConnection | None,
        cursor: DBAPICursor | None,
    ) -> bool:
        """Return whether the connection is closed, or was opened by the process this one was forked from."""
        return isinstance(e, InheritedConnectionError) or super().is_disconnect(e, connection, cursor)


class StrictAPSWDialect(APSWDialect):
    """`sqlite+apsw_strict`: the same, with every table STRICT unless it says `sqlite_strict=False`, `Numeric` exact."""

    supports_statement_cache = True
    colspecs = {**APSWDialect.colspecs, Numeric: ExactNumeric}  # noqa: RUF012 - SQLAlchemy declares it on the class
    ddl_compiler = StrictDDLCompiler
    type_compiler_cls = StrictTypeCompiler


def _prepare(dbapi_connection: DBAPIConnection) -> None:
    connection = cast("Connection", dbapi_connection)
    # A caller who connects with isolation_level=None wants to begin transactions by hand: leave that be.
    if connection.begins is Begins.BEFORE_CHANGES:
        connection.begins = Begins.ON_REQUEST
    connection.create_function("regexp", 2, _matches, deterministic=True)


def _matches(pattern: str, value: str | None) -> bool | None:
    return None if value is None else re.search(pattern, value) is not None


def _forget_pool(engine: Engine) -> None:
    # What `dispose(close=False)` does, without its event: a listener may tidy up files the parent still uses.
    engine.pool = engine.pool.recreate()
