from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, validates

from microcosm_sqlite import DataSet
from microcosm_sqlite.builders.loading import Load, Loaded, entry_of, load_source, table_name
from microcosm_sqlite.ddl import create_tables
from microcosm_sqlite.errors import DuplicateRowError, HeaderError, RowsRejectedError, SourceError
from microcosm_sqlite.sources import CSVSource
from microcosm_sqlite.sources.rows import RowsSource
from microcosm_sqlite.sources.sql import SQLSource
from microcosm_sqlite.sources.tabular import FileDigest, Source
from tests.pets import csv


class Stock(DataSet, DeclarativeBase):
    pass


class Item(Stock):
    __tablename__ = "item"
    __table_args__ = (sa.CheckConstraint("amount >= 0", name="positive"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str | None] = mapped_column(unique=True)
    amount: Mapped[int] = mapped_column(default=0)
    size: Mapped[int] = mapped_column(default=lambda context: len(context.get_current_parameters()["code"] or ""))
    lowered: Mapped[str | None] = mapped_column(default=sa.func.lower("ABC"))
    served: Mapped[str] = mapped_column(server_default="it's")
    odd: Mapped[int | None] = mapped_column("odd % name: [1]")


class Validated(Stock):
    __tablename__ = "validated"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    amount: Mapped[int] = mapped_column(default=5)

    @validates("name")
    def check_name(self, key: str, value: str) -> str:
        """Refuse bad names, tidy the others."""
        if value == "bad":
            message = "is a bad name"
            raise ValueError(message)
        return value.title()


class Vehicle(Stock):
    __tablename__ = "vehicle"
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "vehicle"}  # noqa: RUF012 - as SQLAlchemy declares it

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]


class Car(Vehicle):
    __tablename__ = "car"
    __mapper_args__ = {"polymorphic_identity": "car"}  # noqa: RUF012 - as SQLAlchemy declares it

    id: Mapped[int] = mapped_column(sa.ForeignKey(Vehicle.id), primary_key=True)
    doors: Mapped[int]


@pytest.fixture
def connection() -> Iterator[sa.Connection]:
    """A connection to an empty database with the tables."""
    engine = sa.create_engine("sqlite+apsw_strict://")
    with engine.connect() as connection:
        create_tables(Stock.metadata, connection)
        connection.commit()
        yield connection
    engine.dispose()


def load(connection: sa.Connection, model: type[Any], text: str, **options: Any) -> int:
    """Load CSV text in a transaction."""
    with connection.begin():
        return load_source(connection, Load(model=model, source=CSVSource(csv(text), name="rows.csv"), **options)).rows


def load_rows(connection: sa.Connection, model: type[Any], rows: Any) -> int:
    """Load Python rows in the transaction that is open."""
    return load_source(connection, Load(model=model, source=RowsSource(rows))).rows


def stored(connection: sa.Connection, model: type[Any], *names: str) -> list[tuple[Any, ...]]:
    """Return the stored rows by key."""
    table = model.__table__
    with connection.begin():
        return [
            tuple(row) for row in connection.execute(sa.select(*(table.c[name] for name in names)).order_by(table.c.id))
        ]


def test_defaults_of_every_kind_are_honoured(connection: sa.Connection) -> None:
    """Scalars, functions that look at the row, SQL expressions and those of the server; any column name works."""
    assert load(connection, Item, "id,code,odd % name: [1]\n1,abc,7\n2,,\n") == 2

    names = ("code", "amount", "size", "lowered", "served", "odd % name: [1]")
    assert stored(connection, Item, *names) == [
        ("abc", 0, 3, "abc", "it's", 7),
        (None, 0, 0, "abc", "it's", None),
    ]


def test_an_empty_cell_takes_the_default_of_the_server(connection: sa.Connection) -> None:
    """SQLite is asked for it, because an INSERT of many rows cannot leave out one cell."""
    load(connection, Item, "id,amount,served\n1,,\n2,3,x\n")

    # Text is a value even when it is empty: only other types fall back.
    assert stored(connection, Item, "amount", "served") == [(0, ""), (3, "x")]


def test_all_problems_are_told_at_once(connection: sa.Connection) -> None:
    """Widths, types, duplicates and checks, each with its line; the transaction leaves nothing."""
    text = """
        id,code,amount
        1,a,1
        x,b,1
        3,c
        4,a,1
        5,e,-1
        1,f,y
        7,g,1,1
    """

    with pytest.raises(RowsRejectedError) as caught:
        load(connection, Item, text)

    found = {(problem.line, problem.column, problem.rule) for problem in caught.value.problems}
    assert found == {
        (3, "id", "type"),
        (4, None, "width"),
        (5, "code", "unique"),
        (6, None, "check"),
        (7, "amount", "type"),
        (8, None, "width"),
    }
    assert stored(connection, Item, "id") == []


def test_problems_are_found_beyond_the_first_batch(connection: sa.Connection) -> None:
    """Every row of a long file is looked at."""
    lines = [f"{number},c{number}" for number in range(1, 2501)]
    lines[1500] = "7,c7"
    lines[2400] = "x,y"

    with pytest.raises(RowsRejectedError) as caught:
        load(connection, Item, "\n".join(["id,code", *lines]) + "\n")

    assert [(problem.line, problem.rule) for problem in caught.value.problems] == [(1502, "unique"), (2402, "type")]


def test_a_source_that_breaks_midway_leaves_nothing(connection: sa.Connection) -> None:
    """What was inserted before goes with the transaction."""
    lines = "".join(f"{number}\n" for number in range(1, 3000))

    with pytest.raises(SourceError, match="line 3001"):
        load(connection, Item, f'id\n{lines}"\n')

    assert stored(connection, Item, "id") == []


def test_an_empty_source_loads_nothing(connection: sa.Connection) -> None:
    """A header alone is a table without rows."""
    assert load(connection, Item, "id,code\n") == 0


def test_a_model_with_validators_is_loaded_through_them(connection: sa.Connection) -> None:
    """What its own code does to a row cannot be skipped; its errors are told by line."""
    assert load(connection, Validated, "id,name,amount\n1,ada,\n2,bob,3\n") == 2

    assert stored(connection, Validated, "name", "amount") == [("Ada", 5), ("Bob", 3)]
    with pytest.raises(RowsRejectedError, match="line 3: the row is a bad name"):
        load(connection, Validated, "id,name\n3,cy\n4,bad\n")
    with pytest.raises(RowsRejectedError, match="line 2, column id: 'x' is not a whole number"):
        load(connection, Validated, "id,name\nx,cy\n")
    with pytest.raises(DuplicateRowError, match="line 3, column id: '3'"):
        load(connection, Validated, "id,name\n3,cy\n3,di\n")
    assert len(stored(connection, Validated, "id")) == 2


def test_a_model_in_two_tables_is_loaded_into_both(connection: sa.Connection) -> None:
    """Through the ORM, which knows how."""
    assert load(connection, Car, "id,doors\n1,5\n") == 1

    assert stored(connection, Car, "id", "doors") == [(1, 5)]
    assert stored(connection, Vehicle, "kind") == [("car",)]


def test_every_row_may_be_committed_by_itself(connection: sa.Connection) -> None:
    """The first row that does not fit ends the load."""
    source = CSVSource(csv("id,code\n1,a\n2,b\n1,c\n"))

    with pytest.raises(DuplicateRowError, match="only the 2 row"):
        load_source(connection, Load(model=Item, source=source), commit=connection.commit)
    connection.rollback()

    assert stored(connection, Item, "id") == [(1,), (2,)]


def test_objects_may_be_committed_one_by_one(connection: sa.Connection) -> None:
    """The same where rows are made as objects."""
    source = CSVSource(csv("id,name\n1,a\n2,bad\n"))

    with pytest.raises(RowsRejectedError):
        load_source(connection, Load(model=Validated, source=source), commit=connection.commit)
    connection.rollback()

    assert stored(connection, Validated, "id") == [(1,)]


def test_python_rows_are_loaded_by_attribute_or_column(connection: sa.Connection) -> None:
    """Rows may leave out different things; each gets its defaults."""
    values: list[dict[str, Any]] = [
        {"id": 1, "code": "ab"},
        {"id": 2, "odd": 4, "code": None},
        {"id": 3, "odd % name: [1]": 5, "code": "x"},
    ]
    with connection.begin():
        assert load_rows(connection, Item, values) == 3

    assert stored(connection, Item, "size", "odd % name: [1]") == [(2, None), (0, 4), (1, 5)]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"id": "x", "code": ""}, "line 2, column id: 'x'"),
        ({"id": 1, "code": "taken"}, "line 2, column code: 'taken' is taken"),
        ({"id": 1, "code": "a", "amount": None}, "line 2, column amount: None is empty"),
    ],
)
def test_python_rows_that_do_not_fit_are_told_by_number(connection: sa.Connection, row: Any, reason: str) -> None:
    """Counted from 1; STRICT tables refuse what is of another type."""
    with pytest.raises(RowsRejectedError, match=reason), connection.begin():
        load_rows(connection, Item, [{"id": 9, "code": "taken"}, row])

    assert stored(connection, Item, "id") == []


def test_python_rows_with_unknown_names_are_a_header_error(connection: sa.Connection) -> None:
    """With the name that was probably meant; what is no mapping is a TypeError."""
    with pytest.raises(HeaderError, match="did you mean 'amount'"), connection.begin():
        load_rows(connection, Item, [{"amuont": 1, "code": "x"}])
    with pytest.raises(TypeError, match="row 1: expected a mapping"), connection.begin():
        load_rows(connection, Item, [(1, 2)])


def test_the_name_of_a_table_is_known() -> None:
    """Of the model's own table, where it has several."""
    assert table_name(Car) == "car"


@pytest.mark.parametrize(
    ("source", "path"),
    [
        (SQLSource("postgresql://me:secret@db.example/shop?sslpassword=secret", "public.orders"), "public.orders"),
        (SQLSource("sqlite://", "orders", name="postgresql://me:secret@db"), "db"),
        (SQLSource("sqlite://", "orders", name="postgresql://db/shop?password=secret"), "shop"),
        (SQLSource("sqlite://", "orders", name="the shop"), "the shop"),
        (RowsSource([], name="rows of Item"), "rows of Item"),
    ],
)
def test_the_manifest_never_says_who_asks(source: Source, path: str) -> None:
    """Nor where: the name of the table, or the one that was given without what may be a secret."""
    digest = FileDigest(sha256="00", bytes=1, form="rows")

    entry = entry_of(Load(model=Item, source=source), digest, Loaded(rows=2, skipped=1))

    assert (entry.path, entry.rows, entry.skipped, entry.form) == (path, 2, 1, "rows")
    assert "secret" not in str(entry)
