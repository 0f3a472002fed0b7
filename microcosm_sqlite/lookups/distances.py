"""Measure how far two places are from each other, to the same last bit on every computer."""

from math import factorial, sqrt
from typing import Final

#: The mean radius of the Earth in kilometres, (2a + b) / 3 of the GRS 80 ellipsoid: H. Moritz, "Geodetic Reference
#: System 1980", Journal of Geodesy 74 (2000), 128-133. The Earth is no sphere: distances are up to 0.6 % off.
EARTH_RADIUS_KM: Final = 6371.0088

#: No place is farther from any other.
HALF_WAY_ROUND_KM: Final = 20015.2

_RADIANS_PER_DEGREE: Final = 0.017453292519943295
_POLE: Final = 90.0
_HALF_TURN: Final = 180.0


def kilometres_between(from_latitude: float, from_longitude: float, to_latitude: float, to_longitude: float) -> float:
    """Return the length of the great circle between two places, given in degrees.

    By the haversine formula: R. W. Sinnott, "Virtues of the Haversine", Sky and Telescope 68 (1984), 159. Only sums,
    products, quotients and square roots are computed, which IEEE 754 settles to the last bit; the sines of the
    mathematical library differ between systems.
    """
    across = _sine(abs(to_latitude - from_latitude) / 2)
    along = _sine(abs(to_longitude - from_longitude) / 2)
    narrowing = _sine(_POLE - abs(from_latitude)) * _sine(_POLE - abs(to_latitude))
    return 2 * EARTH_RADIUS_KM * _arc_sine(min(1.0, sqrt(across * across + narrowing * along * along)))


def _sine(degrees: float) -> float:
    """Return the sine of 0 to 180 *degrees*, by Taylor's series to the 23rd power: exact to a bit or two."""
    x = (degrees if degrees <= _POLE else _HALF_TURN - degrees) * _RADIANS_PER_DEGREE
    s = x * x
    total = ((_S11 * s + _S10) * s + _S9) * s + _S8
    total = ((total * s + _S7) * s + _S6) * s + _S5
    total = ((total * s + _S4) * s + _S3) * s + _S2
    return x * ((total * s + _S1) * s + 1)


def _arc_sine(sine: float) -> float:
    """Return the angle from 0 to a quarter turn with this *sine*, in radians."""
    # Of half the angle, three times: sin²(a/2) = (1 - cos a) / 2 = sin² a / (2 (1 + cos a)), which loses no digits.
    x = sine / sqrt(2 * (1 + sqrt((1 - sine) * (1 + sine))))
    x /= sqrt(2 * (1 + sqrt((1 - x) * (1 + x))))
    x /= sqrt(2 * (1 + sqrt((1 - x) * (1 + x))))
    s = x * x
    total = _C11 * s + _C10
    total = ((total * s + _C9) * s + _C8) * s + _C7
    total = ((total * s + _C6) * s + _C5) * s + _C4
    total = ((total * s + _C3) * s + _C2) * s + _C1
    return 8 * x * (total * s + 1)


def _sine_series(terms: int) -> tuple[float, ...]:
    """Return the coefficients of the series of sin(x) / x in x², the last of them first."""
    coefficients = [(-1) ** number / factorial(2 * number + 1) for number in range(terms)]
    return tuple(reversed(coefficients))


def _arc_sine_series(terms: int) -> tuple[float, ...]:
    """Return the coefficients of the series of arcsin(x) / x in x², the last of them first."""
    coefficients = [1.0]
    part = 1.0
    for number in range(1, terms):
        part *= (2 * number - 1) / (2 * number)
        coefficients.append(part / (2 * number + 1))
    return tuple(reversed(coefficients))


#: At most sin(π / 16) after the halvings: the 12th term is below the last bit.
_C11, _C10, _C9, _C8, _C7, _C6, _C5, _C4, _C3, _C2, _C1, _ = _arc_sine_series(12)

#: At most a quarter turn: the 12th term is below the last bit here, too.
_S11, _S10, _S9, _S8, _S7, _S6, _S5, _S4, _S3, _S2, _S1, _ = _sine_series(12)
