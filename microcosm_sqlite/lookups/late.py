"""Give an instance the state that SQLAlchemy keeps of it when somebody asks for it.

SQLAlchemy's own loader makes two objects of a row: the instance, and an `InstanceState` that says which session it
belongs to and what was changed. The state takes several times as long to make as the instance, and to collect. Rows
that cannot change are mostly looked at and dropped, and to look at an attribute that is there needs no state. So an
instance is made without one here. Whatever asks for its state (a lazy relationship, `inspect`, an attribute being set,
any verb of a session) has it made then, as SQLAlchemy's loader would have made it.

SQLAlchemy finds the state of an instance by the attribute `_sa_instance_state`. Models that are read this way get a
descriptor there; in the place of its state an instance holds the `Nursery` that will make it.
"""

import os
import threading
from typing import TYPE_CHECKING, Any, Final, cast
from weakref import ref

from sqlalchemy.orm import InstanceState, Mapper, Session
from sqlalchemy.orm.attributes import instance_state

# Private to SQLAlchemy; a subclass is the only way to be asked for instances that have no state yet.
from sqlalchemy.orm.identity import _WeakInstanceDict  # pyright: ignore[reportPrivateUsage]

from microcosm_sqlite.frozen import CAME_FROM

if TYPE_CHECKING:
    from collections.abc import Callable

#: The attribute by which SQLAlchemy finds the state of an instance.
STATE: Final = "_sa_instance_state"

#: Instances are remembered beyond their end until there are so many, or twice as many as lived at the last count.
_SWEPT: Final = 4096

#: Held while a state is made: two threads may ask for that of one instance at once.
_making = threading.RLock()


def _renew() -> None:
    """Give a forked child a lock of its own: whoever held the parent's does not exist there."""
    global _making  # noqa: PLW0603 - As `context` does.
    _making = threading.RLock()


if hasattr(os, "register_at_fork"):  # Windows has no fork.
    os.register_at_fork(after_in_child=_renew)


class _StateAttribute:
    """Gives the state of an instance, which is made if it has none."""

    def __get__(self, instance: Any, owner: type[Any]) -> Any:
        if instance is None:
            raise AttributeError(f"type object {owner.__name__!r} has no attribute {STATE!r}")
        try:
            state: Any = instance.__dict__[STATE]
        except KeyError:
            raise AttributeError(f"{owner.__name__!r} object has no attribute {STATE!r}") from None
        return cast("Any", state) if isinstance(state, InstanceState) else state.state_of(instance)

    def __set__(self, instance: Any, state: Any) -> None:
        instance.__dict__[STATE] = state

    def __delete__(self, instance: Any) -> None:
        try:
            del instance.__dict__[STATE]
        except KeyError:
            raise AttributeError(STATE) from None


def allow_late_states(mapper: Mapper[Any]) -> None:
    """Let instances of the model of *mapper* be made without a state."""
    if not isinstance(vars(mapper.class_).get(STATE), _StateAttribute):
        # Not `setattr`: the declarative base would take it for an attribute to be mapped.
        type.__setattr__(mapper.class_, STATE, _StateAttribute())


class Nursery:
    """Knows the living instances of one model in one session, and makes the states of those that have none."""

    def __init__(self, mapper: Mapper[Any], session: Session, *, names: tuple[str, ...], path: str) -> None:
        self._mapper = mapper
        self._session = ref(session)
        self._identities = ref(cast("LateIdentities", session.identity_map))
        self._names = names
        self._path = path
        self.is_single = len(names) == 1
        #: The living instances, and some that are gone, by the value of their key, or the tuple of its values.
        self.living: dict[Any, ref[Any]] = {}
        #: How many there may be before `sweep`.
        self.most = _SWEPT

    def state_of(self, instance: Any) -> InstanceState[Any]:
        """Make and return the state of *instance*: attached, if its session still is what it was."""
        with _making:
            attributes = instance.__dict__
            if attributes[STATE] is not self:
                state: InstanceState[Any] = attributes[STATE]
                return state
            values = tuple(attributes[name] for name in self._names)
            state = InstanceState(instance, self._mapper.class_manager)
            state.key = (self._mapper.class_, values, None)
            session = self._session()
            if session is not None and self._is_of(session, instance, values):
                state.session_id = session.hash_key
                session.identity_map.add(state)
            else:
                setattr(state, CAME_FROM, self._path)
            # Last, because others may look without the lock.
            attributes[STATE] = state
            return state

    def _is_of(self, session: Session, instance: Any, values: tuple[Any, ...]) -> bool:
        """Tell whether *instance* is the one with this key in *session*."""
        identities = cast("LateIdentities", session.identity_map)
        known = self.living.get(values[0] if self.is_single else values)
        # A copy of an instance belongs to no session, as one whose session was closed.
        if identities is not self._identities() or known is None or known() is not instance:
            return False
        # Once another nursery has taken over, the row may have been read anew.
        model = self._mapper.class_
        return identities.nurseries.get(model) is self or identities.get((model, values, None)) is None

    def sweep(self) -> None:
        """Forget the instances that are gone."""
        self.living = {key: known for key, known in self.living.items() if known() is not None}
        self.most = max(_SWEPT, 2 * len(self.living))

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle as what makes states that belong to no session: sessions do not travel."""
        return _Orphanage, (self._mapper.class_,)


class _Orphanage:
    """Makes the states of instances that were copied or pickled before they had one."""

    def __init__(self, model: type[Any]) -> None:
        self._model = model

    def state_of(self, instance: Any) -> InstanceState[Any]:
        """Make and return the state of *instance*, which belongs to no session."""
        with _making:
            mapper: Mapper[Any] = self._model.__mapper__
            state: InstanceState[Any] = InstanceState(instance, mapper.class_manager)
            instance.__dict__[STATE] = state
            state.key = mapper.identity_key_from_instance(instance)
            return state


class LateIdentities(_WeakInstanceDict):
    """The identity map of a session that also knows the instances without a state."""

    nurseries: "dict[type[Any], Nursery]"
    on_kill: "Callable[[], None]"

    @classmethod
    def adopt(cls, session: Session, *, on_kill: "Callable[[], None]") -> "LateIdentities":
        """Return the identity map of *session*, which is one of these from now on.

        Args:
            session: A session.
            on_kill: Called when the session is closed, and with it the map.
        """
        identities: Any = session.identity_map
        # The states within know the map they are in, so it cannot be replaced.
        identities.__class__ = cls
        identities.nurseries = {}
        identities.on_kill = on_kill
        return identities  # type: ignore[no-any-return]

    def nursery(self, mapper: Mapper[Any], session: Session, *, names: tuple[str, ...], path: str) -> Nursery:
        """Return the nursery of the model of *mapper*, whose primary key is in the attributes *names*."""
        allow_late_states(mapper)
        nursery = Nursery(mapper, session, names=names, path=path)
        self.nurseries[mapper.class_] = nursery
        for state in self.all_states():
            self._welcome(state)
        return nursery

    def __getitem__(self, key: Any) -> Any:
        if (instance := self.get(key)) is None:
            raise KeyError(key)
        return instance

    def __contains__(self, key: Any) -> bool:
        return self.get(key) is not None

    def get(self, key: Any, default: Any = None) -> Any:
        """Return the instance with this identity key, or *default*."""
        instance = super().get(key)
        if instance is None and (instance := self._without_state(key)) is None:
            return default
        return instance

    def fast_get_state(self, key: Any) -> Any:
        """Return the state of the instance with this identity key, or None."""
        state = super().fast_get_state(key)
        if state is None and (instance := self._without_state(key)) is not None:
            return instance_state(instance)
        return state

    def add(self, state: InstanceState[Any]) -> bool:
        """Add *state*; return whether it was new."""
        self._welcome(state)
        return super().add(state)

    def _add_unpresent(self, state: InstanceState[Any], key: Any) -> None:
        self._welcome(state)
        super()._add_unpresent(state, key)

    def replace(self, state: InstanceState[Any]) -> InstanceState[Any] | None:
        """Put *state* in the place of another one with its key, which is returned."""
        self._welcome(state)
        return super().replace(state)

    def _kill(self) -> None:
        super()._kill()
        self.on_kill()

    def _without_state(self, key: Any) -> Any:
        """Return the instance with this identity key that had no state, and has one now; or None."""
        model, values, token = key
        nursery = self.nurseries.get(model)
        if nursery is None or token is not None:
            return None
        known = nursery.living.get(values[0] if nursery.is_single else values)
        instance = None if known is None else known()
        if instance is not None:
            instance_state(instance)
        return instance

    def _welcome(self, state: InstanceState[Any]) -> None:
        if state.key is not None and (nursery := self.nurseries.get(state.key[0])) is not None:
            values = state.key[1]
            nursery.living[values[0] if nursery.is_single else values] = state.obj
