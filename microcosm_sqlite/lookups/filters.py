"""Turn the keywords of a look-up into conditions."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from inspect import Parameter, signature
from typing import Any, Final, cast

from sqlalchemy import ColumnElement, or_

#: Values that mean "any of these"; the keys of a dict are such a set.
COLLECTIONS: Final = (list, tuple, AbstractSet, range)

#: What the hooks of a store are always given; never a filter.
_NOT_FILTERS: Final = frozenset({"self", "query"})


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
    members = list(cast("Collection[Any]", value))
    known = [member for member in members if member is not None]
    one_of_these: ColumnElement[bool] = field.in_(known)
    # In SQL, nothing is equal to NULL: IN would pass over rows without a value.
    return one_of_these if len(known) == len(members) else or_(one_of_these, field.is_(None))


def conditions(known: Mapping[str, Any], filters: Mapping[str, Any]) -> Iterator[ColumnElement[bool]]:
    """Yield a condition for each of *filters* that is *known* and not None."""
    for name, value in filters.items():
        if value is not None and name in known:
            yield condition(known[name], value)
