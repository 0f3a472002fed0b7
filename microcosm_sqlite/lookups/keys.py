"""Turn primary keys into conditions, and rows back into their keys."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, cast

from sqlalchemy import ColumnElement, inspect, tuple_

if TYPE_CHECKING:
    from sqlalchemy.orm import Mapper

#: Keys in one statement: far below SQLite's limit of 32766 variables, also for keys of many columns.
_KEYS_PER_STATEMENT: Final = 500

#: An INTEGER of SQLite has 64 bits, one of them the sign; the driver refuses larger ones with OverflowError.
_INTEGER_BITS: Final = 63


def identity_of(model: type[Any], key: Any) -> tuple[Any, ...]:
    """Return *key* as the tuple of its column values, in the order of the primary key.

    A key of one column is given as its value; one of several as a tuple, or as a mapping by attribute.

    Raises:
        TypeError: the number or the names of the values are not those of the primary key.
    """
    names = key_names(model)
    if isinstance(key, Mapping):
        key = cast("Mapping[str, Any]", key)
        if set(key) != set(names):
            raise TypeError(f"{model.__name__}: expected a key of {', '.join(names)}, found {', '.join(map(str, key))}")
        return tuple(key[name] for name in names)
    values: tuple[Any, ...] = cast("tuple[Any, ...]", key) if isinstance(key, tuple) else (key,)
    if len(values) != len(names):
        raise TypeError(
            f"{model.__name__}: expected a key of {len(names)} value(s) ({', '.join(names)}), found {key!r}"
        )
    return values


def may_exist(identity: tuple[Any, ...]) -> bool:
    """Tell whether a row with this key can exist: no value is None, no integer needs more than 64 bits."""
    return not any(
        value is None or (isinstance(value, int) and value.bit_length() > _INTEGER_BITS) for value in identity
    )


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
            yield attributes[0].in_([values[0] for values in batch])
        else:
            yield tuple_(*attributes).in_(batch)
