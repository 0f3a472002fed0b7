"""Look up countries, cities, airports."""

from sqlalchemy.orm import Query

from microcosm_sqlite.stores import Store
from microcosm_sqlite_world.models import Airport, City, Country


class CountryStore(Store[Country]):
    """Look-ups of countries, ordered by name."""

    auto_filter_fields = (
        Country.code,
        Country.alpha3,
        Country.numeric_code,
        Country.name,
        Country.continent_code,
        Country.currency_code,
    )
    order_by = (Country.name,)


class CityStore(Store[City]):
    """Look-ups of cities, ordered by name."""

    auto_filter_fields = (City.country_code, City.admin1_code, City.name, City.timezone)
    order_by = (City.name,)

    def largest(self, *, country_code: str | None = None, limit: int = 10) -> list[City]:
        """Return the cities of most people, in one country or in the world, largest first."""
        query: Query[City] = self._filter(self._query(), country_code=country_code)
        return query.order_by(City.population.desc(), City.geonameid).limit(limit).all()


class AirportStore(Store[Airport]):
    """Look-ups of airports, ordered by name."""

    auto_filter_fields = (Airport.iata, Airport.lid, Airport.country_code, Airport.city_name, Airport.timezone)
    order_by = (Airport.name,)

    def by_iata(self, code: str) -> Airport:
        """Return the airport with this IATA code, in upper or lower case; raise `ModelNotFoundError` for none."""
        return self.one(iata=code.upper())
