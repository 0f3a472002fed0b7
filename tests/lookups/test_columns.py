"""Rows that match, as columns."""

import subprocess
import sys
from datetime import date
from typing import Any

import pytest
from sqlalchemy.orm import Query

from microcosm_sqlite.errors import MissingExtraError, UnknownFilterError
from tests.kennel import Dog, DogStore, Owner, OwnerStore, Visit, VisitStore

OUT = ("to_arrow", "to_arrow_batches", "to_polars", "to_pandas", "to_dicts")


@pytest.fixture(params=["mutable", "sealed"])
def any_graph(request: pytest.FixtureRequest) -> Any:
    """Return a graph with the kennel, mutable and sealed in turn: the answers are the same."""
    return request.getfixturevalue({"mutable": "graph", "sealed": "sealed_graph"}[request.param])


def names_of(store: Any, verb: str, *criteria: Any, **filters: Any) -> list[Any]:
    """Return the column `name` of what *verb* gives."""
    found = getattr(store, verb)(*criteria, **filters)
    match verb:
        case "to_arrow":
            return list(found.column("name").to_pylist())
        case "to_arrow_batches":
            return list(found.read_all().column("name").to_pylist())
        case "to_dicts":
            return [row["name"] for row in found]
        case _:
            return list(found["name"])


@pytest.mark.parametrize("verb", OUT)
def test_all_of_them_take_what_search_takes(any_graph: Any, verb: str) -> None:
    """Expressions, filters, a part of the result, in the declared order."""
    dogs, owners = DogStore(any_graph), OwnerStore(any_graph)

    assert names_of(owners, verb) == ["Carl", "Ada", "Blaise"]
    assert names_of(dogs, verb, Dog.weight > 10, name=["Rex", "Ohm"]) == ["Rex", "Rex"]
    assert names_of(dogs, verb, Dog.is_good) == ["Rex", "Flush", "Rex"]
    assert names_of(dogs, verb, Dog.owner.has(Owner.town == "London")) == ["Rex", "Flush"]
    assert names_of(dogs, verb, offset=1, limit=2) == ["Flush", "Rex"]
    assert names_of(dogs, verb, offset=3, columns=[Dog.weight, Dog.name]) == ["Ohm"]
    assert names_of(dogs, verb, name="Nobody") == []


def test_all_columns_come_by_their_attributes(any_graph: Any) -> None:
    """Unless some are named: then these, in their order."""
    owners = OwnerStore(any_graph)

    assert owners.to_arrow().schema.names == ["id", "name", "town", "postcode"]
    assert owners.to_arrow(columns=[Owner.postcode, Owner.id], limit=1).to_pylist() == [{"postcode": "37073", "id": 3}]
    assert owners.to_dicts(columns=[Owner.postcode], town="Paris") == [{"postcode": "75005"}]
    assert owners.to_arrow(columns=["name", Owner.town], town="Paris").to_pylist() == [
        {"name": "Blaise", "town": "Paris"}
    ]


def test_an_empty_result_has_the_same_schema(any_graph: Any) -> None:
    """Types, and which columns may be NULL."""
    dogs = DogStore(any_graph)

    assert dogs.to_arrow(name="Nobody").schema == dogs.to_arrow().schema == dogs.to_arrow_batches(limit=0).schema
    assert [field.nullable for field in dogs.to_arrow(limit=0).schema] == [False, False, True, False, False]
    assert list(dogs.to_pandas(limit=0).dtypes) == list(dogs.to_pandas().dtypes)
    assert dogs.to_polars(limit=0).schema == dogs.to_polars().schema


def test_dictionaries_hold_what_attributes_hold(any_graph: Any) -> None:
    """Dates are dates."""
    assert VisitStore(any_graph).to_dicts(limit=1) == [{"dog_id": 1, "day": date(2026, 1, 5), "note": "vaccinated"}]
    assert VisitStore(any_graph).to_arrow(columns=[Visit.day]).column(0).to_pylist() == [
        date(2026, 1, 5),
        date(2026, 3, 9),
    ]


@pytest.mark.parametrize("verb", OUT)
def test_what_is_wrong_is_heard_at_once(any_graph: Any, verb: str) -> None:
    """A typo in a filter, a column among the conditions, a relationship among the columns."""
    ask = getattr(DogStore(any_graph), verb)

    with pytest.raises(UnknownFilterError):
        ask(nmae="Rex")
    with pytest.raises(TypeError, match=r"found the column Dog.name. Write columns=\[Dog.name\]"):
        ask(Dog.name)
    with pytest.raises(TypeError, match="expected columns of Dog, or their names, found none"):
        ask(columns=[])
    with pytest.raises(TypeError, match=r"found Dog.owner. There are: id, name, weight, is_good, owner_id\."):
        ask(columns=[Dog.id, Dog.owner])
    with pytest.raises(TypeError, match=r"found 'nmae', Owner.name\. Did you mean 'name'"):
        ask(columns=["nmae", "name", Owner.name])
    with pytest.raises(TypeError, match=r"found Dog.name alone. Write columns=\[Dog.name\]"):
        ask(columns=Dog.name)


def test_batches_have_a_row_at_least(any_graph: Any) -> None:
    """A batch of none would never come to an end."""
    with pytest.raises(ValueError, match=r"batch_rows: expected a whole number from 1 to .*, found 0"):
        DogStore(any_graph).to_arrow_batches(batch_rows=0)


def test_stores_that_override_are_asked(any_graph: Any) -> None:
    """What their hooks leave out, columns leave out."""

    class GoodDogStore(DogStore):
        def _filter(self, query: Query[Any], **filters: Any) -> Query[Any]:
            return super()._filter(query, **filters).filter(Dog.is_good)

    assert names_of(GoodDogStore(any_graph), "to_arrow") == ["Rex", "Flush", "Rex"]
    assert names_of(GoodDogStore(any_graph), "to_dicts", name="Ohm") == []


def test_no_instance_is_made(sealed_graph: Any) -> None:
    """The rows of a whole table leave nothing behind but the answer."""
    from microcosm_sqlite.lookups.readers import reader_of  # noqa: PLC0415 - Used here only.

    dogs = DogStore(sealed_graph)
    dogs.to_arrow()
    reader = reader_of(dogs.session)
    assert reader is not None
    table = reader.table(Dog)
    assert table is not None

    assert len(table.rows._nursery.living) == 0
    assert sealed_graph.sqlite.stats()["kennel"].searches == 1
    assert sealed_graph.sqlite.stats()["kennel"].scans == 1


@pytest.mark.parametrize(
    ("verb", "module", "extra"),
    [
        ("to_arrow", "pyarrow", "arrow"),
        ("to_arrow_batches", "pyarrow", "arrow"),
        ("to_polars", "polars", "polars"),
        ("to_pandas", "pandas", "pandas"),
    ],
)
def test_without_the_library_the_extra_is_named(
    sealed_graph: Any, verb: str, module: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before a row is read; dictionaries need none."""
    dogs = DogStore(sealed_graph)
    monkeypatch.setitem(sys.modules, module, None)

    with pytest.raises(MissingExtraError) as raised:
        getattr(dogs, verb)()

    assert str(raised.value).endswith(f'needs an optional dependency: pip install "microcosm-sqlite[{extra}]"')
    assert len(dogs.to_dicts()) == 4


def test_nobody_pays_for_what_is_not_asked_for() -> None:
    """Stores are imported without any of the libraries."""
    script = "import sys, microcosm_sqlite.stores; print(*[one for one in sys.argv[1:] if one in sys.modules])"

    found = subprocess.run(
        [sys.executable, "-c", script, "pyarrow", "polars", "pandas", "numpy"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert found.stdout.split() == []
