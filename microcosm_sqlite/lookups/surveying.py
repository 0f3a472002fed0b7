"""Tell which statements a store runs for what it can be asked."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, cast

from sqlalchemy import Column, Index, Table, bindparam, inspect, select
from sqlalchemy.orm import RelationshipDirection, Session
from sqlalchemy.schema import CreateIndex
from sqlalchemy.sql import visitors

from microcosm_sqlite.access import AccessPath
from microcosm_sqlite.engines.dialect import StrictAPSWDialect
from microcosm_sqlite.full_text import full_text_of
from microcosm_sqlite.lookups.keys import unique_keys
from microcosm_sqlite.lookups.plans import compile_plan
from microcosm_sqlite.lookups.recording import Recorder
from microcosm_sqlite.place import Box, place_of

if TYPE_CHECKING:
    from sqlalchemy import BindParameter, ColumnElement, Select
    from sqlalchemy.orm import Mapper, RelationshipProperty
    from sqlalchemy.types import TypeEngine

    from microcosm_sqlite.lookups.access import Call, Search

_DIALECT: Final = StrictAPSWDialect()

#: What makes a statement ask for some rows only.
_NARROWS: Final = re.compile(r"\b(?:WHERE|HAVING)\b", re.IGNORECASE)

#: What relationships load when nobody expects them to.
_NEVER_LOADED: Final = frozenset({"noload", "raise", "raise_on_sql", "write_only"})

#: What is looked up by words and places, where anything would do.
_WORD: Final = "word"
_BOX: Final = Box(0, 0, 1, 1)


def paths_of(store: type[Any]) -> Iterator[AccessPath]:
    """Yield what *store*, a class, asks of its database.

    Raises:
        Exception: whatever its own methods raise on an empty database, but for not finding a row.
    """
    survey = _Survey(store)
    yield from survey.keys()
    yield from survey.searches()
    yield from survey.relationships()
    yield from survey.others()


@dataclass(frozen=True, kw_only=True, slots=True)
class _Limits:
    scanned: int | None
    sorted: int | None


#: A key, words and places are found by indexes that the model itself declares.
_NONE: Final = _Limits(scanned=0, sorted=0)


class _Survey:
    """Surveys one store."""

    def __init__(self, store: type[Any]) -> None:
        self._class = store
        # Without any database: statements are only put together.
        self._store = store(_unbound)
        self._mapper: Mapper[Any] = inspect(self._store.model_class)
        self._table = cast("Table", self._mapper.local_table)
        # A model may be mapped to a view or a query, which has none.
        self._indexes: tuple[Index, ...] = tuple(getattr(self._table, "indexes", ()))
        self._recorder = Recorder(store)

    def keys(self) -> Iterator[AccessPath]:
        """Yield look-ups by each unique key."""
        for number, columns in enumerate(self._keys()):
            statement = select(self._mapper.class_).where(*(_equal(column, _some(column.type)) for column in columns))
            by = f", by={self._names(columns)}" if number else ""
            yield self._path(f"retrieve(...{by})", statement, _NONE)

    def searches(self) -> Iterator[AccessPath]:
        """Yield searches: without conditions, as declared, by each other filter."""
        limit = self._class.scan_limit
        yield self._path("search()", self._select((), {}), _Limits(scanned=limit, sorted=limit))
        declared = self._declared("attributes")
        for one in declared:
            yield self._searched(one)
        known = self._store.auto_filters
        named = {attribute.key for one in declared for attribute in one.attributes}
        named |= {known[name].key for one in declared for name in one.filters if name in known}
        for field in self._store.auto_filter_fields or ():
            if field.key not in named:
                filters = {field.key: _some(field.type)}
                limits = _Limits(scanned=limit, sorted=limit)
                yield self._path(f"search({field.key}=...)", self._select((), filters), limits)

    def relationships(self) -> Iterator[AccessPath]:
        """Yield what the relationships of the model load, but for a row by its primary key."""
        limits = {one.relationship: one.scan_limit for one in self._declared("relationship")}
        if unknown := limits.keys() - self._mapper.relationships.keys():
            raise ValueError(f"{self._mapper.class_.__name__} has no relationship {', '.join(sorted(unknown))}")
        for relationship in self._mapper.relationships:
            target = relationship.mapper
            is_by_key = set(target.primary_key) == set(relationship.remote_side)
            is_one = relationship.direction is RelationshipDirection.MANYTOONE
            if relationship.lazy in _NEVER_LOADED or (is_one and is_by_key):
                continue
            name = f"{self._mapper.class_.__name__}.{relationship.key}"
            limit = limits.get(relationship.key, self._class.scan_limit)
            yield self._path(name, _loaded(relationship), _Limits(scanned=limit, sorted=limit))

    def others(self) -> Iterator[AccessPath]:
        """Yield look-ups by words and places, and by methods of the store's own."""
        index, place = full_text_of(self._table), place_of(self._table)
        found = _Limits(scanned=0, sorted=None)
        if index is not None:
            remedy = index.create_statement
            yield from self._recorded("match(...)", lambda store: store.match(_WORD), found, remedy)
            yield from self._recorded("complete(...)", lambda store: store.complete(_WORD), found, remedy)
        if place is not None:
            made = next((_created(own) for own in self._indexes if own.name == place.name), None)
            yield from self._recorded("within(...)", lambda store: store.within(_BOX), found, made)
            yield from self._recorded("near(...)", lambda store: store.near(0, 0, kilometres=1), found, made)
        for own in self._indexes:
            where = own.dialect_options["sqlite"]["where"]
            if where is not None:
                yield self._needed(own, where)
        for one in self._declared("method"):
            yield from self._called(one)

    def _needed(self, index: Index, where: Any) -> AccessPath:
        """Return a statement that only a partial index can answer: which look-ups it is for, nobody can tell."""
        quoted = _DIALECT.identifier_preparer.quote
        condition = where.compile(dialect=_DIALECT, compile_kwargs={"literal_binds": True, "include_table": False})
        sql = f"SELECT 1 FROM {quoted(self._table.name)} INDEXED BY {quoted(str(index.name))} WHERE {condition}"  # noqa: S608
        limits = _Limits(scanned=None, sorted=None)
        return replace(self._made(f"index {index.name}", sql, (), limits), remedy=_created(index))

    def _searched(self, one: "Search") -> AccessPath:
        limit = self._class.scan_limit if one.scan_limit is None else one.scan_limit
        given = {attribute.key: _some(attribute.type) for attribute in one.attributes}
        words = [str(criterion) for criterion in one.criteria]
        words += [f"{name}=..." for name in (*given, *one.filters)]
        statement = self._select(one.criteria, {**given, **one.filters})
        return self._path(f"search({', '.join(words)})", statement, _Limits(scanned=limit, sorted=limit))

    def _called(self, one: "Call") -> Iterator[AccessPath]:
        limit = self._class.scan_limit if one.scan_limit is None else one.scan_limit
        words = [*("..." for _ in one.arguments), *(f"{name}=..." for name in one.keywords)]

        def call(store: Any) -> None:
            getattr(store, one.method)(*one.arguments, **one.keywords)

        yield from self._recorded(f"{one.method}({', '.join(words)})", call, _Limits(scanned=limit, sorted=limit))

    def _recorded(
        self, call: str, run: Callable[[Any], object], limits: _Limits, remedy: str | None = None
    ) -> Iterator[AccessPath]:
        for sql, parameters in self._recorder.statements(run):
            yield replace(self._made(call, sql, parameters, limits), remedy=remedy)

    def _select(self, criteria: Sequence[Any], filters: dict[str, Any]) -> "Select[Any]":
        statement: Select[Any] = self._store._select(tuple(criteria), filters, offset=None, limit=None).statement
        return statement

    def _path(self, call: str, statement: "Select[Any]", limits: _Limits) -> AccessPath:
        plan = compile_plan(statement, _DIALECT)
        if plan is not None:
            return self._made(call, plan.sql, tuple(plan.parameters(())), limits)
        compiled: Any = statement.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
        return self._made(call, str(compiled), (None,) * len(compiled.positiontup or ()), limits)

    def _made(self, call: str, sql: str, parameters: tuple[Any, ...], limits: _Limits) -> AccessPath:
        return AccessPath(
            store=self._class.__name__,
            call=call,
            sql=" ".join(sql.split()),
            parameters=parameters,
            most_scanned=limits.scanned,
            most_sorted=limits.sorted,
            is_whole=_NARROWS.search(sql) is None,
        )

    def _declared(self, kind: str) -> list[Any]:
        """Return what the store declares that has an attribute of this name."""
        return [one for one in self._class.access if hasattr(one, kind)]

    def _keys(self) -> list[tuple[Column[Any], ...]]:
        """Return the unique keys, the primary one first, the others in an order that never varies."""
        primary, *others = dict.fromkeys(unique_keys(self._mapper))
        return [primary, *sorted(others, key=self._names)]

    def _names(self, columns: Sequence[Column[Any]]) -> str:
        names = [self._mapper.get_property_by_column(column).key for column in columns]
        return names[0] if len(names) == 1 else f"({', '.join(names)})"


def _unbound(_: Any) -> Session:
    return Session()


def _some(type_: "TypeEngine[Any]") -> "BindParameter[Any]":
    """Return what stands for a value of this type that will be known one day."""
    return bindparam(None, None, type_=type_, unique=True)


def _equal(column: Any, value: Any) -> "ColumnElement[bool]":
    matches: ColumnElement[bool] = column == value
    return matches


def _created(index: Index) -> str:
    return " ".join(str(CreateIndex(index).compile(dialect=_DIALECT)).split())


def _loaded(relationship: "RelationshipProperty[Any]") -> "Select[Any]":
    """Return the statement that loads *relationship* of one row."""
    local = set(relationship.local_columns) - set(relationship.remote_side)

    def known(element: Any, **_: Any) -> Any:
        is_known = isinstance(element, Column) and cast("Any", element) in local
        return _some(cast("Any", element).type) if is_known else None

    matches: ColumnElement[bool] = visitors.replacement_traverse(relationship.primaryjoin, {}, known)
    statement = select(relationship.mapper.class_).where(matches)
    if relationship.secondaryjoin is not None:
        statement = statement.where(relationship.secondaryjoin)
    return statement.order_by(*relationship.order_by) if relationship.order_by else statement
