"""Stretches of rows behind a place in an order."""

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, func

from microcosm_sqlite.lookups.seeking import Beyond, Stretch, stretches, terms_of

_TABLE = Table(
    "town",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("name", String, nullable=False),
    Column("code", String, nullable=False, unique=True),
    Column("height", Integer),
)
ID, NAME, CODE, HEIGHT = _TABLE.c


def test_terms_end_with_what_is_unique() -> None:
    """What comes behind a unique column decides nothing; nor does a column that comes again."""
    assert [term.expression.name for term in terms_of([NAME, CODE, ID], home=_TABLE)] == ["name", "code"]
    assert [term.expression.name for term in terms_of([ID.desc(), ID], home=_TABLE)] == ["id"]
    assert [term.expression.name for term in terms_of([NAME, NAME.desc(), ID], home=_TABLE)] == ["name", "id"]
    assert len(terms_of([func.coalesce(HEIGHT, 0), func.coalesce(HEIGHT, 1), ID], home=_TABLE)) == 3


def test_a_joined_column_may_be_missing() -> None:
    """Whatever its table says: the join may find no row."""
    other = _TABLE.alias()

    assert [term.may_be_null for term in terms_of([other.c.code, CODE], home=_TABLE)] == [True, False]


@pytest.mark.parametrize(
    ("order", "is_descending", "nulls_come_first"),
    [
        (HEIGHT, False, True),
        (HEIGHT.asc(), False, True),
        (HEIGHT.desc(), True, False),
        (HEIGHT.desc().nulls_first(), True, True),
        (HEIGHT.asc().nulls_last(), False, False),
        (HEIGHT.nulls_last(), False, False),
    ],
)
def test_directions(order: object, *, is_descending: bool, nulls_come_first: bool) -> None:
    """Missing values are the smallest, unless the order says where they come."""
    (term,) = terms_of([order], home=_TABLE)

    assert (term.is_descending, term.nulls_come_first) == (is_descending, nulls_come_first)


def test_behind_a_value() -> None:
    """First those with the same name, then those with a greater one."""
    terms = terms_of([NAME, ID], home=_TABLE)

    found = list(stretches(terms, ["Ulm", 7]))

    assert found == [Stretch((False,), Beyond.GREATER), Stretch((), Beyond.GREATER)]
    assert [stretch.values(["Ulm", 7]) for stretch in found] == [["Ulm", 7], ["Ulm"]]
    assert [[str(one) for one in stretch.conditions(terms, stretch.values(["Ulm", 7]))] for stretch in found] == [
        ["town.name = :param_1", "town.id > :param_1"],
        ["town.name > :param_1"],
    ]


def test_missing_values_come_last() -> None:
    """Behind the last value are those without one; behind one of these only others of them."""
    terms = terms_of([HEIGHT.desc(), ID], home=_TABLE)

    assert list(stretches(terms, [100, 7])) == [
        Stretch((False,), Beyond.GREATER),
        Stretch((), Beyond.LESS),
        Stretch((), Beyond.NONE),
    ]
    assert list(stretches(terms, [None, 7])) == [Stretch((True,), Beyond.GREATER)]


def test_missing_values_come_first() -> None:
    """Behind a row without a value come others without one, and then all that have one."""
    terms = terms_of([HEIGHT, ID], home=_TABLE)

    found = list(stretches(terms, [None, 7]))

    assert found == [Stretch((True,), Beyond.GREATER), Stretch((), Beyond.ANY)]
    assert [stretch.values([None, 7]) for stretch in found] == [[7], []]
    assert [[str(one) for one in stretch.conditions(terms, stretch.values([None, 7]))] for stretch in found] == [
        ["town.height IS NULL", "town.id > :param_1"],
        ["town.height IS NOT NULL"],
    ]
