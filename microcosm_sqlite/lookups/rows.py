"""Turn rows of one model into instances that belong to a session."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from microcosm_sqlite.lookups.layouts import Layout

#: A row as the driver gives it.
Values: TypeAlias = tuple[Any, ...]


class Rows:
    """Turns rows of one model into instances that belong to one session, the same instance for the same key."""

    __slots__ = (
        "_add",
        "_find",
        "_key",
        "_model",
        "_names",
        "_new",
        "_only_key",
        "_processors",
        "_session_id",
        "_state",
    )

    def __init__(self, layout: "Layout", session: "Session") -> None:
        manager = layout.mapper.class_manager
        identities = session.identity_map
        self._model = layout.model
        self._names = layout.names
        self._processors = layout.processors
        self._key = layout.key_positions
        self._only_key = self._key[0] if len(self._key) == 1 else None
        self._new = manager.new_instance
        self._state = manager.STATE_ATTR
        self._session_id = session.hash_key
        # As SQLAlchemy's own loader does; nobody else sees the instance before it is complete.
        self._add = identities._add_unpresent  # noqa: SLF001
        self._find = identities.fast_get_state

    def processed(self, values: Values) -> Values:
        """Return *values* as the attributes hold them."""
        if not self._processors:
            return values
        made = list(values)
        for position, processor in self._processors:
            made[position] = processor(made[position])
        return tuple(made)

    def instance(self, values: Values) -> Any:
        """Return the instance of the row that has these values, which the driver gave in the order of the layout."""
        if self._processors:
            values = self.processed(values)
        only = self._only_key
        key = tuple([values[position] for position in self._key]) if only is None else (values[only],)
        identity = (self._model, key, None)
        state: Any = self._find(identity)
        if state is not None and (present := state.obj()) is not None:
            return present
        instance = self._new()
        attributes = instance.__dict__
        state = attributes[self._state]
        state.key = identity
        state.session_id = self._session_id
        attributes.update(zip(self._names, values, strict=True))
        self._add(state, identity)
        return instance

    def instances(self, found: Iterable[Values]) -> list[Any]:
        """Return the instances of these rows: as `instance` does, a third faster."""
        only, model, names, state_name, session_id = (
            self._only_key,
            self._model,
            self._names,
            self._state,
            self._session_id,
        )
        if only is None or self._processors:
            return [self.instance(values) for values in found]
        find, new, add = self._find, self._new, self._add
        instances: list[Any] = []
        for values in found:
            identity = (model, (values[only],), None)
            state: Any = find(identity)
            if state is None or (instance := state.obj()) is None:
                instance = new()
                attributes = instance.__dict__
                state = attributes[state_name]
                state.key = identity
                state.session_id = session_id
                attributes.update(zip(names, values, strict=True))
                add(state, identity)
            instances.append(instance)
        return instances
