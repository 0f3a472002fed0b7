import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from microcosm_sqlite import DataSet
from microcosm_sqlite.builders.columns import column_names, map_columns, mapper_of
from microcosm_sqlite.builders.plans import FromDefault, FromModel, FromSource
from microcosm_sqlite.errors import HeaderError
from tests.pets import Dog, Person


class Shapes(DataSet, DeclarativeBase):
    pass


class Shape(Shapes):
    __tablename__ = "shape"
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "shape"}  # noqa: RUF012 - as SQLAlchemy declares it

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    width: Mapped[int] = mapped_column(server_default="1")
    area: Mapped[int | None] = mapped_column(sa.Computed("width * width"))


class Circle(Shape):
    __mapper_args__ = {"polymorphic_identity": "circle"}  # noqa: RUF012 - as SQLAlchemy declares it


def test_names_of_columns_and_attributes_are_understood() -> None:
    """A column is found by its own name and by the attribute it is mapped to."""
    by_column = map_columns(Person, ["id", "first", "order"], source="x")
    by_attribute = map_columns(Person, ["rank", "first"], source="x")

    assert [(found.key, found.position) for found in by_column.from_source] == [("id", 0), ("first", 1), ("rank", 2)]
    assert [(found.key, found.position) for found in by_attribute.from_source] == [("first", 1), ("rank", 0)]


def test_the_name_of_a_column_wins_over_an_attribute() -> None:
    """Where one column is called what another is mapped to, the name of the column counts, as ever."""

    class Swapped(Shapes):
        __tablename__ = "swapped"

        id: Mapped[int] = mapped_column(primary_key=True)
        left: Mapped[str | None] = mapped_column("right")
        right: Mapped[str | None] = mapped_column("left")

    assert column_names(Swapped)["left"][0] == "right"


@pytest.mark.parametrize(
    ("name", "suggestion"), [("frist", "first"), (" first", "first"), ("FIRST", "first"), ("ordre", "order")]
)
def test_an_unknown_name_is_an_error_with_the_probable_one(name: str, suggestion: str) -> None:
    """A typo, blanks around a name and another case are all named, with what was probably meant."""
    with pytest.raises(HeaderError) as caught:
        map_columns(Person, ["id", name], source="people.csv")

    assert f"For {name!r}, did you mean {suggestion!r}?" in str(caught.value)
    assert "people.csv" in str(caught.value)


def test_a_blank_name_is_an_error() -> None:
    """A trailing comma makes a column without a name."""
    with pytest.raises(HeaderError, match="comma too many"):
        map_columns(Person, ["id", "first", ""], source="x")


def test_a_name_like_none_is_an_error_without_a_suggestion() -> None:
    """Nothing is suggested that is nothing alike."""
    with pytest.raises(HeaderError) as caught:
        map_columns(Person, ["first", "zzzzzz"], source="x")

    assert "did you mean" not in str(caught.value)


def test_ignored_names_are_dropped() -> None:
    """Also one that is a column, which then gets its default; a name that is not there does no harm."""
    plan = map_columns(Dog, ["x", "name", "is_good", "owner_id"], source="x", ignored=["x", "is_good", "nowhere"])

    kinds = {planned.key: type(planned) for planned in plan.columns}
    assert kinds == {"name": FromSource, "owner_id": FromSource, "is_good": FromModel}


def test_two_names_for_one_column_are_an_error() -> None:
    """Which of them counts cannot be guessed."""
    with pytest.raises(HeaderError, match="two: 'order' and 'rank'"):
        map_columns(Person, ["first", "order", "rank"], source="x")


@pytest.mark.parametrize("names", [["id"], ["first"]])
def test_a_column_that_must_be_given_is_missed(names: list[str]) -> None:
    """A NOT NULL column without a default; an integer key that SQLite assigns may be left out."""
    if "first" in names:
        assert map_columns(Person, names, source="x").from_source
    else:
        with pytest.raises(HeaderError, match="'first', which must not be empty"):
            map_columns(Person, names, source="x")


def test_defaults_fill_what_the_source_does_not_have() -> None:
    """By column name or attribute; a column that is there keeps its cells; falsy values are values."""
    plan = map_columns(Person, ["first"], source="x", defaults={"order": 0, "first": "Ada", "nick": ""})

    assert {planned.key: planned.value for planned in plan.columns if isinstance(planned, FromDefault)} == {
        "rank": 0,
        "nick": "",
    }


def test_an_unknown_default_is_an_error() -> None:
    """It would be lost without a word."""
    with pytest.raises(HeaderError, match="unknown default 'rnak'"):
        map_columns(Person, ["first"], source="x", defaults={"rnak": 0})


def test_a_subclass_in_one_table_gets_its_identity() -> None:
    """What the ORM writes for a polymorphic model is written without it too; what SQLite has a default for is left."""
    plan = map_columns(Circle, ["id"], source="x")

    assert [(planned.key, getattr(planned, "value", None)) for planned in plan.columns] == [
        ("id", None),
        ("kind", "circle"),
    ]


def test_a_computed_column_cannot_be_given() -> None:
    """SQLite computes it and refuses anything else."""
    with pytest.raises(HeaderError, match="'area', which SQLite computes"):
        map_columns(Shape, ["id", "area"], source="x")


def test_ignoring_everything_is_an_error() -> None:
    """There would be nothing to insert."""
    with pytest.raises(HeaderError, match="Every column is ignored"):
        map_columns(Lonely, ["id"], source="x", ignored=["id"])


class Lonely(Shapes):
    __tablename__ = "lonely"

    id: Mapped[int] = mapped_column(primary_key=True)


def test_what_is_no_model_is_a_type_error() -> None:
    """A data set has models, but no table of its own."""
    with pytest.raises(TypeError, match="expected a model with a table"):
        mapper_of(Shapes)


def test_a_model_over_a_query_is_a_type_error() -> None:
    """A query has columns, but takes no rows."""

    class View(Shapes):
        __table__ = sa.select(Shape.__table__.c.id).subquery()
        __mapper_args__ = {"primary_key": [__table__.c.id]}  # noqa: RUF012 - as SQLAlchemy declares it

    with pytest.raises(TypeError, match="cannot be loaded"):
        map_columns(View, ["id"], source="x")


def test_what_fills_no_column_is_the_callers_mistake() -> None:
    """A constant is a default."""
    with pytest.raises(
        TypeError, match=r"column 'first': expected the name of a source column, .*found 5; a value for"
    ):
        map_columns(Person, ["id"], source="x", columns={Person.first: 5})  # type: ignore[dict-item]


def test_an_ignored_column_is_not_found() -> None:
    """The error about a column that is needed does not list it."""
    with pytest.raises(HeaderError, match=r"expected a column 'owner_id', .*found 'id', 'name'\."):
        map_columns(Dog, ["id", "name", "owner_id"], source="x", ignored=["owner_id"])
