"""Collect what is wrong with the rows of a load, so that all of it is told at once."""

import re
from collections.abc import Callable, Iterable
from typing import Any, Final

from sqlalchemy.exc import DBAPIError

from microcosm_sqlite.errors import DanglingKeyError, DuplicateRowError, RowProblem, RowsRejectedError

#: Problems that are kept; more are only counted, so that a hopeless file cannot fill the memory.
KEPT_PROBLEMS: Final = 100

UNIQUE: Final = "unique"
FOREIGN_KEY: Final = "foreign key"

#: How SQLite words the refusal of a row, and what that means here. The group is a list of `table.column`, or a name.
_REFUSALS: Final = (
    (re.compile(r"UNIQUE constraint failed: index '(.*)'"), UNIQUE, "is taken by another row (index {})"),
    (re.compile(r"UNIQUE constraint failed: (.*)"), UNIQUE, "is taken by another row"),
    (re.compile(r"NOT NULL constraint failed: (.*)"), "null", "is empty, but the column must not be"),
    (re.compile(r"CHECK constraint failed: (.*)"), "check", "breaks the check {}"),
    (re.compile(r"(FOREIGN KEY constraint failed)"), FOREIGN_KEY, "breaks a foreign key"),
    (re.compile(r"cannot store (.*)"), "type", "cannot be stored: {}"),
    (re.compile(r"datatype mismatch"), "type", "is no whole number, which the key of this table must be"),
)

#: How the driver words that a value is none of those that SQLite stores.
_UNSTORABLE: Final = re.compile(r"Error binding parameter (\d+): type '(.*)' is not supported")

#: Which refusals name columns.
_NAMES_COLUMNS: Final = re.compile(
    r"(?:UNIQUE|NOT NULL) constraint failed: (?!index )(.*)|cannot store \w+ value in \w+ column (.*)"
)


class Rejections:
    """The problems of one load into *table*, of which the first *kept*, by line, are kept."""

    def __init__(self, table: str, *, kept: int = KEPT_PROBLEMS) -> None:
        self.table = table
        self.kept = kept
        self.count = 0
        #: How many rows have problems.
        self.rows = 0
        self._last: tuple[str, int | None] | None = None
        self._kept: list[RowProblem] = []
        self._rules: set[str] = set()
        self._cause: BaseException | None = None

    def add(self, problem: RowProblem, *, cause: BaseException | None = None) -> None:
        """Count *problem*, and keep it if it is one of the first; the first *cause* becomes that of the error."""
        self.count += 1
        self._rules.add(problem.rule)
        self._cause = self._cause or cause
        # Those of one row come one after the other.
        if (problem.source, problem.line) != self._last:
            self.rows += 1
            self._last = (problem.source, problem.line)
        self._keep((problem,))

    def take(self, others: "Rejections") -> None:
        """Count what *others* found as well."""
        self.count += others.count
        self.rows += others.rows
        self._keep(others._kept)  # noqa: SLF001 - of its own kind
        self._rules |= others._rules  # noqa: SLF001
        self._cause = self._cause or others._cause  # noqa: SLF001

    @property
    def problems(self) -> tuple[RowProblem, ...]:
        """Those that were kept, by line."""
        return tuple(sorted(self._kept, key=_place_of)[: self.kept])

    def _keep(self, problems: Iterable[RowProblem]) -> None:
        # They do not come by line: whole columns of a batch are converted, and SQLite refuses rows after that.
        self._kept.extend(problems)
        if len(self._kept) > 2 * self.kept:
            self._kept = list(self.problems)

    def raise_any(self, *, kept_rows: int = 0) -> None:
        """Raise the error for what was added; do nothing when nothing was.

        Args:
            kept_rows: rows that were committed before, when each is committed on its own.

        Raises:
            DuplicateRowError: only keys that occur twice.
            DanglingKeyError: only foreign keys that lead nowhere.
            RowsRejectedError: anything else.
        """
        if not self.count:
            return
        kind = RowsRejectedError
        if self._rules == {UNIQUE}:
            kind = DuplicateRowError
        elif self._rules == {FOREIGN_KEY}:
            kind = DanglingKeyError
        raise kind(table=self.table, problems=self.problems, count=self.count, kept_rows=kept_rows) from self._cause


def _place_of(problem: RowProblem) -> tuple[str, int]:
    return problem.source, problem.line or 0


def refused_by_database(
    error: DBAPIError, *, source: str, line: int, given: Callable[[str], Any], key: str | None = None
) -> RowProblem:
    """Return the problem for a row that SQLite refused.

    Args:
        error: the refusal.
        source: where the row comes from.
        line: where it stands there.
        given: returns what the row holds for the column of a name, as it was written.
        key: the column of the primary key, if it is only one.
    """
    message = str(error.orig)
    columns = _columns_in(message) or ((key,) if key and "datatype mismatch" in message else ())
    values = tuple(given(column) for column in columns)
    for pattern, rule, reason in _REFUSALS:
        match = pattern.search(message)
        if match is not None:
            return RowProblem(
                source=source,
                line=line,
                column=", ".join(columns) or None,
                value=alone(values) if values else None,
                rule=rule,
                reason=reason.format(*match.groups()),
            )
    return RowProblem(
        source=source, line=line, column=None, value=None, rule="constraint", reason=f"was refused: {message}"
    )


def unstorable(error: BaseException) -> tuple[int, str] | None:
    """Return which parameter, counted from 1, SQLite has no storage for, and its type; None if *error* is another."""
    match = _UNSTORABLE.search(str(error))
    return None if match is None else (int(match[1]), match[2])


def refused_as_text(
    error: UnicodeEncodeError, *, source: str, line: int, values: Iterable[tuple[str, Any]]
) -> RowProblem:
    """Return the problem for a row with a text that is none; *values* are those of the row with their columns."""
    column = next((name for name, value in values if value == error.object), None)
    return RowProblem(
        source=source,
        line=line,
        column=column,
        value=error.object,
        rule="type",
        reason=f"holds half a character (a lone surrogate) at position {error.start}, which UTF-8 does not have",
    )


def alone(values: Iterable[Any]) -> Any:
    """Return the only value, or all of them as a tuple."""
    several = tuple(values)
    return several[0] if len(several) == 1 else several


def _columns_in(message: str) -> tuple[str, ...]:
    match = _NAMES_COLUMNS.search(message)
    if match is None:
        return ()
    return tuple(name.rpartition(".")[2] for name in (match[1] or match[2]).split(", "))
