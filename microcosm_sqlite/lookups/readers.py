"""Read sealed data for one session in one thread, below SQLAlchemy."""

from typing import TYPE_CHECKING, Any, Final, cast
from weakref import WeakKeyDictionary, WeakSet

from sqlalchemy import Engine, event
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool, QueuePool

from microcosm_sqlite.engines.counting import tally_of
from microcosm_sqlite.engines.forking import call_in_child, make_immortal
from microcosm_sqlite.engines.opening import never_changes, options_of
from microcosm_sqlite.frozen import ON_DETACH
from microcosm_sqlite.lookups.generations import Generations
from microcosm_sqlite.lookups.late import LateIdentities
from microcosm_sqlite.lookups.layouts import layout_of
from microcosm_sqlite.lookups.tables import TableReader

if TYPE_CHECKING:
    from microcosm_sqlite.engines.dbapi import Connection

#: Where a session keeps its reader.
_READER: Final = "microcosm_sqlite_reader"


class Reader:
    """Reads a sealed artifact for one session: on a connection of its own, which no transaction of the session touches.

    Belongs to the thread that made it, until its engine is disposed of or its session is closed: then it is retired,
    and whoever asks for rows makes a new one.
    """

    def __init__(self, session: Session, engine: Engine) -> None:
        self.session = session
        self.engine = engine
        self.is_retired = False
        options = options_of(engine)
        self.generations = Generations(most_rows=options.kept_rows, most_bytes=options.kept_bytes)
        self.counters = tally_of(engine).counters(self)
        self.identities = LateIdentities.adopt(session, on_kill=self.retire)
        self._pooled = engine.raw_connection()
        self.connection = cast("Connection", self._pooled.dbapi_connection)
        self.native: Any = self.connection.native
        self._tables: dict[type[Any], TableReader | None] = {}
        call_in_child(self, Reader.abandon)
        _readers_of(engine).add(self)

    def table(self, model: type[Any]) -> TableReader | None:
        """Return what reads the rows of *model*, or None where only SQLAlchemy can."""
        try:
            return self._tables[model]
        except KeyError:
            layout = layout_of(model, self.engine.dialect)
            table = self._tables[model] = None if layout is None else TableReader(self, layout)
            return table

    @property
    def is_current(self) -> bool:
        """Whether what it reads still belongs to its session, and nobody listens to the engine."""
        # A closed session starts a new map. Who listens to an engine wants to hear of every statement.
        is_heard = self.engine._has_events  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
        return not (self.is_retired or is_heard) and self.session.identity_map is self.identities

    def retire(self) -> None:
        """Keep and read nothing any more."""
        self.is_retired = True
        self.generations.close()

    def abandon(self) -> None:
        """Leave everything to the parent process, in a child that was forked from it."""
        self.retire()
        make_immortal(self._pooled)
        make_immortal(self.native)
        for table in self._tables.values():
            if table is not None:
                make_immortal(table)


def _is_heard(engine: Any) -> bool:
    """Tell whether anybody listens to what *engine* runs."""
    return bool(engine._has_events)  # noqa: SLF001


_by_engine: WeakKeyDictionary[Engine, WeakSet[Reader]] = WeakKeyDictionary()


def _readers_of(engine: Engine) -> WeakSet[Reader]:
    readers = _by_engine.get(engine)
    if readers is None:
        readers = _by_engine.setdefault(engine, WeakSet())
        # This listener wants to hear of no statement: that there are such is what the flag says.
        was_heard = _is_heard(engine)
        event.listen(engine, "engine_disposed", _retire_readers)
        cast("Any", engine)._has_events = was_heard  # noqa: SLF001
    return readers


def _retire_readers(engine: Engine) -> None:
    for reader in list(_by_engine.get(engine, ())):
        reader.retire()


def reader_of(session: Session) -> Reader | None:
    """Return the reader of *session*, or None where only SQLAlchemy can read.

    That is so where rows may change, where statements are logged or listened to, and where several threads share a
    connection.
    """
    reader: Reader | None = session.info.get(_READER)
    if reader is not None and reader.is_current:
        return reader
    engine = session.get_bind()
    if not (isinstance(engine, Engine) and never_changes(engine)) or engine.echo or _is_heard(engine):
        return None
    if not isinstance(engine.pool, QueuePool | NullPool):
        return None
    reader = session.info[_READER] = Reader(session, engine)
    session.info[ON_DETACH] = reader.retire
    return reader
