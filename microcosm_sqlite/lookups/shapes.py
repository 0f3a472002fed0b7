"""Take look-ups apart: what decides the statement, and the values that go into it."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any, Final, NamedTuple, cast
from uuid import UUID

from sqlalchemy import (
    BinaryExpression,
    BindParameter,
    BooleanClauseList,
    Case,
    Cast,
    ClauseList,
    Column,
    ColumnElement,
    False_,
    FunctionElement,
    Null,
    Table,
    True_,
    UnaryExpression,
    or_,
)
from sqlalchemy.orm import ColumnProperty, QueryableAttribute
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import CollationClause, ExpressionClauseList, Grouping
from sqlalchemy.sql.operators import in_op, not_in_op

from microcosm_sqlite.lookups.criteria import is_condition
from microcosm_sqlite.lookups.filters import COLLECTIONS, size_of
from microcosm_sqlite.lookups.plans import marker

#: Values that mean themselves, and nothing else, when an attribute is compared with them.
_PLAIN: Final = frozenset({str, int, float, bool, bytes, date, datetime, time, Decimal, UUID})

#: Members of a collection in one statement; more are rare, and each number of them is a statement of its own.
_MEMBERS: Final = 100

#: What an expression may be made of to be taken apart: columns, values, and what joins them.
_PARTS: Final = (
    BinaryExpression,
    BindParameter,
    BooleanClauseList,
    Case,
    Cast,
    ClauseList,
    CollationClause,
    ExpressionClauseList,
    False_,
    FunctionElement,
    Grouping,
    Null,
    True_,
    UnaryExpression,
)


class Shape(NamedTuple):
    """What decides the statement of a look-up: equal shapes differ in values only."""

    filters: tuple[tuple[str, int, bool], ...]
    criteria: tuple[Any, ...]
    has_page: bool


class Parts(NamedTuple):
    """A look-up taken apart."""

    shape: Shape
    values: list[Any]
    #: The filters and expressions that made it, for who has to put the statement together.
    conditions: "Conditions"


class Conditions:
    """The filters and expressions of one look-up, with the places of their values."""

    def __init__(self, filters: Sequence[tuple[str, int, bool]], criteria: Sequence["_Criterion"]) -> None:
        self._filters = filters
        self._criteria = criteria

    def expressions(self, known: Mapping[str, Any]) -> Iterator[ColumnElement[bool]]:
        """Yield the conditions, with markers where values go, in the order in which `take_apart` gives these."""
        number = 0
        for name, members, may_be_null in self._filters:
            field = known[name]
            markers = [marker(number + i, type_=field.type) for i in range(abs(members))]
            number += len(markers)
            matches = field.in_(markers) if members >= 0 else field == markers[0]
            yield or_(matches, field.is_(None)) if may_be_null else matches
        for criterion in self._criteria:
            yield criterion.marked(number)
            number += len(criterion.values)


class _Criterion:
    """An expression with the places of its values."""

    def __init__(self, expression: ColumnElement[bool], key: Any, binds: Sequence[BindParameter[Any]]) -> None:
        self._expression = expression
        self._lists = {bind.key: _members_of(bind) for bind in binds if bind.expanding}
        self._binds = binds
        #: Lists of other lengths are other statements.
        self.key = (key, tuple(map(len, self._lists.values())))
        self.values = [value for bind in binds for value in self._lists.get(bind.key, (bind.effective_value,))]

    def marked(self, first: int) -> ColumnElement[bool]:
        """Return the expression with markers in the places of its values, numbered from *first*."""
        markers: dict[str, list[BindParameter[Any]]] = {}
        for bind in self._binds:
            count = len(self._lists.get(bind.key, (None,)))
            markers[bind.key] = [marker(first + number, type_=bind.type) for number in range(count)]
            first += count

        def replaced(element: Any, **_: Any) -> Any:
            bind = _list_in(cast("Any", element)) if isinstance(element, BinaryExpression) else None
            if bind is not None:
                left = visitors.replacement_traverse(element.left, {}, replaced)
                return element.operator(left, markers[bind.key])
            return markers[element.key][0] if isinstance(element, BindParameter) else None

        return visitors.replacement_traverse(self._expression, {}, replaced)


def _list_in(element: BinaryExpression[Any]) -> BindParameter[Any] | None:
    """Return the list that *element* asks whether something is in, or None where it asks something else."""
    right: Any = element.right
    is_list = isinstance(right, BindParameter) and right.expanding and element.operator in {in_op, not_in_op}
    return cast("BindParameter[Any]", right) if is_list else None


def _ids_of_lists(expression: Any) -> Iterator[int]:
    """Yield the identities of all lists that *expression* asks whether something is in."""
    for element in visitors.iterate(expression):
        if isinstance(element, BinaryExpression):
            yield id(_list_in(cast("BinaryExpression[Any]", element)))


def _members_of(bind: BindParameter[Any]) -> list[Any]:
    # In an order of their own: that of a set differs from process to process, and cursors are kept by the values.
    return sorted(cast("Collection[Any]", bind.effective_value), key=repr)


def _is_alike(bind: BindParameter[Any]) -> bool:
    """Tell whether the members of a list are some, and all of one plain type: SQLAlchemy goes by that of the first."""
    members = _members_of(bind)
    return 0 < len(members) <= _MEMBERS and len(set(map(type, members))) == 1 and _is_plain(members[0])


def take_apart(
    criteria: Iterable[Any], filters: Mapping[str, Any], *, known: Mapping[str, Any], table: Table, has_page: bool
) -> Parts | None:
    """Return the look-up taken apart, or None where only SQLAlchemy can tell what it means.

    Args:
        criteria: SQLAlchemy expressions.
        filters: Values by the name of the filter; None means "no such filter".
        known: The attributes by the name of the filter.
        table: The only table that expressions may be about.
        has_page: Whether it has an offset or a limit, whose values come last.
    """
    values: list[Any] = []
    names: list[tuple[str, int, bool]] = []
    for name, value in filters.items():
        if not _is_column(known.get(name)):
            return None
        if value is None:
            continue
        if type(value) in _PLAIN or isinstance(value, Enum):
            names.append((name, -1, False))
            values.append(value)
        elif isinstance(value, COLLECTIONS):
            several = cast("Collection[Any]", value)
            # One more, which may be None. A range may be longer than memory.
            if size_of(several) > _MEMBERS + 1:
                return None
            members = [member for member in several if member is not None]
            if not (0 < len(members) <= _MEMBERS) or not all(_is_plain(member) for member in members):
                return None
            names.append((name, len(members), len(members) < len(several)))
            values += members
        else:
            return None
    read: list[_Criterion] = []
    for criterion in criteria:
        if (part := _read(criterion, table)) is None:
            return None
        read.append(part)
        values += part.values
    shape = Shape(tuple(names), tuple(part.key for part in read), has_page)
    return Parts(shape, values, Conditions(names, read))


def _is_plain(value: Any) -> bool:
    return type(value) in _PLAIN or isinstance(value, Enum)


def _is_column(field: Any) -> bool:
    return isinstance(field, QueryableAttribute) and isinstance(cast("Any", field).property, ColumnProperty)


def is_about(expression: Any, table: Table) -> bool:
    """Tell whether *expression* is made of columns of *table*, and of what only depends on them."""
    if isinstance(expression, QueryableAttribute):
        return is_about(cast("Any", expression).__clause_element__(), table)
    return isinstance(expression, ColumnElement) and all(
        element.table == table if isinstance(element, Column) else isinstance(element, _PARTS)
        for element in visitors.iterate(cast("Any", expression))
    )


def _read(criterion: Any, table: Table) -> _Criterion | None:
    if not is_about(criterion, table):
        return None
    if isinstance(cast("object", criterion), QueryableAttribute) and not is_condition(criterion):
        return None
    expression: Any = criterion.__clause_element__() if hasattr(criterion, "__clause_element__") else criterion
    binds = (cast("Any", element) for element in visitors.iterate(expression) if isinstance(element, BindParameter))
    found: dict[str, BindParameter[Any]] = {bind.key: bind for bind in binds}
    if any(bind.callable is not None or bind.required for bind in found.values()):
        return None
    lists = [bind for bind in found.values() if bind.expanding]
    if lists and not (all(map(_is_alike, lists)) and {id(bind) for bind in lists} <= set(_ids_of_lists(expression))):
        return None
    key = expression._generate_cache_key()  # noqa: SLF001 - What SQLAlchemy's own cache of statements goes by.
    if key is None or len(found) != len(key.bindparams) or any(bind.key not in found for bind in key.bindparams):
        return None
    return _Criterion(expression, key.key, key.bindparams)
