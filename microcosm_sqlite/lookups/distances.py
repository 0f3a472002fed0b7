"""Measure how far two places are from each other, to the same last bit on every computer."""

from math import sqrt
from typing import Final

#: The mean radius of the Earth in kilometres, (2a + b) / 3 of the GRS 80 ellipsoid: H. Moritz, "Geodetic Reference
#: System 1980", Journal of Geodesy 74 (2000), 128-133. The Earth is no sphere: distances are up to 0.6 % off.
EARTH_RADIUS_KM: Final = 6371.0088

#: No place is farther from any other.
HALF_WAY_ROUND_KM: Final = 20015.2

_RADIANS_PER_DEGREE: Final = 0.017453292519943295
_POLE: Final = 90.0
_HALF_TURN: Final = 180.0

#: How often the argument of the arc sine is brought to half the angle before the series, which then ends soon.
_HALVINGS: Final = 3


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
    return x * (
        1
        - s / 6 * (
            1
            - s / 20 * (
                1
                - s / 42 * (
                    1
                    - s / 72 * (
                        1
                        - s / 110 * (
                            1
                            - s / 156 * (1 - s / 210 * (1 - s / 272 * (1 - s / 342 * (1 - s / 420 * (1 - s / 506)))))
                        )
                    )
                )
            )
        )
    )  # fmt: skip


def _arc_sine(sine: float) -> float:
    """Return the angle from 0 to a quarter turn with this *sine*, in radians."""
    x, times = sine, 1
    for _ in range(_HALVINGS):
        # Of half the angle: sin²(a/2) = (1 - cos a) / 2 = sin² a / (2 (1 + cos a)), without loss for small angles.
        x /= sqrt(2 * (1 + sqrt((1 - x) * (1 + x))))
        times *= 2
    s = x * x
    total = 0.0
    for coefficient in _ARC_SINE:
        total = total * s + coefficient
    return times * x * total


def _arc_sine_series(terms: int) -> tuple[float, ...]:
    """Return the coefficients of the series of arcsin(x) / x in x², the last of them first."""
    coefficients = [1.0]
    part = 1.0
    for number in range(1, terms):
        part *= (2 * number - 1) / (2 * number)
        coefficients.append(part / (2 * number + 1))
    return tuple(reversed(coefficients))


#: At most sin(π / 16) after the halvings: the 12th term is below the last bit.
_ARC_SINE: Final = _arc_sine_series(12)
