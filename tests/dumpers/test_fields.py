import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, column_property, mapped_column

from microcosm_sqlite import DataSet
from microcosm_sqlite.dumpers.fields import default_names, fields_of, key_names
from microcosm_sqlite.engines.dialect import StrictAPSWDialect
from tests.pets import Dog, Person


class Forms(DataSet, DeclarativeBase):
    pass


class Form(Forms):
    __tablename__ = "form"

    second: Mapped[int] = mapped_column("b", primary_key=True)
    first: Mapped[int] = mapped_column("a", primary_key=True)
    total: Mapped[int | None] = mapped_column(sa.Computed("a + b"))
    twice = column_property(second * 2)


def test_default_fields_are_the_columns_in_the_order_of_the_table() -> None:
    """Those that hold values: what SQLite computes is not for a builder."""
    assert default_names(Person) == ["id", "first", "nick", "order"]
    assert default_names(Dog) == ["id", "name", "is_good", "owner_id", "parent_id"]
    assert default_names(Form) == ["b", "a"]
    assert key_names(Form) == ["second", "first"]


def test_a_field_is_found_by_column_or_attribute() -> None:
    """And knows the other name; what the model does not have is a field all the same."""
    by_column, by_attribute, unknown, computed = fields_of(Form, ["a", "first", "x", "total"], StrictAPSWDialect())

    assert (by_column.key, by_column.names) == ("first", ("a", "first"))
    assert (by_attribute.key, by_attribute.names) == ("first", ("first", "a"))
    assert (unknown.key, unknown.names) == (None, ("x",))
    assert computed.key == "total"


def test_a_cell_tells_empty_text_from_none_only_where_it_matters() -> None:
    """In a column that cannot be NULL an empty cell is empty text anyway."""
    nick, first, other = fields_of(Person, ["nick", "first", "other"], StrictAPSWDialect())

    assert [field.cell("") for field in (nick, first, other)] == ["", None, None]
    assert [field.cell(None) for field in (nick, first, other)] == [None, None, None]
