"""Write what fills a column as SQL over cells of text, where SQLite does with them exactly what Python would do."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Dialect

from microcosm_sqlite.builders.cells import Cells
from microcosm_sqlite.builders.kinds import Kind, Simple, simple_of
from microcosm_sqlite.builders.plans import FromDefault, FromFunction, FromModel, FromSource, FromSQL

#: The function that reads a number as Python's `float` does.
EXACT_DOUBLE: Final = "microcosm_exact_double"

#: SQLite reads text of up to 17 digits as the right double; as many characters have, with a point, at most so many.
_RIGHT_CHARACTERS: Final = 18

#: Text of that many characters has at most the 15 digits that a double holds exactly.
_EXACT_CHARACTERS: Final = 15


@dataclass(frozen=True, kw_only=True, slots=True)
class Expression:
    """A column as SQL: what is stored, and what must hold of the cell for that to be right (None: nothing)."""

    name: str
    value: str
    condition: str | None = None
    parameters: tuple[Any, ...] = ()


def expressions_of(cells: Sequence[Cells], dialect: Dialect, cell: Callable[[int], str]) -> list[Expression] | None:
    """Return the columns as SQL, or None when one of them is beyond it.

    Args:
        cells: how the columns are made in Python.
        dialect: that of the database.
        cell: returns the SQL for the cell at a position of a record.
    """
    found: list[Expression] = []
    for made in cells:
        expression = _expression(made, dialect, cell)
        if expression is None:
            return None
        found.append(expression)
    return found


def _expression(made: Cells, dialect: Dialect, cell: Callable[[int], str]) -> Expression | None:
    column = made.planned.column
    match made.planned:
        case FromSource(position=position, path=()) if made.columnwise is not None:
            simple = simple_of(column, dialect)
            return None if simple is None else _of_cell(column.name, simple, cell(position))
        case FromSQL(expression=expression):
            return Expression(name=column.name, value=f"({expression})")
        case FromDefault():
            (value,) = made.stored([()], _no_context)
            return Expression(name=column.name, value="?", parameters=(value,))
        case FromSource() | FromFunction() | FromModel():
            return None


def _of_cell(name: str, simple: Simple, cell: str) -> Expression:
    value, condition = _WRITTEN[simple.kind](cell, simple.words)
    if simple.is_nullable:
        value = f"nullif({cell}, '')" if value == cell else f"CASE WHEN {cell} <> '' THEN {value} END"
        condition = condition and f"({cell} = '' OR {condition})"
    return Expression(name=name, value=value, condition=condition)


def _text(cell: str, _: Mapping[str, Any]) -> tuple[str, str | None]:
    return cell, None


def _integer(cell: str, _: Mapping[str, Any]) -> tuple[str, str | None]:
    # As SQLite itself would write it; whatever else is a whole number is read by Python.
    return cell, f"CAST(CAST({cell} AS INTEGER) AS TEXT) = {cell}"


def _number(cell: str) -> str:
    # What starts like a number and is none is refused by the STRICT column. With an exponent it may be out of range.
    return f"{cell} BETWEEN '-' AND ':' AND {cell} NOT LIKE '%e%'"


def _real(cell: str, _: Mapping[str, Any]) -> tuple[str, str | None]:
    value = f"CASE WHEN length({cell}) <= {_RIGHT_CHARACTERS} THEN {cell} ELSE {EXACT_DOUBLE}({cell}) END"
    return value, _number(cell)


def _exact(cell: str, _: Mapping[str, Any]) -> tuple[str, str | None]:
    return cell, f"length({cell}) <= {_EXACT_CHARACTERS} AND {_number(cell)}"


def _word(cell: str, words: Mapping[str, Any]) -> tuple[str, str | None]:
    condition = f"{cell} IN ({', '.join(map(_quoted, words))})"
    if all(word == stored for word, stored in words.items()):
        return cell, condition
    if set(words.values()) <= {0, 1}:
        true = ", ".join(_quoted(word) for word, stored in words.items() if stored)
        return f"{cell} IN ({true})", condition
    whens = " ".join(f"WHEN {_quoted(word)} THEN {_literal(stored)}" for word, stored in words.items())
    return f"CASE {cell} {whens} END", condition


def _date(cell: str, _: Mapping[str, Any]) -> tuple[str, str | None]:
    # Python's calendar begins with the year 1.
    return cell, f"date({cell}) = {cell} AND {cell} >= '0001'"


def _moment(cell: str, _: Mapping[str, Any]) -> tuple[str, str | None]:
    # Most files have a blank where others have a T.
    replaced = f"replace({cell}, 'T', ' ')"
    value = f"CASE WHEN instr({cell}, 'T') THEN {replaced} ELSE {cell} END || '.000000'"
    return value, f"(datetime({cell}) = {cell} OR datetime({cell}) = {replaced}) AND {cell} >= '0001'"


_WRITTEN: Final[dict[Kind, Callable[[str, Mapping[str, Any]], tuple[str, str | None]]]] = {
    Kind.TEXT: _text,
    Kind.INTEGER: _integer,
    Kind.REAL: _real,
    Kind.EXACT: _exact,
    Kind.WORDS: _word,
    Kind.DATE: _date,
    Kind.MOMENT: _moment,
}


def _quoted(text: str) -> str:
    escaped = text.replace("'", "''")
    return f"'{escaped}'"


def _literal(value: Any) -> str:
    return _quoted(value) if isinstance(value, str) else str(int(value))


def _no_context(record: Sequence[Any]) -> Any:
    raise LookupError(record)
