"""Refuse to change instances that were loaded from a sealed artifact."""

from collections.abc import Callable, Iterator
from typing import Any, Final, cast
from weakref import WeakSet

from sqlalchemy import Connection, event
from sqlalchemy.exc import UnboundExecutionError
from sqlalchemy.orm import InstanceState, Mapper, Session, object_session, sessionmaker
from sqlalchemy.orm.attributes import instance_state

from microcosm_sqlite.engines.opening import never_changes
from microcosm_sqlite.errors import ReadOnlyDataSetError

#: Where a session keeps what is called when instances leave it.
ON_DETACH: Final = "microcosm_sqlite_on_detach"

#: Where the state of an instance that left its session says which file it came from.
CAME_FROM: Final = "microcosm_sqlite_came_from"

_frozen: WeakSet[Mapper[Any]] = WeakSet()


def freeze_models(data_set: type[Any]) -> None:
    """Let the instances of the models of *data_set* refuse changes, if they were loaded from a sealed artifact.

    Attributes raise `ReadOnlyDataSetError` when they are set, deleted, appended to or removed from, before anything is
    changed. Instances that are new, or that were loaded from a database that can change, are as they were.
    """
    for mapper in cast("frozenset[Mapper[Any]]", data_set.registry.mappers):
        if mapper not in _frozen:
            _frozen.add(mapper)
            for name, kinds in _events(mapper):
                for kind in kinds:
                    event.listen(getattr(mapper.class_, name), kind, _refusal(name))


def remember_origin(make_session: sessionmaker[Any]) -> None:
    """Let instances remember that they came from a sealed artifact when they leave a session of *make_session*."""
    event.listen(make_session, "persistent_to_detached", _remember)


def _events(mapper: Mapper[Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for column in mapper.column_attrs:
        # Attributes that are expressions cannot be set anyway.
        if hasattr(column.columns[0], "table"):
            yield column.key, ("set", "remove")
    for relationship in mapper.relationships:
        if not relationship.viewonly:
            several = ("append", "remove", "bulk_replace") if relationship.uselist else ("set", "remove")
            yield relationship.key, several


def _refusal(attribute: str) -> Callable[..., None]:
    def refuse(instance: Any, *_: Any) -> None:
        state = instance_state(instance)
        # What has no key yet is new, wherever it may go.
        if state.key is not None and (path := _path(instance, state)) is not None:
            model = cast("Any", type(instance))
            key = state.key[1]
            raise ReadOnlyDataSetError(
                name=model.__data_set__,
                path=path,
                reason=f"it is a sealed artifact, and {model.__name__}.{attribute} of the row with key "
                f"{key[0] if len(key) == 1 else key!r} was to be changed",
            )

    return refuse


def _path(instance: Any, state: InstanceState[Any]) -> str | None:
    """Return the path of the sealed artifact that *instance* was loaded from, or None."""
    session = object_session(instance)
    if session is None:
        return cast("str | None", getattr(state, CAME_FROM, None))
    return _sealed_path(session, state)


def _sealed_path(session: Session, state: InstanceState[Any]) -> str | None:
    try:
        bind = session.get_bind(state.mapper)
    except UnboundExecutionError:
        return None
    engine = bind.engine if isinstance(bind, Connection) else bind
    return engine.url.database if never_changes(engine) else None


def _remember(session: Session, instance: Any) -> None:
    state = instance_state(instance)
    path = _sealed_path(session, state)
    if path is not None:
        setattr(state, CAME_FROM, path)
    on_detach = cast("Callable[[], None] | None", session.info.get(ON_DETACH))
    if on_detach is not None:
        on_detach()
