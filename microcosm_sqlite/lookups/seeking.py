"""Find the rows behind a place in an order, in searches that an index answers however deep the place lies.

The rows behind a place are several stretches that follow each other: those with the same first value and a greater
second one, then those with a greater first one, then those without any. Each is a search of its own. One condition for
all of them would have an OR, for which SQLite reads the order from its beginning. To compare rows as a whole,
`(a, id) > (?, ?)` (https://sqlite.org/rowvalue.html), asks for one direction and no missing values, and SQLite 3.53
does not look for the rowid in an index that way: where many have the same *a*, it reads all of those.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final, cast

from sqlalchemy import Column, ColumnElement, Table, UnaryExpression, type_coerce
from sqlalchemy.sql import operators
from sqlalchemy.types import UserDefinedType


class Stored(UserDefinedType[Any]):
    """Values as SQLite stores them, whatever the type of their column makes of them."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """Return the type of a column for such values, which strict tables know as well."""
        return "ANY"


#: Values go into a statement, and come out of it, as they are stored.
STORED: Final = Stored()


@dataclass(frozen=True, slots=True)
class Term:
    """One expression of an order."""

    expression: ColumnElement[Any]
    is_descending: bool
    #: Whether rows without a value come before all others, as they do in SQLite unless the order says otherwise.
    nulls_come_first: bool
    may_be_null: bool

    @property
    def ends_with_nulls(self) -> bool:
        """Whether rows without a value come behind all others."""
        return self.may_be_null and not self.nulls_come_first


class Beyond(Enum):
    """How the values of a stretch of rows go on from those of a place."""

    GREATER = auto()
    LESS = auto()
    #: Any value, where the place has none.
    ANY = auto()
    #: No value, where the place has one.
    NONE = auto()


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some of the rows behind a place: they have the same first values as it, and then go on from it."""

    #: For each of the first values, whether it is missing.
    missing: tuple[bool, ...]
    beyond: Beyond

    def values(self, place: Sequence[Any]) -> list[Any]:
        """Return those of the values of *place* that `conditions` takes, in its order."""
        same = [value for value, is_missing in zip(place, self.missing, strict=False) if not is_missing]
        return [*same, place[len(self.missing)]] if self.beyond in _COMPARED else same

    def conditions(self, terms: Sequence[Term], values: Iterable[Any]) -> Iterator[ColumnElement[bool]]:
        """Yield what holds for these rows, given the `values` or what stands for them in a statement."""
        remaining, same = iter(values), len(self.missing)
        for term, is_missing in zip(terms, self.missing, strict=False):
            yield term.expression.is_(None) if is_missing else _stored(term) == next(remaining)
        term = terms[same]
        match self.beyond:
            case Beyond.GREATER:
                yield _stored(term) > next(remaining)
            case Beyond.LESS:
                yield _stored(term) < next(remaining)
            case Beyond.ANY:
                yield term.expression.is_not(None)
            case Beyond.NONE:
                yield term.expression.is_(None)


_COMPARED: Final = frozenset({Beyond.GREATER, Beyond.LESS})


def terms_of(order: Iterable[Any], *, home: Table) -> tuple[Term, ...]:
    """Return the terms of *order*: mapped attributes and expressions, ascending or descending.

    What comes behind a unique column, or comes a second time, decides nothing any more and is left out.

    Args:
        order: What comes first decides first.
        home: The table whose columns have a value in every row if they say so; those of joined tables may not.
    """
    terms: list[Term] = []
    seen: set[Any] = set()
    for part in order:
        term = _term(part.__clause_element__() if hasattr(part, "__clause_element__") else part, home)
        if term.expression not in seen:
            terms.append(term)
        if isinstance(term.expression, Column):
            seen.add(term.expression)
            if not term.may_be_null and _is_unique(term.expression):
                break
    return tuple(terms)


def _is_unique(column: Column[Any]) -> bool:
    return bool(column.unique) or (column.primary_key and len(column.table.primary_key) == 1)


def stored_columns(terms: Iterable[Term]) -> list[ColumnElement[Any]]:
    """Return what gives the values of *terms* as they are stored."""
    return [_stored(term).label(f"order_{number}") for number, term in enumerate(terms)]


def stretches(terms: Sequence[Term], place: Sequence[Any]) -> Iterator[Stretch]:
    """Yield the stretches of all rows behind *place*, the values of *terms* there, in their order."""
    missing = tuple(value is None for value in place)
    for number in reversed(range(len(terms))):
        for beyond in _beyond(terms[number], is_missing=missing[number]):
            yield Stretch(missing[:number], beyond)


def _beyond(term: Term, *, is_missing: bool) -> Iterator[Beyond]:
    if not is_missing:
        yield Beyond.LESS if term.is_descending else Beyond.GREATER
        if term.ends_with_nulls:
            yield Beyond.NONE
    elif term.nulls_come_first:
        yield Beyond.ANY


def _stored(term: Term) -> Any:
    return type_coerce(term.expression, STORED)


def _term(element: Any, home: Table) -> Term:
    is_descending, nulls_come_first = False, None
    while isinstance(element, UnaryExpression) and element.modifier in _MODIFIERS:
        if element.modifier in _NULLS:
            nulls_come_first = element.modifier is operators.nulls_first_op
        else:
            is_descending = element.modifier is operators.desc_op
        element = element.element
    # Missing values are the smallest (https://sqlite.org/lang_select.html#orderby).
    nulls_come_first = not is_descending if nulls_come_first is None else nulls_come_first
    expression = cast("ColumnElement[Any]", element)
    is_required = isinstance(expression, Column) and expression.table == home and not expression.nullable
    return Term(expression, is_descending, nulls_come_first, not is_required)


_NULLS: Final = (operators.nulls_first_op, operators.nulls_last_op)
_MODIFIERS: Final = (operators.asc_op, operators.desc_op, *_NULLS)
