"""Data frames of Arrow tables."""

import sys
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from microcosm_sqlite.errors import MissingExtraError
from microcosm_sqlite.lookups.frames import pandas_of, polars_of

#: A row of values; the other one has none.
MOMENT = datetime(2026, 1, 5, 10, tzinfo=UTC).replace(tzinfo=None)
STORAGE = pa.array([UUID(int=5).bytes, None], pa.binary(16))
TABLE = pa.table(
    {
        "key": pa.array([1, 2]),
        "integer": pa.array([2**62 + 1, None]),
        "truth": pa.array([True, None]),
        "double": pa.array([0.5, None]),
        "text": pa.array(["a", None]),
        "kind": pa.DictionaryArray.from_arrays(pa.array([1, None], pa.int32()), pa.array(["a", "b"])),
        "day": pa.array([date(2026, 1, 5), None]),
        "moment": pa.array([MOMENT, None], pa.timestamp("us")),
        "hour": pa.array([time(10), None], pa.time64("us")),
        "lapse": pa.array([timedelta(days=1), None], pa.duration("us")),
        "amount": pa.array([Decimal("1.50"), None], pa.decimal128(10, 2)),
        "identifier": pa.ExtensionArray.from_storage(pa.uuid(), STORAGE),
        "document": pa.ExtensionArray.from_storage(pa.json_(), pa.array(['{"a": 1}', None])),
        "bytes": pa.array([b"a", None]),
    },
)
TABLE = TABLE.cast(pa.schema([TABLE.schema.field(0).with_nullable(False), *list(TABLE.schema)[1:]]))  # noqa: FBT003


#: Pandas 2 has objects where pandas 3 has texts.
TEXT = str(pd.Series(["a"]).dtype)


def test_polars_keeps_types() -> None:
    """Enumerations are such, with all members."""
    frame = polars_of(TABLE)

    assert dict(frame.schema) == {
        "key": pl.Int64(),
        "integer": pl.Int64(),
        "truth": pl.Boolean(),
        "double": pl.Float64(),
        "text": pl.String(),
        "kind": pl.Enum(["a", "b"]),
        "day": pl.Date(),
        "moment": pl.Datetime("us"),
        "hour": pl.Time(),
        "lapse": pl.Duration("us"),
        "amount": pl.Decimal(10, 2),
        "identifier": pl.Binary(),
        "document": pl.String(),
        "bytes": pl.Binary(),
    }
    assert frame["integer"].to_list() == [2**62 + 1, None]
    assert frame["kind"].to_list() == ["b", None]


def test_pandas_keeps_types() -> None:
    """An integer stays one, though another one is missing."""
    frame = pandas_of(TABLE)

    assert {name: str(type_) for name, type_ in frame.dtypes.items()} == {
        "key": "int64",
        "integer": "Int64",
        "truth": "boolean",
        "double": "float64",
        "text": TEXT,
        "kind": "category",
        "day": "date32[day][pyarrow]",
        "moment": "datetime64[us]",
        "hour": "time64[us][pyarrow]",
        "lapse": "timedelta64[us]",
        "amount": "decimal128(10, 2)[pyarrow]",
        "identifier": "object",
        "document": TEXT,
        "bytes": "object",
    }
    assert frame["integer"][0] == 2**62 + 1
    assert frame["amount"].sum() == Decimal("1.50")
    assert list(frame["kind"].cat.categories) == ["a", "b"]
    assert frame["identifier"][0] == UUID(int=5)


@pytest.mark.parametrize("make", [polars_of, pandas_of])
def test_a_table_without_rows_has_the_same_types(make: Any) -> None:
    """Whatever is empty today is not tomorrow."""
    assert list(make(TABLE.slice(0, 0)).dtypes) == list(make(TABLE).dtypes)


@pytest.mark.parametrize("make", [polars_of, pandas_of])
def test_a_batch_makes_a_frame_as_well(make: Any) -> None:
    """One at a time."""
    assert make(TABLE.to_batches()[0]).shape == (2, 14)


@pytest.mark.parametrize(("make", "extra"), [(polars_of, "polars"), (pandas_of, "pandas")])
def test_without_the_library_the_extra_is_named(make: Any, extra: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says what to install."""
    monkeypatch.setitem(sys.modules, extra, None)

    with pytest.raises(MissingExtraError, match=rf'pip install "microcosm-sqlite\[{extra}\]"'):
        make(TABLE)
