"""Arguments of look-ups that are no conditions."""

import asyncio
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import literal

from microcosm_sqlite.errors import ArgumentError, ArgumentValueError
from microcosm_sqlite.lookups.arguments import choice, listed, named, shown
from microcosm_sqlite.place import Box
from tests.wares import Ware, WareStore

EVERYWHERE = Box(-90, -180, 90, 180)

Ask = Callable[..., Any]

#: What takes a limit that may be None, and an offset.
PAGED: dict[str, Callable[[WareStore, dict[str, Any]], Any]] = {
    "search": lambda wares, page: wares.search(**page),
    "stream": lambda wares, page: list(wares.stream(**page)),
    "values": lambda wares, page: list(wares.values(Ware.name, **page)),
    "one": lambda wares, page: wares.one(**page),
    "match": lambda wares, page: wares.match("cup", **page),
    "within": lambda wares, page: wares.within(EVERYWHERE, **page),
    "to_dicts": lambda wares, page: wares.to_dicts(**page),
    "to_arrow": lambda wares, page: wares.to_arrow(**page),
}

#: What is no number of rows, and what the message says to do.
NO_NUMBERS = [
    (-1, "-1", "Leave it out"),
    (2**63, "9223372036854775808", "Leave it out"),
    (-(2**70), "-1180591620717411303424", "Leave it out"),
    (10**5000, "a number of 16610 bits", "Leave it out"),
    ("5", "'5'", r"Write {0}=5, or int\(...\)"),
    (5.5, "5.5", r"Write {0}=5, or int\(...\)"),
    (Decimal(1), r"Decimal\('1'\)", r"Write {0}=1, or int\(...\)"),
    (True, "True", "Leave it out"),
    ("many", "'many'", "Leave it out"),
    ([5], r"\[5\]", "Leave it out"),
]


@pytest.mark.parametrize("argument", ["limit", "offset"])
@pytest.mark.parametrize("verb", PAGED)
@pytest.mark.parametrize(("number", "found", "remedy"), NO_NUMBERS, ids=[found for _, found, _ in NO_NUMBERS])
def test_what_is_no_number_of_rows_is_refused(
    wares: WareStore, verb: str, argument: str, number: Any, found: str, remedy: str
) -> None:
    """By every verb, whoever answers, with what was found, and what to write instead."""
    expected = rf" of Ware: {argument}: expected a whole number from 0 to 2\*\*63 - 1, or None, found {found}\. "
    with pytest.raises(ArgumentValueError, match=expected + remedy.format(argument)) as raised:
        PAGED[verb](wares, {argument: number})

    assert isinstance(raised.value, ValueError)
    assert raised.value.status_code == 400


@pytest.mark.parametrize("limit", [0, -1, None, "5", 1.5, True, 2**63])
def test_a_page_has_a_row_at_least(wares: WareStore, limit: Any) -> None:
    """Without any, nobody could say where the next one begins."""
    with pytest.raises(ArgumentValueError, match=r"limit: expected a whole number from 1 to 2\*\*63 - 1, found "):
        wares.page(limit=limit)


@pytest.mark.parametrize("ask", [lambda w, n: w.near(0, 0, limit=n), lambda w, n: w.complete("c", limit=n)])
@pytest.mark.parametrize("limit", [-1, "5", 1.5])
def test_look_ups_with_a_limit_alone(wares: WareStore, ask: Ask, limit: Any) -> None:
    """The same."""
    with pytest.raises(ArgumentValueError, match="limit: expected a whole number from 0"):
        ask(wares, limit)


@pytest.mark.parametrize("batch_rows", [0, -1, "5", 2.5, None])
def test_batches_have_a_row_at_least(wares: WareStore, batch_rows: Any) -> None:
    """A batch of none would never come to an end."""
    with pytest.raises(ArgumentValueError, match="batch_rows: expected a whole number from 1"):
        wares.to_arrow_batches(batch_rows=batch_rows)


class Count:
    """A number of another library."""

    def __index__(self) -> int:
        return 2


@pytest.mark.parametrize("limit", [2, Count(), literal(2)], ids=["int", "other", "expression"])
def test_numbers_of_other_kinds_are_taken(wares: WareStore, limit: Any) -> None:
    """SQLAlchemy takes its own expressions, and whatever Python can count with."""
    assert [ware.id for ware in wares.search(limit=limit)] == [1, 2]


def test_as_many_as_there_are(wares: WareStore) -> None:
    """The largest number that SQLite counts to is a limit like any other."""
    assert len(wares.search(limit=2**63 - 1)) == 3
    assert len(wares.page(limit=2**63 - 1)) == 3
    assert wares.search(limit=0) == []
    assert wares.search(offset=2**63 - 1) == []


def test_a_limit_without_effect_stays_without_effect(wares: WareStore) -> None:
    """As in 2.0.0: `count` ignores both, and `first` its limit."""
    assert wares.count(offset=2, limit=1) == 3
    assert wares.first(limit=0) is not None
    assert wares.first(offset=2) is not None


class LenientStore(WareStore):
    """A store that reads numbers from text."""

    def _paginate(self, query: Any, offset: Any = None, limit: Any = None) -> Any:
        return super()._paginate(query, offset=offset, limit=None if limit is None else int(limit))


def test_a_store_that_cuts_pages_itself_says_what_it_takes(wares_graph: Any) -> None:
    """Its override is asked first."""
    assert len(LenientStore(wares_graph).search(limit="2")) == 2  # type: ignore[arg-type]
    with pytest.raises(ArgumentValueError, match="limit: expected a whole number"):
        LenientStore(wares_graph).search(limit="-2")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (5, r"keys: expected a list, found 5 alone\. Write retrieve_many\(\[5\]\)\."),
        ("Cup", r"found 'Cup' alone"),
        (None, "found None alone"),
        (Ware, "found the class Ware alone"),
        (Ware.id, "found Ware.id alone"),
    ],
)
def test_one_key_is_no_list_of_keys(wares: WareStore, keys: Any, message: str) -> None:
    """Also where Python would take it for its characters."""
    with pytest.raises(ArgumentError, match=message):
        wares.retrieve_many(keys)


def test_awaited_look_ups_say_the_same(wares: WareStore) -> None:
    """Before another thread is asked."""
    for ask in (wares.asynchronous.retrieve_many(5), wares.asynchronous.page(limit=0)):  # type: ignore[arg-type]
        with pytest.raises(ArgumentError, match=r"^\w+ of Ware: (keys|limit): expected "):
            asyncio.run(ask)


def test_whatever_has_members_is_a_list_of_keys(wares: WareStore) -> None:
    """Once through is enough."""
    assert [ware.id for ware in wares.retrieve_many(number for number in (2, 1))] == [2, 1]
    assert [ware.id for ware in wares.retrieve_many({3: "Pot"})] == [3]


@pytest.mark.parametrize("box", [None, "box", (0, 0, 1, 1)])
def test_what_is_no_box(wares: WareStore, box: Any) -> None:
    """The message says how to make one."""
    with pytest.raises(ArgumentError, match=r"box: expected a Box, found .*\. Write Box\(south, west, north, east\)"):
        wares.within(box)


@pytest.mark.parametrize("marks", ["ab", "abc", None, ("<",), (1, 2), ("<b>", "</b>", "")])
def test_what_are_no_marks(wares: WareStore, marks: Any) -> None:
    """A pair of texts, and nothing that could be taken for one."""
    with pytest.raises(ArgumentError, match=r"marks: expected a pair of texts, found .*Write marks="):
        wares.match("cup", marks=marks)


@pytest.mark.parametrize(("columns", "found"), [("name", "'name'"), (Ware.name, "Ware.name"), (5, "5")])
def test_one_column_is_no_list_of_columns(wares: WareStore, columns: Any, found: str) -> None:
    """Neither for words, nor for tables."""
    for ask in (lambda: wares.match("cup", columns=columns), lambda: wares.to_dicts(columns=columns)):
        with pytest.raises(ArgumentError, match=rf"columns: expected a list, found {found} alone\. Write columns=\["):
            ask()


def test_unknown_columns_are_told_with_the_one_that_was_meant(wares: WareStore) -> None:
    """And with all that there are."""
    with pytest.raises(ArgumentError, match=r"found 'nmae'\. Did you mean 'name'\? There are: id, name, maker_code"):
        wares.to_dicts(columns=["nmae"])


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ((), r"found none\. Write Ware\.id\."),
        (("name",), r"found 'name'\. Write Ware\.name\."),
        (("nmae",), r"found 'nmae'.*Did you mean 'name'\?"),
        ((Ware,), "found the class Ware"),
        ((Ware.maker,), r"found Ware\.maker"),
        (([Ware.name],), r"found \[Ware\.name\]\. Write a star before it"),
        ((Ware.name, Ware.stock > 5), r"found ware\.stock > :stock_1\. Give conditions as where=\[\.\.\.\]"),
    ],
)
def test_values_of_what_is_no_column(wares: WareStore, columns: Any, message: str) -> None:
    """Each mistake has its own way out."""
    with pytest.raises(ArgumentError, match=r"columns: expected attributes of Ware, " + message):
        wares.values(*columns)


@pytest.mark.parametrize(
    ("where", "found"),
    [(Ware.stock > 5, r"ware\.stock > :stock_1"), ("stock > 5", "'stock > 5'"), (None, "None"), (5, "5")],
)
def test_one_condition_is_no_list_of_conditions(wares: WareStore, where: Any, found: str) -> None:
    """What SQLAlchemy says when it is asked for the members of an expression helps nobody."""
    message = rf"where: expected a list, found {found} alone\. Write where=\[\.\.\.\], a list of conditions\."
    with pytest.raises(ArgumentError, match=message):
        wares.values(Ware.name, where=where)


class Silent:
    """Something that cannot be shown."""

    def __repr__(self) -> str:
        raise RuntimeError("no")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a" * 1000, f"'{'a' * 99}..."),
        (10**5000, "a number of 16610 bits"),
        (Silent(), "a value of type Silent"),
        (7, "7"),
    ],
    ids=["long", "huge", "silent", "plain"],
)
def test_messages_show_any_value_in_short(value: Any, text: str) -> None:
    """Whatever it is, and however long."""
    assert shown(value) == text


def test_expressions_are_shown_as_they_are_written() -> None:
    """Not as the addresses of objects."""
    assert named([Ware.name, Ware.stock == 5]) == "[Ware.name, ware.stock = :stock_1]"
    assert named(Ware) == "the class Ware"
    assert named(Ware.name.in_(["a"] * 100) | Ware.name.in_(["b"]) | (Ware.stock * 1_000_000 > 5)).endswith("...")


def test_a_choice_begins_with_what_was_meant() -> None:
    """If something looks like it."""
    assert choice(["name", "stock"], found="stok") == "Did you mean 'stock'? There are: name, stock."
    assert choice([], found="stok") == "There are: none."


def test_lists_are_taken_as_they_are() -> None:
    """In their order."""
    assert listed(iter((2, 1)), where="", argument="", example="") == [2, 1]
