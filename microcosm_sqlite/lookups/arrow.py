"""Say which Arrow type holds the values of a column, as https://arrow.apache.org/docs/format/Columnar.html names them.

    Integer, BigInteger, ...    int64: SQLite's integers have 64 bits whatever a column declares
    Boolean, Truthy             bool
    Float, Double               float64
    Numeric(10, 2)              decimal128(10, 2); without a scale decimal128(38, 18)
    String, Text, ...           string
    Enum, EnumType              dictionary<int32, string>: what is stored of a member, all members in their order
    Date                        date32
    DateTime                    timestamp[us], without a zone
    Time                        time64[us]
    Interval                    duration[us]
    Uuid                        arrow.uuid; as text with `as_uuid=False`
    JSON                        arrow.json: the text as it is stored
    LargeBinary, PickleType     binary: the bytes as they are stored
    a type of the user's own    what its `arrow_type` says, else its `python_type`, else what it is made of

The extension types `arrow.uuid` and `arrow.json` are of https://arrow.apache.org/docs/format/CanonicalExtensions.html.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, Final, TypeAlias, cast
from uuid import UUID

import pyarrow  # noqa: ICN001 - `pa` is what is used: see below.
import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator, TypeEngine

from microcosm_sqlite.types import EnumType, Truthy

# Any, because the overloads of its stubs know no array but of one certain type.
pa: Final[Any] = pyarrow

#: What pyarrow calls by these names.
Array: TypeAlias = Any
DataType: TypeAlias = Any
RecordBatch: TypeAlias = Any
Schema: TypeAlias = Any
Table: TypeAlias = Any

#: Where a `Numeric` declares no scale: as many digits on each side of the point as amounts of anything need.
_DECIMAL: Final = (38, 18)

#: How many digits SQLAlchemy reads of a `Float(asdecimal=True)` that does not say.
_FLOAT_SCALE: Final = 10

#: What holds the values of types that are made of others, by the type of the value.
_BY_VALUE: Final[tuple[tuple[type[Any], Callable[[], DataType]], ...]] = (
    (bool, pa.bool_),
    (int, pa.int64),
    (float, pa.float64),
    (str, pa.string),
    (bytes, pa.binary),
    (datetime, lambda: pa.timestamp("us")),
    (date, pa.date32),
    (time, lambda: pa.time64("us")),
    (timedelta, lambda: pa.duration("us")),
    (Decimal, lambda: pa.decimal128(*_DECIMAL)),
    (UUID, pa.uuid),
    (Enum, lambda: pa.dictionary(pa.int32(), pa.string())),
)

#: The same by the type of the column, where that has nothing to add. The order matters: a `Float` is a `Numeric`.
_BY_TYPE: Final[tuple[tuple[type[TypeEngine[Any]], Callable[[], DataType]], ...]] = (
    (Truthy, pa.bool_),
    (EnumType, lambda: pa.dictionary(pa.int32(), pa.string())),
    (sa.Enum, lambda: pa.dictionary(pa.int32(), pa.string())),
    (sa.PickleType, pa.binary),
    (sa.Boolean, pa.bool_),
    (sa.Integer, pa.int64),
    (sa.String, pa.string),
    (sa.Date, pa.date32),
    (sa.DateTime, lambda: pa.timestamp("us")),
    (sa.Time, lambda: pa.time64("us")),
    (sa.Interval, lambda: pa.duration("us")),
    (sa.JSON, pa.json_),
    (sa.LargeBinary, pa.binary),
)


def arrow_type(type_: TypeEngine[Any]) -> DataType | None:
    """Return the Arrow type for a column of *type_* (as the dialect has it), or None where nothing is known of it."""
    declared = getattr(type_, "arrow_type", None)
    if declared is not None:
        return cast("DataType", declared() if callable(declared) else declared)
    for kind, make in _BY_TYPE:
        if isinstance(type_, kind):
            return make()
    if isinstance(type_, sa.Numeric | sa.Float):
        return _number(cast("Any", type_))
    if isinstance(type_, sa.Uuid):
        return pa.uuid() if type_.as_uuid else pa.string()
    if isinstance(type_, TypeDecorator):
        own = next((make() for kind, make in _BY_VALUE if issubclass(python_type(type_), kind)), None)
        return own if own is not None else arrow_type(cast("Any", type_).impl_instance)
    return None


def python_type(type_: TypeEngine[Any]) -> type[Any]:
    """Return what *type_* says that its values are; `object` where it does not."""
    try:
        return type_.python_type
    except NotImplementedError:
        return object


def members_of(type_: TypeEngine[Any]) -> Iterator[tuple[str, str]]:
    """Yield what may be stored of the members of an enumeration, each with what stands for it in Arrow."""
    kind = python_type(type_)
    if isinstance(type_, sa.Enum):
        yield from ((label, label) for label in cast("list[str]", cast("Any", type_).enums))
    elif issubclass(kind, Enum):
        # An alias is read as the member that it stands for.
        yield from ((name, member.name) for name, member in kind.__members__.items())


def _number(type_: Any) -> DataType:
    if not type_.asdecimal:
        return pa.float64()
    if type_.scale is None and isinstance(type_, sa.Float):
        return pa.decimal128(_DECIMAL[0], type_.decimal_return_scale or _FLOAT_SCALE)
    if type_.scale is None:
        return pa.decimal128(*_DECIMAL)
    return pa.decimal128(_DECIMAL[0] if type_.precision is None else type_.precision, type_.scale)
