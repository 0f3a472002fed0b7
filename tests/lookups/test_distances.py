"""Distances are right, and the same to the last bit everywhere."""

from math import asin, cos, radians, sin, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microcosm_sqlite.lookups.distances import EARTH_RADIUS_KM, HALF_WAY_ROUND_KM, kilometres_between

LATITUDES = st.floats(-90, 90)
LONGITUDES = st.floats(-180, 180)


def textbook(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Return the distance by the sines of the mathematical library."""
    across, along = sin(radians(other[0] - one[0]) / 2), sin(radians(other[1] - one[1]) / 2)
    haversine = across**2 + cos(radians(one[0])) * cos(radians(other[0])) * along**2
    return 2 * EARTH_RADIUS_KM * asin(min(1.0, sqrt(haversine)))


@pytest.mark.parametrize(
    ("one", "other", "kilometres"),
    [
        ((0, 0), (0, 0), 0.0),
        ((90, 17), (90, -100), 0.0),
        ((0, 180), (0, -180), 0.0),
        ((0, 0), (0, 90), 10007.557),
        ((-90, 0), (90, 0), 20015.115),
        ((0, 0), (0, 180), 20015.115),
        ((48.85341, 2.3488), (51.50853, -0.12574), 343.77),  # Paris to London.
    ],
)
def test_known_distances(one: tuple[float, float], other: tuple[float, float], kilometres: float) -> None:
    """At poles and antimeridian, round a quarter and a half of the Earth, and between two cities."""
    assert kilometres_between(*one, *other) == pytest.approx(kilometres, rel=2e-4, abs=1e-6)


@given(LATITUDES, LONGITUDES, LATITUDES, LONGITUDES)
def test_as_in_the_textbook(latitude: float, longitude: float, to_latitude: float, to_longitude: float) -> None:
    """To a millimetre, but for a decimetre where two places are opposite each other, as the formula has it."""
    expected = textbook((latitude, longitude), (to_latitude, to_longitude))

    found = kilometres_between(latitude, longitude, to_latitude, to_longitude)

    assert found == pytest.approx(expected, rel=1e-12, abs=1e-6 if expected < 20_000 else 1e-3)
    assert 0 <= found <= HALF_WAY_ROUND_KM
    assert found == kilometres_between(to_latitude, to_longitude, latitude, longitude)


@pytest.mark.parametrize(
    ("one", "other", "bits"),
    [
        ((48.85341, 2.3488), (51.50853, -0.12574), "0x1.57c577f45bea2p+8"),
        ((-33.9, 151.2), (40.7, -74.0), "0x1.f3bb2b755bf44p+13"),
        ((0.0, 0.0), (1e-9, 1e-9), "0x1.51b3135de7773p-23"),
        ((89.999, 10.0), (-89.999, -170.0), "0x1.38bc75304b064p+14"),
    ],
)
def test_to_the_last_bit(one: tuple[float, float], other: tuple[float, float], bits: str) -> None:
    """Whatever the system and its mathematical library."""
    assert kilometres_between(*one, *other).hex() == bits
