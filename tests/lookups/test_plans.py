"""Statements that are compiled once."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, DateTime, Integer, String, column, literal, select

from microcosm_sqlite.engines.dialect import StrictAPSWDialect
from microcosm_sqlite.lookups.plans import Plan, compile_plan, marker

DIALECT: Any = StrictAPSWDialect()


def plan_of(*conditions: Any) -> Plan:
    """Return the plan of a statement with *conditions*."""
    plan = compile_plan(select(column("a")).where(*conditions), DIALECT)
    assert plan is not None
    return plan


def test_values_go_where_their_markers_are() -> None:
    """In whatever order these are, and as often."""
    plan = plan_of(
        column("a") == marker(1, type_=Integer()),
        column("b") == marker(0, type_=Integer()),
        column("c") == marker(1, type_=Integer()),
    )

    assert plan.parameters(["first", "second"]) == ["second", "first", "second"]
    assert plan.places == 3


def test_values_are_what_the_driver_takes() -> None:
    """The type of the column says how."""
    assert plan_of(column("a") == marker(0, type_=Date())).parameters([date(2026, 1, 5)]) == ["2026-01-05"]


def test_a_value_of_another_type_is_bound_as_what_it_is() -> None:
    """As SQLAlchemy does when it compares: a date is no time of day, and a text stays one."""
    plan = plan_of(column("a") == marker(0, type_=DateTime()))

    assert plan.parameters([date(2026, 1, 5)]) == ["2026-01-05"]
    assert plan.parameters(["2026"]) == ["2026"]
    assert plan.parameters([datetime(2026, 1, 5)]) == ["2026-01-05 00:00:00.000000"]  # noqa: DTZ001


def test_constants_stay() -> None:
    """What is no marker has its value already."""
    assert plan_of(column("a") == literal("x"), column("b") == marker(0, type_=String())).parameters(["y"]) == [
        "x",
        "y",
    ]


def test_statements_that_depend_on_their_values_have_no_plan() -> None:
    """Their text is another one for each number of values."""
    assert compile_plan(select(column("a")).where(column("a").in_([1, 2])), DIALECT) is None
