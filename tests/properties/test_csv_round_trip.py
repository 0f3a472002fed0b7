from datetime import timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from microcosm_sqlite.dumpers.csv import CSVDumper
from microcosm_sqlite.workbench import Workbench
from tests.pets import Colour, Everything, Pets

#: Whatever text a database can hold and a text file too: no NUL, no lone surrogates.
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)

#: What each column can hold; a list over comma-separated text can hold neither commas nor be empty.
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "integer": st.integers(-(2**63), 2**63 - 1),
    "real": st.floats(allow_nan=False),
    "exact": st.decimals(-(10**9), 10**9, places=2),
    "text": TEXT,
    "flag": st.booleans(),
    "truthy": st.booleans(),
    "day": st.dates(),
    "moment": st.datetimes(),
    "clock": st.times(),
    "span": st.timedeltas(timedelta(days=-700_000), timedelta(days=2_900_000)),
    "data": st.binary(),
    "document": JSON,
    "identifier": st.uuids(),
    "named": st.sampled_from(Colour),
    "member": st.sampled_from(Colour),
    "word": st.sampled_from(["x", "y"]),
    "tags": st.lists(TEXT.filter(lambda text: "," not in text), min_size=1),
    "doubled": st.integers(-(2**62), 2**62 - 1),
    "price": st.integers(-(10**12), 10**12).map(lambda cents: Decimal(cents).scaleb(-2)),
}

ROWS = st.lists(st.fixed_dictionaries({}, optional=VALUES), max_size=5)


class Everyone:
    """A store of everything on a workbench."""

    model_class = Everything

    def __init__(self, session: Any) -> None:
        self.session = session


def stored(bench: Workbench) -> list[tuple[Any, ...]]:
    """Return every stored value with its type, as SQLite has it."""
    columns = ", ".join(f'"{column.name}", typeof("{column.name}")' for column in Everything.__table__.c)
    return list(bench.native.execute(f"SELECT {columns} FROM everything ORDER BY id"))


def dump(bench: Workbench) -> str:
    """Return the rows as CSV."""
    file = StringIO(newline="")
    with bench.session() as session:
        CSVDumper(None, Everyone(session)).dump(file)
    return file.getvalue()


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example([{"text": ""}, {"text": "\r"}, {"text": '"'}, {"text": '""'}, {"text": " "}, {"text": "\ufeff"}, {}])
@example([{"document": None}, {"document": ""}, {"tags": [""]}, {"real": float("-inf")}, {"real": -0.0}])
@given(ROWS)
def test_what_was_dumped_builds_the_same_rows(rows: list[dict[str, Any]]) -> None:
    """Every type, NULL and empty text, to the last bit; and the dump of the copy is the same text."""
    with Workbench(Pets) as bench:
        bench.load(Everything, [{"id": number, **row} for number, row in enumerate(rows)])
        expected = stored(bench)
        text = dump(bench)

        bench.clear(Everything)
        bench.csv(Everything, StringIO(text, newline=""))

        assert stored(bench) == expected
        assert dump(bench) == text
