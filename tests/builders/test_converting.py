import pickle
from io import StringIO
from typing import Any

import pytest
import sqlalchemy as sa

from microcosm_sqlite.builders.cells import Surroundings
from microcosm_sqlite.builders.converting import Instructions, Outcome, Part, convert_piece, kept_here
from microcosm_sqlite.builders.recipes import Recipe
from microcosm_sqlite.engines.dialect import StrictAPSWDialect
from microcosm_sqlite.sources.csv import CSVSource
from microcosm_sqlite.sources.pieces import ReadPiece, pieces_of
from microcosm_sqlite.sources.tabular import Batch, Content, Piece
from tests.deliveries import COLUMNS, Counted, Parcel, slug, text
from tests.pets import Dog

RECIPE = Recipe(model=Parcel, source="x", columns={Parcel.slug: slug}, ignored=frozenset({"place"}))

COUNTED = Recipe(model=Counted, source="x")
DOGS = Recipe(model=Dog, source="x", defaults={"owner_id": 1})


def piece(content: str) -> Piece:
    """Return the only piece of a file."""
    with CSVSource(StringIO(content), name="x").open() as reading:
        return next(pieces_of(reading))


def part_of(recipe: Recipe, content: str) -> Part | None:
    """Return what another process makes of a file."""
    instructions = Instructions.of(recipe, Content.TEXT, tuple(content.splitlines()[0].split(",")))
    outcome = pickle.loads(pickle.dumps(convert_piece(pickle.loads(pickle.dumps(instructions)), piece(content))))
    assert outcome.unopened is None
    assert outcome.parts is not None
    return outcome.parts[0]  # type: ignore[no-any-return]


def test_rows_come_back_ready_for_the_statement() -> None:
    """With the positions of the records that are none; bytes come as bytes, which a view of them could not."""
    part = part_of(RECIPE, text(12, bad_every=4))

    assert part is not None
    assert (part.count, part.misfits, len(part.rows)) == (12, (3, 7, 11), 9)
    assert part.sql.startswith("INSERT INTO parcel (")
    assert {type(value) for row in part.rows for value in row} == {int, float, str, bytes, type(None)}


def test_a_batch_that_takes_the_database_is_left_to_it() -> None:
    """An empty cell with a default of the server, or with one that a function gives."""
    key = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"

    assert part_of(COUNTED, f"id,key,number,place\n1,{key},2,3\n") is not None
    assert part_of(COUNTED, f"id,key,number,place\n1,{key},2,\n") is None
    assert part_of(COUNTED, f"id,key,number,place\n1,{key},,3\n") is None
    assert part_of(COUNTED, f"id,key,place\n1,{key},3\n") is None
    assert part_of(RECIPE, "id,kee\n1,2\n") is None


def test_a_piece_that_cannot_be_read_is_left_as_a_whole() -> None:
    """Whoever stores it reads it again, and says what is wrong."""
    instructions = Instructions.of(RECIPE, Content.TEXT, COLUMNS)

    assert convert_piece(instructions, piece("id,key\n1\0,2\n")).parts is None


class Unsendable:
    """What pickle cannot take, or cannot give back."""

    def __reduce__(self) -> Any:
        return int, ("x",)


@pytest.mark.parametrize("value", [Unsendable(), lambda: None])
def test_values_that_cannot_travel_are_made_where_they_are_stored(value: Any) -> None:
    """Only a type of the user's stores such."""
    part = Part(header=("id",), sql="", count=1, misfits=(), rows=[(value,)])

    assert pickle.loads(pickle.dumps(Outcome([part]))).parts is None


def test_instructions_that_cannot_be_opened_say_why() -> None:
    """A module that is not there does not end the worker."""
    data = pickle.dumps(Instructions.of(RECIPE, Content.TEXT, COLUMNS)).replace(
        b"tests.deliveries", b"tests.deliverieZ"
    )

    outcome = convert_piece(pickle.loads(data), piece("a\n1\n"))

    assert outcome.unopened == "ModuleNotFoundError: No module named 'tests.deliverieZ'"
    assert pickle.loads(pickle.dumps(outcome)).unopened == outcome.unopened


def test_what_cannot_be_pickled_is_found() -> None:
    """By its name among the options; else there is nothing."""
    defaults = {"note": lambda: None}
    unsendable = Instructions.of(Recipe(model=Parcel, source="x", defaults=defaults), Content.TEXT, COLUMNS)

    assert str(unsendable.unsendable()).startswith("defaults['note'], for which pickle says: ")
    assert Instructions.of(RECIPE, Content.TEXT, COLUMNS).unsendable() is None


@pytest.mark.parametrize(
    ("recipe", "header", "content", "reason"),
    [
        (RECIPE, COLUMNS, Content.TEXT, None),
        (RECIPE, COLUMNS, Content.PLAIN, None),
        (RECIPE, COLUMNS, Content.PYTHON, "they are values of Python already"),
        (
            Recipe(model=Parcel, source="x", columns={"slug": sa.text("lower(note)")}),
            COLUMNS[:-1],
            Content.TEXT,
            "SQLite computes column 'slug'",
        ),
        (
            Recipe(model=Counted, source="x"),
            ("id", "key"),
            Content.TEXT,
            "a function of the model fills column 'number'",
        ),
        (DOGS, ("id", "name"), Content.JSON, "every value is stored as it comes"),
        (DOGS, ("id", "name"), Content.TEXT, None),
    ],
)
def test_rows_are_sent_only_where_that_can_gain(
    recipe: Recipe, header: tuple[str, ...], content: Content, reason: str | None
) -> None:
    """Where no function of this process, nor its database, has a say, and Python looks at every cell."""
    around = Surroundings(dialect=StrictAPSWDialect(), server_default=lambda _: 0, evaluate=lambda *_: ())
    cells = recipe.cells(recipe.plan(header), around, content)

    assert kept_here(recipe, content, cells) == reason


def test_records_that_are_read_already_travel_too() -> None:
    """From a database, say."""
    batch = Batch(lines=[1], rows=[(1, "6ba7b810-9dad-11d1-80b4-00c04fd430c8", 2, 3)])
    instructions = Instructions.of(COUNTED, Content.PLAIN, ("id", "key", "number", "place"))

    outcome = convert_piece(instructions, ReadPiece(batch))

    assert outcome.parts is not None
    assert outcome.parts[0] is not None
    assert outcome.parts[0].rows == [(1, "6ba7b8109dad11d180b400c04fd430c8", 2, 3)]
