import hashlib
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import msgspec
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from microcosm_sqlite.sources.delivered import DeliveredRows, DeliveredText
from microcosm_sqlite.sources.lines import Block
from microcosm_sqlite.sources.tabular import Batch, FileDigest


class Size(Enum):
    """An enum of a model."""

    SMALL = "S"


def digest(*batches: Batch, header: tuple[str, ...] = ("id",)) -> FileDigest | None:
    """Return the digest of these batches."""
    delivered = DeliveredRows()
    assert list(delivered.watch(batches, header=header)) == list(batches)
    return delivered.digest


def batch(*rows: tuple[Any, ...], header: tuple[str, ...] | None = None) -> Batch:
    """Return a batch of these rows."""
    return Batch(lines=range(len(rows)), rows=list(rows), header=header)


def written(*parts: Any) -> FileDigest:
    """Return the digest of these values in MessagePack, one after the other, as the format says."""
    data = b"".join(map(msgspec.msgpack.encode, parts))
    return FileDigest(sha256=hashlib.sha256(data).hexdigest(), bytes=len(data), form="rows")


def test_any_program_can_compute_it() -> None:
    """Names, then row after row; names again where others follow."""
    found = digest(
        batch((1,), (2.5,)), batch((None, b"x"), header=("id", "data")), batch((3, b""), header=("id", "data"))
    )

    assert found == written({"names": ["id"]}, [1], [2.5], {"names": ["id", "data"]}, [None, b"x"], [3, b""])


@given(st.lists(st.tuples(st.integers(-(2**63), 2**63 - 1) | st.text() | st.floats())), st.data())
def test_it_does_not_depend_on_batches(rows: list[tuple[Any]], data: st.DataObject) -> None:
    """How many rows came at a time is nobody's business."""
    cuts = sorted(data.draw(st.lists(st.integers(0, len(rows)), max_size=3)))
    parts = [batch(*rows[start:end]) for start, end in zip([0, *cuts], [*cuts, len(rows)], strict=True)]

    assert digest(*parts) == written({"names": ["id"]}, *map(list, rows))


@pytest.mark.parametrize("count", [0, 1, 15, 16, 2**16 - 1, 2**16])
def test_a_batch_may_be_of_any_size(count: int) -> None:
    """Around the sizes where MessagePack writes an array otherwise."""
    assert digest(batch(*[(7,)] * count)) == written({"names": ["id"]}, *[[7]] * count)


def test_values_of_models_have_a_form() -> None:
    """One that depends on nothing but themselves."""
    values = (
        date(2026, 1, 5),
        datetime(2026, 1, 5, tzinfo=UTC),
        Decimal("1.50"),
        UUID(int=7),
        Size.SMALL,
        sa.sql.quoted_name("name", quote=True),
        {"b": {"y", "x"}, "a": 1},
    )

    assert digest(batch(values)) == written(
        {"names": ["id"]},
        [
            "2026-01-05",
            datetime(2026, 1, 5, tzinfo=UTC),
            "1.50",
            "00000000-0000-0000-0000-000000000007",
            "S",
            "name",
            {"a": 1, "b": ["x", "y"]},
        ],
    )


@pytest.mark.parametrize("value", [object(), 2**70, 1j])
def test_rows_with_a_value_without_a_form_have_none(value: Any) -> None:
    """Rather than one that only this process can compute; all of them are delivered."""
    assert digest(batch((1,)), batch((value,)), batch((2,))) is None


def test_a_pass_that_was_left_has_none() -> None:
    """What was not read is not known."""
    rows, text = DeliveredRows(), DeliveredText()

    next(rows.watch([batch((1,)), batch((2,))]))
    next(text.watch([Block(1, "a\n"), Block(2, "b\n")]))

    assert (rows.digest, text.digest) == (None, None)


def test_text_has_the_digest_of_its_bytes() -> None:
    """That of a file which holds it in UTF-8, whatever blocks it came in."""
    delivered = DeliveredText()
    content = "é\nb\n"

    list(delivered.watch([Block(1, content[:2]), Block(2, content[2:])]))

    expected = hashlib.sha256(content.encode()).hexdigest()
    assert delivered.digest == FileDigest(sha256=expected, bytes=len(content.encode()), form="text")
