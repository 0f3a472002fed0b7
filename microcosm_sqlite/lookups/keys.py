"""Turn primary keys into conditions, and rows back into their keys."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, cast

from sqlalchemy import Column, ColumnElement, Table, UniqueConstraint, bindparam, inspect, tuple_
from sqlalchemy.orm import QueryableAttribute
from sqlalchemy.sql.elements import ClauseElement

from microcosm_sqlite.errors import ArgumentError, UnknownKeyError
from microcosm_sqlite.lookups.arguments import named, shown
from microcosm_sqlite.lookups.refusals import is_writable

if TYPE_CHECKING:
    from sqlalchemy.orm import Mapper

#: Keys in one statement: far below SQLite's limit of 32766 variables, also for keys of many columns.
_KEYS_PER_STATEMENT: Final = 500

#: An INTEGER of SQLite has 64 bits, one of them the sign; the driver refuses larger ones with OverflowError.
_INTEGERS: Final = range(-(2**63), 2**63)


def identity_of(model: type[Any], key: Any) -> tuple[Any, ...]:
    """Return *key* as the tuple of its column values, in the order of the primary key.

    A key of one column is given as its value; one of several as a tuple, or as a mapping by attribute.

    Raises:
        ArgumentError: the number or the names of the values are not those of the primary key.
    """
    return _values(model, key_names(model), key)


def may_exist(identity: tuple[Any, ...]) -> bool:
    """Tell whether a row with this key can exist: no value is None, a number of over 64 bits, or text without UTF-8."""
    return not any(map(_is_nowhere, identity))


def _is_nowhere(value: Any) -> bool:
    if isinstance(value, str):
        return not is_writable(value)
    return value is None or (isinstance(value, int) and value not in _INTEGERS)


def key_names(model: type[Any]) -> tuple[str, ...]:
    """Return the attributes that make up the primary key of *model*."""
    mapper: Mapper[Any] = inspect(model)
    return tuple(mapper.get_property_by_column(column).key for column in mapper.primary_key)


def key_attributes(model: type[Any]) -> tuple[Any, ...]:
    """Return the mapped attributes that make up the primary key of *model*."""
    return tuple(getattr(model, name) for name in key_names(model))


def key_of(row: Any) -> tuple[Any, ...]:
    """Return the primary key of *row*, an instance of a model."""
    mapper: Mapper[Any] = inspect(cast("type[Any]", type(row)))
    return tuple(mapper.primary_key_from_instance(row))


def key_conditions(model: type[Any], identities: Iterable[tuple[Any, ...]]) -> Iterator[ColumnElement[bool]]:
    """Yield conditions that together match all of *identities*, each small enough for one statement."""
    attributes = key_attributes(model)
    remaining = iter(identities)
    while batch := list(islice(remaining, _KEYS_PER_STATEMENT)):
        if len(attributes) == 1:
            # Typed as the key is: SQLAlchemy would else take the type of the first value for that of all.
            asked = [values[0] for values in batch]
            yield attributes[0].in_(bindparam(None, asked, type_=attributes[0].type, expanding=True))
        else:
            yield tuple_(*attributes).in_(batch)


def key_matches(columns: Iterable[Column[Any]], values: Iterable[Any]) -> Iterator[ColumnElement[bool]]:
    """Yield conditions that together match the key whose *columns* have these *values*."""
    for column, value in zip(columns, values, strict=True):
        if isinstance(value, ClauseElement | QueryableAttribute):
            raise TypeError("a key is a value, not an expression")
        yield column == value


def unique_columns(model: type[Any], by: Any) -> tuple[Column[Any], ...]:
    """Return the columns of the unique key of *model* that *by* names, in its order.

    Args:
        model: The model.
        by: A mapped attribute or its name, or a tuple of several, that are the primary key, a unique constraint or a
            unique index over all rows.

    Raises:
        ArgumentError: they are in a list.
        UnknownKeyError: they are no unique key.
    """
    mapper: Mapper[Any] = inspect(model)
    if isinstance(by, list):
        names_meant = ", ".join(map(named, cast("list[Any]", by)))
        raise ArgumentError(
            where=model.__name__,
            argument="by",
            expected="an attribute, or a tuple of several",
            found=named(cast("Any", by)),
            remedy=f"Write by=({names_meant})." if len(cast("list[Any]", by)) > 1 else f"Write by={names_meant}.",
        )
    names = [getattr(part, "key", part) for part in (cast("tuple[Any, ...]", by) if isinstance(by, tuple) else (by,))]
    known = {frozenset(columns): columns for columns in unique_keys(mapper)}
    asked = [mapper.columns.get(name) if isinstance(name, str) else None for name in names]
    columns = tuple(column for column in asked if column is not None)
    if len(columns) != len(names) or frozenset(columns) not in known:
        keys = [tuple(mapper.get_property_by_column(column).key for column in columns) for columns in known.values()]
        raise UnknownKeyError(
            model=model.__name__,
            asked=[named(name) if not isinstance(name, str) else name for name in names],
            known=keys,
        )
    return columns


def values_of(model: type[Any], columns: Sequence[Column[Any]], key: Any) -> tuple[Any, ...]:
    """Return *key* as the tuple of the values of *columns*, which it gives as `identity_of` takes a primary key.

    Raises:
        ArgumentError: the number or the names of the values are not those of the columns.
    """
    mapper: Mapper[Any] = inspect(model)
    return _values(model, tuple(mapper.get_property_by_column(column).key for column in columns), key)


def _values(model: type[Any], names: tuple[str, ...], key: Any) -> tuple[Any, ...]:
    if isinstance(key, Mapping):
        key = cast("Mapping[str, Any]", key)
        if set(key) != set(names):
            example = ", ".join(f'"{name}": ...' for name in names)
            raise _no_key(
                model, expected=f"a mapping of {', '.join(names)}", found=shown(key), remedy=f"Write {{{example}}}."
            )
        return tuple(key[name] for name in names)
    values: tuple[Any, ...] = cast("tuple[Any, ...]", key) if isinstance(key, tuple) else (key,)
    if len(values) != len(names):
        remedy = f"Write ({', '.join(names)})." if len(names) > 1 else f"Write the value of {''.join(names)} alone."
        raise _no_key(
            model, expected=f"a key of {len(names)} value(s) ({', '.join(names)})", found=shown(key), remedy=remedy
        )
    return values


def _no_key(model: type[Any], *, expected: str, found: str, remedy: str) -> ArgumentError:
    return ArgumentError(where=model.__name__, argument="key", expected=expected, found=found, remedy=remedy)


def unique_keys(mapper: "Mapper[Any]") -> Iterator[tuple[Column[Any], ...]]:
    """Yield the columns of each key of which no two rows have the same values."""
    yield cast("tuple[Column[Any], ...]", tuple(mapper.primary_key))
    table = mapper.local_table
    if isinstance(table, Table):
        for constraint in table.constraints:
            if isinstance(constraint, UniqueConstraint):
                yield tuple(constraint.columns)
        for index in table.indexes:
            is_whole = index.dialect_options["sqlite"]["where"] is None
            if index.unique and is_whole and all(isinstance(part, Column) for part in index.expressions):
                yield tuple(index.columns)
