"""The column types of our own."""

import warnings
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import (
    Column,
    Engine,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    cast,
    create_engine,
    insert,
    literal,
    select,
    text,
)
from sqlalchemy.exc import StatementError

from microcosm_sqlite.types import EnumType, Truthy, parse_truth


class Colour(Enum):
    """An enum with an alias."""

    RED = 1
    GREEN = 2
    CRIMSON = 1  # noqa: PIE796 - the alias


class Mood(Enum):
    """Another enum with the same values."""

    CALM = 1


class Level(IntEnum):
    """An enum whose members equal numbers."""

    LOW = 1


class Grade(IntEnum):
    """An enum whose members equal those of `Level`."""

    WORST = 1


@pytest.fixture(scope="module")
def engine() -> Engine:
    """Return an engine on an empty database in memory."""
    return create_engine("sqlite+apsw_strict://")


def round_trip(engine: Engine, type_: Any, value: Any) -> Any:
    """Return what comes back after *value* went through a parameter of *type_*."""
    with engine.connect() as connection:
        return connection.scalar(select(literal(value, type_)))


@pytest.mark.parametrize("word", ["y", "yes", "t", "true", "on", "1", "YES", "True", "oN"])
def test_words_for_yes(word: str) -> None:
    """The words of `distutils.util.strtobool` mean yes in any case."""
    assert parse_truth(word) is True


@pytest.mark.parametrize("word", ["n", "no", "f", "false", "off", "0", "NO", "False", "oFF"])
def test_words_for_no(word: str) -> None:
    """The words of `distutils.util.strtobool` mean no in any case."""
    assert parse_truth(word) is False


@pytest.mark.parametrize("word", ["", " true", "maybe", "2"])
def test_other_words_are_refused_with_a_list_of_the_right_ones(word: str) -> None:
    """The message shows the word and those that would do."""
    with pytest.raises(ValueError, match=f"invalid truth value '{word}': expected one of y, yes, t"):
        parse_truth(word)


class TestEnumType:
    def test_member_comes_back(self, engine: Engine) -> None:
        """A member goes in and comes out."""
        assert round_trip(engine, EnumType(Colour), Colour.GREEN) is Colour.GREEN

    def test_stores_the_name(self, engine: Engine) -> None:
        """What lies in the column is the name of the member, not its value."""
        stored = cast(literal(Colour.GREEN, EnumType(Colour)), String)

        with engine.connect() as connection:
            assert connection.scalar(select(stored)) == "GREEN"

    def test_takes_the_name_of_a_member(self, engine: Engine) -> None:
        """A name may be given in the place of the member."""
        assert round_trip(engine, EnumType(Colour), "RED") is Colour.RED

    def test_alias_is_stored_as_what_it_stands_for(self, engine: Engine) -> None:
        """Whoever reads finds the one name that the member has."""
        assert EnumType(Colour).process_bind_param("CRIMSON", engine.dialect) == "RED"

    def test_none_comes_back(self, engine: Engine) -> None:
        """NULL stays NULL."""
        assert round_trip(engine, EnumType(Colour), None) is None

    @pytest.mark.parametrize("name", ["BLUE", "red", "1", ""])
    def test_refuses_unknown_names(self, engine: Engine, name: str) -> None:
        """A name that no member has is a KeyError in SQLAlchemy's wrapping."""
        with pytest.raises(StatementError) as raised:
            round_trip(engine, EnumType(Colour), name)

        assert isinstance(raised.value.orig, KeyError)

    @pytest.mark.parametrize(("kind", "member"), [(Colour, Mood.CALM), (Level, Grade.WORST)])
    def test_refuses_members_of_other_enums(self, engine: Engine, kind: type[Enum], member: Enum) -> None:
        """Another enum's member is a ValueError, also when it is equal to one of ours."""
        with pytest.raises(StatementError) as raised:
            round_trip(engine, EnumType(kind), member)

        assert isinstance(raised.value.orig, ValueError)

    def test_unknown_stored_name_is_a_key_error(self, engine: Engine) -> None:
        """A row that holds no member's name says which one it holds."""
        with engine.connect() as connection, pytest.raises(KeyError, match="BLUE"):
            connection.scalar(text("SELECT 'BLUE' AS colour").columns(Column("colour", EnumType(Colour))))

    def test_repr_names_the_enum(self) -> None:
        """Tables print with the enum of their columns."""
        assert repr(EnumType(Colour)) == "EnumType(Colour)"

    def test_python_type_is_the_enum(self) -> None:
        """Tools that ask for the Python type learn which one."""
        assert EnumType(Colour).python_type is Colour


class TestTruthy:
    @pytest.mark.parametrize(
        ("given", "stored"),
        [
            (None, None),
            (True, True),
            (False, False),
            ("", False),
            ("yes", True),
            ("OFF", False),
            (3, True),
            (0, False),
            ([], False),
        ],
    )
    def test_meaning(self, engine: Engine, given: Any, stored: object) -> None:
        """Words, numbers and collections become what they mean."""
        assert round_trip(engine, Truthy(), given) is stored

    def test_refuses_other_words(self, engine: Engine) -> None:
        """A word that means neither is a ValueError, spaces included."""
        with pytest.raises(StatementError) as raised:
            round_trip(engine, Truthy(), " true")

        assert isinstance(raised.value.orig, ValueError)


@pytest.mark.parametrize("type_", [EnumType(Colour), Truthy()], ids=repr)
def test_queries_with_our_types_are_cached(type_: Any) -> None:
    """SQLAlchemy keeps the compiled statement and warns of nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        key = select(Column("x", type_))._generate_cache_key()

    assert key is not None


class TestExactNumeric:
    @given(
        st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15, places=0)
        | st.decimals(allow_nan=False, allow_infinity=False, min_value=-99999, max_value=99999, places=10)
    )
    @example(Decimal("0.1"))
    @example(Decimal(999999999999999))
    @example(Decimal("-0.000000000000001"))
    def test_what_is_stored_comes_back_equal(self, number: Decimal) -> None:
        """Up to 15 significant digits nothing is lost."""
        assert round_trip(ENGINE, Numeric(20, 10), number) == number

    @pytest.mark.parametrize("number", ["0.1234567890123456", "1234567890123456", "1234567890.1234567"])
    def test_more_digits_are_refused(self, engine: Engine, number: str) -> None:
        """A number that a double cannot hold is refused, not rounded, and the message says what to do."""
        with pytest.raises(StatementError, match="more than 15 significant digits; store it as text"):
            round_trip(engine, Numeric(30, 20), Decimal(number))

    @pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1E+400", "-1E+400"])
    def test_what_is_no_finite_double_is_refused(self, engine: Engine, number: str) -> None:
        """Not a number, infinity, and what would become infinity are refused."""
        with pytest.raises(StatementError, match="finite"):
            round_trip(engine, Numeric(), Decimal(number))

    @pytest.mark.parametrize("number", ["1E-400", "1.23456789012345E-320"])
    def test_what_a_double_would_round_away_is_refused(self, engine: Engine, number: str) -> None:
        """Numbers too small for a double are refused, not stored as zero or rounded."""
        with pytest.raises(StatementError, match="double"):
            round_trip(engine, Numeric(), Decimal(number))

    def test_scale_pads_and_never_rounds(self, engine: Engine) -> None:
        """The declared scale adds zeros; digits beyond it stay."""
        found = [str(round_trip(engine, Numeric(10, 2), Decimal(text_))) for text_ in ("1.5", "1.005")]

        assert found == ["1.50", "1.005"]

    def test_floats_are_taken_as_they_are_written(self, engine: Engine) -> None:
        """0.1 means one tenth."""
        assert round_trip(engine, Numeric(), 0.1) == Decimal("0.1")

    def test_asdecimal_false_gives_floats(self, engine: Engine) -> None:
        """Columns that ask for floats get floats."""
        found = round_trip(engine, Numeric(asdecimal=False), Decimal("1.25"))

        assert (found, type(found)) == (1.25, float)

    def test_numbers_compare_and_add_up_in_sql(self) -> None:
        """The database orders and sums numbers, not text."""
        table = Table("price", MetaData(), Column("id", Integer, primary_key=True), Column("amount", Numeric(10, 2)))
        with ENGINE.begin() as connection:
            table.create(connection)
            connection.execute(insert(table), [{"amount": Decimal(9)}, {"amount": Decimal("10.5")}])
            found = connection.scalars(select(table.c.amount).where(table.c.amount > 8).order_by(table.c.amount)).all()
            table.drop(connection)

        assert found == [Decimal(9), Decimal("10.5")]


#: Hypothesis wants no fixture of a narrower scope than the test it repeats.
ENGINE = create_engine("sqlite+apsw_strict://")
