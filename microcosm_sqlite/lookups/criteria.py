"""Check the conditions of a look-up: expressions by position, filters by keyword."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, cast
from warnings import warn

from sqlalchemy import Boolean, ColumnElement, Table, TextClause
from sqlalchemy import Enum as EnumColumn
from sqlalchemy.orm import ColumnProperty, QueryableAttribute, RelationshipProperty
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.types import NullType

from microcosm_sqlite.errors import ArgumentError, ArgumentValueError
from microcosm_sqlite.lookups.arguments import Named, name_of, named, shown
from microcosm_sqlite.lookups.filters import COLLECTIONS, MOST_VALUES, are_alike, is_stretch, size_of
from microcosm_sqlite.lookups.refusals import unknown_name

if TYPE_CHECKING:
    from sqlalchemy.orm import Mapper

#: What SQLAlchemy takes as a condition: an expression, a mapped attribute that is true or false, SQL by hand.
_EXPRESSIONS: Final = (ColumnElement, QueryableAttribute, TextClause)

#: Values that are compared as they are, and need no look.
_PLAIN: Final = frozenset({int, float, bool, str, bytes, type(None)})

#: Members of a range that are named one by one, at most: they are held in memory.
_MEMBERS: Final = 1_000_000

#: What to write instead of what is no expression, by its type; the last is for all others.
_INSTEAD: Final[tuple[tuple[tuple[type[Any], ...], str], ...]] = (
    (
        (bool,),
        "Python's own `and`, `or`, `not` and `in` compare at once: write &, |, ~ with parentheses, or .in_(...).",
    ),
    ((list, tuple, set, frozenset), "Write a star before it, to give its members one by one."),
    ((dict,), "Write two stars before it, to give filters by keyword."),
    ((object,), "Write Model.column == value, or a filter by keyword; for a key, retrieve(...)."),
)


def check_criteria(criteria: Iterable[Any], *, store: Named) -> None:
    """Check that *criteria*, which *store* is given, are expressions that are true or false.

    Raises:
        ArgumentError: one of them is not.
    """
    for criterion in criteria:
        if not isinstance(criterion, _EXPRESSIONS):
            instead = next(words for kinds, words in _INSTEAD if isinstance(criterion, kinds))
            raise _no_condition(store, expected="SQLAlchemy expressions", found=named(criterion), remedy=instead)
        if isinstance(criterion, QueryableAttribute):
            _check_attribute(cast("Any", criterion), store)


def is_condition(attribute: Any) -> bool:
    """Tell whether a mapped *attribute* is true or false by itself."""
    property_ = getattr(attribute, "property", None)
    if isinstance(property_, ColumnProperty):
        affinity: Any = attribute.type._type_affinity  # noqa: SLF001 - What SQLAlchemy goes by when it compares.
        return affinity is None or issubclass(affinity, Boolean | NullType)
    return not isinstance(property_, RelationshipProperty)


def _check_attribute(attribute: Any, store: Named) -> None:
    if not is_condition(attribute):
        is_column = isinstance(attribute.property, ColumnProperty)
        raise _no_condition(
            store,
            expected="expressions that are true or false",
            found=f"the {'column' if is_column else 'relationship'} {attribute} alone",
            remedy=f"Write {attribute} == value."
            if is_column
            else f"Write {attribute}.{'any' if attribute.property.uselist else 'has'}(...).",
        )


def _no_condition(store: Named, *, expected: str, found: str, remedy: str) -> ArgumentError:
    return ArgumentError(where=name_of(store), argument="conditions", expected=expected, found=found, remedy=remedy)


def check_tables(criteria: Iterable[Any], *, mapper: "Mapper[Any]", store: Named) -> None:
    """Check that *criteria* are about the tables of *mapper*, and about others only where a condition joins these.

    Otherwise each row would be combined with each row of the other table.

    Raises:
        ArgumentError: nothing joins a table.
    """
    joined: set[Any] = set(mapper.tables)
    apart = [(criterion, tables) for criterion in criteria if not (tables := tables_of(criterion)) <= joined]
    while near := [tables for _, tables in apart if tables & joined]:
        joined = joined.union(*near)
        apart = [(criterion, tables) for criterion, tables in apart if not tables <= joined]
    if apart:
        criterion, tables = apart[0]
        strangers = ", ".join(sorted(getattr(one, "name", str(one)) for one in tables - joined))
        raise _no_condition(
            store,
            expected=f"expressions on {mapper.class_.__name__}",
            found=f"one on {strangers}, which nothing joins: {named(criterion)}",
            remedy="Write it within .has(...) or .any(...) of a relationship, or add the condition that joins both.",
        )


def tables_of(criterion: Any) -> set[Any]:
    """Return the tables whose rows *criterion*, an expression or an attribute, compares."""
    element = criterion.__clause_element__() if hasattr(criterion, "__clause_element__") else criterion
    return {one for one in getattr(element, "_from_objects", ()) if isinstance(one, Table)}


def check_filters(
    known: Mapping[str, Any], filters: Mapping[str, Any], *, guarded: Collection[str], store: Named
) -> None:
    """Check what would be answered without an error, though nothing can match or it means something else.

    Args:
        known: The attributes by the name of the filter.
        filters: The values of the filters.
        guarded: The names of those of which `guarded_filters` wants to see every value.
        store: Who asks.

    Raises:
        ArgumentValueError: a name that an enumeration does not have, or more values than a statement takes.
        ArgumentError: a condition, which is no value.
    """
    for name, value in filters.items():
        # A relationship has no type.
        if (type(value) in _PLAIN and name not in guarded) or (type_ := getattr(known.get(name), "type", None)) is None:
            continue
        if isinstance(value, ClauseElement | QueryableAttribute):
            _check_expression(type_, name, cast("Any", value), store)
        elif isinstance(value, range):
            _check_range(type_, name, value, store)
        else:
            members = cast("Collection[Any]", value) if isinstance(value, COLLECTIONS) else (value,)
            _check_members(type_, name, members, store)


def guarded_filters(fields: Mapping[str, Any], *, mapper: "Mapper[Any]") -> Iterator[tuple[str, frozenset[str] | None]]:
    """Yield those of *fields* that `check_filters` or `check_tables` would refuse, for some values.

    The names of enumerations, or None for what is about other tables than those of *mapper*.
    """
    own = {*mapper.tables}
    for name, field in fields.items():
        if not tables_of(field) <= own:
            yield name, None
        elif is_enumeration(type_ := getattr(field, "type", None)):
            yield name, frozenset(cast("Any", type_).enums)


def is_enumeration(type_: Any) -> bool:
    """Tell whether *type_* is SQLAlchemy's own `Enum`, which takes any text for a name, because it may be a pattern."""
    return isinstance(type_, EnumColumn)


def _check_expression(type_: Any, name: str, value: Any, store: Named) -> None:
    affinities = [one._type_affinity for one in (type_, getattr(value, "type", type_))]  # noqa: SLF001
    if [affinity is not None and issubclass(affinity, Boolean) for affinity in affinities] == [False, True]:
        raise ArgumentError(
            where=name_of(store),
            argument=f"filter {name!r}",
            expected="a value, or a list of values",
            found=f"the condition {named(value)}",
            remedy="Give conditions by position, before all keywords.",
        )


def _check_members(type_: Any, name: str, members: Collection[Any], store: Named) -> None:
    if is_enumeration(type_):
        refusal = next(filter(None, (unknown_name(type_, member) for member in members)), None)
        if refusal is not None:
            raise refusal.error(where=name_of(store), argument=f"filter {name!r}")
    if len(members) > MOST_VALUES and not are_alike(members, type_):
        raise ArgumentValueError(
            where=name_of(store),
            argument=f"filter {name!r}",
            expected=f"at most {MOST_VALUES} values, or all of them text, or all whole numbers",
            found=f"{len(members)} values",
            remedy="Ask for fewer of them at a time.",
        )


def _check_range(type_: Any, name: str, value: range, store: Named) -> None:
    if size_of(value) > _MEMBERS and not is_stretch(value, type_):
        raise ArgumentValueError(
            where=name_of(store),
            argument=f"filter {name!r}",
            expected=f"a range of at most {_MEMBERS} numbers, or of whole numbers one by one",
            found=shown(value),
            remedy="Write conditions instead: Model.column >= first, Model.column % step == remainder.",
        )


def split_page(
    criteria: tuple[Any, ...], offset: int | None, limit: int | None
) -> tuple[tuple[Any, ...], int | None, int | None]:
    """Take a leading offset and limit out of *criteria*: 2.0.0 allowed `search(10, 5)`."""
    if not criteria:
        return criteria, offset, limit
    page = [value for value in criteria[:2] if value is None or type(value) is int]
    if page != list(criteria):
        return criteria, offset, limit
    warn("pass offset= and limit= by keyword; positional ones go in 4.0", DeprecationWarning, stacklevel=4)
    return (), page[0], page[1] if len(page) > 1 else limit
