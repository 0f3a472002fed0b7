"""Run one alembic command at a time on the database of a data set."""

import threading
from argparse import Namespace
from collections.abc import Generator, Iterable
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from alembic import context as environment
from alembic.config import Config
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext, MigrationInfo
from sqlalchemy import Connection, Engine, create_engine

from microcosm_sqlite.alembic.autogeneration import compare_type_after, render_item_after
from microcosm_sqlite.alembic.configuration import (
    get_alembic_environment_options,
    get_migrations_dir,
    make_alembic_config,
    make_script_py_mako,
)
from microcosm_sqlite.alembic.derived_indexes import include_name_after, places_unmentioned
from microcosm_sqlite.alembic.foreign_keys import dangling_references, foreign_keys_ignored
from microcosm_sqlite.binding import Kind, kind_of, location_of
from microcosm_sqlite.dataset import data_set_name, resolve_data_set
from microcosm_sqlite.ddl import order_indexes, renew_indexes
from microcosm_sqlite.errors import MigrationIntegrityError, ReadOnlyDataSetError

#: The dialect on its own: what writes SQL down, and what stands for a database that is not there yet.
_NO_DATABASE: Final = "sqlite+apsw_strict://"

#: The script alembic runs for every command that looks at the database; it only leads back here.
_ENV_PY: Final = 'from alembic import context\n\ncontext.config.attributes["run"]()\n'


class Access(Enum):
    """What a command does to the database."""

    READS = "looks; never creates the file"
    COMPARES = "looks for what models would change; a missing file counts as an empty database"
    WRITES = "changes a database that exists"
    CREATES = "changes the database, which is created when it is missing"

    @property
    def changes(self) -> bool:
        """Whether the database is changed."""
        return self in {Access.WRITES, Access.CREATES}


@contextmanager
def alembic_config(
    graph: Any,
    model: Any,
    *,
    access: Access = Access.READS,
    options: Namespace | None = None,
    include_downgrade: bool = True,
) -> Generator[Config]:
    """Yield the configuration with which the functions of `alembic.command` work on the data set that owns *model*.

    Threads take turns, because the `alembic.op` that migrations import leads to one database in the whole process;
    within a migration, the migrations of another data set may run.

    Args:
        graph: the object graph that binds the data set.
        model: the data set, or any model of it.
        access: what the commands will do to its database.
        options: the parsed command line, for `--quiet` and alembic's `context.get_x_argument`.
        include_downgrade: whether new migrations get a `downgrade` function.

    Raises:
        MigrationsNotFoundError: the data set has no folder of migrations.
    """
    data_set = resolve_data_set(model)
    migrations_dir = get_migrations_dir(graph, data_set_name(data_set))
    with _turn, TemporaryDirectory(prefix="microcosm-sqlite-migration-") as folder:
        template = make_script_py_mako(include_downgrade=include_downgrade)
        Path(folder, "script.py.mako").write_text(template, encoding="utf-8")
        Path(folder, "env.py").write_text(_ENV_PY, encoding="utf-8")
        config = make_alembic_config(folder, migrations_dir)
        config.cmd_opts = options
        config.attributes["run"] = _Run(graph=graph, data_set=data_set, access=access)
        try:
            yield config
        finally:
            if _under_way:
                _under_way[-1].resume()


@dataclass(kw_only=True)
class _Run:
    """One look of a command at the database."""

    graph: Any
    data_set: Any
    access: Access
    migration: MigrationContext = field(init=False)
    operations: Operations = field(init=False)
    has_migrated: bool = field(init=False, default=False)

    def __call__(self) -> None:
        """Configure the environment that alembic has just made current, then run the command in it."""
        if environment.is_offline_mode():
            environment.configure(url=_NO_DATABASE, literal_binds=True, **self._options(None))
            environment.static_output("PRAGMA foreign_keys=OFF;")
            self._migrate()
            return
        name = data_set_name(self.data_set)
        engine = _engine(self.graph, name, self.access)
        with ExitStack() as stack:
            if self.access is Access.CREATES:
                # Held for the sake of a new file, which is removed again when the migration fails.
                stack.enter_context(self.graph.sqlite.creating(name)).rollback()
            connection = stack.enter_context(engine.connect())
            if self.access.changes:
                # Also where sqlite.autocommit is set: a migration happens as a whole or not at all.
                connection = connection.execution_options(isolation_level="SERIALIZABLE")
                stack.enter_context(foreign_keys_ignored(connection))
            options = self._options(connection)
            environment.configure(connection=connection, dont_mutate=not self.access.changes, **options)
            self._migrate()

    def resume(self) -> None:
        """Lead `alembic.context` and `alembic.op` here again, after a run within this one has let go of them."""
        for proxied in (self.migration.environment_context, self.operations):
            proxied._install_proxy()  # type: ignore[union-attr] # noqa: SLF001 - alembic knows no nested runs

    def _migrate(self) -> None:
        self.migration = environment.get_context()
        with environment.begin_transaction():
            with places_unmentioned(self.data_set.metadata), Operations.context(self.migration) as self.operations:
                _under_way.append(self)
                try:
                    self.migration.run_migrations()
                finally:
                    _under_way.pop()
            if self.has_migrated and not self.migration.opts["transaction_per_migration"]:
                self._settle()

    def _options(self, connection: Connection | None) -> dict[str, Any]:
        order_indexes(self.data_set.metadata)
        theirs = get_alembic_environment_options(self.graph)
        callbacks = theirs.get("on_version_apply") or ()
        return {
            "target_metadata": self.data_set.metadata,
            "render_as_batch": True,
            "transactional_ddl": True,
            **theirs,
            "render_item": render_item_after(theirs.get("render_item")),
            "include_name": include_name_after(theirs.get("include_name"), connection),
            "compare_type": compare_type_after(theirs.get("compare_type", True)),
            "on_version_apply": (self._applied, *(callbacks if isinstance(callbacks, Iterable) else (callbacks,))),
        }

    def _applied(self, *, ctx: MigrationContext, step: MigrationInfo, **_: Any) -> None:
        if step.is_stamp or ctx.as_sql:
            return
        self.has_migrated = True
        if ctx.opts["transaction_per_migration"]:
            self._settle()

    def _settle(self) -> None:
        """Bring what depends on the tables in line with them, before they are committed."""
        renew_indexes(self.data_set.metadata, environment.get_bind())
        dangling = dangling_references(environment.get_bind())
        if dangling:
            raise MigrationIntegrityError(name=data_set_name(self.data_set), dangling=dangling)


#: Held by the thread whose turn it is.
_turn: Final = threading.RLock()

#: The runs that are under way, the innermost last; touched by the thread whose turn it is.
_under_way: Final[list[_Run]] = []


def _engine(graph: Any, name: str, access: Access) -> Engine:
    """Return the engine to connect with; refuse an artifact, and changes to what is read-only."""
    engine: Engine = graph.sqlite(name)[0]
    location = location_of(engine.url.database)
    kind = kind_of(location)
    refused = "it is a sealed artifact, which has no migrations" if kind is Kind.SEALED else None
    if graph.sqlite.read_only and access.changes:
        refused = refused or "sqlite.read_only is set"
    if refused:
        raise ReadOnlyDataSetError(name=name, path=str(location), reason=refused)
    if access is Access.COMPARES and kind is Kind.PLAIN and not Path(location).exists():
        return create_engine(_NO_DATABASE)
    return engine
