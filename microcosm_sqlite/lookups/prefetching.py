"""Load the relationships that a store declares together with its rows, each with one statement for all of them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, cast

from sqlalchemy import Column, String, inspect, select
from sqlalchemy.orm import Mapper, QueryableAttribute, RelationshipDirection, RelationshipProperty, selectinload
from sqlalchemy.orm.attributes import set_committed_value

from microcosm_sqlite.errors import ArgumentError
from microcosm_sqlite.lookups.arguments import choice, named
from microcosm_sqlite.lookups.declarations import declared
from microcosm_sqlite.lookups.layouts import Layout, layout_of
from microcosm_sqlite.lookups.plans import Plan, compile_plan, marker
from microcosm_sqlite.lookups.shapes import is_about
from microcosm_sqlite.lookups.tables import TableReader, batches

if TYPE_CHECKING:
    from sqlalchemy import Dialect
    from sqlalchemy.orm.interfaces import ORMOption

    from microcosm_sqlite.lookups.hooks import Hooks


class _Related(Protocol):
    """A relationship that can be read directly."""

    def fill(self, table: TableReader, instances: Iterable[Any]) -> None:
        """Load it for those of *instances* that have not loaded it yet."""
        ...


class Prefetching:
    """The relationships that one store loads with its rows; may be used by several threads."""

    def __init__(self, store: "Hooks[Any]") -> None:
        self._store = store
        self._declared = declared(store, "prefetch")
        #: Whether there are any.
        self.is_declared = bool(self._declared)

    @cached_property
    def options(self) -> "tuple[ORMOption, ...]":
        """What tells SQLAlchemy to load them.

        Raises:
            ArgumentError: the store declares something else than relationships of its model.
        """
        return tuple(selectinload(attribute) for attribute in self._attributes)

    def can_fill(self, table: TableReader) -> bool:
        """Tell whether all of them can be loaded directly."""
        return not self.is_declared or self._related(table) is not None

    def fill(self, table: TableReader, instances: Sequence[Any]) -> None:
        """Load them for all of *instances*, which came from *table*; `can_fill` says so."""
        if self.is_declared and instances:
            for related in self._related(table) or ():
                related.fill(table, instances)

    @cached_property
    def _attributes(self) -> tuple[Any, ...]:
        model = self._store.model_class
        mapper: Mapper[Any] = inspect(model)
        for attribute in self._declared:
            known = mapper.relationships.get(getattr(attribute, "key", ""))
            if not isinstance(attribute, QueryableAttribute) or known is not cast("Any", attribute).property:
                name = attribute if isinstance(attribute, str) else getattr(cast("Any", attribute), "key", None)
                raise ArgumentError(
                    where=type(self._store).__name__,
                    argument="prefetch",
                    expected=f"relationships of {model.__name__}",
                    found=named(attribute),
                    remedy=_relationships(mapper, name),
                )
        return tuple(self._declared)

    def _related(self, table: TableReader) -> list[_Related] | None:
        found: list[_Related] | None = vars(self).get("_found", _UNKNOWN)
        if found is _UNKNOWN:
            related = [_directly(one.property, table.layout, table.reader.engine.dialect) for one in self._attributes]
            known = [one for one in related if one is not None]
            found = self._found = known if len(known) == len(related) else None
        return found


def _relationships(mapper: "Mapper[Any]", found: Any) -> str:
    """Return what a message says of the relationships that could have been declared."""
    known = [*mapper.relationships.keys()]
    if not known:
        return f"{mapper.class_.__name__} has no relationships."
    example = found if found in known else known[0]
    return f"Write prefetch = [{mapper.class_.__name__}.{example}]. {choice(known, found=found)}"


_UNKNOWN: Any = object()


class _Parents:
    """The one row that each of many refers to, by its primary key."""

    def __init__(self, relationship: RelationshipProperty[Any], local: str) -> None:
        self._name = relationship.key
        self._local = local
        self._target: type[Any] = relationship.mapper.class_

    def fill(self, table: TableReader, instances: Iterable[Any]) -> None:
        """Load it for those of *instances* that have not loaded it yet."""
        name, local = self._name, self._local
        waiting = [found for one in instances if name not in (found := one.__dict__) and local in found]
        keys = list(dict.fromkeys(found[local] for found in waiting if found[local] is not None))
        target = table.reader.table(self._target)
        if target is not None and keys:
            parents = dict(zip(keys, target.by_key.find_many(keys), strict=True))
            for found in waiting:
                # As SQLAlchemy sets what it has loaded: nobody hears of it, and no history begins.
                found[name] = parents.get(found[local])


class _Children:
    """The rows that refer to each of many."""

    def __init__(self, relationship: RelationshipProperty[Any], local: str, remote: Column[Any]) -> None:
        self._name = relationship.key
        self._is_list = bool(relationship.uselist)
        self._local = local
        self._remote = remote
        self._order: Sequence[Any] = relationship.order_by or ()
        self._target: type[Any] = relationship.mapper.class_
        self._plans: dict[int, Plan | None] = {}

    def fill(self, table: TableReader, instances: Iterable[Any]) -> None:
        """Load them for those of *instances* that have not loaded them yet."""
        name, local = self._name, self._local
        waiting = [one for one in instances if name not in (found := one.__dict__) and local in found]
        keys = list(dict.fromkeys(one.__dict__[local] for one in waiting))
        target = table.reader.table(self._target)
        if target is None:
            return
        position, children = target.layout.columns.index(self._remote), defaultdict[Any, list[Any]](list)
        for part in batches(keys):
            plan = self._plan(target, len(part))
            if plan is None:
                return
            rows = target.values(plan, part)
            for row, child in zip(rows, target.instances(rows), strict=True):
                children[row[position]].append(child)
        for one in waiting:
            several = children.get(one.__dict__[local], [])
            set_committed_value(one, name, several if self._is_list else next(iter(several), None))

    def _plan(self, target: TableReader, size: int) -> Plan | None:
        """Return what finds the children of so many, in the order of the relationship, and then of their keys."""
        if size not in self._plans:
            markers = [marker(number, type_=self._remote.type) for number in range(size)]
            statement = select(*target.layout.columns).where(self._remote.in_(markers))
            statement = statement.order_by(*self._order, *target.layout.key_columns)
            plan = self._plans[size] = compile_plan(statement, target.reader.engine.dialect)
            if plan is not None:
                plan.scans = target.scans(plan)
        return self._plans[size]


def _directly(relationship: RelationshipProperty[Any], home: Layout, dialect: "Dialect") -> _Related | None:
    """Return what reads *relationship* directly, or None where only SQLAlchemy can.

    It can be read directly where one column refers to one column, with values that the driver takes and gives as they
    are, and nothing else decides which rows belong together.
    """
    target = layout_of(relationship.mapper.class_, dialect)
    pairs: Any = relationship.local_remote_pairs
    if target is None or relationship.secondary is not None or len(pairs) != 1:
        return None
    local, remote = pairs[0]
    if not relationship.primaryjoin.compare(local == remote) or not (
        _is_plain(local, home) and _is_plain(remote, target)
    ):
        return None
    name = home.names[home.columns.index(local)]
    if relationship.direction is RelationshipDirection.MANYTOONE:
        return _Parents(relationship, name) if target.key_columns == (remote,) else None
    order = relationship.order_by or ()
    if relationship.direction is RelationshipDirection.ONETOMANY and all(is_about(one, target.table) for one in order):
        return _Children(relationship, name, remote)
    return None


def _is_plain(column: Column[Any], layout: Layout) -> bool:
    """Tell whether values of *column* are equal in Python where they are in SQL."""
    if column not in layout.columns or (isinstance(column.type, String) and column.type.collation):
        return False
    return all(layout.columns[position] is not column for position, _ in layout.processors)
