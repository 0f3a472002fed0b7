"""Turn rows of one model into instances that belong to a session."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeAlias, cast
from weakref import ref

from microcosm_sqlite.lookups.late import STATE, LateIdentities, Nursery

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from microcosm_sqlite.lookups.layouts import Layout

#: A row as the driver gives it.
Values: TypeAlias = tuple[Any, ...]


class Rows:
    """Turns rows of one model into instances that belong to one session, the same instance for the same key."""

    __slots__ = ("_attributes", "_key", "_model", "_new", "_nursery", "_only")

    def __init__(self, layout: "Layout", session: "Session", identities: LateIdentities, *, path: str) -> None:
        self._model = layout.model
        self._new = cast("Callable[[type[Any]], Any]", layout.model.__new__)
        names = tuple(layout.names[position] for position in layout.key_positions)
        self._nursery = identities.nursery(layout.mapper, session, names=names, path=path)
        self._attributes = _attributes_of(layout, self._nursery)
        processed = dict(layout.processors)
        is_plain = not any(position in processed for position in layout.key_positions)
        #: Where the key is, if it is one value that needs no processor.
        self._only = layout.key_positions[0] if is_plain and len(names) == 1 else None
        self._key = names

    def instance(self, values: Values) -> Any:
        """Return the instance of the row that has these values, which the driver gave in the order of the layout."""
        only, nursery = self._only, self._nursery
        if only is None:
            attributes = self._attributes(*values)
            key = tuple([attributes[name] for name in self._key])
            if nursery.is_single:
                key = key[0]
        else:
            attributes, key = None, values[only]
        living = nursery.living
        known = living.get(key)
        if known is None or (instance := known()) is None:
            instance = self._new(self._model)
            instance.__dict__ = self._attributes(*values) if attributes is None else attributes
            living[key] = ref(instance)
            if len(living) > nursery.most:
                nursery.sweep()
        return instance

    def held(self, found: Iterable[Values]) -> list[dict[str, Any]]:
        """Return what the instances of these rows would hold, for `adopted` in another thread."""
        attributes = self._attributes
        return [attributes(*values) for values in found]

    def adopted(self, held: list[dict[str, Any]]) -> tuple[list[Any], list[Any]]:
        """Return the keys and the instances of rows that another thread read and that hold these attributes.

        The dictionaries become theirs.
        """
        nursery, model, new = self._nursery, self._model, self._new
        if nursery.is_single:
            name = self._key[0]
            keys = [attributes[name] for attributes in held]
        else:
            keys = [tuple([attributes[name] for name in self._key]) for attributes in held]
        instances: list[Any] = []
        for key, attributes in zip(keys, held, strict=True):
            known = nursery.living.get(key)
            if known is None or (instance := known()) is None:
                instance = new(model)
                attributes[STATE] = nursery
                instance.__dict__ = attributes
                nursery.living[key] = ref(instance)
                if len(nursery.living) > nursery.most:
                    nursery.sweep()
            instances.append(instance)
        return keys, instances

    def instances(self, found: Iterable[Values]) -> list[Any]:
        """Return the instances of these rows: as `instance` does, faster."""
        only, nursery = self._only, self._nursery
        if only is None:
            return [self.instance(values) for values in found]
        model, new, attributes, living, most = self._model, self._new, self._attributes, nursery.living, nursery.most
        instances: list[Any] = []
        for values in found:
            key = values[only]
            known = living.get(key)
            if known is None or (instance := known()) is None:
                instance = new(model)
                instance.__dict__ = attributes(*values)
                living[key] = ref(instance)
                if len(living) > most:
                    nursery.sweep()
                    living, most = nursery.living, nursery.most
            instances.append(instance)
        return instances


def _attributes_of(layout: "Layout", nursery: Nursery) -> Callable[..., dict[str, Any]]:
    """Return a function that makes the attributes of an instance of the values of a row.

    It is written as source, once per model, as named tuples and data classes are: a dictionary that is written out is
    made in one step of its final size, two to three times as fast as from pairs.
    """
    processors = dict(layout.processors)
    globals_: dict[str, Any] = {f"process_{position}": processor for position, processor in processors.items()}
    globals_["nursery"] = nursery
    items = [f"{STATE!r}: nursery"]
    for position, name in enumerate(layout.names):
        items.append(f"{name!r}: " + (f"process_{position}(v{position})" if position in processors else f"v{position}"))
    parameters = ", ".join(f"v{position}" for position in range(len(layout.names)))
    source = f"lambda {parameters}: {{{', '.join(items)}}}"
    make: Callable[..., dict[str, Any]] = eval(source, globals_)  # noqa: S307 - Names of mapped attributes only.
    return make
