"""Where a store gets its session from."""

from collections.abc import Callable
from typing import Any, Protocol, TypeAlias, cast

from sqlalchemy.orm import Session, sessionmaker

from microcosm_sqlite.context import current_session, thread_session
from microcosm_sqlite.dataset import data_set_name, resolve_data_set
from microcosm_sqlite.engines.opening import never_changes
from microcosm_sqlite.errors import ArgumentError, NoSessionError
from microcosm_sqlite.factories import SQLiteBindFactory
from microcosm_sqlite.lookups.arguments import named


class HasModel(Protocol):
    """What a session source needs to know of a store."""

    @property
    def model_class(self) -> type[Any]:
        """The model of the store."""
        ...


#: How a store comes by its session; may be assigned to `get_session` of a store.
SessionSource: TypeAlias = Callable[[Any], Session]


def get_session(store: HasModel) -> Session:
    """Return the session of the innermost open context; raise `NoSessionError` when there is none."""
    data_set = resolve_data_set(store.model_class)
    session: Session | None = data_set.session
    if session is None:
        raise NoSessionError(name=data_set_name(data_set))
    return session


def checked_source(source: Any, *, store: str) -> SessionSource:
    """Return *source* if it may be what *store* gets its sessions from: anything that can be called.

    Raises:
        ArgumentError: it can not.
    """
    # The component `sqlite` of a graph can be called, too, but not for a session.
    if callable(source) and not isinstance(source, type | sessionmaker | SQLiteBindFactory):
        return cast("SessionSource", source)
    way_out = f"Write {store}(graph), or {store}() within a context."
    if isinstance(source, Session):
        way_out = f"{way_out} For a session of your own, {store}(lambda store: session)."
    raise ArgumentError(
        where=store,
        argument="get_session",
        expected="an object graph, or a function that returns a session for a store",
        found=named(source),
        remedy=way_out,
    )


class GetOrCreateSession:
    """A session source that needs no open context.

    It gives the innermost context's session if one is open on its graph, else the thread's own, which lives as long as
    the thread, sees every commit as it happens, and holds no lock for a read.
    """

    def __init__(self, graph: Any, expire_on_commit: bool = False) -> None:  # noqa: FBT001, FBT002 - since 1.0
        # Touched now, so that stores made before `graph.lock()` work after it.
        graph.use("sqlite")
        self.graph = graph
        self.expire_on_commit = expire_on_commit

    def __call__(self, store: HasModel) -> Session:
        """Return the session for *store* in this thread."""
        data_set = resolve_data_set(store.model_class)
        session = current_session(data_set, graph=self.graph)
        if session is not None:
            return session
        _, make_session = self.graph.sqlite.for_models(data_set)
        engine = self.graph.sqlite.reading_engine(data_set_name(data_set))
        # A row that the session still holds would else keep the values it was first read with.
        options = {"populate_existing": not never_changes(engine)}

        def make() -> Session:
            return cast(
                "Session",
                make_session(bind=engine, expire_on_commit=self.expire_on_commit, execution_options=options),
            )

        return thread_session(self.graph, data_set, engine=engine, make=make)


def has_begun(session: Session) -> bool:
    """Tell whether the database is in a transaction for *session*: a thread's own is not, before it writes."""
    driver: Any = session.connection().connection.dbapi_connection
    return bool(driver.in_transaction)
