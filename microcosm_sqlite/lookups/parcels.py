"""Hand rows from the thread that read them to the one that asked.

An instance belongs to a session, and a session to a thread. So what is handed over is not the instance but what it
holds: the other thread makes an instance of its own of that, attached to its own session, or finds that it has it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

from sqlalchemy import inspect
from sqlalchemy.orm import InstanceState, Mapper, Session, make_transient_to_detached
from sqlalchemy.orm.attributes import instance_state, set_committed_value

from microcosm_sqlite.lookups.late import STATE, Nursery

if TYPE_CHECKING:
    from microcosm_sqlite.lookups.tables import TableReader

#: Values that hold no rows, in all look-ups but those of a user's own making.
_PLAIN: Final = frozenset({type(None), bool, int, float, str, bytes})


@dataclass(kw_only=True, slots=True, eq=False)
class Load:
    """What rows of sealed data hold that have nothing but their columns: no relationship, no state."""

    model: type[Any]
    held: list[dict[str, Any]]
    is_single: bool


@dataclass(kw_only=True, slots=True, eq=False)
class Parcel:
    """What any other row holds, on its way into another thread."""

    model: type[Any]
    attributes: dict[str, Any]
    #: The key, where SQLAlchemy knows it.
    identity: tuple[Any, ...] | None
    #: The relationships that are loaded already.
    related: dict[str, Any] = field(default_factory=dict[str, Any])
    #: What was made of it; a row may be met more than once.
    instance: Any = None


class Home(Protocol):
    """Where rows belong to."""

    def table(self, model: type[Any]) -> "TableReader | None":
        """Return what reads the rows of *model*, or None where only SQLAlchemy can."""
        ...

    def session(self, model: type[Any]) -> Session:
        """Return the session to which rows of *model* belong."""
        ...

    def adopt(self, table: "TableReader", held: list[dict[str, Any]]) -> list[Any]:
        """Return the rows of *table* that hold these attributes."""
        ...


def packed(value: Any) -> Any:
    """Return *value* with parcels in the place of rows; called by the thread that the rows belong to."""
    is_single = not isinstance(value, list)
    load = _load([value] if is_single else cast("list[Any]", value), is_single=is_single)
    if load is not None:
        return load
    known: dict[int, Parcel] = {}

    def pack(instance: Any) -> Any:
        if (parcel := known.get(id(instance))) is not None:
            return parcel
        attributes: dict[str, Any] = instance.__dict__.copy()
        state: Any = attributes.pop(STATE, None)
        identity = None
        if isinstance(state, InstanceState):
            key: Any = cast("Any", state).key
            if key is None:
                return instance  # It is new, and belongs to nobody.
            identity = key[1]
        model = cast("type[Any]", type(instance))
        parcel = known[id(instance)] = Parcel(model=model, attributes=attributes, identity=identity)
        for name in _relationships_of(cast("Any", model)) & attributes.keys():
            parcel.related[name] = _changed(attributes.pop(name), pack)
        return parcel

    return _changed(value, pack)


def unpacked(value: Any, home: Home) -> Any:
    """Return *value* with rows in the place of parcels; called by the thread that the rows belong to from now on."""
    if type(value) is Load:
        if (table := home.table(value.model)) is not None:
            rows = home.adopt(table, value.held)
        else:
            rows = [_attached(value.model, attributes, None, home) for attributes in value.held]
        return rows[0] if value.is_single else rows

    def unpack(parcel: Any) -> Any:
        if not isinstance(parcel, Parcel):
            return parcel
        if parcel.instance is None:
            table = home.table(parcel.model)
            parcel.instance = (
                _attached(parcel.model, parcel.attributes, parcel.identity, home)
                if table is None
                else home.adopt(table, [parcel.attributes])[0]
            )
            for name, related in parcel.related.items():
                _relate(parcel.instance, name, _changed(related, unpack))
        return parcel.instance

    return _changed(value, unpack)


def _load(rows: Sequence[Any], *, is_single: bool) -> Load | None:
    """Return what *rows* hold, or None where they are not rows of one model that have nothing but their columns."""
    if not rows or not hasattr(model := cast("Any", type(rows[0])), "__mapper__"):
        return None
    first = rows[0].__dict__
    if not _relationships_of(model).isdisjoint(first):
        return None
    # With the same number of attributes, of which its columns are the first, no other row has more than these either.
    size = len(first)
    held = [row.__dict__ for row in rows if type(row) is model]
    if len(held) < len(rows) or not all(type(one.get(STATE)) is Nursery and len(one) == size for one in held):
        return None
    return Load(model=model, held=[one.copy() for one in held], is_single=is_single)


def _changed(value: Any, change: Callable[[Any], Any]) -> Any:
    """Return *value* with all rows and parcels in it changed, however deep in lists, tuples, dictionaries and so on."""
    kind = cast("type[Any]", type(value))
    if kind in _PLAIN:
        return value
    if kind is Parcel or hasattr(kind, "__mapper__"):
        return change(value)
    if isinstance(value, list | tuple):
        members = [_changed(member, change) for member in cast("list[Any]", value)]
        # A named tuple is made of its members one by one; a list of SQLAlchemy's own becomes a plain one.
        return kind._make(members) if hasattr(kind, "_make") else members if isinstance(value, list) else tuple(members)
    if kind is dict:
        return {key: _changed(member, change) for key, member in cast("dict[Any, Any]", value).items()}
    if is_dataclass(kind):
        before = {one.name: getattr(value, one.name) for one in fields(kind) if one.init}
        after = {name: _changed(member, change) for name, member in before.items()}
        return replace(value, **after) if any(after[name] is not before[name] for name in after) else value
    return value


@cache
def _relationships_of(model: type[Any]) -> frozenset[str]:
    mapper: Mapper[Any] = inspect(model)
    return frozenset(mapper.relationships.keys())


def _relate(instance: Any, name: str, related: Any) -> None:
    """Let *instance* know its rows of one relationship, unless it does already."""
    if name in instance.__dict__:
        return
    if isinstance(related, list):
        set_committed_value(instance, name, related)
    else:
        # As prefetching has it: one row needs no state of those that refer to it.
        instance.__dict__[name] = related


def _attached(model: type[Any], attributes: dict[str, Any], identity: tuple[Any, ...] | None, home: Home) -> Any:
    """Return the instance of a row that SQLAlchemy read, as if the session at *home* had read it."""
    mapper: Mapper[Any] = inspect(model)
    session = home.session(model)
    if identity is None:
        identity = tuple(attributes[mapper.get_property_by_column(one).key] for one in mapper.primary_key)
    known = session.identity_map.get(mapper.identity_key_from_primary_key(identity))
    instance: Any = mapper.class_manager.new_instance() if known is None else known
    if not instance_state(instance).modified:
        for name, attribute in attributes.items():
            if name != STATE:
                set_committed_value(instance, name, attribute)
    if known is None:
        for column, part in zip(mapper.primary_key, identity, strict=True):
            instance.__dict__.setdefault(mapper.get_property_by_column(column).key, part)
        make_transient_to_detached(instance)
        session.add(instance)
    return instance
