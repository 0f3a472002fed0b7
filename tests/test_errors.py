"""The errors, their messages, and what callers can do with them."""

import copy
import pickle
from pathlib import Path

import pytest

from microcosm_sqlite import errors
from microcosm_sqlite.errors import (
    ArgumentError,
    ArgumentValueError,
    ArtifactNotFoundError,
    ColumnTypeError,
    ConfigurationError,
    CoordinateError,
    CursorError,
    DanglingKeyError,
    DanglingReference,
    DataSetBusyError,
    DataSetConflictError,
    DataSetNotFoundError,
    DeclarationError,
    DuplicateModelError,
    DuplicateRowError,
    EmptyDataSetError,
    ForeignThreadError,
    FullScanError,
    GateFailure,
    GatesFailedError,
    HeaderError,
    ManifestError,
    MigrationIntegrityError,
    MigrationsNotFoundError,
    MissingExtraError,
    ModelIntegrityError,
    ModelNotFoundError,
    MultipleModelsFoundError,
    NoSessionError,
    NotADataSetError,
    NotAnArtifactError,
    NotIndexedError,
    ReadOnlyDataSetError,
    RowProblem,
    RowsRejectedError,
    SchemaMismatchError,
    SealError,
    SourceError,
    SQLiteError,
    StaleCursorError,
    StaleDBError,
    StatementTimeoutError,
    UnknownFilterError,
    UnknownKeyError,
    WatermarkError,
    WorkbenchBusyError,
    WorkbenchFailedError,
    WorkersFailedError,
    WrongArtifactError,
)

PROBLEM = RowProblem(source="dog.csv", line=3, column="weight", value="heavy", rule="type", reason="is not a number")

#: One of each, made from its facts.
EXAMPLES = [
    SQLiteError("something"),
    ModelIntegrityError("broken"),
    ModelIntegrityError("broken", explanation="UNIQUE constraint failed: dog.id; nothing was written."),
    DuplicateModelError("twice"),
    MultipleModelsFoundError("several"),
    ModelNotFoundError("nothing", missing=[1, 2]),
    MigrationIntegrityError(
        name="world",
        dangling=[DanglingReference(table="dog", row=1, columns=("owner_id",), values=(7,), parent="owner")],
    ),
    MigrationsNotFoundError(name="world", path=Path("sqlite-migrations/world")),
    MissingExtraError(extra="alembic", needed_by="a migration"),
    StaleDBError(name="world", operations=["add_column(...)"]),
    ArgumentError(where="DogStore", argument="prefetch", expected="a list", found="Dog.owner", remedy="Write a list."),
    ArgumentValueError(where="DogStore", argument="limit", expected="a number", found="-1", remedy="Leave it out."),
    UnknownFilterError(store="DogStore of Dog", unknown=["nmae"], known=["owner_id", "name"]),
    UnknownKeyError(model="Owner", asked=["town"], known=[("id",), ("name",)]),
    NotIndexedError(model="City", expected="a place", found="none declared", remedy="Add one."),
    ForeignThreadError(model="City", owner="microcosm-sqlite-1", found="MainThread"),
    FullScanError(sql="SELECT 1", steps=5000, limit=1000, remedy="CREATE INDEX ix ON city (name)"),
    ColumnTypeError(column="City.tags", expected="values of string", found="['a']", remedy="Name the columns."),
    CoordinateError(name="latitude", found=91, expected="degrees from -90 to 90"),
    CursorError(store="TownStore of Town", expected="a cursor", found="'x'", remedy="Give another."),
    StaleCursorError(store="TownStore of Town", expected="a cursor", found="an old one", remedy="Start again."),
    ConfigurationError(key="sqlite.echo", found="perhaps", expected="true or false"),
    NotADataSetError(int),
    WorkersFailedError(source="a.csv", expected="an answer", found="none", remedy="Try again."),
    WatermarkError(extraction="table 'order' from shop by id", expected="a mark", found="none", remedy="Refresh."),
    DataSetBusyError(name="world", path="/srv/world.sqlite"),
    DeclarationError(module="zoo", where="zoo.py, line 1", reason="ZeroDivisionError: division by zero"),
    DataSetNotFoundError(name="world", looked=["here", "there"], remedy="Install it."),
    DataSetConflictError(name="world", claims=["one 1.0 (one:path)", "two 2.0 (two:path)"]),
    EmptyDataSetError(name="world", path="/srv/world.sqlite", looked=["here", "there"]),
    NoSessionError(name="world"),
    ReadOnlyDataSetError(name="world", path="/srv/world.sqlite", reason="it is a sealed artifact"),
    StatementTimeoutError(name="world", path="/srv/world.sqlite", seconds=60.0),
    ArtifactNotFoundError(path=Path("a.sqlite"), expected="an artifact", found="nothing", remedy="Ship it."),
    NotAnArtifactError(path=Path("a.sqlite"), expected="an artifact", found="a zip archive", remedy="Unpack it."),
    SchemaMismatchError(name="world", path=Path("a.sqlite"), differences=["table city: it is missing"]),
    WrongArtifactError(name="world", path=Path("a.sqlite"), expected="one", found="another", remedy="Correct it."),
    ManifestError(path=Path("a.sqlite"), expected="a manifest", found="none", remedy="Copy again."),
    SourceError(source="dog.csv", line=2, expected="4 values", found="3", remedy="Correct the row."),
    HeaderError(source="dog.csv", expected="columns of dog", found="'nmae'", remedy="Did you mean 'name'?"),
    RowsRejectedError(table="dog", problems=[PROBLEM]),
    DuplicateRowError(table="dog", problems=[PROBLEM]),
    DanglingKeyError(table="dog", problems=[PROBLEM]),
    WorkbenchBusyError(name="world", path=Path("world.workbench")),
    WorkbenchFailedError(
        name="world", path=Path("world.workbench"), reason="disk I/O error", remedy="The disk reports a fault: check it"
    ),
    SealError(name="world", path=Path("world.sqlite"), reason="the disk is full", remedy="Free some space."),
    GatesFailedError(
        name="world",
        path=Path("world.sqlite"),
        failures=[
            GateFailure("light", "SQL", "no problem", "1", problems=(PROBLEM,), total=1),
            GateFailure("floor:dog", "rows of table 'dog'", "at least 2", "1"),
        ],
    ),
]


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: type(error).__name__)
def test_every_error_survives_the_way_to_another_process(error: SQLiteError) -> None:
    """A worker process can hand any of our errors to its parent, facts included."""
    arrived = pickle.loads(pickle.dumps(error))

    assert type(arrived) is type(error)
    assert str(arrived) == str(error)
    assert facts(arrived) == facts(error)


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: type(error).__name__)
def test_every_error_can_be_copied(error: SQLiteError) -> None:
    """Frameworks that copy exceptions before they raise them again get the same error."""
    assert str(copy.copy(error)) == str(error)


def facts(error: SQLiteError) -> dict[str, object]:
    """Return what can be read from *error*, without what Python adds by itself."""
    return {**vars(error), "name": getattr(error, "name", None)}


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (SQLiteError(), 500),
        (ModelIntegrityError(), 500),
        (DuplicateModelError(), 409),
        (MultipleModelsFoundError(), 500),
        (ModelNotFoundError(), 404),
        (ArgumentError(where="", argument="", expected="", found="", remedy=""), 500),
        (ArgumentValueError(where="", argument="", expected="", found="", remedy=""), 400),
        (DataSetBusyError(name="world", path=""), 503),
        (DataSetNotFoundError(name="world", looked=[], remedy=""), 404),
        (ReadOnlyDataSetError(name="world", path="", reason=""), 405),
        (ArtifactNotFoundError(path=Path(), expected="", found="", remedy=""), 404),
    ],
    ids=lambda value: type(value).__name__,
)
def test_status_codes(error: SQLiteError, status: int) -> None:
    """A service knows how to answer, and shows no stack trace to its callers."""
    assert (error.status_code, error.include_stack_trace) == (status, False)


@pytest.mark.parametrize(
    ("kind", "builtin"),
    [
        (ModelNotFoundError, KeyError),
        (ArgumentError, TypeError),
        (ArgumentValueError, TypeError),
        (ArgumentValueError, ValueError),
        (UnknownFilterError, TypeError),
        (UnknownKeyError, TypeError),
        (NotIndexedError, TypeError),
        (CoordinateError, ValueError),
        (CursorError, ValueError),
        (ConfigurationError, ValueError),
        (NotADataSetError, TypeError),
        (NoSessionError, AttributeError),
        (ArtifactNotFoundError, FileNotFoundError),
        (DuplicateRowError, DuplicateModelError),
        (DanglingKeyError, ModelIntegrityError),
    ],
)
def test_errors_are_also_what_python_callers_expect(kind: type[SQLiteError], builtin: type[Exception]) -> None:
    """Code that catches the usual exception catches ours."""
    assert issubclass(kind, builtin)


def test_model_not_found_reads_like_text_although_it_is_a_key_error() -> None:
    """The message is not the repr that KeyError would print."""
    assert str(ModelNotFoundError("no row with key 7", missing=[7])) == "no row with key 7"


def test_model_not_found_takes_the_original_error_as_2_0_0_did() -> None:
    """Code that looks at `args[0]` finds the original error."""
    original = LookupError("original")

    assert ModelNotFoundError(original).args == (original,)


def test_unknown_filter_names_what_is_known_and_what_to_do() -> None:
    """The message names the store, the wrong keyword, the right ones in order, and the three ways out."""
    error = UnknownFilterError(store="DogStore of Dog", unknown=["nmae"], known=["owner_id", "name"])

    assert str(error) == (
        "DogStore of Dog: unknown filter 'nmae'. Did you mean 'name'? Known filters: name, owner_id. "
        "Add the column to auto_filter_fields, name it in _filter, or pass an expression: Model.column == value."
    )


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("order_by", "The class of the store declares the order: order_by = [Model.column]."),
        ("where", "Conditions come first, by position: search(Model.column == value)."),
        ("columns", "Some columns of each row: values(Model.column, ...)."),
        ("offset", "Pages go on from each other: page(after=page.next); search(offset=...) counts."),
        ("key", "A row by its key: retrieve(key)."),
    ],
)
def test_keywords_that_are_some_elsewhere(name: str, remedy: str) -> None:
    """The message says where."""
    error = UnknownFilterError(store="DogStore of Dog", unknown=[name], known=["weight"])

    assert str(error) == f"DogStore of Dog: unknown filter '{name}'. Known filters: weight. {remedy}"


def test_unknown_filter_says_when_nothing_is_known() -> None:
    """A store without filters says so instead of showing an empty list."""
    assert "Known filters: none." in str(UnknownFilterError(store="s", unknown=["x"], known=[]))


def test_conflict_names_both_distributions_and_the_way_to_choose() -> None:
    """The message says who claims the name and which setting decides."""
    error = DataSetConflictError(name="world", claims=["one 1.0 (one:path)", "two 2.0 (two:path)"])

    assert str(error) == (
        "data set 'world' is claimed by 2 distributions: one 1.0 (one:path); two 2.0 (two:path). "
        "Uninstall all but one, or choose one by configuring sqlite.paths.world."
    )


def test_artifact_errors_say_where_expected_found_and_what_to_do() -> None:
    """The message has the path, both sides of the difference, and the remedy."""
    error = NotAnArtifactError(path=Path("a.zip"), expected="an artifact", found="a zip archive", remedy="Unpack it.")

    assert str(error) == "a.zip: expected an artifact, found a zip archive. Unpack it. [MSQ-NOT-AN-ARTIFACT]"


def test_source_errors_name_the_line_when_there_is_one() -> None:
    """The line is named where it is known, the file alone where not."""
    with_line = SourceError(source="dog.csv", line=7, expected="4 values", found="3", remedy="Correct it.")
    without = SourceError(source="dog.csv", expected="a header", found="nothing", remedy="Add one.")

    assert (str(with_line), str(without)) == (
        "dog.csv, line 7: expected 4 values, found 3. Correct it.",
        "dog.csv: expected a header, found nothing. Add one.",
    )


def test_rejected_rows_name_file_line_column_and_value() -> None:
    """Each problem says where it stands and which value is meant."""
    error = RowsRejectedError(table="dog", problems=[PROBLEM])

    assert "dog.csv, line 3, column weight: 'heavy' is not a number" in str(error)


def test_rejected_rows_stop_listing_but_keep_counting() -> None:
    """A thousand problems make a readable message that still says a thousand."""
    error = RowsRejectedError(table="dog", problems=[PROBLEM] * 30, count=1000)

    assert str(error).startswith("table 'dog': 1000 problem(s), nothing was loaded.")
    assert str(error).endswith("... and 980 more")
    assert len(error.problems) == 30


def test_every_error_is_among_the_examples_or_a_plain_subclass() -> None:
    """A new error with facts of its own needs an example above."""
    tested = {type(error) for error in EXAMPLES}
    classes = {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, SQLiteError)}

    assert {kind for kind in classes if "__init__" in vars(kind)} <= tested | {errors.ArtifactError}


def test_failed_gates_are_told_one_by_one() -> None:
    """The message names each gate with what was expected and found, and the first of its problems below it."""
    many = tuple(f"dog {number}" for number in range(30))
    failures = [
        GateFailure("floor:dog", "rows of table 'dog'", "at least 2", "1"),
        GateFailure("light", "SQL that must return no rows", "no problem", "300", problems=many, total=300),
    ]

    lines = str(GatesFailedError(name="world", path=Path("world.sqlite"), failures=failures)).split("\n")

    assert lines[0].startswith("data set 'world' was not sealed to world.sqlite: it did not pass 2 gates. Correct")
    assert lines[1:4] == [
        "  floor:dog (rows of table 'dog'): expected at least 2, found 1",
        "  light (SQL that must return no rows): expected no problem, found 300",
        "    dog 0",
    ]
    assert lines[-1] == "    ... and 280 more"
