"""Read the positional arguments of a look-up."""

from typing import Any, Final
from warnings import warn

from sqlalchemy import ColumnElement, TextClause
from sqlalchemy.orm import QueryableAttribute

#: What SQLAlchemy takes as a condition: an expression, a mapped attribute that is true or false, SQL by hand.
_EXPRESSIONS: Final = (ColumnElement, QueryableAttribute, TextClause)


def check_criteria(criteria: tuple[Any, ...], *, store: str) -> None:
    """Check that *criteria* are expressions; raise `TypeError` when one of them is not."""
    for criterion in criteria:
        if not isinstance(criterion, _EXPRESSIONS):
            raise TypeError(f"{store}: expected SQLAlchemy expressions as positional arguments, found {criterion!r}")


def split_page(
    criteria: tuple[Any, ...], offset: int | None, limit: int | None
) -> tuple[tuple[Any, ...], int | None, int | None]:
    """Take a leading offset and limit out of *criteria*: 2.0.0 allowed `search(10, 5)`."""
    if not criteria:
        return criteria, offset, limit
    page = [value for value in criteria[:2] if value is None or type(value) is int]
    if page != list(criteria):
        return criteria, offset, limit
    warn("pass offset= and limit= by keyword; positional ones go in 4.0", DeprecationWarning, stacklevel=4)
    return (), page[0], page[1] if len(page) > 1 else limit
