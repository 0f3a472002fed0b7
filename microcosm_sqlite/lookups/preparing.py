"""Prepare the look-ups of one store to be read directly, where that gives what SQLAlchemy would give."""

import threading
from collections.abc import Collection, Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from sqlalchemy import Integer, Select, func, literal, select

from microcosm_sqlite.context import open_contexts
from microcosm_sqlite.engines.counting import Counters
from microcosm_sqlite.lookups.arguments import is_page
from microcosm_sqlite.lookups.filters import COLLECTIONS
from microcosm_sqlite.lookups.generations import Family
from microcosm_sqlite.lookups.keys import key_attributes
from microcosm_sqlite.lookups.plans import Plan, compile_plan, marker
from microcosm_sqlite.lookups.readers import reader_of
from microcosm_sqlite.lookups.sessions import GetOrCreateSession
from microcosm_sqlite.lookups.shapes import Parts, is_about, take_apart
from microcosm_sqlite.lookups.tables import TableReader

if TYPE_CHECKING:
    from microcosm_sqlite.lookups.hooks import Hooks

#: Shapes of look-ups that are kept with their statements; those of one store are a few.
_PLANS_KEPT: Final = 256


class Here(threading.local):
    """What a store knows in one thread, outside of any context."""

    #: The rows by primary key that the thread keeps; nothing is ever put into this one.
    family: Family = Family(Counters())
    table: TableReader | None = None


class Prepared(NamedTuple):
    """A look-up that is ready to run."""

    table: TableReader
    plan: Plan
    values: Sequence[Any]


class Preparation:
    """The look-ups of one store, compiled once per shape; may be used by several threads."""

    def __init__(self, store: "Hooks[Any]") -> None:
        # Any, because its hooks are private by name since 0.1.
        self._store: Any = store
        self.here = Here()
        self._plans: dict[Any, Plan | None] = {}

    def table(self) -> TableReader | None:
        """Return what reads the store's model here and now, or None where only SQLAlchemy can."""
        here, is_outside = self.here, not open_contexts()
        if is_outside and here.table is not None and here.table.reader.is_current:
            return here.table
        store = self._store
        reader = reader_of(store.session)
        table = None if reader is None else reader.table(store.model_class)
        if is_outside and isinstance(store.get_session, GetOrCreateSession):
            here.table = table
            here.family = Here.family if table is None else table.by_key.family
        return table

    def rows(
        self, criteria: tuple[Any, ...], filters: Mapping[str, Any], *, offset: int | None, limit: int | None
    ) -> Prepared | None:
        """Return the look-up of all rows that match, or None where only SQLAlchemy can answer it."""
        if not (is_page(offset) and is_page(limit)):
            return None
        has_page = offset is not None or limit is not None
        prepared = self._prepared(rows_of, criteria, filters, has_page=has_page)
        if prepared is not None and has_page:
            page = (-1 if limit is None else limit, 0 if offset is None else offset)
            return prepared._replace(values=[*prepared.values, *page])
        return prepared

    def count(self, criteria: tuple[Any, ...], filters: Mapping[str, Any]) -> Prepared | None:
        """Return the question how many rows match, or None where only SQLAlchemy can answer it."""
        return self._prepared(_count, criteria, filters)

    def exists(self, criteria: tuple[Any, ...], filters: Mapping[str, Any]) -> Prepared | None:
        """Return the question whether a row matches, or None where only SQLAlchemy can answer it."""
        return self._prepared(_exists, criteria, filters)

    def other(
        self, make: Any, criteria: tuple[Any, ...], filters: Mapping[str, Any], values: Sequence[Any]
    ) -> Prepared | None:
        """Return a look-up of another kind, or None where only SQLAlchemy can answer it.

        Args:
            make: puts its statement together from the store, what reads its table, and the parts of the look-up; the
                markers of *values* come behind those of the parts. It is a module's own function: what it made is kept.
            criteria: expressions that must hold.
            filters: filters by keyword.
            values: further values of the statement.
        """
        prepared = self._prepared(make, criteria, filters)
        return None if prepared is None else prepared._replace(values=[*prepared.values, *values])

    def _prepared(
        self, make: Any, criteria: tuple[Any, ...], filters: Mapping[str, Any], *, has_page: bool = False
    ) -> Prepared | None:
        store = self._store
        if store._has_own_hooks or (table := self.table()) is None:
            return None
        if store._guarded_filters and not self._are_plain(filters):
            return None
        known = store.auto_filters
        parts = take_apart(criteria, filters, known=known, table=table.layout.table, has_page=has_page)
        if parts is None:
            return None
        key = make, parts.shape
        try:
            plan = self._plans[key]
        except KeyError:
            statement = make(store, table, parts)
            plan = None if statement is None else compile_plan(statement, table.reader.engine.dialect)
            if plan is not None:
                plan.scans = table.scans(plan)
            if len(self._plans) >= _PLANS_KEPT:
                self._plans.clear()
            self._plans[key] = plan
        return None if plan is None else Prepared(table, plan, parts.values)

    def _are_plain(self, filters: Mapping[str, Any]) -> bool:
        """Whether nothing is looked for in these that cannot be there, and nothing in other tables."""
        guarded: dict[str, frozenset[str] | None] = self._store._guarded_filters
        for name in filters:
            if name in guarded:
                names, value = guarded[name], filters[name]
                if names is None:
                    return False
                members = cast("Collection[Any]", value) if isinstance(value, COLLECTIONS) else (value,)
                for member in members:
                    if not (member is None or isinstance(member, Enum) or (type(member) is str and member in names)):
                        return False
        return True


def rows_of(store: "Hooks[Any]", table: TableReader, parts: Parts) -> Select[Any] | None:
    """Return the statement of all rows that match, in the declared order; None where that is about other tables."""
    statement = select(*table.layout.columns)
    if parts.shape.has_page:
        statement = in_pages(statement, parts)
    return in_order(store, table, statement, parts)


def in_pages(statement: Select[Any], parts: Parts) -> Select[Any]:
    """Return *statement* with places for a limit and an offset, behind the values of *parts*."""
    first = len(parts.values)
    return statement.limit(marker(first, type_=Integer())).offset(marker(first + 1, type_=Integer()))


def in_order(store: "Hooks[Any]", table: TableReader, statement: Select[Any], parts: Parts) -> Select[Any] | None:
    """Return *statement* about what *parts* ask for, in the declared order; None where that is about other tables."""
    order = (*store.order_by, *key_attributes(store.model_class))
    if not all(is_about(expression, table.layout.table) for expression in order):
        return None
    return statement.where(*parts.conditions.expressions(store.auto_filters)).order_by(*order)


def _count(store: "Hooks[Any]", table: TableReader, parts: Parts) -> Select[Any]:
    conditions = parts.conditions.expressions(store.auto_filters)
    return select(func.count()).select_from(table.layout.table).where(*conditions)


def _exists(store: "Hooks[Any]", table: TableReader, parts: Parts) -> Select[Any]:
    conditions = parts.conditions.expressions(store.auto_filters)
    return select(literal(1)).select_from(table.layout.table).where(*conditions).limit(1)
