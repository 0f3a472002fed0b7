"""Column types beyond SQLAlchemy's own."""

from collections.abc import Callable
from decimal import Context, Decimal
from enum import Enum
from typing import Any, Final

from sqlalchemy import Dialect
from sqlalchemy.types import Boolean, Numeric, TypeDecorator, Unicode

from microcosm_sqlite.constants import TRUTH_WORDS

#: A double holds every decimal number of up to 15 significant digits exactly (DBL_DIG of IEEE 754 binary64).
_EXACT_DIGITS: Final = 15

#: Room for the largest double (309 digits before the point) padded to a generous scale.
_PADDED_DIGITS: Final = 1000


def parse_truth(word: str) -> bool:
    """Return what a *word* such as "yes" or "off" means; raise `ValueError` for any other word."""
    try:
        return TRUTH_WORDS[word.lower()]
    except KeyError:
        raise ValueError(f"invalid truth value {word!r}: expected one of {', '.join(TRUTH_WORDS)}") from None


class EnumType(TypeDecorator[Enum]):
    """An enum stored by the name of its member.

    Binds a member of *enum_class* or the name of one.
    """

    impl = Unicode(255)
    cache_ok = True

    def __init__(self, enum_class: type[Enum]) -> None:
        super().__init__()
        self.enum_class = enum_class

    @property
    def python_type(self) -> type[Any]:
        """The enum itself."""
        return self.enum_class

    def __repr__(self) -> str:
        return f"EnumType({self.enum_class.__name__})"

    def process_bind_param(self, value: Enum | str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Return the member's name; raise `KeyError` for an unknown name, `ValueError` for another enum's member."""
        if value is None:
            return None
        if isinstance(value, self.enum_class):
            return value.name
        if isinstance(value, Enum):
            raise ValueError(f"{value!r} is not a member of {self.enum_class.__name__}")  # noqa: TRY004 - as ever
        return self.enum_class[value].name

    def process_result_value(self, value: str | None, dialect: Dialect) -> Enum | None:  # noqa: ARG002
        """Return the member called *value*."""
        return None if value is None else self.enum_class[value]


class Truthy(TypeDecorator[bool]):
    """A boolean that also takes the usual words ("yes", "off", "1"); empty text is false."""

    impl = Boolean
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> bool | None:  # noqa: ARG002
        """Return the boolean that *value* means; raise `ValueError` for a word that means neither."""
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            return parse_truth(value) if value else False
        return bool(value)


class ExactNumeric(Numeric[Any]):
    """How engines of this package store `Numeric`: a double, and never a silently rounded one.

    Comparing and ordering work in SQL; what was stored comes back equal. A value of more than 15 significant digits is
    refused with `ValueError`, because a double could not give it back: such numbers belong in a text column.
    """

    def bind_processor(self, dialect: Dialect) -> Callable[..., float | None]:  # noqa: ARG002
        """Return the function that turns a number into the double that stands for it."""

        def to_double(value: Any) -> float | None:
            if value is None:
                return None
            number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
            if not number.is_finite():
                raise ValueError(f"{value!r} is not a finite number")
            if len(number.normalize().as_tuple().digits) > _EXACT_DIGITS:
                raise ValueError(f"{value!r} has more than {_EXACT_DIGITS} significant digits; store it as text")
            double = float(number)
            if Decimal(f"{double:.{_EXACT_DIGITS}g}") != number:
                raise ValueError(f"{value!r} lies outside the range of a double, which is finite; store it as text")
            return double

        return to_double

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[..., Any] | None:  # noqa: ARG002
        """Return the function that turns a double back into the decimal that was stored."""
        if not self.asdecimal:
            return None
        scale = self.scale

        def to_decimal(value: float | None) -> Decimal | None:
            if value is None:
                return None
            number = Decimal(f"{value:.{_EXACT_DIGITS}g}")
            exponent = number.as_tuple().exponent
            # Padding with zeros to the declared scale loses nothing; rounding to it would.
            if scale is None or not isinstance(exponent, int) or -exponent > scale:
                return number
            return number.quantize(Decimal(1).scaleb(-scale), context=Context(prec=_PADDED_DIGITS))

        return to_decimal
