from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from microcosm_sqlite.builders.rejections import KEPT_PROBLEMS, Rejections, alone, refused_as_text, refused_by_database
from microcosm_sqlite.errors import DanglingKeyError, DuplicateRowError, RowProblem, RowsRejectedError


def problem(rule: str, line: int = 2) -> RowProblem:
    """Return some problem with this rule."""
    return RowProblem(source="x.csv", line=line, column="id", value="1", rule=rule, reason="is wrong")


@pytest.mark.parametrize(
    ("rules", "kind"),
    [
        (["unique"], DuplicateRowError),
        (["foreign key"], DanglingKeyError),
        (["type"], RowsRejectedError),
        (["unique", "type"], RowsRejectedError),
    ],
)
def test_the_error_tells_what_kind_of_problems_there_are(rules: list[str], kind: type[Exception]) -> None:
    """Duplicates alone and dangling keys alone have classes of their own; the first cause is that of the error."""
    rejections = Rejections("person")
    cause = ValueError("first")
    for rule in rules:
        rejections.add(problem(rule), cause=cause)

    with pytest.raises(RowsRejectedError) as caught:
        rejections.raise_any()

    assert type(caught.value) is kind
    assert caught.value.__cause__ is cause
    assert len(caught.value.problems) == len(rules)


def test_no_problem_is_no_error() -> None:
    """Asking is harmless."""
    Rejections("person").raise_any()


def test_only_the_first_problems_are_kept() -> None:
    """All are counted; a hopeless file cannot fill the memory."""
    rejections = Rejections("person")
    for line in range(500):
        rejections.add(problem("type", line))

    with pytest.raises(RowsRejectedError, match=r"500 problem\(s\), nothing was loaded") as caught:
        rejections.raise_any()

    assert caught.value.count == 500
    assert len(caught.value.problems) == KEPT_PROBLEMS
    assert "and 480 more" in str(caught.value)


@pytest.mark.parametrize("kept", [0, 1, 3])
def test_the_first_problems_are_those_of_the_first_lines(kept: int) -> None:
    """However they are found, column by column or piece by piece; the message counts those that it does not show."""
    rejections, others = Rejections("person", kept=kept), Rejections("person", kept=kept)
    for line in (20, 9, 14, 7, 11):
        rejections.add(problem("type", line))
    for line in (8, 30, 2):
        others.add(problem("type", line))
    rejections.take(others)

    with pytest.raises(RowsRejectedError, match=rf"8 problem\(s\)[^…]*\.\.\. and {8 - kept} more") as caught:
        rejections.raise_any()

    assert [problem.line for problem in caught.value.problems] == [2, 7, 8][:kept]


@pytest.mark.parametrize(
    ("message", "rule", "column", "value"),
    [
        ("UNIQUE constraint failed: person.id", "unique", "id", 1),
        ("UNIQUE constraint failed: person.id, person.first", "unique", "id, first", (1, "Ada")),
        ("UNIQUE constraint failed: index 'lower_name'", "unique", None, None),
        ("NOT NULL constraint failed: person.first", "null", "first", "Ada"),
        ("CHECK constraint failed: ck_person_id", "check", None, None),
        ("FOREIGN KEY constraint failed", "foreign key", None, None),
        ("cannot store TEXT value in INTEGER column person.id", "type", "id", 1),
        ("datatype mismatch", "type", "id", 1),
        ("only on Sundays", "constraint", None, None),
    ],
)
def test_what_sqlite_refuses_is_told_in_our_words(message: str, rule: str, column: str | None, value: Any) -> None:
    """With the columns it names, and what the row holds for them."""
    error = IntegrityError("INSERT", None, Exception(message))
    record = {"id": 1, "first": "Ada"}

    found = refused_by_database(error, source="x.csv", line=7, given=record.get, key="id")

    assert (found.rule, found.column, found.value, found.line) == (rule, column, value, 7)
    assert str(found).startswith("x.csv, line 7")


def test_a_lone_value_stands_for_itself() -> None:
    """Several stay a tuple."""
    assert alone([1]) == 1
    assert alone([1, 2]) == (1, 2)


def test_half_a_character_is_told_with_its_column() -> None:
    """UTF-8 has no lone surrogates, and SQLite's text is UTF-8."""
    with pytest.raises(UnicodeEncodeError) as caught:
        "ab\ud83d".encode()

    problem = refused_as_text(caught.value, source="s", line=3, values=[("x", "ab"), ("y", "ab\ud83d")])

    assert (problem.line, problem.column, problem.value, problem.rule) == (3, "y", "ab\ud83d", "type")
    assert "at position 2" in problem.reason
