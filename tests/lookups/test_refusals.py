"""Values that columns do not take, by every way to ask."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

import pytest
from sqlalchemy import JSON, Integer, LargeBinary, String

from microcosm_sqlite.errors import ArgumentError, ArgumentValueError, ModelNotFoundError
from microcosm_sqlite.lookups.refusals import is_writable, refusal_of, taken
from microcosm_sqlite.place import Box
from tests.wares import HookedWareStore, Maker, MakerStore, Size, Taste, Ware, WareStore

HALF = "Cup\ud800"
LARGE = 2**70

#: Every verb that takes filters, with those of a test.
VERBS: dict[str, Callable[[WareStore, dict[str, Any]], Any]] = {
    "search": lambda wares, filters: wares.search(**filters),
    "stream": lambda wares, filters: list(wares.stream(**filters)),
    "values": lambda wares, filters: list(wares.values(Ware.name, **filters)),
    "first": lambda wares, filters: wares.first(**filters),
    "one": lambda wares, filters: wares.one(**filters),
    "count": lambda wares, filters: wares.count(**filters),
    "exists": lambda wares, filters: wares.exists(**filters),
    "page": lambda wares, filters: wares.page(**filters),
    "match": lambda wares, filters: wares.match("cup", **filters),
    "complete": lambda wares, filters: wares.complete("cu", **filters),
    "near": lambda wares, filters: wares.near(1, 2, kilometres=10, **filters),
    "within": lambda wares, filters: wares.within(Box(0, 0, 10, 10), **filters),
    "to_dicts": lambda wares, filters: wares.to_dicts(**filters),
    "to_arrow": lambda wares, filters: wares.to_arrow(**filters),
}

#: Filters that nothing can match, or whose column takes something else, with what the message says of them.
VALUES: list[tuple[dict[str, Any], str]] = [
    ({"name": HALF}, r"filter 'name': expected text that UTF-8 can hold, found 'Cup\\ud800'\. Half of a character"),
    ({"name": ["Jug", HALF]}, r"found 'Cup\\ud800'"),
    ({"stock": LARGE}, r"filter 'stock': expected a whole number, in at most 64 bits, found 1180591620717411303424\."),
    ({"stock": [1, LARGE]}, "found 1180591620717411303424"),
    ({"stock": range(LARGE)}, r"found range\(0, 1180591620717411303424\)"),
    ({"stock": range(0, LARGE, 2**69)}, r"found range\(0, 1180591620717411303424, "),
    ({"stock": 10**5000}, "found a number of 16610 bits"),
    ({"weight": LARGE}, "filter 'weight': expected a number, in at most 64 bits"),
    ({"size": "HUGE"}, r"filter 'size': expected one of SMALL, LARGE, found 'HUGE'\. No row can have it"),
    ({"size": ["SMALL", "HUGE"]}, "found 'HUGE'"),
    ({"size": 5}, "expected one of SMALL, LARGE, found 5"),
    ({"size": Taste.SWEET}, r"expected one of SMALL, LARGE, found <Taste\.SWEET: 1>"),
    ({"pack": "HUGE"}, "filter 'pack': expected one of SMALL, LARGE, found 'HUGE'"),
    ({"pack": Taste.SWEET}, r"found <Taste\.SWEET: 1>"),
    ({"pack": 5}, "expected one of SMALL, LARGE, found 5"),
    ({"colour": "green"}, "filter 'colour': expected one of red, blue, found 'green'"),
    ({"name": Size.SMALL}, r"expected text, found <Size\.SMALL: 's'>\. Write \.name or \.value behind the member"),
    ({"price": Decimal("NaN")}, r"expected a number, found Decimal\('NaN'\)\. Decimal\('NaN'\) is not a finite number"),
    ({"is_new": "perhaps"}, r"expected True or False, found 'perhaps'\. invalid truth value 'perhaps'"),
    ({"number": "x"}, r"expected a uuid\.UUID, found 'x'"),
    ({"picture": "x"}, "expected bytes, found 'x'"),
]

#: What is no value at all.
NO_VALUES: list[tuple[dict[str, Any], str]] = [
    ({"stock": iter([10])}, r"expected a whole number, found a list_iterator .*write list\(\.\.\.\) around it"),
    ({"stock": {10: 1}}, r"found a dict \(\{10: 1\}\)\..*write list\(\.\.\.\) around its keys or its values"),
    ({"stock": {1: 10}.values()}, r"found a dict_values .*write list\(\.\.\.\) around it"),
    ({"stock": [[10]]}, r"found a list \(\[10\]\)\. Name values alone"),
    ({"stock": Ware}, "found the class Ware. Name a value"),
    ({"stock": print}, "found a builtin_function_or_method .*Name a value"),
    ({"maker_code": Maker(code="a", name="Ada")}, r"found a Maker .*Name the value of its key, not the row"),
    ({"stock": object()}, "expected a whole number, found an object"),
]


@pytest.mark.parametrize(("filters", "message"), VALUES)
def test_values_that_no_row_can_have(wares: WareStore, filters: dict[str, Any], message: str) -> None:
    """The error names the filter, what its column takes, and what was given; services answer 400."""
    with pytest.raises(ArgumentValueError, match=rf"^{type(wares).__name__} of Ware: .*{message}") as raised:
        wares.search(**filters)

    assert isinstance(raised.value, ValueError)
    assert raised.value.status_code == 400


@pytest.mark.parametrize(("filters", "message"), NO_VALUES)
def test_what_is_no_value(wares: WareStore, filters: dict[str, Any], message: str) -> None:
    """The error says what to write instead."""
    with pytest.raises(ArgumentError, match=message) as raised:
        wares.search(**filters)

    assert not isinstance(raised.value, ValueError)
    assert raised.value.status_code == 500


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("filters", [{"stock": LARGE}, {"name": HALF}, {"size": "HUGE"}, {"pack": "HUGE"}])
def test_every_verb_says_the_same(wares: WareStore, verb: str, filters: dict[str, Any]) -> None:
    """Whichever way the rows would have come."""
    (name,) = filters
    with pytest.raises(ArgumentValueError, match=f"of Ware: filter '{name}': expected "):
        VERBS[verb](wares, filters)


@pytest.mark.parametrize(
    ("criterion", "message"),
    [
        (Ware.stock == LARGE, r"condition on ware\.stock: expected a whole number, in at most 64 bits"),
        (Ware.stock < -LARGE, r"condition on ware\.stock: .*found -1180591620717411303424"),
        (Ware.stock.in_([1, LARGE]), r"condition on ware\.stock"),
        ((Ware.name == "Cup") | (Ware.name == HALF), r"condition on ware\.name: expected text that UTF-8 can hold"),
        (Ware.maker.has(Maker.name == HALF), r"condition on maker\.name"),
        (Ware.pack == "HUGE", r"condition on ware\.pack: expected one of SMALL, LARGE, found 'HUGE'"),
    ],
)
def test_values_in_expressions(wares: WareStore, criterion: Any, message: str) -> None:
    """They are found there, too."""
    with pytest.raises(ArgumentValueError, match=message):
        wares.search(criterion)


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ({"stock": [*range(40_000), LARGE]}, "filter 'stock': expected a whole number, in at most 64 bits"),
        (
            {"name": [*map(str, range(40_000)), HALF]},
            r"filter 'name': expected text that UTF-8 can hold, found 'Cup\\ud8",
        ),
        (
            {"stock": [*range(40_000), "x"]},
            "filter 'stock': expected at most 30000 values, or all .*found 40001 values",
        ),
        ({"since": [date(2026, 1, 1)] * 30_001}, "filter 'since': expected at most 30000 values"),
    ],
)
def test_values_in_long_lists(wares: WareStore, filters: dict[str, Any], message: str) -> None:
    """They are found however many others there are; what one statement does not take is told."""
    with pytest.raises(ArgumentValueError, match=message):
        wares.search(**filters)


class MadeStore(WareStore):
    """Wares by the row of their maker."""

    auto_filter_fields: ClassVar[Any] = (Ware.maker,)


def test_a_relationship_is_compared_with_a_row(wares_graph: Any) -> None:
    """Neither with its key, nor with several."""
    wares, ada = MadeStore(wares_graph), MakerStore(wares_graph).retrieve("a")

    assert [ware.id for ware in wares.search(maker=ada)] == [1, 2]
    for wrong in ("a", [ada], ["a"]):
        with pytest.raises(
            ArgumentError, match=r"filter 'maker': expected one row of Maker, found .*Ware\.maker\.has\("
        ):
            wares.search(maker=wrong)


def test_long_lists_that_can_be_looked_for(wares: WareStore) -> None:
    """All text, or all whole numbers; None among them means no value."""
    assert wares.count(stock=[*range(40_000), None]) == 3
    assert wares.count(name=[*map(str, range(40_000)), "Cup"]) == 1


def test_values_that_a_hook_compares(wares_graph: Any) -> None:
    """A filter that a store names itself is told by the column that it is compared with."""
    with pytest.raises(ArgumentValueError, match=r"^HookedWareStore of Ware: condition on ware\.weight: expected "):
        HookedWareStore(wares_graph).search(heavier=LARGE)


@pytest.mark.parametrize("key", [LARGE, HALF, None])
def test_keys_that_no_row_can_have(wares_graph: Any, wares: WareStore, key: Any) -> None:
    """Nothing is there, as with any other key that is unknown."""
    with pytest.raises(ModelNotFoundError, match="no row with key"):
        wares.retrieve(key)
    with pytest.raises(ModelNotFoundError, match="no row with name"):
        wares.retrieve(key, by=Ware.name)
    with pytest.raises(ModelNotFoundError, match="no row with key"):
        MakerStore(wares_graph).retrieve(key)
    with pytest.raises(ModelNotFoundError) as raised:
        wares.retrieve_many([1, key])
    assert raised.value.missing == (key,)


def test_a_key_that_python_does_not_spell_out(wares: WareStore) -> None:
    """The message tells its size."""
    with pytest.raises(ModelNotFoundError, match="no row with key a number of 16610 bits"):
        wares.retrieve(10**5000)


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ([1], r"key 'id': expected a whole number, found a list \(\[1\]\)\. Write the key alone; for several of them"),
        ({1}, r"found a set \(\{1\}\)"),
        (Ware, "found the class Ware"),
        (Ware.id == 1, r"found a BinaryExpression \(ware\.id = :id_1\)\. Give conditions by position"),
        (Maker(code="a"), "found a Maker .*Name the value of its key, not the row"),
        (object(), "found an object"),
    ],
)
def test_what_is_no_key(wares: WareStore, key: Any, message: str) -> None:
    """One alone, or one of many."""
    with pytest.raises(ArgumentError, match=message):
        wares.retrieve(key)
    with pytest.raises(ArgumentError, match=message):
        wares.retrieve_many([1, key])
    with pytest.raises(ArgumentError, match="key 'name': expected text, found"):
        wares.retrieve(key, by=Ware.name)


def test_unique_keys_are_named_by_an_attribute_or_a_tuple(wares: WareStore) -> None:
    """A list is told how to write it."""
    with pytest.raises(
        ArgumentError, match=r"^Ware: by: expected an attribute.*found \[Ware\.name\]\. Write by=Ware\.n"
    ):
        wares.retrieve("Cup", by=[Ware.name])


@pytest.mark.parametrize(
    "filters",
    [
        {"name": "Cup"},
        {"stock": 10.0},
        {"stock": "10"},
        {"stock": {10, 11}},
        {"stock": {10: 1}.keys()},
        {"stock": range(2**63), "name": "Cup"},
        {"weight": 0.5},
        {"price": "1.50", "name": ("Cup",)},
        {"size": "SMALL", "pack": "LARGE", "colour": "red", "name": "Cup"},
        {"size": Size.SMALL, "pack": [Size.LARGE, None], "name": "Cup"},
        {"size": None, "name": "Cup"},
        {"number": UUID(int=1)},
        {"picture": b"x", "is_new": "yes", "name": "Cup"},
        {"since": date(2026, 1, 1)},
        {"since": "2026-01-01"},
    ],
)
def test_what_can_be_compared_is_compared(wares: WareStore, filters: dict[str, Any]) -> None:
    """Nothing is refused that a column takes, or that SQLite compares with it."""
    assert [ware.id for ware in wares.search(**filters)] == [1]


def test_values_of_one_type() -> None:
    """None where nothing speaks against it."""
    assert refusal_of(Integer(), 2**63 - 1) is None
    assert refusal_of(JSON(), {"a": 1}) is None
    assert refusal_of(String(), None) is None
    refusal = refusal_of(LargeBinary(), "x")
    assert refusal is not None
    assert refusal.expected == "bytes"


def test_types_in_words() -> None:
    """A long enumeration is cut."""
    from sqlalchemy import Enum as EnumColumn  # noqa: PLC0415 - Beside that of Python.

    assert taken(EnumColumn(*(f"n{number}" for number in range(30)))).endswith("n19, ... (30 in all)")
    assert taken(JSON()) == "what JSON takes"


def test_halves_of_characters() -> None:
    """Whatever UTF-8 can hold is text."""
    assert is_writable("Zürich 🎈")
    assert not is_writable(HALF)
