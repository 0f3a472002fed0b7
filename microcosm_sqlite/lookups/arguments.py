"""Check the arguments of look-ups that are no conditions."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any, Final, Protocol, cast

from sqlalchemy.sql.elements import ClauseElement

from microcosm_sqlite.errors import ArgumentError, ArgumentValueError

#: Characters of a value that a message shows.
_SHOWN: Final = 100

#: Bits of a number that a message shows digit by digit; Python itself refuses to spell out very long ones.
_SHOWN_BITS: Final = 300

#: Members of a list that a message may show.
_SHOWN_MEMBERS: Final = 20

#: How many rows there can be: SQLite counts them in 64 bits, one of them the sign.
MOST_ROWS: Final = 2**63 - 1


class Named(Protocol):
    """What has a name that messages say: a store."""

    @property
    def _name(self) -> str: ...


def name_of(store: Named) -> str:
    """Return what messages call *store*."""
    return store._name  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - Hidden from users of stores only.


def shown(value: Any) -> str:
    """Return *value* as a message shows it: never long, whatever it is."""
    if isinstance(value, int) and value.bit_length() > _SHOWN_BITS:
        return f"a number of {value.bit_length()} bits"
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001 - Whatever it is: there is something else to tell.
        return f"a value of type {type(value).__name__}"
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def is_page(number: Any) -> bool:
    """Tell whether *number* is an offset or a limit that needs no second look."""
    return number is None or (type(number) is int and 0 <= number <= MOST_ROWS)


def check_number(number: Any, *, where: str, argument: str, least: int = 0, otherwise: str = ", or None") -> Any:
    """Return *number*, an offset, a limit, or a number of rows of another kind.

    An expression of SQLAlchemy is taken for one, and so are numbers of other libraries.

    Raises:
        ArgumentValueError: it is none; *otherwise* says what else could have been given.
    """
    if isinstance(number, ClauseElement):
        return number
    try:
        whole = -1 if isinstance(number, bool) else number.__index__()
    except (AttributeError, TypeError):
        whole = -1
    if not least <= whole <= MOST_ROWS:
        raise ArgumentValueError(
            where=where,
            argument=argument,
            expected=f"a whole number from {least} to 2**63 - 1{otherwise}",
            found=shown(number),
            remedy=_number_meant(number, argument, least),
        )
    return whole


def _number_meant(number: Any, argument: str, least: int) -> str:
    try:
        whole = int(number)
    except (TypeError, ValueError, OverflowError):
        whole = -1
    if isinstance(number, bool) or not least <= whole <= MOST_ROWS:
        return "Leave it out for the default, or check what came from outside."
    return f"Write {argument}={whole}, or int(...) where it came from outside as text."


def check_page(store: Named, *, offset: Any, limit: Any) -> None:
    """Check *offset* and *limit*, each None or a number; raise `ArgumentValueError` for others."""
    for argument, number in (("offset", offset), ("limit", limit)):
        if not is_page(number):
            check_number(number, where=name_of(store), argument=argument)


def listed(values: Any, *, where: str, argument: str, example: str) -> list[Any]:
    """Return the members of *values*, which is to be a list or anything else that has members.

    Raises:
        ArgumentError: it is one thing alone, as a text is.
    """
    # An attribute or expression of SQLAlchemy can be asked for its members, and fails in ways of its own.
    is_alone = isinstance(values, str | bytes | ClauseElement | type) or hasattr(values, "__clause_element__")
    if not is_alone and isinstance(values, Iterable):
        return list(cast("Iterable[Any]", values))
    raise ArgumentError(
        where=where, argument=argument, expected="a list", found=f"{named(values)} alone", remedy=f"Write {example}."
    )


def named(value: Any) -> str:
    """Return *value* as a message shows it, attributes and expressions as they are written."""
    if isinstance(value, type):
        return f"the class {value.__name__}"
    if isinstance(value, list | tuple) and value:
        text = f"[{', '.join(map(named, cast('Sequence[Any]', value)[:_SHOWN_MEMBERS]))}]"
    elif isinstance(value, ClauseElement) or hasattr(cast("Any", value), "__clause_element__"):
        text = str(cast("Any", value))
    else:
        return shown(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def choice(known: Sequence[str], *, found: Any = None) -> str:
    """Return what a message says of the names that could have been given, the one that looks like *found* first."""
    alike = get_close_matches(found, known, n=1) if isinstance(found, str) else []
    hint = f"Did you mean {alike[0]!r}? " if alike else ""
    return f"{hint}There are: {', '.join(known) or 'none'}."
