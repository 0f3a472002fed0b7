from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from microcosm_sqlite import DataSet
from microcosm_sqlite.builders.cells import Cells, Surroundings, cells_from_text, cells_from_values
from microcosm_sqlite.builders.columns import map_columns
from microcosm_sqlite.builders.parsers import EmptyCellError, RowContext, binder, parser, python_default
from microcosm_sqlite.engines.dialect import StrictAPSWDialect
from microcosm_sqlite.errors import HeaderError
from microcosm_sqlite.sources import QUOTED_EMPTY
from microcosm_sqlite.types import EnumType, Truthy
from tests.pets import Colour, Tags

DIALECT = StrictAPSWDialect()


class Blanks(DataSet, DeclarativeBase):
    pass


class Blank(Blanks):
    __tablename__ = "blank"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    note: Mapped[str | None]
    number: Mapped[int]
    maybe: Mapped[int | None]
    scalar: Mapped[int] = mapped_column(default=7)
    called: Mapped[int] = mapped_column(default=lambda: 8)
    server: Mapped[date] = mapped_column(server_default="2024-01-01")
    truthy: Mapped[bool] = mapped_column(Truthy)
    colour: Mapped[Colour] = mapped_column(EnumType(Colour), default=Colour.RED)
    document: Mapped[Any | None] = mapped_column(sa.JSON)
    tags: Mapped[list[str] | None] = mapped_column(Tags)
    data: Mapped[bytes | None]
    must: Mapped[bytes]


def around(server_default: Any = None) -> Surroundings:
    """Return what cells may ask for."""
    return Surroundings(dialect=DIALECT, server_default=lambda _: server_default, evaluate=lambda *_: ())


def no_context(record: Any) -> RowContext:
    """Return what a default sees of a row it does not look at."""
    return RowContext(dict)


def column(name: str) -> sa.Column[Any]:
    """Return a column of the table."""
    found = Blank.__table__.c[name]
    assert isinstance(found, sa.Column)
    return found


def stored(name: str, cell: str, **defaults: Any) -> Any:
    """Return what is stored for *cell* in the column *name*."""
    required = {column.name: None for column in Blank.__table__.c if not column.nullable} | defaults
    required = {key: value for key, value in required.items() if key not in {name, "id"}}
    header = [name, *required]
    plan = map_columns(Blank, header, source="x")
    cells = cells_from_text(plan, around("from the server"))
    made = next(made for made in cells if made.planned.column.name == name)
    return next(iter(made.stored([[cell]], no_context)))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id", None),
        ("text", ""),
        ("note", None),
        ("maybe", None),
        ("scalar", 7),
        ("called", 8),
        ("server", "from the server"),
        ("truthy", 0),
        ("colour", "RED"),
        ("document", None),
        ("tags", None),
        ("data", None),
    ],
)
def test_what_an_empty_cell_means(name: str, value: Any) -> None:
    """NULL where it may be; else empty text where that is a value; else the default; an integer key is SQLite's."""
    assert stored(name, "") == value


def test_an_empty_cell_without_any_meaning_is_refused() -> None:
    """A column that must not be empty, holds no text and has no default."""
    for name in ("number", "must"):
        with pytest.raises(EmptyCellError, match="is empty"):
            stored(name, "")


@pytest.mark.parametrize(
    ("name", "value"), [("note", ""), ("text", ""), ("maybe", None), ("tags", ""), ("data", b""), ("must", b"")]
)
def test_quoted_empty_is_empty_text_where_that_is_a_value(name: str, value: Any) -> None:
    """Anywhere else it is as empty as any other empty cell."""
    assert stored(name, QUOTED_EMPTY) == value


@pytest.mark.parametrize(
    ("name", "cell", "value"),
    [
        ("note", " x ", " x "),
        ("colour", "BLUE", "BLUE"),
        ("tags", "a,b", "a,b"),
        ("server", "2024-02-29", "2024-02-29"),
    ],
)
def test_a_cell_is_stored_as_its_type_stores_it(name: str, cell: str, value: Any) -> None:
    """Through the column's own bind processor."""
    assert stored(name, cell) == value


def test_json_null_is_not_nothing() -> None:
    """`null` is a value of JSON, an empty cell is none, and text is not encoded twice."""
    assert stored("document", "null") == "null"
    assert stored("document", '{"a": 1}') == '{"a": 1}'


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("note", "", ""),
        ("maybe", 0, 0),
        ("truthy", False, 0),
        ("maybe", "12", 12),
        ("maybe", None, None),
        ("colour", Colour.BLUE, "BLUE"),
        ("colour", "BLUE", "BLUE"),
        ("tags", ["a"], "a"),
    ],
)
def test_defaults_are_python_values_or_cells(name: str, given: Any, value: Any) -> None:
    """Falsy ones are values like any other."""
    made = default_of(name, given)

    assert list(made.stored([[], []], no_context)) == [value, value]


def test_a_default_that_does_not_fit_is_an_error_before_any_row() -> None:
    """It would be wrong in every row."""
    with pytest.raises(HeaderError, match="'x', which is not a whole number"):
        default_of("maybe", "x")


def default_of(name: str, given: Any) -> Cells:
    """Return how a column is made that only has a default."""
    others = [column.name for column in Blank.__table__.c if column.name != name]
    plan = map_columns(Blank, others, source="x", defaults={name: given})
    cells = cells_from_text(plan, around())
    return next(made for made in cells if made.planned.column.name == name)


def test_values_are_bound_as_they_are() -> None:
    """Rows of Python values skip the text."""
    plan = map_columns(Blank, ["text", "number", "server", "truthy", "must"], source="x")
    cells = {made.planned.key: made for made in cells_from_values(plan, around())}

    record = ["", 1, date(2024, 1, 2), "yes", b""]

    assert list(cells["server"].stored([record], no_context)) == ["2024-01-02"]
    assert list(cells["truthy"].stored([record], no_context)) == [1]
    assert cells["number"].value(record) == 1
    assert list(cells["scalar"].stored([record], no_context)) == [7]
    assert cells["scalar"].given(record) is None


def test_not_a_number_is_refused() -> None:
    """SQLite would store NULL."""
    store = binder(sa.Float(), DIALECT)

    assert store is not None
    assert store(1.5) == 1.5
    with pytest.raises(ValueError, match="as NULL"):
        store(float("nan"))


def test_a_default_may_look_at_its_row() -> None:
    """As with SQLAlchemy's own execution context."""
    completed = sa.Column("x", sa.Integer, default=lambda context: context.get_current_parameters()["y"] + 1)

    assert python_default(completed, RowContext(lambda: {"y": 1})) == 2


def test_a_parser_leaves_defaults_to_others() -> None:
    """The ORM fills in what the database or the model has a default for when it sees None."""
    parse = parser(column("server"), DIALECT)

    assert parse("") is None
    assert parse("2024-01-02") == date(2024, 1, 2)
    assert parser(column("text"), DIALECT)("") == ""
    assert parser(sa.Column("x", sa.Numeric), DIALECT)("1.0") == Decimal("1.0")
