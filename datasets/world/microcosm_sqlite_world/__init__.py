"""Countries, cities and airports of the world as a data set."""

from microcosm_sqlite_world.models import (
    Airport,
    City,
    Continent,
    Country,
    CountryLanguage,
    CountryNeighbour,
    World,
)
from microcosm_sqlite_world.stores import AirportStore, CityStore, CountryStore

__all__ = [
    "Airport",
    "AirportStore",
    "City",
    "CityStore",
    "Continent",
    "Country",
    "CountryLanguage",
    "CountryNeighbour",
    "CountryStore",
    "World",
]
