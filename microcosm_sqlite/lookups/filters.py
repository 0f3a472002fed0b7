"""Turn the keywords of a look-up into conditions."""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from inspect import Parameter, signature
from typing import Any, Final, cast

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    SmallInteger,
    String,
    Text,
    Unicode,
    UnicodeText,
    func,
    or_,
    select,
)

#: Values that mean "any of these"; the keys of a dict are such a set.
COLLECTIONS: Final = (list, tuple, AbstractSet, range)

#: What the hooks of a store are always given; never a filter.
_NOT_FILTERS: Final = frozenset({"self", "query"})


#: SQLite takes 32,766 values in a statement (https://sqlite.org/limits.html#max_variable_number); others may need some.
MOST_VALUES: Final = 30_000

#: Numbers of a range that are named one by one; more are two values.
_LISTED: Final = 100

#: Types whose values are compared as numbers, whatever is compared with them.
_WHOLE: Final = frozenset({Integer, BigInteger, SmallInteger})

#: Types whose values are stored as they are given.
_PLAIN: Final = frozenset({String, Text, Unicode, UnicodeText}) | _WHOLE


def filters_by_name(fields: Iterable[Any]) -> dict[str, Any]:
    """Return *fields* (mapped attributes) by attribute key, then by column name where that is still free."""
    declared = list(fields)
    by_name = {field.key: field for field in declared}
    for field in declared:
        by_name.setdefault(getattr(field, "name", field.key), field)
    return by_name


def named_parameters(hook: Callable[..., Any]) -> Iterator[str]:
    """Yield the keywords that *hook*, an override of `_filter` or `_order_by`, names in its signature."""
    for parameter in signature(hook).parameters.values():
        if (
            parameter.kind in {Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY}
            and parameter.name not in _NOT_FILTERS
        ):
            yield parameter.name


def condition(field: Any, value: Any) -> ColumnElement[bool]:
    """Return "*field* is *value*"; for a list, tuple, set or range "*field* is one of these", which may be None."""
    if not isinstance(value, COLLECTIONS):
        return cast("ColumnElement[bool]", field == value)
    if isinstance(value, range) and is_stretch(value, field.type):
        return cast("ColumnElement[bool]", field.between(value.start, value.stop - 1))
    members = list(cast("Collection[Any]", value))
    known = [member for member in members if member is not None]
    listed = _listed(known) if len(known) > MOST_VALUES and are_alike(known, field.type) else known
    one_of_these: ColumnElement[bool] = field.in_(listed)
    # In SQL, nothing is equal to NULL: IN would pass over rows without a value.
    return one_of_these if len(known) == len(members) else or_(one_of_these, field.is_(None))


def is_stretch(numbers: range, type_: Any) -> bool:
    """Tell whether *numbers* are looked for in a column of *type_* by their first and last."""
    return numbers.step == 1 and type(type_) in _WHOLE and size_of(numbers) > _LISTED


def size_of(members: Collection[Any]) -> int:
    """Return how many *members* there are; a range may have more than `len` can say."""
    if isinstance(members, range):
        return max(0, -((members.start - members.stop) // members.step))
    return len(members)


def are_alike(members: Iterable[Any], type_: Any) -> bool:
    """Tell whether any number of *members* can be looked for in a column of *type_*: all are text, or all numbers."""
    kinds: set[Any] = {type(member) for member in members if member is not None}
    return type(type_) in _PLAIN and len(kinds) == 1 and kinds <= {int, str}


def _listed(members: list[Any]) -> Any:
    """Return a table of *members*, which takes one parameter whatever their number.

    Raises:
        OverflowError: a number of more than 64 bits, which JSON would take for a fraction.
    """
    if type(members[0]) is int and not (min(members) >= -(2**63) and max(members) < 2**63):
        raise OverflowError("SQLite has no integers of more than 64 bits")
    # Half a character is left as it is, to be refused as text that cannot be written.
    table = func.json_each(json.dumps(members, ensure_ascii=False)).table_valued("value")
    return select(table.c.value)


def conditions(known: Mapping[str, Any], filters: Mapping[str, Any]) -> Iterator[ColumnElement[bool]]:
    """Yield a condition for each of *filters* that is *known* and not None."""
    for name, value in filters.items():
        if value is not None and name in known:
            yield condition(known[name], value)
