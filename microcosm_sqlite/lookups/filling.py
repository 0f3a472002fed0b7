"""Fill Arrow arrays with the values of a column as the driver gives them.

Where Arrow itself can read what is stored (dates are ISO text, booleans are numbers), no Python object is made of a
value. Where it cannot, the type's own processor makes what an attribute would hold.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any, Final, TypeAlias, cast
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Column
from sqlalchemy.types import TypeEngine

from microcosm_sqlite.engines.dialect import StrictAPSWDialect
from microcosm_sqlite.errors import ColumnTypeError
from microcosm_sqlite.lookups.arrow import Array, DataType, arrow_type, members_of, pa
from microcosm_sqlite.types import EnumType, ExactNumeric, Truthy

#: Any, as `arrow.pa` is.
pc: Final[Any] = import_module("pyarrow.compute")

#: Values of one column.
Values: TypeAlias = Sequence[Any]

#: Makes an array of values as they are stored.
Filler: TypeAlias = Callable[[Values], Array]

_DIALECT: Final = StrictAPSWDialect()

#: A double has this many decimal digits for sure: what `types.ExactNumeric` stores has no more.
_EXACT_DIGITS: Final = 15

#: What Arrow says of values that it does not take, and what the ways below say themselves.
_REFUSALS: Final = (pa.ArrowException, ValueError, TypeError, KeyError, OverflowError)


@dataclass(frozen=True, kw_only=True, slots=True)
class ArrowColumn:
    """A column on its way into Arrow."""

    field: Any
    #: Makes an array of what `storage` says.
    fill: Filler
    #: What the arrays are made of; what is put around it is put there when a batch is whole.
    storage: DataType
    #: What the numbers of an enumeration stand for.
    labels: Array | None = None

    def whole(self, parts: list[Array]) -> Array:
        """Return the array of a batch, given the arrays of its *parts*."""
        array = pa.concat_arrays(parts) if parts else pa.array([], self.storage)
        if self.labels is not None:
            return pa.DictionaryArray.from_arrays(array, self.labels)
        if pa.types.is_dictionary(self.field.type):
            return array.dictionary_encode().cast(self.field.type)
        if self.storage != self.field.type:
            return pa.ExtensionArray.from_storage(self.field.type, array)
        return array


def arrow_column(name: str, column: Column[Any], *, model: str) -> ArrowColumn:
    """Return how *column*, which *model* has as attribute *name*, comes into Arrow.

    Raises:
        ColumnTypeError: nothing is known of its type.
    """
    type_ = column.type.dialect_impl(_DIALECT)
    arrow = arrow_type(type_)
    if arrow is None:
        raise ColumnTypeError(
            column=f"{model}.{name}",
            expected="a type that Arrow has a counterpart for",
            found=repr(column.type),
            remedy=_OWN_TYPE.format(type=type(column.type).__name__),
        )
    field = pa.field(name, arrow, nullable=bool(column.nullable))
    if any(members_of(type_)) and pa.types.is_dictionary(arrow):
        return _enumeration(field, type_, f"{model}.{name}")
    storage = _storage_of(arrow)
    is_stored = arrow == pa.json_() or isinstance(type_, sa.PickleType)
    processor = None if is_stored else cast("Any", type_).result_processor(_DIALECT, None)
    exact = _Exact(f"{model}.{name}", storage, processor, remedy=_remedy(type_, storage))
    fast = _fast(type_, storage, processor)
    return ArrowColumn(field=field, storage=storage, fill=exact if fast is None else partial(_either, fast, exact))


def _storage_of(arrow: DataType) -> DataType:
    if isinstance(arrow, pa.BaseExtensionType):
        return arrow.storage_type
    return arrow.value_type if pa.types.is_dictionary(arrow) else arrow


_OWN_TYPE: Final = (
    "Give {type} an attribute `arrow_type`, a type of pyarrow or a function that returns one, "
    "or name the columns that you want: columns=[...]."
)


def _either(fast: Filler, exact: Filler, values: Values) -> Array:
    try:
        return fast(values)
    except _REFUSALS:
        return exact(values)


# Values as they are stored, read by Arrow


def _fast(type_: TypeEngine[Any], storage: DataType, processor: Any) -> Filler | None:
    """Return what fills arrays without a Python object for each value, where there is such a way."""
    if processor is None:
        return partial(_plain, storage)
    if getattr(type_, "_reg", None) is not None:  # A format of the user's own, read by a regular expression.
        return None
    for kinds, is_held, fill in _FAST:
        if isinstance(type_, kinds) and is_held(storage):
            return partial(fill, storage)
    return None


def _plain(storage: DataType, values: Values) -> Array:
    return pa.array(values, storage)


def _truths(storage: DataType, values: Values) -> Array:
    return pa.array(values, pa.int64()).cast(storage)


def _moments(storage: DataType, values: Values) -> Array:
    return pa.array(values, pa.string()).cast(storage)


def _times(storage: DataType, values: Values) -> Array:
    # Arrow reads no time without its day.
    texts = pc.binary_join_element_wise("1970-01-01", pa.array(values, pa.string()), " ")
    return texts.cast(pa.timestamp("us")).cast(storage)


def _intervals(storage: DataType, values: Values) -> Array:
    # SQLAlchemy stores an interval as the moment that lies so far from 1970, which Arrow counts from, too.
    return pa.array(values, pa.string()).cast(pa.timestamp("us")).view(pa.int64()).view(storage)


def _identifiers(storage: DataType, values: Values) -> Array:
    from_hex = bytes.fromhex
    return pa.array([None if value is None else from_hex(value) for value in values], storage)


def _decimals(storage: Any, values: Values) -> Array:
    """Return the decimals that were stored as doubles, or raise `ValueError` where that takes a closer look.

    As long as the digits of the result are no more than a double has for sure, there is one decimal of this scale whose
    double is the one that was stored, if there is any: dividing gives it back then.
    """
    if storage.scale > _EXACT_DIGITS:
        raise ValueError("more digits than a double has")
    factor = 10.0**storage.scale
    doubles = pa.array(values, pa.float64())
    scaled = pc.round(pc.multiply(doubles, factor))
    fits = pc.less(pc.abs(scaled), 10.0 ** min(_EXACT_DIGITS, storage.precision))
    if pc.all(pc.and_(fits, pc.equal(pc.divide(scaled, factor), doubles))).as_py() is False:
        raise ValueError("more digits than the type declares")
    whole = scaled.cast(pa.int64()).cast(pa.decimal128(19, 0))
    # The same numbers, with the point where it belongs.
    return pa.Array.from_buffers(storage, len(whole), whole.buffers(), whole.null_count, whole.offset)


#: Ways by the type of the column, and by what holds its values.
_FAST: Final[tuple[tuple[Any, Callable[[DataType], bool], Callable[..., Array]], ...]] = (
    ((sa.Boolean, Truthy), pa.types.is_boolean, _truths),
    (sa.Date, pa.types.is_date, _moments),
    (sa.DateTime, pa.types.is_timestamp, _moments),
    (sa.Time, pa.types.is_time, _times),
    (sa.Interval, pa.types.is_duration, _intervals),
    (ExactNumeric, pa.types.is_decimal, _decimals),
    (sa.Uuid, pa.types.is_fixed_size_binary, _identifiers),
)


# Values as the attribute holds them


class _Exact:
    """Fills arrays with what the type makes of each value."""

    def __init__(self, where: str, storage: DataType, processor: Any, *, remedy: str) -> None:
        self._where = where
        self._storage = storage
        self._processor = processor
        self._remedy = remedy
        #: Arrow takes texts for bytes, and the other way round.
        self._kind = str if storage == pa.string() else bytes if storage == pa.binary() else object

    def __call__(self, values: Values) -> Array:
        processor = self._processor
        read = values if processor is None else [processor(value) for value in values]
        # What a type makes of NULL is its own affair.
        encoded = [value.bytes if isinstance(value, UUID) else value for value in read]
        if all(value is None or isinstance(value, self._kind) for value in encoded):
            try:
                return pa.array(encoded, self._storage)
            except _REFUSALS as error:
                raise self._unfit(encoded) from error
        raise self._unfit(encoded)

    def _unfit(self, values: Values) -> ColumnTypeError:
        return ColumnTypeError(
            column=self._where,
            expected=f"values of {self._storage}",
            found=repr(next((value for value in values if not self._fits(value)), values)),
            remedy=self._remedy,
        )

    def _fits(self, value: Any) -> bool:
        if value is not None and not isinstance(value, self._kind):
            return False
        try:
            pa.array([value], self._storage)
        except _REFUSALS:
            return False
        return True


def _remedy(type_: TypeEngine[Any], storage: DataType) -> str:
    return _WIDER if pa.types.is_decimal(storage) else _OWN_TYPE.format(type=type(type_).__name__)


_WIDER: Final = "Declare a Numeric that has room for it, or name the columns that you want: columns=[...]."


def _enumeration(field: Any, type_: TypeEngine[Any], where: str) -> ArrowColumn:
    """Return how the members of an enumeration come into Arrow: as numbers, with a list of what these stand for."""
    stands_for = dict(members_of(type_))
    labels = list(dict.fromkeys(stands_for.values()))
    # What a type of the user's own stores is known to itself alone.
    is_known = isinstance(type_, sa.Enum | EnumType)
    numbers: dict[Any, int | None] = {one: labels.index(label) for one, label in stands_for.items() if is_known}
    numbers[None] = None
    processor = cast("Any", type_).result_processor(_DIALECT, None)

    def number_of(value: Any) -> int | None:
        if value in numbers:
            return numbers[value]
        member = processor(value)  # Which says what `values` says of it, if it is no member.
        if getattr(member, "name", None) not in labels:
            expected = f"one of {', '.join(map(repr, labels))}"
            raise ColumnTypeError(column=where, expected=expected, found=repr(member), remedy=_MEMBER)
        numbers[value] = labels.index(member.name)
        return numbers[value]

    def fill(values: Values) -> Array:
        try:
            found = [numbers[value] for value in values]
        except KeyError:
            found = [*map(number_of, values)]
        return pa.array(found, pa.int32())

    return ArrowColumn(field=field, storage=pa.int32(), fill=fill, labels=pa.array(labels, pa.string()))


_MEMBER: Final = "Add it to the enumeration, or correct the row."
