"""Refuse to change instances that were loaded from a sealed artifact."""

from collections.abc import Callable, Iterator
from typing import Any, Final, Self, SupportsIndex, cast
from weakref import WeakSet

from sqlalchemy import Connection, event
from sqlalchemy.exc import UnboundExecutionError
from sqlalchemy.orm import InstanceState, Mapper, Session, sessionmaker
from sqlalchemy.orm.attributes import instance_state
from sqlalchemy.orm.collections import CollectionAdapter, InstrumentedList, InstrumentedSet, collection_adapter

from microcosm_sqlite.engines.opening import never_changes
from microcosm_sqlite.errors import ReadOnlyDataSetError

#: Where a session keeps what is called when instances leave it.
ON_DETACH: Final = "microcosm_sqlite_on_detach"

#: Where the state of an instance that left its session says which file it came from.
CAME_FROM: Final = "microcosm_sqlite_came_from"

_frozen: WeakSet[Mapper[Any]] = WeakSet()


class GuardedList(InstrumentedList[Any]):
    """A list of related rows that asks before it changes, also where SQLAlchemy does not, or asks too late."""

    def pop(self, index: SupportsIndex = -1) -> Any:
        """Remove and return the row at *index*; raise `ReadOnlyDataSetError` if the list is of a sealed row."""
        _refuse_to_change(self)
        return super().pop(index)

    def sort(self, *, key: Any = None, reverse: bool = False) -> None:
        """Sort in place; raise `ReadOnlyDataSetError` if the list is of a sealed row: use `sorted`."""
        _refuse_to_change(self)
        super().sort(key=key, reverse=reverse)

    def reverse(self) -> None:
        """Reverse in place; raise `ReadOnlyDataSetError` if the list is of a sealed row: use `reversed`."""
        _refuse_to_change(self)
        super().reverse()

    def __imul__(self, times: SupportsIndex) -> Self:
        """Repeat in place; raise `ReadOnlyDataSetError` if the list is of a sealed row."""
        _refuse_to_change(self)
        return super().__imul__(times)


class GuardedSet(InstrumentedSet[Any]):
    """A set of related rows that asks before it changes, also where SQLAlchemy asks too late."""

    def pop(self) -> Any:
        """Remove and return some row; raise `ReadOnlyDataSetError` if the set is of a sealed row."""
        _refuse_to_change(self)
        return super().pop()


#: What the collections of SQLAlchemy become.
_GUARDED: Final[dict[type[Any], type[Any]]] = {InstrumentedList: GuardedList, InstrumentedSet: GuardedSet}


def freeze_models(data_set: type[Any]) -> None:
    """Let the instances of the models of *data_set* refuse changes, if they were loaded from a sealed artifact.

    Attributes raise `ReadOnlyDataSetError` when they are set, deleted, appended to or removed from, before anything is
    changed; so do lists and sets of related rows when they are sorted, reversed, repeated or popped from. Instances
    that are new, or that were loaded from a database that can change, are as they were.
    """
    for mapper in cast("frozenset[Mapper[Any]]", data_set.registry.mappers):
        if mapper not in _frozen:
            _frozen.add(mapper)
            for name, kinds in _events(mapper):
                for kind in kinds:
                    _listen_first(getattr(mapper.class_, name), kind, _refusal(name))
            for relationship in mapper.relationships:
                if relationship.uselist:
                    event.listen(getattr(mapper.class_, relationship.key), "init_collection", _guard, raw=True)


def remember_origin(make_session: sessionmaker[Any]) -> None:
    """Let instances remember that they came from a sealed artifact when they leave a session of *make_session*."""
    event.listen(make_session, "persistent_to_detached", _remember)


def _events(mapper: Mapper[Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for column in mapper.column_attrs:
        # Attributes that are expressions cannot be set anyway.
        if hasattr(column.columns[0], "table"):
            yield column.key, ("set", "remove")
    for relationship in mapper.relationships:
        # Also those that are only for viewing: what is changed in memory is seen by all who hold the row.
        several = ("append", "append_wo_mutation", "remove", "bulk_replace")
        yield relationship.key, several if relationship.uselist else ("set", "remove")


def _listen_first(attribute: Any, kind: str, listener: Callable[..., None]) -> None:
    """Let *listener* hear of *kind* before SQLAlchemy, which adds what is appended or set to the session as it hears.

    Events of attributes do not take `insert=True`, which says this elsewhere.
    """
    event.listen(attribute, kind, listener, raw=True)
    getattr(attribute.dispatch, kind).listeners.rotate(1)


def _guard(_: InstanceState[Any], collection: Any, *__: Any) -> None:
    """Let *collection*, which is new and empty, ask before it changes; one of the user's own class stays as it is."""
    guarded = _GUARDED.get(cast("type[Any]", type(collection)))
    if guarded is not None:
        collection.__class__ = guarded


def _refuse_to_change(collection: Any) -> None:
    # One that was replaced has none.
    adapter = cast("CollectionAdapter | None", collection_adapter(collection))
    if adapter is not None:
        _refuse(adapter.owner_state, adapter.attr.key)


def _refusal(attribute: str) -> Callable[..., None]:
    def refuse(state: InstanceState[Any], *_: Any) -> None:
        _refuse(state, attribute)

    return refuse


def _refuse(state: InstanceState[Any], attribute: str) -> None:
    # What has no key yet is new, wherever it may go.
    if state.key is not None and (path := _path(state)) is not None:
        model = cast("Any", state.class_)
        key = state.key[1]
        _forget_change(state)
        raise ReadOnlyDataSetError(
            name=model.__data_set__,
            path=path,
            reason=f"it is a sealed artifact, and {model.__name__}.{attribute} of the row with key "
            f"{key[0] if len(key) == 1 else key!r} was to be changed",
        )


def _forget_change(state: InstanceState[Any]) -> None:
    """Let its session know nothing of a change of *state*: deleting a collection is noted before anybody is asked."""
    if state.modified:
        session = state.session
        known = None if session is None else session.identity_map
        cast("Any", state)._commit_all(state.dict, known)  # noqa: SLF001 - there is no public way


def _path(state: InstanceState[Any]) -> str | None:
    """Return the path of the sealed artifact that the instance of *state* was loaded from, or None."""
    session = state.session
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
