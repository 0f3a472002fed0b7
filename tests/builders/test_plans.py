import pytest
import sqlalchemy as sa

from microcosm_sqlite.builders.columns import map_columns
from microcosm_sqlite.builders.plans import FromFunction, FromSource, FromSQL
from microcosm_sqlite.errors import HeaderError
from tests.pets import Person


def test_a_column_may_be_filled_by_another_name_a_function_or_sql() -> None:
    """By attribute or by name; a path leads into nested values."""
    shout = str.upper
    plan = map_columns(
        Person,
        ["number", "Full name", "details"],
        source="x",
        columns={
            Person.id: "number",
            "first": lambda row: shout(row["Full name"]),
            "nick": "details.nick.0",
            "order": sa.text("length(details)"),
        },
        ignored=["Full name"],
    )

    id_, first, nick, rank = plan.columns
    assert isinstance(id_, FromSource)
    assert isinstance(nick, FromSource)
    assert isinstance(first, FromFunction)
    assert isinstance(rank, FromSQL)
    assert (id_.position, nick.position, nick.path, rank.expression) == (0, 2, ("nick", "0"), "length(details)")


@pytest.mark.parametrize(
    ("header", "columns", "message"),
    [
        (["number", "first"], {"id": "nubmer"}, "For 'nubmer', did you mean 'number'"),
        (["id", "first"], {"frist": "first"}, "For 'frist', did you mean 'first'"),
        (["id", "first", "label"], {"first": "label"}, "one column for 'first', found two: 'first' and 'label'"),
        (["id", "label"], {"first": lambda row: row["label"]}, "unknown header 'label'"),
    ],
)
def test_what_does_not_fit_is_told(header: list[str], columns: dict[str, object], message: str) -> None:
    """Unknown names, two for one, and cells that nobody is known to read."""
    with pytest.raises(HeaderError, match=message):
        map_columns(Person, header, source="x", columns=columns)  # type: ignore[arg-type]


def test_a_source_column_may_be_computed_anew() -> None:
    """Then it does not fill its column by itself."""
    plan = map_columns(Person, ["id", "first"], source="x", columns={"first": lambda row: row["first"].title()})

    assert [type(planned) for planned in plan.columns] == [FromSource, FromFunction]


def test_a_source_column_may_fill_two() -> None:
    """One by its name, one by being asked for."""
    plan = map_columns(Person, ["id", "first"], source="x", columns={"nick": "first"})

    assert [planned.position for planned in plan.from_source] == [0, 1, 1]


def test_everything_else_may_be_ignored() -> None:
    """A wide source for a narrow model."""
    plan = map_columns(Person, ["id", "first", "x", "y"], source="x", ignored="*")

    assert len(plan.columns) == 2
