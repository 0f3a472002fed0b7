"""Check what a class of stores declares, when the first store is made of it."""

from inspect import getattr_static
from typing import Any, Final, cast

from sqlalchemy.orm import QueryableAttribute, RelationshipProperty
from sqlalchemy.sql.elements import ClauseElement

from microcosm_sqlite.errors import ArgumentError
from microcosm_sqlite.lookups.arguments import listed, named

#: What 2.0.0 let be None, or is like that.
_MAY_BE_NONE: Final = frozenset({"auto_filter_fields", "prefetch"})


def declared(store: Any, attribute: str) -> list[Any]:
    """Return what *store* declares in *attribute*, a list; nothing where it is None.

    Raises:
        ArgumentError: it is one thing alone.
    """
    # Looked at before it is asked for: a mapped attribute would take the store for one of its rows.
    found: Any = getattr_static(cast("Any", type(store)), attribute)
    is_attribute = isinstance(found, QueryableAttribute)
    values: Any = cast("Any", found) if is_attribute else getattr(store, attribute)
    if values is None and attribute in _MAY_BE_NONE:
        return []
    name = str(values) if is_attribute else "..."
    example = f"{attribute} = [{name}]"
    return listed(values, where=type(store).__name__, argument=attribute, example=example)


def declared_filters(store: Any) -> list[Any]:
    """Return the attributes that are filters of *store* by keyword.

    Raises:
        ArgumentError: something else is declared; a `TypeError` too.
    """
    fields = declared(store, "auto_filter_fields")
    for field in fields:
        if not isinstance(getattr(field, "key", None), str | None) or not _is_expression(field):
            raise _no_attribute(store, "auto_filter_fields", field, expected="mapped attributes")
    return fields


def check_order(store: Any) -> None:
    """Check by what *store* orders its results: attributes, expressions, or names that SQLAlchemy resolves.

    Raises:
        ArgumentError: something else is declared; a `TypeError` too.
    """
    for term in declared(store, "order_by"):
        is_relationship = isinstance(getattr(term, "property", None), RelationshipProperty)
        if is_relationship or not (isinstance(term, str) or _is_expression(term)):
            raise _no_attribute(store, "order_by", term, expected="mapped attributes or expressions")


def _is_expression(value: Any) -> bool:
    return isinstance(value, ClauseElement) or (hasattr(value, "__clause_element__") and not isinstance(value, type))


def _no_attribute(store: Any, attribute: str, found: Any, *, expected: str) -> ArgumentError:
    example = f"Model.{found}" if isinstance(found, str) else "Model.column"
    return ArgumentError(
        where=type(store).__name__,
        argument=attribute,
        expected=expected,
        found=named(found),
        remedy=f"Write {attribute} = [{example}].",
    )
